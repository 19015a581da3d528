"""Whether the finals of a programme can be held: whose winners meet, and when. Pure.

A final is drawn from contests that are over before it starts, so nothing can go round in circles.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from sessions.finals.lists import FEWEST
from sessions.programme_drafts import FinalDraft, ProgrammeDraft, SessionDraft
from voting.contests import MOST_OPTIONS

Broken = tuple[str, str, dict[str, str | int]]
"""Path, code and facts of a broken rule."""

_CUTOFF: Final = 0.6  # how near a name must be to be proposed, as everywhere in a schedule


def check(draft: ProgrammeDraft) -> Iterator[Broken]:
    """Every rule a final breaks."""
    for session in draft.sessions:
        if session.final is not None:
            yield from _final(session, session.final, draft)


def _final(session: SessionDraft, final: FinalDraft, draft: ProgrammeDraft) -> Iterator[Broken]:
    if session.initiatives or session.initiatives is None:
        yield f"{session.path}.initiatives", "final-with-initiatives", {}
    if session.entity:
        yield f"{session.path}.entity", "final-with-entity", {}
    if not final.days and not final.sessions:
        yield final.path, "final-of-nothing", {}
        return
    wrong = [*_days(session, final, draft), *_sessions(session, final, draft)]
    yield from wrong or _number(session, final, draft)


def _days(session: SessionDraft, final: FinalDraft, draft: ProgrammeDraft) -> Iterator[Broken]:
    for n, day in enumerate(final.days):
        path = f"{final.path}.days[{n}]"
        if day is None:
            continue
        if not 1 <= day <= len(draft.days):
            yield path, "unknown-day", {"day": day, "days": len(draft.days)}
        elif day in final.days[:n]:
            yield path, "repeated-source", {"id": day}
        else:
            for one in _asking(draft.days[day - 1].sessions, session):
                yield from _in_time(path, one, session)


def _sessions(session: SessionDraft, final: FinalDraft, draft: ProgrammeDraft) -> Iterator[Broken]:
    known = {one.id: one for one in draft.sessions if one.id}
    for n, name in enumerate(final.sessions):
        path = f"{final.path}.sessions[{n}]"
        if name is None:
            continue
        source = known.get(name)
        if source is None:
            near = get_close_matches(name, known, n=1, cutoff=_CUTOFF)
            yield (
                (path, "unknown-session-near", {"id": name, "near": near[0]})
                if near
                else (path, "unknown-session", {"id": name})
            )
        elif name == session.id:
            yield path, "final-of-itself", {}
        elif name in final.sessions[:n]:
            yield path, "repeated-source", {"id": name}
        elif source.final is None and source.initiatives == ():
            yield path, "source-asks-nothing", {"id": name}
        else:
            yield from _in_time(path, source, session)


def _in_time(path: str, source: SessionDraft, session: SessionDraft) -> Iterator[Broken]:
    """The source is over when the final starts."""
    if source.ends_at and session.starts_at and source.ends_at > session.starts_at:
        yield path, "source-not-before", {"id": source.id or source.path}


def _number(session: SessionDraft, final: FinalDraft, draft: ProgrammeDraft) -> Iterator[Broken]:
    """Two winners at least and no more than can be ranked; days to be announced may bring others."""
    days = {n for n in final.days if n is not None and 1 <= n <= len(draft.days)}
    names = {one for one in final.sessions if one is not None}
    found = {
        one.path
        for n, day in enumerate(draft.days, start=1)
        for one in day.sessions
        if one.id in names or (n in days and one in _asking(day.sessions, session))
    }
    is_open = any(draft.days[n - 1].announced_only for n in days)
    if len(found) < FEWEST and not is_open:
        yield final.path, "too-few-sources", {"found": len(found), "least": FEWEST}
    if len(found) > MOST_OPTIONS:
        yield final.path, "too-many-sources", {"found": len(found), "most": MOST_OPTIONS}


def _asking(sessions: tuple[SessionDraft, ...], final: SessionDraft) -> list[SessionDraft]:
    """The sessions of a day that have initiatives of their own, without the final."""
    return [one for one in sessions if one.initiatives and one.final is None and one != final]
