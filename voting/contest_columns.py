"""A contest as the columns of its row, and back. Pure.

A state that has a column is not in the JSON beside it, so each is written once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from voting.contests import Contest, Phase

_definition = msgspec.json.Decoder(Contest)


def columns_of(contest: Contest) -> dict[str, Any]:
    """The columns that hold this contest: what was defined as JSON, and its state beside it."""
    definition = msgspec.structs.replace(
        contest,
        phase=Phase.DRAFT,
        version=0,
        opened_at=None,
        closes_at=None,
        closed_at=None,
        paused_at=None,
        revealed_at=None,
        grace=None,
        revealed=0,
        stations=1,
    )
    return {
        "day": contest.day,
        "value": msgspec.json.encode(definition).decode(),
        "phase": contest.phase.value,
        "version": contest.version,
        "opened_at": contest.opened_at,
        "closes_at": contest.closes_at,
        "closed_at": contest.closed_at,
        "paused_at": contest.paused_at,
        "revealed_at": contest.revealed_at,
        "grace": contest.grace,
        "revealed": contest.revealed,
        "stations": contest.stations,
    }


def contest_of(
    value: str,
    phase: str,
    version: int,
    instants: Sequence[datetime | None],
    revealed: int,
    stations: int,
    grace: int | None,
) -> Contest:
    """The contest these columns hold; ``instants`` are opened, closes, closed, paused and revealed at."""
    opened_at, closes_at, closed_at, paused_at, revealed_at = instants
    return msgspec.structs.replace(
        _definition.decode(value),
        phase=Phase(phase),
        version=version,
        opened_at=opened_at,
        closes_at=closes_at,
        closed_at=closed_at,
        paused_at=paused_at,
        revealed_at=revealed_at,
        grace=grace,
        revealed=revealed,
        stations=stations,
    )
