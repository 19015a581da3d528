"""Frab and pretalx JSON → outline.

The text is checked to be JSON first, then read by the reader of our own schedules, which knows lines,
repeated names, depth and size: JSON is YAML in another coat. Pure.

Source: c3voc ``schedule.schema.json``; exports of pretalx.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from sessions.exchange.listing import GENERATOR
from sessions.exchange.outline import MOST_EVENTS, Cell, Event, Outline, OutlineDay, Read
from sessions.schedule_nodes import (
    SIZE_BYTES,
    Broken,
    Items,
    Mapping,
    Node,
    Problem,
    Scalar,
    quoted_fact,
    read,
)

_DEPTH: Final = 20  # pretalx nests answers to questions 13 deep
_PAIR: Final = re.compile(
    r"(?P<slashes>\\\\)|\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
)


def outline_of(content: bytes) -> Read:
    """What this JSON says; anything else is a problem."""
    if len(content) > SIZE_BYTES:
        return _not("file-too-large", found=len(content), most=SIZE_BYTES)
    try:
        text = content.decode("utf-8-sig")
        msgspec.json.decode(text)
    except UnicodeDecodeError:
        return _not("not-utf8")
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        return _not("not-json", detail=quoted_fact(str(error)))
    tree, problems = read(_PAIR.sub(_paired, text).encode(), depth=_DEPTH)
    conference = _child(_child(tree, "schedule"), "conference")
    if not isinstance(tree, Broken) and not isinstance(_child(conference, "days"), Items):
        problems.append(Problem(1, "schedule.conference.days", "not-a-list"))
    days = list(_items(_child(conference, "days")))
    events = [one for day in days for one in _events(day)]
    if len(events) > MOST_EVENTS:
        return _not("too-many", found=len(events), most=MOST_EVENTS)
    is_ours = _text(_child(tree, "generator"), "name") == GENERATOR
    return Outline(tuple(events), tuple(map(_day, days)), is_ours), problems


def _not(code: str, **facts: str | int) -> Read:
    return Outline(()), [Problem(1, "", code, facts)]


def _paired(found: re.Match[str]) -> str:
    """A character beyond the first plane, which JSON escapes as two halves and YAML does not know."""
    if found["slashes"]:
        return found[0]
    return bytes.fromhex(found["high"] + found["low"]).decode("utf-16-be")


def _day(node: Node) -> OutlineDay:
    cells = (_cell(node, name) for name in ("date", "day_start", "day_end"))
    return OutlineDay(node.line, *cells)


def _events(day: Node) -> Iterator[Event]:
    rooms = _child(day, "rooms")
    for room in rooms.entries if isinstance(rooms, Mapping) else ():
        for node in _items(room.value):
            yield Event(node.line, dict(_cells(node)), room.key)


def _cells(node: Node) -> Iterator[tuple[str, Cell]]:
    for entry in node.entries if isinstance(node, Mapping) else ():
        value = entry.value
        if isinstance(value, Scalar) and (value.quoted or value.text != "null"):
            yield entry.key, Cell(value.line, value.text)


def _child(node: Node, name: str) -> Node:
    entries = node.entries if isinstance(node, Mapping) else ()
    return next((one.value for one in entries if one.key == name), Broken(node.line))


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else ()


def _cell(node: Node, name: str) -> Cell:
    return dict(_cells(node)).get(name, Cell(node.line, ""))


def _text(node: Node, name: str) -> str:
    return _cell(node, name).text
