"""An answer that is lost on its way back costs nothing: asking again brings the same receipt (D5)."""

import asyncio
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from tests.support.databases import url_in
from tests.support.lossy import LossyVoter, lossy_voters
from tests.support.whole import ballot, whole
from voting import sqlite_store
from voting.batches import Kept, Latest

pytestmark = pytest.mark.sqlite_only

VOTERS = 10


class NewIdEachTime(LossyVoter):
    """Takes a new id when it asks again."""

    @override
    def sent_again(self, sent: dict[str, Any]) -> dict[str, Any]:
        return ballot(*sent["ranking"], type="cast")


async def voted(folder: Path, ballots: int, kind: type[LossyVoter] = LossyVoter) -> int:
    """Cast so many ballots over bad cables and check the record; how many had to be sent again."""
    async with whole(folder) as house:
        await house.open()
        options = [option.id for option in house.contest().options]
        async with lossy_voters(house, VOTERS, ballots, kind) as voters:
            await asyncio.gather(*(_votes(one, options, ballots // VOTERS) for one in voters))
            repeated = [pair for voter in voters for pair in await _repeated(voter)]
    assert [again for _, again in repeated] == [first for first, _ in repeated]
    check(folder, [receipt for voter in voters for receipt in voter.receipts])
    for voter in voters:
        revisions = [receipt["revision"] for receipt in voter.receipts]
        assert revisions == list(range(1, len(revisions) + 1))
    return sum(voter.again for voter in voters)


async def _repeated(voter: LossyVoter) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The voter's last receipts, and what asking once more brings: all the same but its batch's proof."""
    proof = {"proof": None}
    return [
        (
            one | proof,
            await voter.asked(ballot(*one["ranking"], type="cast") | {"id": one["id"]}) | proof,
        )
        for one in voter.receipts[-3:]
    ]


async def _votes(voter: LossyVoter, options: Sequence[str], times: int) -> None:
    dice = random.Random(times)
    for _ in range(times):
        await voter.cast(*dice.sample(options, 3))


def check(folder: Path, receipts: Sequence[dict[str, Any]]) -> None:
    """Each receipt's ballot is one line of the record, and there are no other lines."""
    query = "SELECT ballot_id, tracker, revision FROM contest_line WHERE kind = 'cast'"
    with closing(sqlite3.connect(folder / "sawt.sqlite3")) as database:
        lines = sorted(database.execute(query))
    assert lines == sorted((one["id"], one["tracker"], one["revision"]) for one in receipts)


async def test_lost_answer_is_asked_for_again_and_is_the_same(tmp_path: Path) -> None:
    assert await voted(tmp_path, 150) >= 5


@pytest.mark.nightly
async def test_of_two_thousand_casts_every_lost_answer_is_found_again(tmp_path: Path) -> None:
    assert await voted(tmp_path, 1_000) >= 50


async def test_voter_who_takes_a_new_id_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        await voted(tmp_path, 100, NewIdEachTime)


async def test_record_that_knows_no_ballot_again_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = sqlite_store._known

    def forgetful(*asked: Any) -> tuple[list[Kept], list[Latest]]:
        return [], known(*asked)[1]

    monkeypatch.setattr(sqlite_store, "_known", forgetful)
    without_constraints(tmp_path)

    with pytest.raises(AssertionError):
        await voted(tmp_path, 100)


def without_constraints(folder: Path) -> None:
    """A record in which a ballot id may stand twice."""
    url_in(folder)
    with closing(sqlite3.connect(folder / "sawt.sqlite3")) as database:
        database.execute("ALTER TABLE contest_line RENAME TO strict_line")
        database.execute("CREATE TABLE contest_line AS SELECT * FROM strict_line")
        database.commit()
