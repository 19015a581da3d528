"""Writes ``docs/PROTOCOL.md`` from the frame types themselves, so that it cannot be out of date.

``python tools/protocol.py`` writes the page; ``--check`` exits with 1 when it differs.
"""

import importlib
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Final

import msgspec

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PAGE: Final = ROOT / "docs" / "PROTOCOL.md"
PACKAGES: Final = ("expo", "voting", "sessions")
MODULES: Final = (
    "voting.protocol",
    "sessions.devices.protocol",
    "sessions.protocol",
    "sessions.presenting.protocol",
    "sessions.questions.protocol",
    "sessions.streams.protocol",
)
FROM_CLIENT: Final = ("cast", "ask-mine", "beat", "obs", "delay")

HEAD: Final = """# The protocol of the live sockets

Written by `tools/protocol.py` from the code; a test keeps it true. JSON text frames with a `type`
tag. Server frames hold whole states with a `position` or `version`: of two frames of one type about
one thing the lower is stale, loss and repetition are harmless. Instants are ISO 8601 in UTC.

| endpoint | who | what it tells |
|---|---|---|
| `/live/day` | everybody | hello, board |
| `/live/{session}` | everybody | hello, board, contest, turnout, questions, one's own ballot; tally where it is public |
| `/live/screen/{screen}`, `/live/screen/{screen}/{view}` | screens, organisers | hello, stage, device; the view is `overlay-ar`, `overlay-en` or `obs` |
| `/live/present/{session}` | the presenting team, organisers, moderators | hello, console |
| `/live/cues/{session}` | organisers, moderators | hello, console, for the desk that sends cues |
| `/live/staff` | organisers, moderators | hello, control, tally, question-desk |

The handshake carries the visit's cookie and the expo's own origin. Nothing has to be said first:
the server greets with `hello` and the latest state of every room.
"""


def page() -> str:
    """The whole document."""
    frames = dict(sorted(_frames()))
    parts = [HEAD, "\n## What a page or program may send\n"]
    parts += [_section(frames[tag]) for tag in FROM_CLIENT]
    parts.append("\n## What the server sends\n")
    parts += [_section(kind) for tag, kind in frames.items() if tag not in FROM_CLIENT]
    parts.append("\n## Values inside frames\n")
    parts += [_section(kind) for kind in _inner(frames.values())]
    parts.append(_closing())
    parts.append(_refusals())
    return "\n".join(parts).rstrip() + "\n"


def _frames() -> Iterator[tuple[str, type[msgspec.Struct]]]:
    for name in MODULES:
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if issubclass(kind, msgspec.Struct) and kind.__struct_config__.tag:
                own = kind.__module__ == name and kind.__name__ != "ContestControl"
                if own:
                    yield str(kind.__struct_config__.tag), kind


def _inner(frames: typing.Iterable[type[msgspec.Struct]]) -> list[type[msgspec.Struct]]:
    """Structs that frames hold, each once, in the order of their names."""
    found: dict[str, type[msgspec.Struct]] = {}
    waiting = list(frames)
    tagged = set(waiting)
    while waiting:
        for field in msgspec.structs.fields(waiting.pop()):
            for kind in _structs(field.type):
                if kind.__name__ not in found and kind not in tagged:
                    found[kind.__name__] = kind
                    waiting.append(kind)
    return [found[name] for name in sorted(found)]


def _structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    if inspect.isclass(kind) and issubclass(kind, msgspec.Struct):
        yield kind
    for part in typing.get_args(kind):
        yield from _structs(part)


def _section(kind: type[msgspec.Struct]) -> str:
    tag = kind.__struct_config__.tag
    title = f"### `{tag}`" if tag else f"### {kind.__name__}"
    summary = inspect.cleandoc(kind.__doc__ or "").replace("``", "`")
    rows = [
        f"| `{field.encode_name}` | {_shape(field.type)} | {'' if field.required else 'optional'} |"
        for field in msgspec.structs.fields(kind)
    ]
    table = "\n".join(["| field | shape | |", "|---|---|---|", *rows])
    return f"{title}\n\n{summary}\n\n{table}\n"


def _shape(kind: Any) -> str:
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _shape(parts[0]) + _limits(parts[1:])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_shape(part) for part in parts)
    if origin is tuple:
        return f"list of {_shape(parts[0])}"
    if origin is dict:
        return f"object of {_shape(parts[1])}"
    if origin is typing.Literal:
        return " or ".join(f"`{part}`" for part in parts)
    return _plain(kind)


def _plain(kind: Any) -> str:
    if kind is type(None):
        return "null"
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return " or ".join(f"`{member.value}`" for member in kind)
    names = {"str": "text", "int": "whole number", "bool": "true or false", "datetime": "instant"}
    name = getattr(kind, "__name__", str(kind))
    return names.get(name, name)


def _limits(annotations: tuple[Any, ...]) -> str:
    words = []
    for meta in annotations:
        if isinstance(meta, msgspec.Meta):
            words += [f"at least {meta.ge}"] if meta.ge is not None else []
            words += [f"at most {meta.le}"] if meta.le is not None else []
            words += [f"at most {meta.max_length} long"] if meta.max_length is not None else []
            words += [f"`{meta.pattern}`"] if meta.pattern is not None else []
    return f" ({', '.join(words)})" if words else ""


def _closing() -> str:
    close = importlib.import_module("expo.wire.codes").Close
    documented = inspect.getdoc(close) or ""
    rows = [f"| {code.value} | {code.name.lower().replace('_', ' ')} |" for code in close]
    table = "\n".join(["| code | why |", "|---|---|", *rows])
    return f"\n## Close codes\n\n{documented}\n\n{table}\n"


def _refusals() -> str:
    errors = importlib.import_module("expo.errors")
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    kinds = {*_below(errors.Refusal), *_below(errors.Fault), errors.Fault}
    # of several that share a code, the one that coined it explains it
    coined = sorted(kinds, key=lambda kind: ("code" in vars(kind), kind.__module__))
    codes = {kind.code: kind for kind in coined}
    rows = []
    for code, kind in sorted(codes.items()):
        meaning = " ".join(inspect.cleandoc(kind.__doc__ or "").split()).replace("``", "`")
        rows.append(f"| `{code}` | {kind.status} | {meaning} |")
    table = "\n".join(["| code | HTTP status | meaning |", "|---|---|---|", *rows])
    return (
        "\n## Refusals and faults\n\nThe same codes come as a `refused` frame and as the JSON body "
        '`{"code", "facts", "message"}` over HTTP; `message` is in the asker\'s language.\n\n'
        f"{table}\n"
    )


def _below(kind: type) -> Iterator[type[Any]]:
    children: list[type[Any]] = kind.__subclasses__()
    for child in children:
        if child.__module__.partition(".")[0] in PACKAGES:  # not those a test makes up
            yield child
            yield from _below(child)


def main() -> int:
    """Write the page, or with ``--check`` only look whether it is true."""
    new = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == new else 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
