"""Scripted ballots among real ones: flagged, held, reviewed by two, and published as such."""

import asyncio
import re
import uuid
from pathlib import Path

import pytest

from expo.identity.entering.identities import Claim, Kind
from expo.identity.people import Assurance, Person, PersonId, Visit
from expo.rights import Role
from sessions.orders import Kind as Ordered
from tests.support.fair_play import act, crowd, officer, voter, with_rules
from tests.support.whole import Whole, whole
from voting.contests import Phase
from voting.holds import HoldRule, Origin
from voting.protocol import Cast

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
    await house.order(Ordered.REVIEW)
    for _ in result.ranks:
        await house.order(Ordered.REVEAL)
    await house.order(Ordered.PUBLISH)
    client = await house.person(Role.PUBLIC)
    found: dict[str, object] = (await client.get("/results/day/1.json")).json()["results"][0][
        "result"
    ]
    return found


@pytest.mark.parametrize("kind", [Ordered.REVIEW, Ordered.REVEAL])
async def test_control_room_asks_before_ballots_stay_held(tmp_path: Path, kind: Ordered) -> None:
    async with whole(tmp_path) as house:
        await with_rules(house, [DEVICE])
        await house.open()
        options = [one.id for one in house.contest().options]
        for n in range(DEVICE.most + 1):
            person = Person(PersonId(f"p{n}"), Role.CUSTOMER, "customers")
            cast = Cast(str(uuid.uuid4()), "khda", tuple(options))
            await house.expo.voting.cast(person, cast, house.clock(), Origin(device="d" * 24))
        await house.closed()
        organiser = await house.person(Role.ORGANISER)
        told = (await organiser.get("/en/staff/control")).text
        assert "1 ballot is held and undecided." in told
        assert "/en/staff/fairness/khda" in told
        pressed = {"kind": kind.value, "contest": "khda", "version": str(house.contest().version)}

        for lang, sentence, question in (
            ("en", "Held ballots nobody has decided about: 1.", "although 1 ballot is undecided"),
            ("ar", "بطاقات موقوفة لم يُبتّ فيها: 1.", "وفيه بطاقة واحدة لم يُبتّ فيها"),
        ):
            refused = await organiser.post(f"/{lang}/staff/control", data=pressed)
            assert (refused.status_code, sentence in refused.text) == (409, True)
            assert question in refused.text
            assert 'name="may_stay_held" value="yes"' in refused.text
        assert house.contest().phase is Phase.CLOSED

        answer = await organiser.post("/en/staff/control", data={**pressed, "may_stay_held": "yes"})

        assert answer.status_code == 303
        assert house.contest().phase is not Phase.CLOSED
        log = (await house.expo.show.control()).log
        assert [(one.action, one.facts) for one in log if one.action == "leave-held"] == [
            ("leave-held", {"n": 1})
        ]


async def test_signing_in_by_mail_lifts_the_hold_and_keeps_the_ballot(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await with_rules(house, [DEVICE])
        await house.open()
        options, device = [o.id for o in house.contest().options], "d" * 24
        for n in range(DEVICE.most):
            person = Person(PersonId(f"p{n}"), Role.CUSTOMER, "customers")
            cast = Cast(str(uuid.uuid4()), "khda", tuple(options))
            await house.expo.voting.cast(person, cast, house.clock(), Origin(device=device))
        told = await voter(house, "192.0.2.1", options, device=device)
        assert (told["status"], await house.ballots()) == ("quarantined", DEVICE.most)

        visit, _ = await house.expo.visits.join(Visit(device=device))
        assert visit.person is not None
        claim = Claim(Kind.EMAIL, "", "huda@example.org", Assurance.CONTACT)
        arrival = await house.expo.entering.enter(visit, claim)

        assert arrival.visit.person is not None
        assert arrival.visit.person.id == visit.person.id
        assert await house.ballots() == DEVICE.most + 1
        mine = await house.expo.voting.mine(arrival.visit.person, "khda")
        assert mine.receipt is not None
        assert (mine.receipt.status, mine.receipt.id) == ("counted", told["id"])


async def test_doors_refuse_hostile_forms_and_strangers(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await with_rules(house, [DEVICE])
        await house.open()
        one = await officer(house, "one")
        for what, fields, status in (
            ("propose", {"act": "delete", "group": "all"}, 400),
            ("propose", {"act": "void", "group": "all", "why": "<b>"}, 400),
            ("propose", {"act": "void", "group": "one:1; --", "why": "automated"}, 409),
            ("decide", {"proposal": "x" * 4_000, "outcome": "confirm"}, 409),
            ("decide", {"proposal": "x", "outcome": "delete"}, 400),
            ("arm", {"armed": "yes"}, 400),
            ("answer", {"appeal": "x", "verdict": "maybe"}, 400),
            ("answer", {"appeal": "x", "verdict": "upheld", "words": "é" * 5_000}, 409),
        ):
            assert (await act(one, what, **fields)).status_code == status, fields
        assert (await one.get("/en/staff/fairness/no-such")).status_code == 404
        stranger = await house.person(Role.PUBLIC)
        for typed in ("", "AAAA", "'; DROP TABLE appeal", "0" * 5_000):
            answer = await stranger.get("/en/appeal", params={"tracker": typed})
            assert answer.status_code in {200, 404}
        made = {"tracker": "0" * 16, "ground": "held"}
        told = [(await stranger.post("/en/appeal", data=made)).status_code for _ in range(12)]
        assert (told[0], told[-1]) == (404, 429)
        auditor = await house.person(Role.AUDITOR)
        assert (await auditor.get("/en/staff/fairness/khda")).status_code == 200
        assert (await act(auditor, "propose", act="release", group="all")).status_code == 403
