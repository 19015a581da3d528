"""One thing of the programme as a form has it, back into a programme; every mistake by its field. Pure.

What a form says is put where it belongs in the schedule, and the schedule is read as any is: a form
and a file obey the same rules, and there is one place where they stand.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from expo.errors import N_, Refusal
from expo.words import clean, latin_digits
from sessions.programme import Programme
from sessions.schedule_dump import Plain, plain
from sessions.schedule_file import parse
from sessions.schedule_nodes import Problem, ScheduleProblems, write

_PAIRS: Final = ("name", "short")
_FIGURES: Final = frozenset(
    {"weight", "full_weight_at", "min", "expected", "open_minutes", "grace_seconds", "stations"}
)
CHOICES: Final = frozenset({"audit", "level", "method", "visibility", "own", "max_ranked"})
_ROW: Final = re.compile(r"streams\[(\d+)\]")
_EXPO: Final = "expo"
"""Where a contest's own rules would stand when it has none."""


class WrongEntry(Refusal):
    """What the form says does not fit; `problems` are for the fields, ``count`` how many."""

    code = N_("wrong-entry")
    status = 422

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(count=len(problems))
        self.problems = problems


def fields_of(item: Mapping[str, Any]) -> dict[str, str]:
    """A part of a schedule as flat form fields: ``name_ar``, ``weight``, ``links`` a line each."""
    found: dict[str, str] = {}
    for key, value in item.items():
        if isinstance(value, Mapping):
            found |= {f"{key}_{code}": str(text) for code, text in value.items()}
        elif isinstance(value, list):
            found[key] = "\n".join(str(one) for one in value)
        else:
            found[key] = str(value)
    return found


def with_thing(
    programme: Programme, section: str, name: str, fields: Mapping[str, str]
) -> Programme:
    """The programme with an entity or an electorate as a form has it; a new one comes last.

    Args:
        programme: In force.
        section: ``entities`` or ``electorates``.
        name: Id of the thing.
        fields: As `fields_of`; what is not there is left out.

    Raises:
        WrongEntry: It does not fit; paths of problems are fields of the form.
    """
    whole = plain(programme)
    item = {"id": name, **_item(fields)}
    things = list(whole[section])
    at = next((n for n, one in enumerate(things) if one["id"] == name), len(things))
    things[at : at + 1] = [item]
    return _read(whole | {section: things}, f"{section}[{at}]")


def without(programme: Programme, section: str, name: str) -> Programme:
    """The programme without this thing.

    Raises:
        WrongEntry: Something else refers to it.
    """
    whole = plain(programme)
    things = [one for one in whole[section] if one["id"] != name]
    return _read(whole | {section: things}, section)


def with_contest(
    programme: Programme, session_id: str, initiatives: tuple[str, ...], fields: Mapping[str, str]
) -> Programme:
    """The programme with what a session asks and how.

    Args:
        programme: In force.
        session_id: Whose contest.
        initiatives: What is asked about, in the order in which it is presented.
        fields: Rules of the contest; ``rules`` says ``expo`` where the expo's own hold.

    Raises:
        WrongEntry: It does not fit.
    """
    whole = plain(programme)

    expos: Plain = whole["voting"]

    def asked(session: Plain) -> Plain:
        held = session.get("voting", expos).get("holds")
        return _asked(session, initiatives, fields, held)

    return _read(*_with_session(whole, session_id, asked))


def with_streams(
    programme: Programme, session_id: str, streams: Sequence[Mapping[str, str]]
) -> Programme:
    """The programme with where a session can be watched, the first source first.

    Args:
        programme: In force.
        session_id: Whose streams.
        streams: As a schedule has them: ``provider``, ``id`` or ``url``, perhaps ``delay``.

    Raises:
        WrongEntry: One does not fit; its path is ``row-`` and its number from 0.
    """

    def streamed(session: Plain) -> Plain:
        kept = {key: value for key, value in session.items() if key != "streams"}
        return kept | ({"streams": [dict(one) for one in streams]} if streams else {})

    return _read(*_with_session(plain(programme), session_id, streamed))


def _with_session(
    whole: Plain, session_id: str, change: Callable[[Plain], Plain]
) -> tuple[Plain, str]:
    """The schedule with one session changed, and the place of it."""
    place = ""
    days = []
    for n, day in enumerate(whole["days"]):
        sessions = list(day.get("sessions", ()))
        for m, session in enumerate(sessions):
            if session["id"] == session_id:
                place = f"days[{n}].sessions[{m}]"
                sessions[m] = change(session)
        days.append(day | ({"sessions": sessions} if sessions else {}))
    return whole | {"days": days}, place


def rules_of(programme: Programme, session_id: str) -> Plain:
    """The rules of a session's contest as a schedule has them: its own, or the expo's."""
    whole = plain(programme)
    expos: Plain = whole["voting"]
    sessions = (one for day in whole["days"] for one in day.get("sessions", ()))
    return next((one.get("voting", expos) for one in sessions if one["id"] == session_id), expos)


def _asked(
    session: Plain, initiatives: tuple[str, ...], fields: Mapping[str, str], holds: Any
) -> Plain:
    """The session with what it asks; rules that hold ballots stay as they are, a form has none."""
    kept = {key: value for key, value in session.items() if key not in {"initiatives", "voting"}}
    asked = {"initiatives": list(initiatives)} if initiatives else {}
    if fields.get("rules") == _EXPO:
        return kept | asked
    rules = _item(fields, leave_out=("rules",)) | ({} if holds is None else {"holds": holds})
    return kept | asked | {"voting": rules}


def _item(fields: Mapping[str, str], leave_out: tuple[str, ...] = ()) -> Plain:
    item: Plain = {}
    for field, typed in fields.items():
        name, _, code = field.rpartition("_")
        value = clean(typed)
        if field in leave_out:
            continue
        if name in _PAIRS and code in {"ar", "en"}:
            item.setdefault(name, {})[code] = value
        elif field in _FIGURES:
            item |= {field: _number(value)} if value else {}
        elif field == "links":
            item |= {field: value.split()} if value else {}
        elif field in CHOICES:
            item[field] = value
    return item


def _number(typed: str) -> int | str:
    digits = latin_digits(typed).replace(",", "")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 12 else typed


def _read(whole: Plain, place: str) -> Programme:
    """The programme of this schedule.

    Raises:
        WrongEntry: With paths cut down to fields of the form where they belong to its thing.
    """
    try:
        return parse(write(whole).encode())
    except ScheduleProblems as found:
        told = tuple(
            msgspec.structs.replace(one, path=_field(one.path, place)) for one in found.problems
        )
        raise WrongEntry(told) from found


def _field(path: str, place: str) -> str:
    if not place or not path.startswith(place + "."):
        return path
    rest = path[len(place) + 1 :].removeprefix("voting.")
    if row := _ROW.match(rest):
        return f"row-{row[1]}"
    return rest.partition("[")[0].replace(".", "_")
