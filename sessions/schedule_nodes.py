"""YAML text → nodes that remember their lines; the only file that knows YAML.

PyYAML's own loader guesses types (``9:30`` becomes 570, ``no`` becomes False), keeps the last of
two equal keys, and follows aliases into bombs. So only its event stream is used here: every
scalar stays the text that was written, and anchors, aliases, tags, repeated keys, deep nesting
and long files are problems, not values. Events, not recursion, so depth costs nothing. Pure.

Source: reliability F14, catalogue C items 49–54.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml

from expo.words import on_one_line
from sessions.yaml_mistakes import UNKNOWN, mistake_in

SIZE_BYTES: Final = 1_000_000  # the shipped programme is under 100 kB; a bigger file is a mistake
DEPTH: Final = 12  # days → sessions → slots → title is 8 deep
EVENTS: Final = 120_000  # parts of a file; the shipped programme has about 5,000
_FACT_LENGTH: Final = 60  # characters of the file quoted in a message
_MOST_PROBLEMS: Final = 200  # problems told at once; more only scroll the first ones away
_FORBIDDEN: Final = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]"
)
_LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class Problem(msgspec.Struct, frozen=True):
    """One mistake in a schedule.

    ``line`` counts from 1; ``path`` leads to the place, e.g. ``days[0].sessions[2].starts``, and
    is empty for the file as a whole; the sentence for ``code`` is in ``schedule_words``.
    """

    line: int
    path: str
    code: str
    facts: dict[str, str | int] = {}


class ScheduleProblems(Exception):
    """The text is no programme; ``problems`` are all mistakes found, in the order of lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class Scalar(msgspec.Struct, frozen=True):
    """A piece of text exactly as written; ``quoted`` tells ``""`` from nothing at all."""

    line: int
    text: str
    quoted: bool = False


class Entry(msgspec.Struct, frozen=True):
    """One ``key: value`` of a mapping."""

    key: str
    line: int
    value: "Node"


class Mapping(msgspec.Struct, frozen=True):
    """Keys with values in the order of the file; of repeated keys only the first is here."""

    line: int
    entries: tuple[Entry, ...]


class Items(msgspec.Struct, frozen=True):
    """A list."""

    line: int
    items: tuple["Node", ...]


class Broken(msgspec.Struct, frozen=True):
    """Something already reported; whoever reads on stays silent about it."""

    line: int


Node = Scalar | Mapping | Items | Broken


def quoted_fact(text: str) -> str:
    """A piece of the file that may stand in a message: one line, clean and short."""
    shown = on_one_line(text)
    return shown if len(shown) <= _FACT_LENGTH else shown[: _FACT_LENGTH - 1] + "…"


class _Stop(Exception):
    """Reading on would not help."""


class _Open:
    """A mapping or list whose end has not been seen."""

    def __init__(self, path: str, line: int, *, is_mapping: bool) -> None:
        self.path, self.line, self.is_mapping = path, line, is_mapping
        self.entries: dict[str, Entry] = {}
        self.items: list[Node] = []
        self.key: tuple[str | None, int] | None = None

    def next_path(self) -> str:
        """Where the next node of this collection belongs."""
        if not self.is_mapping:
            return f"{self.path}[{len(self.items)}]"
        name = (self.key[0] if self.key else None) or ""
        return f"{self.path}.{name}" if self.path else name

    def closed(self) -> Node:
        """The finished collection."""
        if self.is_mapping:
            return Mapping(self.line, tuple(self.entries.values()))
        return Items(self.line, tuple(self.items))


