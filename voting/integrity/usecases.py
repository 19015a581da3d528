"""Watches where ballots come from while they arrive: holds by the contest's rules, and takes notes.

What is asked for each ballot stays in memory and never waits; what has to be kept is written by a
follower, a moment later (`integrity.arrivals_follower`). A node that dies in between loses notes and no
ballot: that a ballot is held, and why, is in the log with the ballot.
"""

import logging
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from typing_extensions import override

from expo.db import Tx
from expo.identity.people import Person
from expo.record import store as record
from expo.record.lines import Facts
from voting import store as contests
from voting.ballots import Ballot, tag_of
from voting.contests import Contest, Phase
from voting.holds import Origin
from voting.integrity import moves, store
from voting.integrity.counters import Counters
from voting.integrity.store import Marks
from voting.integrity.windows import SECONDS, Gathering, begins, mark_of
from voting.protocol import Receipt
from voting.usecases import Voting
from voting.watch import Watch
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

COMPLAINT_DAYS: Final = 7
"""After the close; then nobody can tell any more what the marks of sources stood for."""
LIFTED: Final = "lift-hold"
_RUNNING: Final = frozenset({Phase.OPEN, Phase.PAUSED, Phase.CLOSING})
_MOST_NOTES: Final = 50_000  # held ballots whose marks wait to be written; about 20 MB
_KEY_BYTES: Final = 32


class _Note(msgspec.Struct, frozen=True):
    """A held ballot whose marks are still to be made."""

    contest: str
    ballot_id: str
    origin: Origin
    level: str
    at_ms: int


