"""Scripted ballots among real ones: flagged, held, reviewed by two, and published as such."""

import asyncio
import re
from pathlib import Path

from expo.rights import Role
from sessions.orders import Kind
from tests.support.fair_play import act, crowd, officer, with_rules
from tests.support.whole import Whole, whole
from voting.holds import HoldRule

NETWORK = HoldRule("network", most=3, seconds=60)
DEVICE = HoldRule("device", most=2)
_REAL = 2_000
_SCRIPTED = 300
_WINDOWS = 20


def addresses(many: int, first: int = 0) -> list[str]:
    """As many addresses, each in a network of its own."""
    return [f"10.{n // 250}.{n % 250}.7" for n in range(first, first + many)]


async def proposed(client: object, page: str) -> str:
    """The proposal a page offers to decide about."""
    found = re.search(r'name="proposal" value="([0-9a-f]+)"', page)
    assert found is not None, client
    return found[1]


async def test_scripted_ballots_are_flagged_held_reviewed_by_two_and_published(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house:
        expo, options = house.expo, [o.id for o in house.contest().options]
        await with_rules(house, [NETWORK])
        await house.open()
        honest = [options, options[1:] + options[:1]]
        batch = _REAL // _WINDOWS
        for window in range(_WINDOWS):
            told = await crowd(house, addresses(batch, window * batch), honest)
            assert {one["status"] for one in told} == {"counted"}
            house.pass_time(seconds=10)
            await expo.fair_play.keep()
        script = [f"203.0.113.{n % 250}" for n in range(_SCRIPTED)]
        told = await crowd(house, script, [[options[-1]]])
        assert sum(one["status"] == "quarantined" for one in told) == _SCRIPTED - NETWORK.most
        house.pass_time(seconds=10)
        await expo.fair_play.keep()

        assert await house.ballots() == _REAL + NETWORK.most
        assert expo.voting.turnout("khda").held == {"network": _SCRIPTED - NETWORK.most}
        one, other = await officer(house, "one"), await officer(house, "other")
        seen = (await one.get("/en/staff/fairness/khda")).text
        assert "More ballots than usual" in seen
        assert "Many from one source" in seen
        assert "203.0.113" not in seen

        await house.closed()
        assert (
            await act(one, "propose", act="void", group="reason:network", why="automated")
        ).status_code == 303
        proposal = await proposed(one, (await one.get("/en/staff/fairness/khda")).text)
        alone = await act(one, "decide", proposal=proposal, outcome="confirm")
        assert (alone.status_code, "second-person-needed" in alone.text) == (403, True)
        assert (await act(other, "decide", proposal=proposal, outcome="confirm")).status_code == 303
        await counted(house)

        assert (await act(one, "decide", proposal=proposal, outcome="confirm")).status_code == 409
        result = await published(house)
        assert result["ballots"] == _REAL + NETWORK.most
        assert result["void"] == {"automated": _SCRIPTED - NETWORK.most}
        assert (result["held"], result["with_held"]) == ({}, None)
        page = (await one.get("/en/results/day/1")).text
        assert "cast by a program" in page
        log = (await (await house.person(Role.ORGANISER)).get("/en/staff/log")).text
        assert log.count("Held ballots taken out") == 1


async def counted(house: Whole) -> None:
    """Wait for the count that follows a decision."""
    async with asyncio.timeout(10):
        while house.expo.voting.frozen("khda") is None:  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)


async def published(house: Whole) -> dict[str, object]:
    """The day's only result, as it can be downloaded."""
    result = house.expo.voting.frozen("khda")
    assert result is not None
    await house.order(Kind.REVIEW)
    for _ in result.ranks:
        await house.order(Kind.REVEAL)
    await house.order(Kind.PUBLISH)
    client = await house.person(Role.PUBLIC)
    found: dict[str, object] = (await client.get("/results/day/1.json")).json()["results"][0][
        "result"
    ]
    return found
