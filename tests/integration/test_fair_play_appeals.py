"""Objections: who may make them, until when, and how they are answered."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from expo.identity.people import Visit
from tests.support.contests import contest, house, person
from tests.support.watched import ONE_DEVICE, Watched, officer
from voting.integrity.appeals import (
    AppealedEnough,
    AppealGone,
    Ground,
    ReceiptUnknown,
    TooLateToAppeal,
    Verdict,
)

pytestmark = pytest.mark.each_database


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with house(tmp_path) as there:
        await there.open(contest(rules=ONE_DEVICE))
        yield Watched(there)


async def test_appeal_needs_the_receipt_and_is_answered(watched: Watched) -> None:
    await watched.vote("p1")
    receipt = await watched.vote("p2")
    stranger, own = Visit(device="x"), Visit(None, person("p2"), "y")
    for tracker, proof in (("0" * 16, ""), (receipt.tracker, ""), (receipt.tracker, "wrong")):
        with pytest.raises(ReceiptUnknown):
            await watched.appeals.make(stranger, tracker, proof, Ground.HELD, "why")

    await watched.appeals.make(stranger, receipt.tracker, receipt.id, Ground.HELD, "I am real")
    await watched.appeals.make(own, receipt.tracker, "", Ground.OTHER, "x" * 900)
    await watched.appeals.make(own, receipt.tracker, "", Ground.OTHER, "")
    with pytest.raises(AppealedEnough):
        await watched.appeals.make(own, receipt.tracker, "", Ground.OTHER, "")

    view = await watched.appeals.of(own, receipt.tracker)
    assert (view.status, view.is_own, len(view.appeals)) == ("quarantined", True, 3)
    mine = next(one for one in view.appeals if one.ground is Ground.HELD)
    boss = officer("one").person
    assert boss is not None
    await watched.appeals.answer(boss, "s1", mine.id, Verdict.UPHELD, "Counted now")
    with pytest.raises(AppealGone):
        await watched.appeals.answer(boss, "s1", mine.id, Verdict.REJECTED, "")
    told = (await watched.appeals.of(stranger, receipt.tracker)).appeals
    assert {(one.answer, one.answer_words) for one in told if one.id == mine.id} == {
        (Verdict.UPHELD, "Counted now")
    }


async def test_appeals_end_after_two_days(watched: Watched) -> None:
    receipt = await watched.vote("p1")
    await watched.there.finish()
    watched.there.clock.move(hours=49)
    own = Visit(None, person("p1"), "y")

    with pytest.raises(TooLateToAppeal):
        await watched.appeals.make(own, receipt.tracker, "", Ground.OTHER, "")
    assert not (await watched.appeals.of(own, receipt.tracker)).is_open
