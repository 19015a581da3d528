"""A small show as values, for tests of what is derived from it."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from sessions.contest_plan import contests_of
from sessions.cues import Scene, Status
from sessions.stage import Progress, Rundown, Stage
from tests.support.schedules import programme
from voting.contests import Contest, Phase, Rules, Visibility
from voting.protocol import ContestState, Place

AT: Final = datetime(2017, 4, 17, 4, 40, tzinfo=UTC)
"""08:40 in the hall: ten minutes into the first session."""

SESSION: Final = "water"
CODES: Final = {"water": "K7Q4", "talk": "M3XP"}


def rundown(
    status: Status = Status.LIVE, picked: Scene | None = None, *, session: str | None = SESSION
) -> Rundown:
    """The small programme with its first session on the stage."""
    progress = {name: Progress(code=code) for name, code in CODES.items()}
    progress[SESSION] = Progress(status, 3, CODES[SESSION])
    return Rundown(programme(), progress, Stage(session, session, picked, 7), AT)


def contest(
    phase: Phase = Phase.OPEN, *, revealed: int = 0, visibility: Visibility = "hidden"
) -> Contest:
    """The contest of the first session in a phase."""
    draft = contests_of(programme())[0]
    opened_at = None if phase in {Phase.DRAFT, Phase.READY} else AT
    return msgspec.structs.replace(
        draft,
        phase=phase,
        version=5,
        revealed=revealed,
        opened_at=opened_at,
        closes_at=opened_at and opened_at + timedelta(minutes=10),
        rules=Rules(visibility=visibility),
    )


def all_places(of: Contest) -> tuple[Place, ...]:
    """A place for every option, the last one first."""
    ranked = list(enumerate(of.options, start=1))
    return tuple(
        Place(rank, (one.id,), (one.title,), (one.entity_name,), 500 + rank)
        for rank, one in reversed(ranked)
    )


def state(of: Contest, places: tuple[Place, ...] = ()) -> ContestState:
    """The contest as a frame, with whatever places are given."""
    return ContestState(
        contest=of.id,
        version=of.version,
        phase=of.phase.value,
        server_at=AT,
        opened_at=of.opened_at,
        closes_at=of.closes_at,
        hard_close_at=of.hard_close_at,
        visibility=of.rules.visibility,
        options=tuple(one.id for one in of.options),
        max_ranked=of.rules.max_ranked,
        total_places=len(of.options),
        places=places,
    )
