"""The vote desk against a model: whatever comes in whatever order, the record says what it must.

The real writer, database and followers are driven by random orders; the model is a dictionary.
Ideas: reliability X1 (open, close, vote, re-vote, duplicate id, withdraw, crash).
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from typing_extensions import override

from expo.errors import Refusal
from tests.support.clock import Clock
from tests.support.contests import House, cast, employee, house, member, person
from tests.support.elections import recount
from voting import moves, store
from voting.ballots import IdConflict
from voting.contests import Phase
from voting.methods.tally import Line, Tally
from voting.protocol import Cast, Receipt

VOTERS = {
    "u": person("u"),
    "v": person("v"),
    "w": employee("w"),
    "x": member("x", "entity-a"),
}
IDS = [f"6f1f3c52-7f0a-4b1e-9c2d-0a1b2c3d4e{n:02x}" for n in range(8)]
RANKINGS = st.permutations("abcd").flatmap(
    lambda order: st.integers(0, 4).map(lambda length: "".join(order[:length]))
)


class Desk(RuleBasedStateMachine):
    """One contest, four voters who share eight ballot ids, and servers that crash."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.acknowledged: dict[str, tuple[str, str, Receipt]] = {}
        self.current: dict[str, str] = {}
        self.revisions: dict[str, int] = {}

    @initialize()
    def open(self) -> None:
        """A server with an open contest."""
        self.runner.run(self._start())
        self.runner.run(self.there.open())

    @rule(ballot_id=st.sampled_from(IDS), voter=st.sampled_from(list(VOTERS)), ranking=RANKINGS)
    def vote(self, ballot_id: str, voter: str, ranking: str) -> None:
        """Cast under an id that may have been used before."""
        sent = cast(ranking, ballot_id=ballot_id)
        takes = self._takes_ballots()
        try:
            receipt = self.runner.run(self.there.voting.cast(VOTERS[voter], sent, self.clock()))
        except IdConflict:
            assert self.acknowledged[ballot_id][:2] != (voter, ranking)
        except Refusal:
            assert ballot_id not in self.acknowledged
            assert not takes
        else:
            self._acknowledge(ballot_id, voter, ranking, receipt, takes=takes)

    @rule(ranking=RANKINGS, count=st.integers(2, 6))
    def vote_at_once(self, ranking: str, count: int) -> None:
        """The same voter from several tabs in one moment."""
        casts = [cast(ranking) for _ in range(count)]
        takes = self._takes_ballots()
        answers = self.runner.run(self._all(casts))
        accepted = [answer for answer in answers if isinstance(answer, Receipt)]

        assert len(accepted) == (count if takes else 0)
        for receipt in sorted(accepted, key=lambda receipt: receipt.revision):
            self._acknowledge(receipt.id, "u", ranking, receipt, takes=takes)

    @rule()
    def crash(self) -> None:
        """The process dies and another one starts on the same file."""
        self.runner.run(self.stack.aclose())
        self.runner.run(self._start())

    @rule(seconds=st.integers(1, 400))
    def wait(self, seconds: int) -> None:
        """Time passes, and the contest's clock does what is due."""
        self.clock.move(seconds=seconds)
        for _ in range(2):
            self.runner.run(self.there.closing.look())

    @precondition(lambda self: self._phase() in {Phase.OPEN, Phase.PAUSED})
    @rule(move=st.sampled_from([moves.pause, moves.resume, moves.close, moves.extend]))
    def press(self, move: object) -> None:
        """The organiser presses something, perhaps something illegal."""
        try:
            arguments = (3,) if move is moves.extend else ()
            self.runner.run(self.there.move("s1", move, *arguments))  # type: ignore[arg-type]  # one of four moves
        except Refusal:
            pass

    @invariant()
    def count_is_what_was_acknowledged(self) -> None:
        """Every acknowledged ballot counts once, as it was said last; nothing else counts."""
        if not hasattr(self, "there"):
            return
        self.runner.run(self.there.voting.refresh())
        tally = self.there.voting.tally("s1")
        assert tally is not None
        lines, recounted = self.runner.run(self._counted_anew())
        latest = {line.voter: line for line in lines}.values()

        assert sorted("".join(map(str, line.ranking)) for line in latest) == sorted(
            self.current.values()
        )
        assert tally.ballots == sum(bool(ranking) for ranking in self.current.values())
        assert recount(tally.options, ["employees", "teams", "customers"], lines) == tally
        assert recounted == tally

    @invariant()
    def frozen_result_agrees(self) -> None:
        """Once it is closed, the result counts the same ballots and is not disputed."""
        result = self.there.voting.frozen("s1") if hasattr(self, "there") else None
        if result is not None:
            assert not result.disputed
            assert result.ballots == sum(bool(ranking) for ranking in self.current.values())

    @override
    def teardown(self) -> None:
        """Put everything away."""
        self.runner.run(self.stack.aclose())
        self.runner.close()
        self.folder.cleanup()

    async def _start(self) -> None:
        self.stack = AsyncExitStack()
        self.there: House = await self.stack.enter_async_context(
            house(Path(self.folder.name), self.clock)
        )

    async def _counted_anew(self) -> tuple[tuple[Line, ...], Tally | None]:
        """The log, and what the recount at the close would make of it."""
        contest = self.there.voting.contests.get("s1")
        assert contest is not None
        async with self.there.database.read() as tx:
            _, lines = await store.lines(tx, "s1", 0, 10_000)
        return lines, (await self.there.closing._recount(contest))[1]

    async def _all(self, casts: list[Cast]) -> list[object]:
        return await asyncio.gather(
            *[self.there.voting.cast(VOTERS["u"], sent, self.clock()) for sent in casts],
            return_exceptions=True,
        )

    def _acknowledge(
        self, ballot_id: str, voter: str, ranking: str, receipt: Receipt, *, takes: bool
    ) -> None:
        if ballot_id in self.acknowledged:
            assert self.acknowledged[ballot_id] == (voter, ranking, receipt)
            return
        assert takes
        self.revisions[voter] = self.revisions.get(voter, 0) + 1
        assert receipt.revision == self.revisions[voter]
        self.acknowledged[ballot_id] = (voter, ranking, receipt)
        self.current[voter] = ranking

    def _phase(self) -> Phase | None:
        contest = self.there.voting.contests.get("s1") if hasattr(self, "there") else None
        return contest.phase if contest else None

    def _takes_ballots(self) -> bool:
        contest = self.there.voting.contests.get("s1")
        if contest is None or contest.closes_at is None:
            return False
        in_time = self.clock() <= contest.closes_at + timedelta(seconds=10)
        return contest.phase in {Phase.OPEN, Phase.CLOSING} and in_time


TestDesk = Desk.TestCase
TestDesk.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
