"""A vote desk to be killed: casts ballots without end and prints each receipt once it has it.

    python -m tests.support.killed_desk FOLDER FIRST

Ballot ``n`` is always the same: id, voter and ranking follow from the number. Casting starts at
FIRST, thirty two voters at a time.
"""

import asyncio
import os
import sys
import uuid
from itertools import count
from pathlib import Path

import expo  # noqa: F401 - puts the bundled SQLite in place
from tests.support.contests import House, cast, house, person
from voting.contests import Phase

VOTERS = 150
TABS = 32


def ballot_id(number: int) -> str:
    """The id of ballot ``number``."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


async def main(folder: Path, first: int) -> None:
    """Cast until killed."""
    async with house(folder) as there:
        if there.voting.contests.get("s1") is None:
            await there.open()
        known = there.voting.contests.get("s1")
        assert known is not None
        assert known.phase is Phase.OPEN
        numbers = count(first)
        await asyncio.gather(*[_voter(there, numbers) for _ in range(TABS)])


async def _voter(there: House, numbers: "count[int]") -> None:
    for number in numbers:
        sent = cast("abcd"[number % 4 :], ballot_id=ballot_id(number))
        receipt = await there.voting.cast(person(f"p{number % VOTERS}"), sent, there.clock())
        os.write(1, f"{number} {receipt.tracker} {receipt.revision}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
