"""Bulletins: prepared by organisers, reviewed by a second person, read by everybody.

`Bulletins` keeps one snapshot of what is published (`Shown`), which pages read without waiting; a
follower on every node keeps it up to date.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import N_, NotFound
from expo.identity.people import Person, Visit
from expo.looking import Looks
from expo.passes import fingerprint
from expo.record import notes
from expo.web import translations
from expo.wire.notifier import Notifier
from expo.words import LANGUAGES, Language, Text
from sessions.bulletin import moves, store
from sessions.bulletin.building import (
    Frame,
    Root,
    contest_of,
    contests_of,
    edition_of,
    not_held_of,
)
from sessions.bulletin.checks import Reason, Standing, reasons
from sessions.bulletin.edition import Edition, EditionContest
from sessions.bulletin.moves import By, Press
from sessions.bulletin.shown import Shown
from sessions.bulletin.states import State
from sessions.bulletin.values import Bulletin, Words
from sessions.programme import Programme
from voting.integrity.review import Reviewer
from voting.result_views import Translate
from voting.results import public
from voting.usecases import Voting
from voting.visibility import is_shown

logger = logging.getLogger(__name__)

TOPIC: Final = "bulletins"
_HEADING: Final = N_("Results of day {n}")

Identities = Callable[[Tx, str], Awaitable[frozenset[str]]]
"""The identities by which a person is known: ways of signing in, and the pass."""
RootOf = Callable[[str], Awaitable[Root | None]]
"""The end of a contest's ledger; None where there is none."""
KeyInForce = Callable[[], Awaitable[notes.Signs]]
"""What is signed with from now on."""


class Preparation(msgspec.Struct, frozen=True):
    """A day before its organisers: its newest version, what keeps it back, and its contests.

    ``standings`` are in the order of the programme. ``refused`` counts, by contest and code, casts
    this node has refused since it started; ``roots`` are the ends of ledgers; ``is_over``: whether the
    day has ended, so that what was never opened will not be.
    """

    day: int
    bulletin: Bulletin | None
    reasons: tuple[Reason, ...]
    standings: tuple[Standing, ...]
    refused: Mapping[str, Mapping[str, int]] = {}
    roots: Mapping[str, Root] = {}
    is_over: bool = True


