"""The catalogues: what people read, gathered from the code and worded in two languages.

    python tools/messages.py extract        the sources -> locale/sawt.pot
    python tools/messages.py update         locale/sawt.pot -> locale/{ar,en}/LC_MESSAGES/sawt.po
    python tools/messages.py absorb DIR     translations from DIR/*.ar.po and DIR/*.en.po -> the same files
    python tools/messages.py check          exit 1 and one line for everything that is missing or stale

A message id is an English sentence, or a code such as ``contest-closed``: codes need wording in
both languages, sentences only in Arabic. Output is the same on every machine and in every order of
work: sorted by id, no dates, no line numbers. Translations whose message has left the code are kept
as ``#~`` lines and come back with it; ``update --prune`` forgets them.
"""

import argparse
import ast
import fcntl
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, check_and_call_extract_file
from babel.messages.pofile import read_po, write_po
from jinja2 import TemplateError

ROOT: Final = Path(__file__).resolve().parents[1]
LANGUAGES: Final = ("ar", "en")
# The forms in the order of the Unicode plural rules: zero one two few many other · one other.
PLURALS: Final = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
    "n%100>=11 ? 4 : 5);",
    "en": "nplurals=2; plural=(n != 1);",
}
FORMS: Final = {"ar": 6, "en": 2}
KEYWORDS: Final = {**DEFAULT_KEYWORDS, "sentence": (1,), "plural_forms": (1, 2)}
HEADER: Final = """\
# Sawt · صوت: what people read. Made by `make messages`; change the msgstr lines only.
msgid ""
msgstr ""
"Project-Id-Version: Sawt\\n"
{language}"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

_CODE: Final = re.compile(r"[a-z0-9]+(?:[-._:][a-z0-9]+)+")
_PLACE: Final = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
_ARABIC: Final = re.compile("[\u0621-\u064a]")
_INVISIBLE: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\ufeff]")

Key = tuple[str, str]
"""Context (empty for none) and the id, the singular one where there are two."""
Memory = dict[Key, tuple[str, ...]]
"""Every known translation: one string, or one per plural form."""


def key_of(message: Message) -> Key:
    """What a translation is remembered by."""
    first = message.id if isinstance(message.id, str) else message.id[0]
    return message.context or "", first


def strings_of(message: Message) -> tuple[str, ...]:
    """The translations a message carries; empty strings where there are none."""
    found = message.string
    return (found,) if isinstance(found, str) else tuple(found or ())


def sources(root: Path) -> Iterator[tuple[str, str, dict[str, object], Path]]:
    """Pattern, method, options and path of every file the mappings in pyproject.toml name."""
    mappings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    for mapping in mappings:
        options = {k: v for k, v in mapping.items() if k not in {"method", "pattern"}}
        patterns = mapping["pattern"]
        for pattern in [patterns] if isinstance(patterns, str) else patterns:
            top = root / pattern.split("/")[0]
            inside = sorted(top.rglob("*")) if top.is_dir() else [top]
            for path in inside:
                if path.is_file() and "__pycache__" not in path.parts:
                    yield pattern, mapping["method"], options, path


def extract(root: Path) -> tuple[Catalog, list[str]]:
    """Every message in the sources, and one line for each file that cannot be read."""
    found, unreadable = Catalog(charset="utf-8"), list[str]()
    for pattern, method, options, path in sources(root):
        try:
            entries = list(
                check_and_call_extract_file(
                    str(path), [(pattern, method)], {pattern: options}, None, KEYWORDS,
                    ("Translators:",), strip_comment_tags=True, dirpath=str(root),
                )
            )  # fmt: skip
        except (SyntaxError, TokenError, TemplateError, UnicodeDecodeError) as error:
            unreadable.append(f"{path.relative_to(root)}: {error}")
            continue
        for name, _, ids, comments, context in entries:
            found.add(ids, locations=[(name, 0)], auto_comments=comments, context=context)
    return found, unreadable


def codes(root: Path) -> frozenset[str]:
    """The ids marked ``code = N_("…")`` in a class body: refusals and faults."""
    found = set[str]()
    for top in ("expo", "sessions", "voting"):
        for path in (root / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                match node:
                    case ast.Assign(targets=[ast.Name(id="code")], value=ast.Call() as call):
                        found |= marked(call)
                    case ast.AnnAssign(target=ast.Name(id="code"), value=ast.Call() as call):
                        found |= marked(call)
    return frozenset(found)


def marked(call: ast.Call) -> set[str]:
    """The string in ``N_("…")``; nothing for any other call."""
    match call:
        case ast.Call(func=ast.Name(id="N_"), args=[ast.Constant(value=str(text))]):
            return {text}
    return set()


def load(path: Path, language: str | None = None) -> Catalog:
    """The catalogue in this file, an empty one where there is no file."""
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def remembered(catalog: Catalog) -> Memory:
    """What is translated in this catalogue, obsolete entries included, fuzzy ones not."""
    return {
        key_of(message): strings_of(message)
        for message in [*catalog.obsolete.values(), *catalog]
        if message.id and not message.fuzzy and any(strings_of(message))
    }


def merge(template: Catalog, memory: Memory, language: str, *, prune: bool = False) -> Catalog:
    """The template's messages with what memory knows of them; the rest of memory is obsolete."""
    made = Catalog(locale=language, charset="utf-8")
    made.mime_headers = [("Plural-Forms", PLURALS[language])]
    used = set[Key]()
    for message in template:
        if not message.id:
            continue
        used.add(key_of(message))
        made.add(
            message.id,
            translation(message, memory.get(key_of(message), ()), language),
            locations=message.locations,
            auto_comments=message.auto_comments,
            context=message.context,
        )
    for context, text in memory.keys() - used if not prune else ():
        strings = memory[context, text]
        many = len(strings) > 1
        made.obsolete[context + "\x04" + text] = Message(
            (text, text) if many else text, strings if many else strings[0], context=context or None
        )
    return made


