"""What a show does when nobody directs it: the programme's own times, and a calm reveal. Pure."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from sessions.orders import Kind, Order
from sessions.protocol import ContestLine, ControlView, RundownLine

OPENS_AFTER: Final = timedelta(minutes=3)  # of presenting before the audience is asked


def next_order(view: ControlView, now: datetime) -> Order | None:
    """The next thing to do, or None while there is nothing.

    Sessions start and end at their times; a session ends only once its result is published.
    """
    live = next((line for line in view.sessions if line.status == "live"), None)
    if live is None:
        return _start(view, now)
    if live.contest is None:
        return _end(live, now)
    return _of_contest(view, live, live.contest, now)


def taken_over(view: ControlView, *, director: str, since: datetime) -> str | None:
    """Who else has acted in the control room since then: from then on the show is theirs."""
    others = (line.actor for line in view.log if line.at >= since and line.actor != director)
    return next((actor for actor in others if actor), None)


def _start(view: ControlView, now: datetime) -> Order | None:
    due = (
        line
        for line in view.sessions
        if line.status == "scheduled" and line.starts_expected_at <= now < line.ends_expected_at
    )
    line = next(due, None)
    return Order(Kind.START, version=line.version, session=line.id) if line else None


def _end(line: RundownLine, now: datetime) -> Order | None:
    if now < line.ends_expected_at:
        return None
    return Order(Kind.END, version=line.version, session=line.id, confirmed=True)


def _of_contest(
    view: ControlView, line: RundownLine, contest: ContestLine, now: datetime
) -> Order | None:
    order = Order(Kind.READY, version=contest.version, contest=contest.id)
    match contest.phase:
        case "draft":  # finalists are confirmed; a final that never fills ends with its time
            return _end(line, now) or msgspec.structs.replace(order, confirmed=True)
        case "ready" if now >= line.starts_at + OPENS_AFTER:
            return msgspec.structs.replace(order, kind=Kind.OPEN)
        case "closed":
            return msgspec.structs.replace(order, kind=Kind.REVIEW, may_stay_held=True)
        case "reviewed" | "revealing":
            done = contest.phase == "revealing" and _all_shown(view, contest)
            kind = Kind.PUBLISH if done else Kind.REVEAL
            return msgspec.structs.replace(order, kind=kind, confirmed=done)
        case "published" | "amended":
            return _end(line, now)
        case _:
            return None


def _all_shown(view: ControlView, contest: ContestLine) -> bool:
    shown = view.contest
    return (
        shown is not None
        and shown.contest == contest.id
        and len(shown.places) >= shown.total_places
    )
