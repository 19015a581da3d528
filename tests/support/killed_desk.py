"""A vote desk to be killed: casts ballots without end and prints each receipt once it has it.

    python -m tests.support.killed_desk FOLDER FIRST [URL]

Ballot ``n`` is always the same: id, voter and ranking follow from the number. Casting starts at
FIRST, thirty two voters at a time; a ballot that is told "busy" is cast again until it is answered.
URL is the database where it is not a file in FOLDER.
"""

import asyncio
import os
import sys
import uuid
from itertools import count
from pathlib import Path

import expo  # noqa: F401 - puts the bundled SQLite in place
from expo.errors import Fault
from tests.support.contests import House, cast, house, person
from voting.contests import Phase
from voting.protocol import Receipt

VOTERS = 150
TABS = 32
AGAIN_S = 0.05


def ballot_id(number: int) -> str:
    """The id of ballot ``number``."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


async def main(folder: Path, first: int, url: str | None) -> None:
    """Cast until killed."""
    async with house(folder, url=url) as there:
        if there.voting.contests.get("s1") is None:
            await there.open()
        known = there.voting.contests.get("s1")
        assert known is not None
        assert known.phase is Phase.OPEN
        numbers = count(first)
        await asyncio.gather(*[_voter(there, numbers) for _ in range(TABS)])


async def _voter(there: House, numbers: "count[int]") -> None:
    for number in numbers:
        receipt = await _answered(there, number)
        os.write(1, f"{number} {receipt.tracker} {receipt.revision}\n".encode())


async def _answered(there: House, number: int) -> Receipt:
    sent = cast("abcd"[number % 4 :], ballot_id=ballot_id(number))
    while True:
        try:
            return await there.voting.cast(person(f"p{number % VOTERS}"), sent, there.clock())
        except Fault:
            await asyncio.sleep(AGAIN_S)  # a server that is away: there is nothing to await


if __name__ == "__main__":
    given = sys.argv[3] if len(sys.argv) > 3 else None
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), given))
