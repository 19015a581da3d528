"""The figures of frozen results: counted when somebody first asks, in a thread, and kept."""

import asyncio
import logging
from typing import Final, Protocol

import msgspec

from expo.errors import Fault
from voting.analysis import store
from voting.analysis.figures import Counted, analysis_of
from voting.analysis.sample import Sample, Sampling
from voting.analysis.values import Analysis
from voting.contests import Contest
from voting.methods import lot
from voting.results import Result
from voting.usecases import Voting

logger = logging.getLogger(__name__)

_AGAIN: Final = 1  # more tries when the result was frozen anew while its ballots were read


class Ending(Protocol):
    """Where a ledger ended with the close of its contest, and the seed of the lot."""

    @property
    def size(self) -> int:
        """Entries in the tree whose last one is the close."""

    @property
    def root(self) -> bytes:
        """Its root, 32 bytes."""

    @property
    def seed(self) -> bytes:
        """The seed, 32 bytes."""


class Ledger(Protocol):
    """What the public ledger tells of a contest."""

    async def closing(self, contest_id: str) -> Ending | None:
        """Its end; None without a ledger."""

    async def vkey(self, contest_id: str) -> str | None:
        """The key its checkpoints are signed with, as a verifier key; None without a ledger."""


class Audit(msgspec.Struct, frozen=True):
    """Where a contest's ledger ended: what anybody needs to check the result against."""

    size: int
    root: str
    """In hexadecimal."""
    vkey: str


class Found(msgspec.Struct, frozen=True):
    """Everything known beside a result; no figures where the ballots were not those of the result."""

    result: Result
    analysis: Analysis | None
    audit: Audit | None


class Analyses:
    """One per process.

    Args:
        voting: Has the contests, their results and the record.
        ledger: Has the roots and seeds; None where contests have no public ledger.
    """

    def __init__(self, voting: Voting, ledger: Ledger | None = None) -> None:
        self._voting = voting
        self._ledger = ledger
        self._found: dict[str, Found] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    def known(self, contest_id: str) -> Found | None:
        """What has been found about the result as it is frozen now, without waiting."""
        found, result = self._found.get(contest_id), self._voting.frozen(contest_id)
        if found is None or result is None:
            return None
        return found if found.result is result or found.result == result else None

    async def of(self, contest_id: str) -> Found | None:
        """What can be said of a contest's result; None where there is none, or it cannot be read now.

        Whoever asks first counts, and all who ask meanwhile wait for it.
        """
        if self._voting.frozen(contest_id) is None:
            return None
        async with self._turns.setdefault(contest_id, asyncio.Lock()):
            for _ in range(1 + _AGAIN):
                if self.known(contest_id) is None:
                    await self._look(contest_id)
        return self.known(contest_id)

    async def _look(self, contest_id: str) -> None:
        contest = self._voting.contests.get(contest_id)
        result = self._voting.frozen(contest_id)
        if contest is None or result is None:
            return
        try:
            self._found[contest_id] = await self._find(contest, result)
        except Fault:
            logger.warning(
                "Figures of a result could not be made now", extra={"contest": contest_id}
            )

    async def _find(self, contest: Contest, result: Result) -> Found:
        sample = await self._sample(contest)
        options = tuple(option.id for option in contest.options)
        order, root, audit = lot.provisional(options), b"", None
        closing = await self._ledger.closing(contest.id) if self._ledger else None
        if self._ledger and closing:
            root = closing.root
            order = lot.final(options, seed=closing.seed, root=root)
            audit = Audit(closing.size, root.hex(), await self._ledger.vkey(contest.id) or "")
        counted = Counted(contest, result, sample, order, root)
        if not counted.is_whole:
            logger.critical(
                "The ballots on record are not those of the result", extra={"contest": contest.id}
            )
            return Found(result, None, audit)
        return Found(result, await asyncio.to_thread(analysis_of, counted), audit)

    async def _sample(self, contest: Contest) -> Sample:
        sampling = Sampling(
            [option.id for option in contest.options], [one.id for one in contest.electorates]
        )
        async with self._voting.database.read() as tx:
            async for ballots in store.counted(tx, contest.id):
                await asyncio.to_thread(_take, sampling, ballots)
        return await asyncio.to_thread(sampling.sample)


def _take(sampling: Sampling, ballots: list[store.Written]) -> None:
    for ballot in ballots:
        sampling.add(*store.ballot_in(ballot))
