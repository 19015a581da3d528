"""Appeals: made by whoever holds the receipt, answered by officers, followed by receipt number."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from expo.budgets import Budget
from expo.db import Tx
from expo.errors import N_
from expo.identity.people import Person, Visit
from expo.record import store as record
from voting import store as contests
from voting.ballots import tag_of, whole_ms
from voting.batches import Kept
from voting.contests import Contest
from voting.integrity import store
from voting.integrity.appeals import (
    Appeal,
    AppealGone,
    Ground,
    ReceiptUnknown,
    Verdict,
    check,
    until,
    words_in,
)
from voting.usecases import Voting

ANSWERED: Final = N_("answer-appeal")
_MOST_TRIES: Final = 10  # of one device at once; somebody who mistypes a number needs three
_TRY_SECONDS: Final = 30.0


class AppealView(msgspec.Struct, frozen=True):
    """A ballot somebody may object to, and what was said about it so far."""

    contest: Contest
    tracker: str
    status: str
    is_own: bool
    until_at: datetime
    is_open: bool
    appeals: tuple[Appeal, ...]


class Appeals:
    """One per process.

    Args:
        voting: Has the contests, the record and the clock.
        new_id: A fresh id.
    """

    def __init__(self, voting: Voting, new_id: Callable[[datetime], str]) -> None:
        self._voting = voting
        self._new_id = new_id
        self._budget = Budget(burst=_MOST_TRIES, seconds=_TRY_SECONDS)

    async def of(self, visit: Visit, tracker: str) -> AppealView:
        """The ballot with this receipt number, and its appeals.

        Raises:
            ReceiptUnknown: There is none.
            TooFast: This device asks more often than a person would.
        """
        self._budget.spend(visit.device, self._voting.now())
        async with self._voting.database.read() as tx:
            kept, contest, is_own = await self._ballot(tx, visit, tracker)
            appeals = await store.appeals_of(tx, tracker)
        ends = until(contest, kept)
        is_open = self._voting.now() <= ends
        return AppealView(contest, tracker, kept.status, is_own, ends, is_open, appeals)

    async def make(
        self, visit: Visit, tracker: str, receipt: str, ground: Ground, words: str
    ) -> None:
        """Object to what became of a ballot.

        Args:
            visit: At the door.
            tracker: The receipt number.
            receipt: The ballot's id as the receipt has it; may be empty for one's own ballot.
            ground: What is objected to.
            words: In the voter's own words.

        Raises:
            ReceiptUnknown: No ballot has the number, or the receipt is another's.
            TooLateToAppeal: The 48 hours are over.
            AppealedEnough: It has been said often enough.
            TooFast: This device objects more often than a person would.
        """
        now = self._voting.now()
        self._budget.spend(visit.device, now)
        async with self._voting.database.write() as tx:
            kept, contest, is_own = await self._ballot(tx, visit, tracker)
            if not receipt and not is_own:
                raise ReceiptUnknown
            made = len(await store.appeals_of(tx, tracker))
            check(contest, kept, receipt, made, now)
            one = Appeal(
                self._new_id(now), contest.id, tracker, ground, words_in(words), whole_ms(now)
            )
            await store.appeal(tx, one)

    async def answer(
        self, actor: Person, contest_id: str, appeal_id: str, verdict: Verdict, words: str
    ) -> None:
        """Answer an appeal; whoever has the receipt number reads the answer.

        Raises:
            AppealGone: There is no such appeal, or it has an answer.
        """
        async with self._voting.database.write() as tx:
            at, by = self._voting.now(), actor.id
            said = words_in(words)
            if not await store.answer(tx, appeal_id, contest_id, verdict, said, whole_ms(at), by):
                raise AppealGone
            await record.append(
                tx,
                at=at,
                actor=actor,
                action=ANSWERED,
                subject=contest_id,
                facts={"appeal": appeal_id, "answer": verdict.value},
            )

    async def _ballot(self, tx: Tx, visit: Visit, tracker: str) -> tuple[Kept, Contest, bool]:
        kept = await contests.tracked(tx, tracker)
        contest = self._voting.contests.get(kept.contest) if kept else None
        if kept is None or contest is None:
            raise ReceiptUnknown
        secret = await contests.secret(tx, kept.contest) or b""
        person = visit.person
        return kept, contest, person is not None and tag_of(secret, person.id) == kept.voter