def translation(message: Message, known: tuple[str, ...], language: str) -> str | tuple[str, ...]:
    """One string, or one per plural form of the language; an English plural is its own wording."""
    if not message.pluralizable:
        return known[0] if len(known) == 1 else ""
    if language == "en" and not all(known):
        known = ()
    if language == "en" and not known:
        return tuple(message.id)
    return known if len(known) == FORMS[language] else ("",) * FORMS[language]


def rendered(catalog: Catalog, language: str | None) -> bytes:
    """The file of this catalogue, the same bytes for the same messages."""
    lines = "" if language is None else f'"Language: {language}\\n"\n'
    if language is not None:
        lines += f'"Plural-Forms: {PLURALS[language]}\\n"\n'
    body = BytesIO()
    write_po(body, catalog, width=0, omit_header=True, sort_output=True, include_lineno=False)
    text = HEADER.format(language=lines).encode() + body.getvalue()
    return text.rstrip() + b"\n"


def problems(catalog: Catalog, language: str, must: frozenset[str]) -> Iterator[str]:
    """One line for each message that a reader would meet unworded or wrongly worded."""
    for message in catalog:
        if not message.id:
            continue
        _, first = key_of(message)
        strings = strings_of(message)
        needed = language == "ar" or first in must or bool(_CODE.fullmatch(first))
        if message.fuzzy:
            yield f"{first!r}: marked fuzzy"
        if not any(strings) or not all(strings):
            if needed:
                yield f"{first!r}: not translated"
            continue
        yield from (f"{first!r}: {fault}" for fault in faults(message, strings, language))


def faults(message: Message, strings: Iterable[str], language: str) -> Iterator[str]:
    """What is wrong with a translation that exists."""
    ids = (message.id,) if isinstance(message.id, str) else message.id
    is_code = len(ids) == 1 and " " not in ids[0]
    asked = {name for text in ids for name in places(text)}
    for text in strings:
        if not is_code and (unknown := places(text) - asked):
            yield f"names unknown placeholders {sorted(unknown)}"
        if not is_code and not message.pluralizable and (lost := asked - places(text)):
            yield f"leaves out the placeholders {sorted(lost)}"
        if "<" in text and not any("<" in one for one in ids):
            yield "brings markup of its own"
        if _INVISIBLE.search(text):
            yield "holds an invisible direction mark; isolate in the template instead"
        if language == "ar" and re.search("[A-Za-z]{3}", ids[0]) and not _ARABIC.search(text):
            yield "holds no Arabic letter"


