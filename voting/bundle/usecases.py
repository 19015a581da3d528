"""Bundles of published contests: made soon after, or when first asked for, and kept for every node.

They stand in a folder that several nodes share, under a name that holds the root of the ledger. What is
missing is made anew, and is the same again; what cannot be made is tried once and remembered. Ballots go through in slices, in threads, so a million of them
stop nobody else's page.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar, cast

from expo.errors import N_, Fault, NotFound, Refusal
from expo.record import store as staff_log
from expo.record.keys.usecases import KeyLost
from expo.record.store import Actor
from expo.wire.ending import ended
from voting import visibility
from voting.bundle.files import FILES, opening_line
from voting.bundle.official import Status
from voting.bundle.writer import BundleWriter, Incoherent, Opened
from voting.contests import Contest, Phase
from voting.eligibility import UnknownContest
from voting.methods.rankings import UnreadableLine
from voting.sealing.usecases import Closing, Ledgers, Opening
from voting.usecases import Voting

logger = logging.getLogger(__name__)

_SLICE: Final = 2_000  # lines; some 30 ms in a thread
_PATIENCE: Final = 20.0  # seconds somebody waits for a bundle; then they are told to come again
_COME_AGAIN_MS: Final = 5_000
_READ: Final = "read-sealed-ballots"
_ENDED: Final = frozenset({Phase.CLOSED, Phase.REVIEWED, Phase.REVEALING})

_DIFFERS: Final = "differs"
_KEY_LOST: Final = "key-lost"

One = TypeVar("One")


class BundleInTheMaking(Fault):
    """It is being made just now, or will be; nothing is wrong with it."""

    code = N_("bundle-in-the-making")


class NoBundle(Refusal):
    """What stands in the record does not make a bundle that holds; organisers are told why."""

    code = N_("no-bundle")
    status = 404


class Bundles:
    """One per process.

    Args:
        folder: Of all bundles; the same for every node.
        voting: Has the contests and their results.
        ledgers: Have the records, the openings and the keys.
        software: What counts, with its version.
    """

    def __init__(self, folder: Path, voting: Voting, ledgers: Ledgers, software: str) -> None:
        self.folder = folder
        self._voting = voting
        self._ledgers = ledgers
        self._software = software
        self._making: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, tuple[int, str]] = {}
        self.made = 0
        """Bundles this process has made since start."""

    @property
    def impossible(self) -> dict[str, str]:
        """Contests whose bundle cannot be made, and why: ``differs`` or ``key-lost``."""
        return {contest_id: why for contest_id, (_, why) in self._failed.items()}

    def published(self) -> list[str]:
        """The contests that are to have one."""
        return [one.id for one in self._voting.contests.all() if visibility.is_shown(one)]

    async def file(self, contest_id: str, name: str) -> Path:
        """Where this file of a bundle is.

        Raises:
            UnknownContest: There is no such contest.
            NotPublishedYet: Its result is not public.
            NotFound: It has no ledger, or a bundle has no such file.
            NoBundle: It cannot be made.
            BundleInTheMaking: It takes longer than anybody waits.
            Fault: The disk or the database did not take it.
        """
        contest = self._shown(contest_id)
        if name not in FILES:
            raise NotFound
        return await self._bundle(contest) / name

    async def archive(self, contest_id: str) -> Path:
        """Where the whole bundle is as one ZIP file; raises as `file` does."""
        bundle = await self._bundle(self._shown(contest_id))
        return bundle.with_name(f"{bundle.name}.zip")

    async def sealed_openings(
        self, actor: Actor, contest_id: str, electorate: str
    ) -> AsyncIterator[bytes]:
        """The openings of a sealed electorate, as they would stand in the bundle: for an auditor.

        Whoever reads them is in the staff log: voters were promised that hardly anybody does.

        Raises:
            UnknownContest: There is no such contest.
            NotFound: It has no such sealed electorate, no ledger, or has not ended.
        """
        contest = self._known(contest_id)
        group = contest.electorate(electorate)
        has_ended = visibility.is_shown(contest) or contest.phase in _ENDED
        if group is None or group.audit != "sealed" or not has_ended:
            raise NotFound
        if await self._ledgers.closing(contest_id) is None:
            raise NotFound
        async with self._voting.database.write() as tx:
            await staff_log.append(
                tx,
                at=self._voting.now(),
                actor=actor,
                action=_READ,
                subject=contest_id,
                facts={"electorate": electorate},
            )
        return self._lines(contest_id, electorate)

    async def _lines(self, contest_id: str, electorate: str) -> AsyncIterator[bytes]:
        async for one in self._ledgers.openings(contest_id):
            if one.electorate == electorate:
                yield opening_line(one.content, one.nonce, cast("Status", one.status))

    def _known(self, contest_id: str) -> Contest:
        contest = self._voting.contests.get(contest_id)
        if contest is None:
            raise UnknownContest
        return contest

    def _shown(self, contest_id: str) -> Contest:
        contest = self._known(contest_id)
        visibility.check_shown(contest)
        return contest

    # --- making ---

    async def have(self, contest_id: str) -> Path:
        """The folder of a bundle, made now if it is missing; raises as `file` does, but waits."""
        return await self._have(self._shown(contest_id))

    async def close(self) -> None:
        """End what is being made; what is left of it is cleared in time."""
        await ended(*self._making.values())

    async def _bundle(self, contest: Contest) -> Path:
        try:
            return await asyncio.wait_for(self._have(contest), _PATIENCE)
        except TimeoutError:
            raise BundleInTheMaking(retry_after_ms=_COME_AGAIN_MS) from None

    async def _have(self, contest: Contest) -> Path:
        closing = await self._ledgers.closing(contest.id)
        if closing is None:
            raise NotFound
        target = self.folder / f"{contest.id}-{closing.root.hex()[:16]}"
        if not await asyncio.to_thread(_is_whole, target):
            self._check_possible(contest)
            await asyncio.shield(self._task(contest, closing, target))
            self._check_possible(contest)
        return target

    def _check_possible(self, contest: Contest) -> None:
        version, _ = self._failed.get(contest.id, (None, ""))
        if version == contest.version:
            raise NoBundle(contest=contest.id)

    def _task(self, contest: Contest, closing: Closing, target: Path) -> asyncio.Task[None]:
        """Whoever asks while it is being made waits for the same."""
        task = self._making.get(contest.id)
        if task is None:
            task = asyncio.create_task(self._made(contest, closing, target))
            self._making[contest.id] = task
            task.add_done_callback(lambda done: self._ended(contest.id, done))
        return task

    def _ended(self, contest_id: str, task: asyncio.Task[None]) -> None:
        self._making.pop(contest_id, None)
        if not task.cancelled():
            task.exception()  # told by who waited for it, if anybody still did

    async def _made(self, contest: Contest, closing: Closing, target: Path) -> None:
        """Make it now; where it cannot be, that is remembered, and told once in the log.

        Raises:
            BundleInTheMaking: The disk does not take it, or its result is not here yet.
        """
        about: dict[str, str] = {"contest": contest.id}
        try:
            await self._make(contest, closing, target)
        except (Incoherent, UnreadableLine) as error:
            self._failed[contest.id] = contest.version, _DIFFERS
            about["why"] = str(error)
            logger.critical("A bundle does not say what was published", extra=about)
        except KeyLost:
            self._failed[contest.id] = contest.version, _KEY_LOST
            logger.critical("A bundle cannot be signed: its key cannot be opened", extra=about)
        except OSError as error:
            logger.warning("A bundle could not be kept", extra={**about, "error": str(error)})
            raise BundleInTheMaking(retry_after_ms=_COME_AGAIN_MS) from error
        else:
            self.made += 1
            self._failed.pop(contest.id, None)
            logger.info("A bundle was made", extra=about)

    async def _make(self, contest: Contest, closing: Closing, target: Path) -> None:
        ledgers, result = self._ledgers, self._voting.frozen(contest.id)
        if result is None:  # this node has not read it yet
            raise BundleInTheMaking(retry_after_ms=_COME_AGAIN_MS)
        key, rules = await ledgers.key(contest.id), await ledgers.rules(contest.id)
        verifier, origin = await ledgers.verifier(contest.id), await ledgers.origin(contest.id)
        if not (key and rules and verifier and origin):
            msg = f"the ledger of {contest.id} is not complete"
            raise Incoherent(msg)
        await asyncio.to_thread(self.folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        writer = BundleWriter(
            target,
            contest=contest,
            origin=origin,
            key=key,
            rules=rules,
            verifier=verifier,
            software=self._software,
        )
        with writer:
            await _each(ledgers.records(contest.id), writer.add_records)
            await _each(
                ledgers.openings(contest.id), lambda some: writer.add_openings(map(_opened, some))
            )
            notes = await ledgers.checkpoints(contest.id)
            await asyncio.to_thread(
                writer.finish, notes, root=closing.root, seed=closing.seed, ranks=result.ranks
            )


def _is_whole(target: Path) -> bool:
    return target.is_dir() and target.with_name(f"{target.name}.zip").is_file()


async def _each(items: AsyncIterator[One], take: Callable[[Sequence[One]], None]) -> None:
    """Hand everything on, a slice after the other, in a thread."""
    some: list[One] = []
    async for one in items:
        some.append(one)
        if len(some) == _SLICE:
            await asyncio.to_thread(take, some)
            some = []
    await asyncio.to_thread(take, some)


def _opened(one: Opening) -> Opened:
    status = cast("Status", one.status)
    return Opened(one.content, one.nonce, status, one.electorate, one.tracker, one.revision)