class FairPlay(Watch):
    """One per process; everything but `keep` and `lift` belongs to the loop's thread and never waits.

    Args:
        voting: Has the contests, the database and the clock.
        node: Name of this process among several.
    """

    def __init__(self, voting: Voting, node: str) -> None:
        self._voting = voting
        self._node = node
        self._counters: dict[str, Counters] = {}
        self._gathering: dict[str, Gathering] = {}
        self._ended: list[tuple[str, Gathering]] = []
        self._notes: list[_Note] = []
        self._keys: dict[str, bytes | None] = {}

    # --- while ballots arrive ---

    @override
    def judge(
        self, contest: Contest, person: Person, electorate: str, origin: Origin, at: datetime
    ) -> str | None:
        """Why this ballot is held for review; None: it counts."""
        at_ms = int(at.timestamp() * 1000)
        counters = self._counters.get(contest.id)
        if counters is None:
            counters = self._counters[contest.id] = Counters(contest.rules.holds)
        why = counters.judge(person.id, electorate, person.assurance, origin, at_ms)
        gathering = self._gathering.get(contest.id)
        if gathering is None or at_ms >= gathering.begins_ms + SECONDS * 1000:
            gathering = self._next(contest.id, at_ms)
        gathering.add(person, electorate, origin, at_ms, why)
        return why

    @override
    def received(self, ballot: Ballot, person: Person, origin: Origin, receipt: Receipt) -> None:
        """Note where a held ballot came from, and that somebody voted again."""
        if receipt.revision > 1 and (gathering := self._gathering.get(ballot.contest)):
            gathering.revised += 1
        if ballot.held and len(self._notes) < _MOST_NOTES:
            at_ms = int(ballot.arrived_at.timestamp() * 1000)
            level = person.assurance.value
            self._notes.append(_Note(ballot.contest, ballot.id, origin, level, at_ms))

    def _next(self, contest: str, at_ms: int) -> Gathering:
        ended = self._gathering.get(contest)
        if ended is not None:
            self._ended.append((contest, ended))
        gathering = self._gathering[contest] = Gathering(begins(at_ms))
        return gathering

    # --- a moment later ---

    @property
    def is_at_work(self) -> bool:
        """Whether ballots may arrive, or notes wait to be written."""
        running = any(one.phase in _RUNNING for one in self._voting.contests.all())
        return running or bool(self._notes or self._ended or self._gathering)

    async def keep(self) -> None:
        """Write down what was noted, and learn which rules officers have armed.

        Raises:
            Fault: The database does not take it; the notes are kept for the next time.
        """
        self._end_windows()
        notes, ended = self._notes[:], self._ended[:]
        if notes or ended:
            async with self._voting.database.write() as tx:
                await self._write_down(tx, notes, ended)
            del self._notes[: len(notes)], self._ended[: len(ended)]
        async with self._voting.database.read() as tx:
            armed = await store.armed(tx)
        for one in self._voting.contests.all():
            if one.phase not in _RUNNING:
                self._counters.pop(one.id, None)
            elif one.rules.holds:
                counters = self._counters.setdefault(one.id, Counters(one.rules.holds))
                counters.is_armed = one.id in armed

    async def _write_down(
        self, tx: Tx, notes: list[_Note], ended: list[tuple[str, Gathering]]
    ) -> None:
        for contest in {one.contest for one in notes} | {one for one, _ in ended}:
            if contest not in self._keys:
                fresh = secrets.token_bytes(_KEY_BYTES)
                self._keys[contest] = await store.key(tx, contest, fresh)
        await store.add_marks(tx, [one for one in map(self._marks, notes) if one])
        for contest, gathering in ended:
            if key := self._keys[contest]:
                at = datetime.fromtimestamp(gathering.begins_ms / 1000, UTC)
                await store.keep_window(tx, contest, self._node, at, gathering.window(key))

    async def forget(self) -> None:
        """Destroy the keys of contests whose complaint window is over.

        Raises:
            Fault: The database cannot be reached; the next time will do.
        """
        before = self._voting.now() - timedelta(days=COMPLAINT_DAYS)
        over = [c.id for c in self._voting.contests.all() if c.closed_at and c.closed_at < before]
        if not over:
            return
        async with self._voting.database.read() as tx:
            due = (await store.kept_keys(tx)).intersection(over)
        if due:
            async with self._voting.database.write() as tx:
                await store.destroy_keys(tx, due, self._voting.now())
            self._keys.update(dict.fromkeys(due))
            logger.info("Keys of sources were destroyed", extra={"contests": len(due)})

    def _end_windows(self) -> None:
        """End what has had its ten seconds; a source is in the clear no longer than that."""
        now_ms = int(self._voting.now().timestamp() * 1000)
        for contest, gathering in tuple(self._gathering.items()):
            if now_ms >= gathering.begins_ms + SECONDS * 1000:
                self._ended.append((contest, gathering))
                del self._gathering[contest]

    def _marks(self, note: _Note) -> Marks | None:
        key, origin = self._keys[note.contest], note.origin
        if key is None:
            return None
        waited = None if origin.opened_ms is None else max(0, note.at_ms - origin.opened_ms)
        return Marks(
            contest=note.contest,
            ballot_id=note.ballot_id,
            device=mark_of(key, "device", origin.device),
            network=mark_of(key, "network", origin.network),
            batch=mark_of(key, "batch", origin.batch),
            level=note.level,
            waited_ms=waited,
        )

    # --- known more surely ---

    async def lift(self, person: Person) -> tuple[str, ...]:
        """Count this person's held ballots where being known as surely as now is enough; in which contests.

        Raises:
            Fault: The database does not answer; nothing was changed.
        """
        voting = self._voting
        async with voting.database.read() as tx:
            known = await contests.secrets_of(tx, moves.LIFTABLE)
            tags = {contest: tag_of(secret, person.id) for contest, secret in known.items()}
            waiting = await contests.held_of(tx, tags)
        lifted: list[str] = []
        for contest in sorted(waiting):
            async with voting.database.write() as tx:
                at = voting.now()
                facts: Facts = {"assurance": person.assurance.value}
                position = await moves.lift(tx, contest, tags[contest], person.assurance, at)
                if position is not None:
                    await record.append(
                        tx, at=at, actor=None, action=LIFTED, subject=contest, facts=facts
                    )
                    lifted.append(contest)
        await tell(voting, lifted)
        return tuple(lifted)


async def tell(voting: Voting, moved: list[str]) -> None:
    """Let everybody know that something was decided in these contests."""
    if moved:
        await voting.refresh(moved)
        for contest in moved:
            voting.notifier.notify(f"contest.{contest}")
        voting.notifier.notify(ANY_CONTEST)