class Bulletins:
    """One per process.

    Args:
        database: Where everything is kept.
        notifier: Tells the followers of every process.
        now: The clock.
        voting: Has the contests and results as last seen.
        programme: The one in force.
        root_of: Knows the ledgers.
        key: The key in force.
        identities: Tells people apart.
        public_url: Stands in front of every permanent address.
    """

    def __init__(
        self,
        *,
        database: Database,
        notifier: Notifier,
        now: Now,
        voting: Voting,
        programme: Callable[[], Programme],
        root_of: RootOf,
        key: KeyInForce,
        identities: Identities,
        public_url: str,
    ) -> None:
        self.now = now
        self.public_url = public_url
        self.shown = Shown(())
        self._database = database
        self._notifier = notifier
        self._voting = voting
        self._programme = programme
        self._root_of = root_of
        self._key = key
        self._identities = identities
        self._looks = Looks(database)

    # --- what the public reads ---

    async def refresh(self) -> bool:
        """Look at the database again; whether anything published had changed.

        Raises:
            Fault: It cannot be read; what is shown stays as it was.
        """
        async with self._looks.look() as tx:
            if tx is None:
                return False
            serial = await store.last_serial(tx)
            is_news = serial != self.shown.serial
            if is_news:
                self.shown = Shown(await store.published(tx))
            return is_news

    def contest_now(self, contest_id: str) -> EditionContest | None:
        """A contest as its newest bulletin has it, or else as its result stands; None before that."""
        found = self.shown.contest(contest_id)
        if found is not None:
            return found
        contest = self._voting.contests.get(contest_id)
        result = self._voting.frozen(contest_id)
        if contest is None or result is None or not is_shown(contest) or result.disputed:
            return None
        return contest_of(contest, public(result), (0, ""), _catalogues())

    def alone(self, contest_id: str) -> Edition | None:
        """An edition of one contest, for its card."""
        known = self.shown.about(contest_id)
        contest = self.contest_now(contest_id)
        if known is not None or contest is None:
            return known
        frame = self._frame(contest.day)
        return Edition(
            kind="day",
            day=contest.day,
            version=0,
            expo=frame.expo,
            heading=contest.title,
            published_at=None,
            correction=None,
            replaces=None,
            contests=(contest,),
            on=frame.on,
        )

    def whole(self) -> Edition | None:
        """All days together as they are published now; None before the first."""
        return self.shown.whole(self._programme().title, self._expo_heading())

    # --- what organisers see ---

    async def overview(self) -> tuple[Preparation, ...]:
        """Every day of the programme with its newest version."""
        async with self._database.read() as tx:
            known = {one.day: one for one in await store.newest_of_all(tx)}
            return tuple(
                [
                    await self._preparation(tx, day.n, known.get(day.n))
                    for day in self._programme().days
                ]
            )

    async def preparation(self, day: int) -> Preparation:
        """One day.

        Raises:
            NotFound: The programme has no such day.
        """
        self._check_day(day)
        async with self._database.read() as tx:
            found = await self._preparation(tx, day, await store.newest(tx, day))
        contests = [one.contest.id for one in found.standings]
        return msgspec.structs.replace(
            found,
            refused={one: self._voting.refusals(one) for one in contests},
            roots=await self._roots(found.standings),
        )

    async def preview(self, day: int) -> Edition:
        """The day's newest version as it would be published: frozen, or as a draft from today's results.

        Raises:
            NotFound: There is none.
        """
        self._check_day(day)
        async with self._database.read() as tx:
            found = await store.newest(tx, day)
        if found is None:
            raise NotFound
        return found.edition or await self._edition(found)

    # --- what organisers do ---

    async def begin(self, visit: Visit, day: int) -> Bulletin:
        """The day's draft; the one there is, if any.

        Raises:
            NotFound: The programme has no such day.
        """
        self._check_day(day)
        words = Words(Text(*(_in(one, _HEADING, day) for one in LANGUAGES)))
        async with self._database.write() as tx:
            by, writer = await self._by(tx, visit)
            return await moves.begin(tx, by, writer, day, words)

    async def write(
        self, visit: Visit, day: int, revision: int, words: Words, embargo_at: datetime | None
    ) -> Bulletin:
        """As `moves.write`."""
        async with self._database.write() as tx:
            by, writer = await self._by(tx, visit)
            found = await moves.held(tx, day, revision)
            return await moves.write(tx, by, writer, found, words, embargo_at)

    async def send(self, visit: Visit, day: int, revision: int) -> Bulletin:
        """As `moves.send`; what is frozen is what the results say now."""
        async with self._database.read() as tx:
            seen = await moves.held(tx, day, revision, hold=False)
        edition = await self._edition(seen)
        async with self._database.write() as tx:
            by, _ = await self._by(tx, visit)
            return await moves.send(tx, by, await moves.held(tx, day, revision), edition)

    async def back(self, visit: Visit, day: int, revision: int) -> Bulletin:
        """As `moves.back`."""
        async with self._database.write() as tx:
            by, _ = await self._by(tx, visit)
            return await moves.back(tx, by, await moves.held(tx, day, revision))

    async def review(self, visit: Visit, day: int, revision: int) -> Bulletin:
        """As `moves.review`."""
        async with self._database.write() as tx:
            by, reviewer = await self._by(tx, visit)
            return await moves.review(tx, by, reviewer, await moves.held(tx, day, revision))

    async def release(self, visit: Visit | None, day: int, revision: int | None) -> Bulletin:
        """As `moves.release`; without a visit an operator does it from the command line."""
        press = Press(self.public_url, await self._key())
        async with self._database.write() as tx:
            by = By(self.now()) if visit is None else (await self._by(tx, visit))[0]
            out = await moves.release(tx, by, await moves.held(tx, day, revision), press)
        await self.announce()
        return out

    # --- what the clock does ---

    async def due(self, now: datetime) -> tuple[int, ...]:
        """Days whose bulletin's embargo is over."""
        async with self._database.read() as tx:
            return tuple(day for day, at in await store.waiting(tx) if at <= now)

    async def publish_due(self, day: int, confirm: Callable[[Tx], Awaitable[None]]) -> None:
        """Publish what was scheduled, if its embargo is over.

        Args:
            day: Of the expo.
            confirm: Makes sure, inside the transaction, that this node may.

        Raises:
            BulletinBlocked: Something came up since the review.
        """
        press = Press(self.public_url, await self._key())
        async with self._database.write() as tx:
            await confirm(tx)
            found, by = await moves.held(tx, day, None), By(self.now())
            embargo_at = found.embargo_at if found.state is State.SCHEDULED else None
            if embargo_at is not None and embargo_at <= by.at:  # else somebody called it back
                await moves.publish(tx, by, found, press)
        await self.announce()

    async def announce(self) -> None:
        """After the commit: look again, then tell everybody to."""
        await self.refresh()
        self._notifier.notify(TOPIC)

    # --- inside ---

    async def _preparation(self, tx: Tx, day: int, found: Bulletin | None) -> Preparation:
        plan = self._programme().day(day)
        turn = {one.id: n for n, one in enumerate(plan.sessions)} if plan else {}
        standings = await moves.standings(tx, day)
        standings = tuple(sorted(standings, key=lambda one: turn.get(one.contest.id, len(turn))))
        is_over = plan is None or plan.closes_at <= self.now()
        return Preparation(day, found, reasons(standings), standings, is_over=is_over)

    async def _edition(self, bulletin: Bulletin) -> Edition:
        async with self._database.read() as tx:
            standings = await moves.standings(tx, bulletin.day)
        roots = await self._roots(standings)
        contests = contests_of(standings, roots, _catalogues())
        return edition_of(bulletin, self._frame(bulletin.day), contests, not_held_of(standings))

    async def _roots(self, standings: tuple[Standing, ...]) -> dict[str, Root]:
        """The ends of the ledgers whose results are public."""
        found: dict[str, Root] = {}
        for one in standings:
            if one.is_shown and (root := await self._root_of(one.contest.id)) is not None:
                found[one.contest.id] = root
        return found

    def _frame(self, day: int) -> Frame:
        programme = self._programme()
        found = programme.day(day)
        return Frame(programme.title, found.date if found else None)

    def _check_day(self, day: int) -> None:
        if self._programme().day(day) is None:
            raise NotFound

    async def _by(self, tx: Tx, visit: Visit) -> tuple[By, Reviewer]:
        person: Person = visit.somebody()
        marks = await self._identities(tx, person.id)
        device = fingerprint(visit.device) if visit.device else ""
        reviewer = Reviewer(person.id, "", device, marks)
        return By(self.now(), person, reviewer), reviewer

    def _expo_heading(self) -> Text:
        message = N_("The bulletin of the whole expo")
        return Text(*(_in(one, message) for one in LANGUAGES))


def _catalogues() -> Mapping[Language, Translate]:
    """The catalogue of each language."""
    return {one: translations.catalogue(one).gettext for one in LANGUAGES}


def _in(language: Language, message: str, n: int = 0) -> str:
    return translations.filled(translations.catalogue(language).gettext(message), {"n": n})
