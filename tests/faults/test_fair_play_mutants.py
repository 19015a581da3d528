"""Mistakes that would make fair play worthless, each made on purpose and found out by the same checks."""

from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from expo.db import Busy
from expo.identity.people import Person, Visit
from expo.rights import Role
from tests.support.contests import House, cast, contest, house, person
from voting import batches
from voting.contests import Rules
from voting.holds import HoldRule, Origin
from voting.integrity.review import SecondPersonNeeded
from voting.integrity.reviewing import usecases as reviewing
from voting.integrity.reviewing.usecases import Reviews
from voting.integrity.usecases import FairPlay
from voting.methods.tally import Line, Pile, Tally

Check = Callable[[House], Coroutine[Any, Any, None]]
TABLET = Origin(device="tablet")


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        rules = Rules(max_ranked=4, holds=(HoldRule("device", most=1),))
        await found.open(contest(rules=rules))
        found.voting.watch = FairPlay(found.voting, "node")
        yield found


async def _identities(_tx: object, person_id: str) -> frozenset[str]:
    return frozenset({person_id})


def _officer(name: str, device: str) -> Visit:
    return Visit(None, Person(person(name).id, Role.OFFICER, label=name), device)


async def _vote(there: House) -> None:
    """One ballot that counts and one that is held."""
    for name in ("p1", "p2"):
        await there.voting.cast(person(name), cast("abc"), there.clock(), TABLET)
    await there.voting.refresh()


async def check_held_stays_out(there: House) -> None:
    """A held ballot is in no count, and is told as held."""
    await _vote(there)
    turnout = there.voting.turnout("s1")
    assert (turnout.ballots, turnout.held) == (1, {"device": 1})
    await there.finish()
    result = there.voting.frozen("s1")
    assert result is not None
    assert (result.ballots, result.disputed) == (1, False)


async def check_it_takes_two(there: House) -> None:
    """Whoever proposed cannot confirm, from whatever device."""
    reviews = await _proposed(there)
    (proposal,) = (await reviews.view("s1")).open_proposals
    for device in ("one", "another"):
        try:
            await reviews.confirm(_officer("o1", device), "s1", proposal.id)
        except SecondPersonNeeded:
            continue
        raise AssertionError(device)


async def check_release_counts_once(there: House) -> None:
    """A released ballot is in the count once, and running count and recount agree."""
    reviews = await _proposed(there)
    (proposal,) = (await reviews.view("s1")).open_proposals
    await reviews.confirm(_officer("o2", "two"), "s1", proposal.id)
    await there.closing.look()
    result = there.voting.frozen("s1")
    assert result is not None
    assert (result.ballots, result.electorates[2].held, result.disputed) == (2, {}, False)


async def _proposed(there: House) -> Reviews:
    await _vote(there)
    await there.finish()
    reviews = Reviews(there.voting, _identities, lambda _: "proposal")
    await reviews.propose(_officer("o1", "one"), "s1", "release", "all", "")
    return reviews


@pytest.mark.parametrize(
    "check", [check_held_stays_out, check_it_takes_two, check_release_counts_once]
)
async def test_fair_play_keeps_its_word(there: House, check: Check) -> None:
    await check(there)


async def test_one_reviewer_alone_is_found_out(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewing, "check_second", lambda _first, _second: None)

    with pytest.raises(AssertionError):
        await check_it_takes_two(there)


async def test_reviewer_told_apart_by_device_alone_is_found_out(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_device(first: Any, second: Any) -> None:
        if first.device == second.device:
            raise SecondPersonNeeded

    monkeypatch.setattr(reviewing, "check_second", by_device)

    with pytest.raises(AssertionError, match="another"):
        await check_it_takes_two(there)


async def test_released_ballot_counted_twice_is_found_out(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Tally.apply

    def twice(self: Tally, line: Line) -> bool:
        news = plain(self, line)
        if line.why == "review":
            self._count(line, 1, is_revised=False)
        return news

    monkeypatch.setattr(Tally, "apply", twice)

    with pytest.raises(AssertionError):
        await check_release_counts_once(there)


async def test_release_that_leaves_the_hold_in_place_is_found_out(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Tally._replaced

    def forgets(self: Tally, line: Line) -> Line | None:
        return None if line.why == "review" else plain(self, line)

    monkeypatch.setattr(Tally, "_replaced", forgets)

    with pytest.raises(AssertionError):
        await check_release_counts_once(there)


async def test_held_ballot_in_the_tally_is_found_out(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Tally._count

    def leaks(self: Tally, said: Line | Pile, times: int, *, is_revised: bool) -> None:
        plain(self, said, times, is_revised=is_revised)
        if said.status == "quarantined":
            leaked = msgspec.structs.replace(said, status="counted", why=None)
            plain(self, leaked, times, is_revised=False)

    monkeypatch.setattr(Tally, "_count", leaks)

    with pytest.raises(AssertionError):
        await check_held_stays_out(there)


async def test_writer_that_forgets_the_hold_is_refused_by_the_database(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = batches._line

    def forgets(*given: Any) -> Any:
        line = plain(*given)
        return msgspec.structs.replace(line, status="counted")

    monkeypatch.setattr(batches, "_line", forgets)

    with pytest.raises(Busy):
        await check_held_stays_out(there)
