"""The logs of a contest with several polling stations, looked at line by line."""

from collections import defaultdict
from typing import Final, NamedTuple

from sqlalchemy import text

from tests.support.contests import House
from voting.stations import at, place, station_of

S: Final = 4
"""Stations of the contests in these tests."""

_LINES: Final = text(
    "SELECT position, kind, ballot_id, voter, tracker, revision FROM contest_line"
    " WHERE contest = :id ORDER BY position"
)


class Written(NamedTuple):
    """One line; of a closing line kind and position alone."""

    position: int
    kind: str
    ballot_id: str | None
    voter: str | None
    tracker: str | None
    revision: int | None


async def logs_of(there: House, contest_id: str = "s1") -> dict[int, list[Written]]:
    """The log of each station that has one; without a gap, and of its own voters alone."""
    found: dict[int, list[Written]] = defaultdict(list)
    async with there.database.read() as tx:
        for row in await tx.execute(_LINES, {"id": contest_id}):
            line = Written(*row)
            found[at(line.position, S)].append(line)
    for station, log in found.items():
        assert [one.position for one in log] == [
            place(station, n, S) for n in range(1, len(log) + 1)
        ]
        assert {station_of(one.voter, S) for one in log if one.voter} <= {station}
    return found