def places(text: str) -> frozenset[str]:
    """Names of the placeholders in a text, ``%(name)s`` or ``{name}``."""
    return frozenset(a or b for a, b in _PLACE.findall(text))


def written(path: Path, content: bytes) -> None:
    """Put the content at this path in one step; touch nothing where it is there already."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)


class Locale:
    """The files under ``locale/`` of one checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.template = root / "locale" / "sawt.pot"

    def po(self, language: str) -> Path:
        """Where the catalogue of a language is kept."""
        return self.root / "locale" / language / "LC_MESSAGES" / "sawt.po"

    def extract(self) -> list[str]:
        """Gather the messages; files that cannot be read are named and left out."""
        found, unreadable = extract(self.root)
        written(self.template, rendered(found, None))
        return [f"warning: {line}" for line in unreadable]

    def update(self, *, prune: bool = False) -> list[str]:
        """Bring every catalogue into step with the template."""
        template = load(self.template)
        for language in LANGUAGES:
            memory = remembered(load(self.po(language), language))
            made = merge(template, memory, language, prune=prune)
            written(self.po(language), rendered(made, language))
        return []

    def absorb(self, folder: Path) -> list[str]:
        """Take over the translations in a folder of fragments, the last file by name winning."""
        template, said = load(self.template), list[str]()
        for language in LANGUAGES:
            memory = remembered(load(self.po(language), language))
            fresh: Memory = {}
            for path in sorted(folder.glob(f"*.{language}.po")):
                try:
                    more = remembered(load(path, language))
                except (ValueError, UnicodeDecodeError) as error:
                    said.append(f"warning: {path.name}: {error}")
                    continue
                said += [
                    f"warning: {path.name}: another wording of {key[1]!r}"
                    for key in fresh.keys() & more.keys()
                    if fresh[key] != more[key]
                ]
                fresh |= more
            wanted = {key_of(message) for message in template}
            memory |= {key: text for key, text in fresh.items() if key in wanted}
            made = merge(template, memory, language)
            written(self.po(language), rendered(made, language))
        return said

    def check(self) -> list[str]:
        """One line for everything stale, missing or wrong."""
        found, said = extract(self.root)
        if not self.template.exists() or self.template.read_bytes() != rendered(found, None):
            said.append("locale/sawt.pot: not what the sources say; run `make messages`")
        must = codes(self.root)
        for language in LANGUAGES:
            path = self.po(language)
            name = path.relative_to(self.root)
            made = merge(found, remembered(load(path, language)), language)
            if not path.exists() or path.read_bytes() != rendered(made, language):
                said.append(f"{name}: not in step with the sources; run `make messages`")
            said += [f"{name}: {line}" for line in problems(made, language, must)]
        return said


def main(arguments: list[str]) -> int:
    """Exit status; what there is to say goes to standard output, warnings included."""
    parser = argparse.ArgumentParser(description="The catalogues of Sawt.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("extract", help="sources -> locale/sawt.pot")
    update = commands.add_parser("update", help="locale/sawt.pot -> the catalogues")
    update.add_argument("--prune", action="store_true", help="forget translations nobody uses")
    absorb = commands.add_parser("absorb", help="take over translations from a folder")
    absorb.add_argument("folder", type=Path)
    commands.add_parser("check", help="exit 1 if anything is missing or stale")
    asked = parser.parse_args(arguments)
    files = Locale(ROOT)
    with (Path(tempfile.gettempdir()) / f"sawt-messages.{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        match asked.command:
            case "extract":
                said = files.extract()
            case "update":
                said = files.update(prune=asked.prune)
            case "absorb":
                said = files.absorb(asked.folder)
            case _:
                said = files.check()
    print("\n".join(said), end="\n" if said else "")
    return 1 if said and asked.command == "check" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