class _Builder:
    """Turns events into one tree of nodes and a list of problems."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.documents = 0

    def tell(self, line: int, path: str, code: str, /, **facts: str | int) -> None:
        """Notes one problem."""
        self.problems.append(Problem(line, path, code, facts))
        if len(self.problems) >= _MOST_PROBLEMS:
            raise _Stop

    def path(self) -> str:
        """Where the next node belongs."""
        return self.stack[-1].next_path() if self.stack else ""

    def place(self, node: Node) -> None:
        """Puts a finished node into the collection around it."""
        if not self.stack:
            self.root = node
        elif not self.stack[-1].is_mapping:
            self.stack[-1].items.append(node)
        elif self.stack[-1].key is None:
            self._take_key(self.stack[-1], node)
        else:
            self._take_value(self.stack[-1], node)

    def _take_key(self, around: _Open, node: Node) -> None:
        if isinstance(node, Scalar):
            around.key = (quoted_fact(node.text), node.line)
            return
        if not isinstance(node, Broken):
            self.tell(node.line, around.path, "key-not-text")
        around.key = (None, node.line)

    def _take_value(self, around: _Open, node: Node) -> None:
        key, line = around.key or (None, node.line)
        path = around.next_path()
        around.key = None
        if key is None:
            return
        first = around.entries.get(key)
        if first is not None:
            self.tell(line, path, "duplicate-key", key=key, first_line=first.line)
        else:
            around.entries[key] = Entry(key, line, node)

    def scalar(self, event: Any) -> None:
        """A piece of text."""
        line = event.start_mark.line + 1
        self._refuse_extras(event, line)
        self.place(Scalar(line, event.value, quoted=bool(event.style)))

    def alias(self, event: Any) -> None:
        """``*name``: never followed."""
        line = event.start_mark.line + 1
        self.tell(line, self.path(), "alias", name=quoted_fact(event.anchor))
        self.place(Broken(line))

    def opens(self, event: Any) -> None:
        """The start of a mapping or a list."""
        line = event.start_mark.line + 1
        self._refuse_extras(event, line)
        if len(self.stack) >= self.depth:
            self.tell(line, self.path()[:_FACT_LENGTH], "too-deep", most=self.depth)
            raise _Stop
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self.stack.append(_Open(self.path(), line, is_mapping=is_mapping))

    def document(self, event: Any) -> None:
        """A document starts; a schedule is exactly one."""
        self.documents += 1
        if self.documents > 1:
            self.tell(event.start_mark.line + 1, "", "second-document")
            raise _Stop

    def closes(self, _event: Any) -> None:
        """The end of a mapping or a list."""
        self.place(self.stack.pop().closed())

    def _refuse_extras(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            self.tell(line, self.path(), "anchor", name=quoted_fact(event.anchor))
        if event.tag is not None:
            self.tell(line, self.path(), "tag", tag=quoted_fact(event.tag))


_HANDLERS: Final[dict[type[Any], Any]] = {
    yaml.ScalarEvent: _Builder.scalar,
    yaml.AliasEvent: _Builder.alias,
    yaml.MappingStartEvent: _Builder.opens,
    yaml.SequenceStartEvent: _Builder.opens,
    yaml.MappingEndEvent: _Builder.closes,
    yaml.SequenceEndEvent: _Builder.closes,
    yaml.DocumentStartEvent: _Builder.document,
}


def read(text: bytes, depth: int = DEPTH) -> tuple[Node, list[Problem]]:
    """The tree of a YAML text and the problems met so far; never anything but this pair.

    The tree is ``Broken`` where the text cannot be read to its end. ``depth`` is how many mappings
    and lists may stand inside each other.
    """
    decoded, problem = _decoded(text)
    if problem is not None:
        return Broken(1), [problem]
    builder = _Builder(depth)
    try:
        _feed(builder, decoded)
    except _Stop:
        return Broken(1), builder.problems
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # without libyaml, over-long version numbers and code points raise the last two
        builder.problems.append(_syntax(error, decoded))
        return Broken(1), builder.problems
    return builder.root or Scalar(1, ""), builder.problems


def _feed(builder: _Builder, text: str) -> None:
    for count, event in enumerate(_events(text)):
        if count >= EVENTS:
            builder.tell(event.start_mark.line + 1, "", "too-many-parts", most=EVENTS)
            raise _Stop
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(builder, event)


def _events(text: str) -> Iterator[Any]:
    return iter(yaml.parse(text, Loader=_LOADER))


def _syntax(error: Exception, text: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Problem(1, "", UNKNOWN, {"column": 1})
    character = text[mark.index : mark.index + 1]
    code = mistake_in(getattr(error, "problem", None) or "", character)
    if code == "yaml-open-quote":  # found out at the end of the file, opened somewhere above
        mark = getattr(error, "context_mark", None) or mark
    facts: dict[str, str | int] = {"column": mark.column + 1}
    if code == "yaml-character":
        facts["character"] = quoted_fact(character)
    return Problem(mark.line + 1, "", code, facts)


def _decoded(text: bytes) -> tuple[str, Problem | None]:
    if len(text) > SIZE_BYTES:
        return "", Problem(1, "", "file-too-large", {"found": len(text), "most": SIZE_BYTES})
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return "", Problem(text.count(b"\n", 0, error.start) + 1, "", "not-utf8")
    odd = _FORBIDDEN.search(decoded)
    if odd is not None:
        line = decoded.count("\n", 0, odd.start()) + 1
        return "", Problem(line, "", "control-character", {"code": f"U+{ord(odd[0]):04X}"})
    return decoded, None


def write(tree: dict[str, Any]) -> str:
    """YAML text of a tree of dicts, lists, strings, whole numbers and truth values."""
    return str(
        yaml.dump(
            tree, Dumper=yaml.SafeDumper, allow_unicode=True, sort_keys=False, width=100, indent=2
        )
    )
