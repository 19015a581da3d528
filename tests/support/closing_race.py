"""A close on one node while the others cast."""

import asyncio
from collections.abc import Sequence
from itertools import count

from expo.errors import Refusal
from tests.support.contests import House, person
from voting import moves
from voting.contests import Contest
from voting.eligibility import ContestClosed
from voting.protocol import Receipt


async def closed_meanwhile(
    houses: Sequence[House], contest: Contest, *, enough: int, at_once: int
) -> list[Receipt]:
    """Close on the first node once so many receipts have come; all of them.

    Args:
        houses: Nodes of one expo.
        contest: Opened here.
        enough: Receipts after which it is closed.
        at_once: Voters on each of the other nodes who cast until they are refused.
    """
    first, *others = houses
    await first.open(contest)
    await asyncio.gather(*[one.voting.refresh() for one in others])
    receipts: list[Receipt] = []
    refused: list[Refusal] = []
    are_enough = asyncio.Event()

    async def cast_until_closed(there: House, names: "count[int]") -> None:
        for n in names:
            try:
                receipts.append(await there.vote(person(f"p{n}"), contest=contest.id))
            except Refusal as refusal:
                refused.append(refusal)
                return
            if len(receipts) >= enough:
                are_enough.set()

    names = count()
    casting = [
        asyncio.create_task(cast_until_closed(one, names)) for one in others for _ in range(at_once)
    ]
    await are_enough.wait()
    await first.move(contest.id, moves.close)
    first.clock.move(seconds=11)
    await first.closing.look()
    await asyncio.gather(*casting)
    assert all(isinstance(refusal, ContestClosed) for refusal in refused)
    return receipts
