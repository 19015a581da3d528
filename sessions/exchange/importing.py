"""Foreign schedules → our programme: what they say of days and sessions, on top of what is in force.

Frab knows times, titles and halls; it does not know entities' initiatives, who votes or how. So a file
is laid over a programme: sessions it names get its times and titles and keep the rest, sessions it does
not name go, new ones come without a ballot. The result is read as a ``schedule.yaml`` would be, so every
check that holds there holds here, and it is the whole programme or a list of problems, never a part.
Pure.
"""

from typing import Any, Final

from sessions import schedule_file
from sessions.exchange import reading_json, reading_table, reading_xml
from sessions.exchange.laying import Laid, laid
from sessions.exchange.outline import Outline, Read
from sessions.programme import Programme
from sessions.schedule_dump import dump, plain
from sessions.schedule_nodes import Entry, Items, Mapping, Node, Problem, Scalar, ScheduleProblems

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def kind_of(content: bytes) -> str:
    """``json``, ``xml`` or ``csv``; empty for what is none of them, e.g. our own YAML."""
    begins = content.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
    if begins == b"<":
        return "xml"
    if begins == b"{" and b'"schedule"' in content:
        return "json"
    return "csv" if reading_table.is_table(content) else ""


def imported(content: bytes, base: Programme, *, kind: str = "", hall: str = "") -> Programme:
    """The programme with the schedule of this file.

    Args:
        content: The file.
        base: What it is laid over.
        kind: ``json``, ``xml`` or ``csv``; by default what it looks like.
        hall: Whose sessions are taken; by default those of all halls.

    Raises:
        ScheduleProblems: With every mistake found, in the order of lines.
    """
    outline, problems = _read(content, kind or kind_of(content))
    if problems:
        raise ScheduleProblems(schedule_file.told(problems))
    chosen = _of_hall(outline, hall)
    days, problems = laid(chosen, base)
    entries = [
        Entry(key, 1, _noded(value, 1)) for key, value in plain(base).items() if key != "days"
    ]
    entries.append(Entry("days", 1, _days(days)))
    return schedule_file.of_tree(Mapping(1, tuple(entries)), problems)


def as_schedule(content: bytes, base: Programme) -> bytes:
    """The file as the text of a ``schedule.yaml``; what is none of the foreign kinds stays as it is.

    Raises:
        ScheduleProblems: As `imported`.
    """
    return dump(imported(content, base)).encode() if kind_of(content) else content


def _read(content: bytes, kind: str) -> Read:
    if kind == "json":
        return reading_json.outline_of(content)
    if kind == "xml":
        return reading_xml.outline_of(content)
    return reading_table.outline_of(content)


def _of_hall(outline: Outline, hall: str) -> Outline:
    if not hall:
        return outline
    if hall not in outline.halls:
        facts: dict[str, str | int] = {"found": hall, "known": ", ".join(outline.halls)}
        raise ScheduleProblems((Problem(1, "", "unknown-hall", facts),))
    events = tuple(one for one in outline.events if one.hall == hall)
    return Outline(events, outline.days, outline.is_ours, outline.is_table)


def _days(days: tuple[Laid, ...]) -> Node:
    return Items(1, tuple(_node_of(day) for day in days))


def _node_of(one: Laid) -> Mapping:
    """A day or a session as the reader of schedules takes it, each cell on its own line."""
    entries = [
        Entry(key, one.lines.get(key, one.line), _noded(value, one.lines.get(key, one.line)))
        for key, value in one.values.items()
    ]
    if one.inside:
        entries.append(
            Entry("sessions", one.line, Items(one.line, tuple(map(_node_of, one.inside))))
        )
    return Mapping(one.line, tuple(entries))


def _noded(value: Any, line: int) -> Node:
    """Mappings, lists, texts, numbers and truth values as nodes of one line."""
    if isinstance(value, dict):
        return Mapping(
            line, tuple(Entry(key, line, _noded(one, line)) for key, one in value.items())
        )
    if isinstance(value, list):
        return Items(line, tuple(_noded(one, line) for one in value))
    if isinstance(value, bool):
        return Scalar(line, "true" if value else "false")
    return Scalar(line, str(value), quoted=isinstance(value, str))
