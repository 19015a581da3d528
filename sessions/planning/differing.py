"""Two schedules side by side, and a draft brought up to date with what came in force since. Pure."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from sessions.planning.plan import settled
from sessions.planning.values import Document, Entry, entries
from sessions.programme import Day, Session
from sessions.releases.values import Change, Kind

_WHEN = ("starts_at", "ends_at", "slots")
"""What must come from one side, since it has to fit together; the day belongs to it."""


class Clash(msgspec.Struct, frozen=True):
    """A session that the draft and the programme in force changed in different ways.

    ``field`` is ``when``, ``removed`` (in force it is gone), ``kept`` (the draft removed it), or a name
    of a session's field. The draft's side stands.
    """

    session: str
    field: str


class Rebased(msgspec.Struct, frozen=True):
    """A draft on top of what is in force now, and where it says something else than what came in."""

    document: Document
    clashes: tuple[Clash, ...] = ()


def changes(old: tuple[Day, ...], new: tuple[Day, ...]) -> tuple[Change, ...]:
    """What the new days change, session by session in the order of the new days; removed ones last."""
    before, after = entries(old), entries(new)
    found = [_change(before.get(name), entry) for name, entry in after.items()]
    gone = (
        Change(Kind.REMOVED, name, one.session.title, before=one.when)
        for name, one in before.items()
        if name not in after
    )
    return (*(one for one in found if one is not None), *gone)


def _change(before: Entry | None, after: Entry) -> Change | None:
    session = after.session
    if before is None:
        return Change(Kind.ADDED, session.id, session.title, after=after.when)
    if before == after:
        return None
    kind = Kind.CHANGED if before.when == after.when else Kind.MOVED
    was = None if before.session.title == session.title else before.session.title
    return Change(kind, session.id, session.title, before.when, after.when, was)


def rebased(document: Document, now: tuple[Day, ...]) -> Rebased:
    """The draft on top of the days in force now: what either side changed alone is in it.

    Where both changed one thing differently the draft's stands, and the clash is told. Heads of days are
    those in force. A session whose day is gone stands on the last day, to be moved from there.
    """
    base, mine, theirs = (entries(days) for days in (document.base, document.days, now))
    merged: list[Entry] = []
    clashes: list[Clash] = []
    for name in dict.fromkeys((*theirs, *mine)):
        entry, told = _merged(base.get(name), mine.get(name), theirs.get(name))
        merged += [entry] if entry is not None else []
        clashes += [Clash(name, field) for field in told]
    numbers = {day.n for day in now}
    last = max(numbers, default=0)
    placed = [one if one.day in numbers else replace(one, day=last) for one in merged]
    clashes += [Clash(one.session.id, "when") for one in merged if one.day not in numbers]
    days = tuple(
        settled(day, tuple(one.session for one in placed if one.day == day.n)) for day in now
    )
    return Rebased(Document(days, now), tuple(clashes))


def _merged(
    base: Entry | None, mine: Entry | None, theirs: Entry | None
) -> tuple[Entry | None, tuple[str, ...]]:
    if mine in (base, theirs):
        return theirs, ()
    if theirs == base:
        return mine, ()
    if mine is None:
        return None, ("kept",)
    if theirs is None:
        return mine, ("removed",)
    return _fieldwise(base, mine, theirs)


def _fieldwise(base: Entry | None, mine: Entry, theirs: Entry) -> tuple[Entry, tuple[str, ...]]:
    """Both changed it: what only they changed comes in, the rest is the draft's."""
    result, told = mine, []
    if base is not None and _when(mine) == _when(base):
        taken = {name: getattr(theirs.session, name) for name in _WHEN}
        result = Entry(theirs.day, replace(mine.session, **taken))
    elif _when(mine) != _when(theirs) and (base is None or _when(theirs) != _when(base)):
        told.append("when")
    for name in _others():
        own, other = getattr(mine.session, name), getattr(theirs.session, name)
        was = getattr(base.session, name) if base is not None else None
        if own == other:
            continue
        if base is not None and own == was:
            result = replace(result, session=replace(result.session, **{name: other}))
        elif base is None or other != was:
            told.append(name)
    return result, tuple(told)


def _when(entry: Entry) -> tuple[object, ...]:
    return (entry.day, *(getattr(entry.session, name) for name in _WHEN))


def _others() -> Iterator[str]:
    return (name for name in Session.__struct_fields__ if name not in {"id", *_WHEN})
