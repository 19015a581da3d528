"""The day's bulletin through the front door: two people, an embargo, corrections, and what keeps it back."""

import asyncio
import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from xml.etree.ElementTree import fromstring

import httpx2

from expo.db import Tx
from expo.identity.people import Person, PersonId
from expo.record import canonical, notes
from expo.rights import Role
from sessions.bulletin import files
from sessions.bulletin.steady import SETTLING
from tests.support.bulletins import (
    DESK,
    WORDS,
    code_of,
    local,
    press,
    published_contest,
    reviewed,
    revision,
    shown,
    some_ballots,
    until,
)
from tests.support.fair_play import with_rules
from tests.support.whole import Whole, ballot, whole
from voting.holds import HoldRule, Origin
from voting.protocol import Cast

DEVICE = HoldRule("device", most=1)
PAGE = "/en/bulletin/day/1"
JSON = "/bulletin/day/1/v1.json"


async def is_out(client: httpx2.AsyncClient, path: str = PAGE) -> bool:
    """Whether there is something at an address."""
    return (await client.get(path)).status_code == 200


async def log_of(house: Whole) -> list[str]:
    """What the staff log says was done with bulletins, oldest first."""
    organiser = await house.person(Role.ORGANISER)
    del organiser
    control = await house.expo.show.control()
    return [one.action for one in reversed(control.log) if one.action.endswith("-bulletin")]


async def test_two_people_publish_a_day_and_everything_at_its_addresses_agrees(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house:
        await published_contest(house)
        nobody = await house.person(Role.PUBLIC)
        organiser, _ = await reviewed(house)
        for path in (PAGE, f"{PAGE}/v1", JSON, "/bulletin/day/1/v1.csv", "/bulletin/day/1/v1.note"):
            assert (await nobody.get(path)).status_code == 404, path
        assert "It is not published yet." in (await nobody.get(PAGE)).text, "printed beforehand"
        assert "not published yet" not in (await nobody.get("/en/bulletin/day/9")).text

        assert (await press(organiser, "publish")).status_code == 303

        page = (await nobody.get(PAGE)).text
        assert "What day one brought" in page
        assert "A long day." in page
        assert "نتائج اليوم الأول" in (await nobody.get("/ar/bulletin/day/1")).text
        body = await nobody.get(JSON)
        edition = files.read(canonical.decode(body.content))
        assert edition.version == 1
        assert edition.contest("khda") is not None
        assert all(one.id != "khda" for one in edition.not_held)
        assert edition.not_held, "contests that never opened are listed"
        assert "Not held" in page
        note = (await nobody.get("/bulletin/day/1/v1.note")).text
        key = house.expo.publication.keys.current()
        name = f"{house.url.removeprefix('http://')}/bulletin"
        digest = base64.b64encode(hashlib.sha256(body.content).digest()).decode()
        said = notes.opened(note, notes.VKey(name, key.public))
        assert said == f"sawt-bulletin/v1\n{house.url}{JSON}\n{digest}\n"
        csv = await nobody.get("/bulletin/day/1/v1.csv")
        assert csv.content.startswith(b"\xef\xbb\xbfday,")
        assert "immutable" in body.headers["cache-control"]
        again = await nobody.get(JSON, headers={"if-none-match": body.headers["etag"]})
        assert again.status_code == 304
        assert "What day one brought" in (await nobody.get("/en/bulletin")).text
        assert await log_of(house) == [
            "begin-bulletin",
            "edit-bulletin",
            "send-bulletin",
            "review-bulletin",
            "publish-bulletin",
        ]


async def test_one_person_alone_publishes_nothing(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await published_contest(house)
        organiser = await house.person(Role.ORGANISER)
        other = await house.person(Role.ORGANISER, "other")
        await press(organiser, "begin")
        assert code_of(await press(organiser, "publish")) == "bulletin-wrong-step"
        assert (await press(organiser, "send")).status_code == 303
        assert code_of(await press(organiser, "publish")) == "bulletin-wrong-step"
        assert code_of(await press(organiser, "review")) == "second-person-needed"
        assert (await press(organiser, "back")).status_code == 303
        assert (await press(other, "save", **WORDS)).status_code == 303
        assert (await press(organiser, "send")).status_code == 303

        # Neither who began it nor who wrote last is the second person.
        assert code_of(await press(other, "review")) == "second-person-needed"
        assert code_of(await press(organiser, "review")) == "second-person-needed"
        officer = await house.person(Role.OFFICER)
        assert (
            await officer.post(DESK, data={"do": "publish", "revision": "1"})
        ).status_code == 403
        assert (await press(officer, "review")).status_code == 303
        assert (
            await officer.post(DESK, data={"do": "publish", "revision": "6"})
        ).status_code == 403
        assert not await is_out(await house.person(Role.PUBLIC))


async def test_words_typed_beside_the_button_go_to_review_with_it(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await published_contest(house)
        organiser, officer = await house.person(Role.ORGANISER), await house.person(Role.OFFICER)
        await press(organiser, "begin")
        desk = (await organiser.get(DESK)).text
        assert "not opened yet" in desk
        assert "This day is not over." in desk

        assert (await press(organiser, "send", **WORDS)).status_code == 303

        assert WORDS["heading-en"] in (await officer.get(f"{DESK}/preview")).text
        assert 'value="review"' in (await officer.get(DESK)).text
        assert 'value="review"' not in (await organiser.get(DESK)).text, "it would be refused"


async def test_every_reason_that_keeps_it_back_is_listed(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await house.open()
        await some_ballots(house, "khda", 4)
        await house.closed()
        organiser, officer = (
            await house.person(Role.ORGANISER),
            await house.person(Role.OFFICER),
        )
        await press(organiser, "begin")
        await press(organiser, "send")
        page = await press(officer, "review")
        assert page.status_code == 409
        assert code_of(page) == "bulletin-blocked"
        assert "its result has not been published" in page.text

        await shown(house)
        # What was frozen before is not what the results say now.
        assert "not those the bulletin was reviewed with" in (await press(officer, "review")).text
        await press(organiser, "back")
        await press(organiser, "send")
        assert (await press(officer, "review")).status_code == 303


async def with_a_held_ballot(house: Whole) -> None:
    """A counted contest with one ballot that waits for a decision."""
    await with_rules(house, [DEVICE])
    await house.open()
    options = [one.id for one in house.contest().options]
    for n in range(DEVICE.most + 1):
        person = Person(PersonId(f"p{n}"), Role.CUSTOMER, "customers")
        cast = Cast(ballot()["id"], "khda", tuple(options))
        await house.expo.voting.cast(person, cast, house.clock(), Origin(device="e" * 24))
    assert await house.ballots() == DEVICE.most
    assert house.expo.voting.turnout("khda").held == {"device": 1}
    await house.closed()


async def test_held_ballots_keep_it_back_until_the_count_is_approved(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await with_a_held_ballot(house)
        organiser, officer = await house.person(Role.ORGANISER), await house.person(Role.OFFICER)
        await press(organiser, "begin")
        await press(organiser, "send")

        page = await press(officer, "review")

        assert code_of(page) == "bulletin-blocked"
        assert "ballots held for review and not decided: " in page.text
        assert not await is_out(await house.person(Role.PUBLIC))


async def test_bulletin_says_how_many_ballots_stayed_held(tmp_path: Path) -> None:
    said = "1 ballot stayed held, in no count"
    async with whole(tmp_path) as house:
        await with_a_held_ballot(house)
        await shown(house)
        organiser, officer = await house.person(Role.ORGANISER), await house.person(Role.OFFICER)
        await press(organiser, "begin")
        await press(organiser, "send")
        desk = (await officer.get(DESK)).text
        assert desk.count(said) == 2, "in the check list, and where the second person signs"
        assert "not decided: " not in desk
        assert (await press(officer, "review")).status_code == 303
        assert (await press(organiser, "publish")).status_code == 303

        nobody = await house.person(Role.PUBLIC)
        assert said in (await nobody.get(PAGE)).text
        assert "بقيت بطاقة واحدة موقوفة لم تُحتسب" in (await nobody.get("/ar/bulletin/day/1")).text
        contest = files.read(canonical.decode((await nobody.get(JSON)).content)).contest("khda")
        assert contest is not None
        assert (contest.ballots, contest.stayed_held) == (DEVICE.most, 1)


async def test_an_embargo_ends_by_the_clock_and_nothing_takes_it_back(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await published_contest(house)
        nobody = await house.person(Role.PUBLIC)
        organiser, _ = await reviewed(house, embargo=local(house, hours=2))
        answer = await press(organiser, "publish")
        assert answer.headers["location"].endswith("?done=schedule")
        assert not await is_out(nobody)

        # The clock jumps across the embargo and back before it was steady again.
        start, loop = house.clock(), asyncio.get_running_loop()
        jumped = loop.time()
        house.clock.go_to(start + timedelta(hours=3))
        house.expo.notifier.notify("bulletins")
        await asyncio.sleep(1)  # the follower looks twice; nothing says when
        house.clock.go_to(start)
        if loop.time() - jumped < SETTLING:  # else this machine slept, and the new time had settled
            assert not await is_out(nobody)
            assert not await is_out(nobody, JSON)

        house.clock.go_to(start + timedelta(hours=2, minutes=1))
        await until(house, lambda: is_out(nobody))
        house.clock.go_to(start)
        house.expo.notifier.notify("bulletins")
        assert await is_out(nobody)
        assert await is_out(nobody, JSON)


async def test_only_what_is_scheduled_appears_by_itself(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await published_contest(house)
        nobody = await house.person(Role.PUBLIC)
        await reviewed(house)

        async def confirm(_tx: Tx) -> None:
            pass

        await house.expo.publication.room.bulletins.publish_due(1, confirm)

        assert not await is_out(nobody)


async def test_a_correction_shows_both_versions(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await published_contest(house)
        nobody = await house.person(Role.PUBLIC)
        organiser, officer = await reviewed(house)
        await press(organiser, "publish")
        first = (await nobody.get(JSON)).content

        await press(organiser, "begin")
        assert code_of(await press(organiser, "send")) == "bulletin-correction-missing"
        fields = {**WORDS, "heading-en": "Day one, corrected", "correction-ar": "خطأ"}
        await press(organiser, "save", **fields)
        assert code_of(await press(organiser, "send")) == "bulletin-correction-missing"
        await press(organiser, "save", **fields, **{"correction-en": "The heading was wrong."})
        await press(organiser, "send")
        assert "What day one brought" in (await nobody.get(PAGE)).text, "not before it is published"
        await press(officer, "review")
        assert (await press(organiser, "publish")).status_code == 303

        new, old = (await nobody.get(PAGE)).text, (await nobody.get(f"{PAGE}/v1")).text
        assert "The heading was wrong." in new
        assert "What day one brought" in new, "old beside new"
        assert "Day one, corrected" in new
        assert f"{PAGE}/v1" in new
        elsewhere = (await nobody.get("/ar/bulletin/day/1")).text
        assert '<bdi class="lines" lang="en" dir="ltr">Day one, corrected</bdi>' in elsewhere
        assert "في النص الإنجليزي وحده" in elsewhere
        assert "This version was corrected" in old
        assert "What day one brought" in old
        assert (await nobody.get(JSON)).content == first, "what was published stays"
        feed = await nobody.get("/en/bulletin/feed.atom")
        assert feed.headers["content-type"].startswith("application/atom+xml")
        root = fromstring(feed.content)  # noqa: S314 - our own
        assert len(root.findall("{http://www.w3.org/2005/Atom}entry")) == 1
        assert "The heading was wrong." in feed.text
        assert (await log_of(house))[-2:] == ["publish-bulletin", "amend-bulletin"]


async def test_documents_and_cards_stand_at_their_addresses(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        nobody = await house.person(Role.PUBLIC)
        card, pdf = "/bulletin/khda/card-wide.ar.png", "/bulletin/day/1/v1.ar.pdf"
        assert (await nobody.get(card)).status_code == 404, "no result is public yet"
        await published_contest(house)
        assert (await nobody.get(card)).content.startswith(b"\x89PNG\r\n")
        assert (await nobody.get(pdf)).status_code == 404
        organiser, _ = await reviewed(house)
        await press(organiser, "publish")

        found = await nobody.get(pdf)

        assert found.content.startswith(b"%PDF-")
        assert found.headers["content-type"] == "application/pdf"
        assert "immutable" in found.headers["cache-control"]
        again = await nobody.get(pdf, headers={"if-none-match": found.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        told = (await nobody.get(card)).headers
        assert "immutable" not in told["cache-control"]
        assert "sawt-khda.wide.ar.png" in told["content-disposition"]
        page = (await nobody.get(PAGE)).text
        picture = f"{house.url}/bulletin/day/1/card-wide.en.png"
        assert f'property="og:image" content="{picture}"' in page
        assert 'name="twitter:card" content="summary_large_image"' in page
        result = (await nobody.get("/en/results/khda")).text
        assert f"{house.url}/bulletin/khda/card-wide.en.png" in result
        assert (await nobody.get("/bulletin/day/1/card-round.en.png")).status_code == 404
        assert (await nobody.get("/bulletin/expo.en.pdf")).content.startswith(b"%PDF-")


async def test_two_organisers_do_not_overwrite_each_other(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        await press(organiser, "begin")
        seen = await revision(organiser)
        await press(organiser, "save", **WORDS)

        late = await press(organiser, "save", revision=seen, **{**WORDS, "heading-en": "Mine"})

        assert late.status_code == 409
        assert code_of(late) == "stale-version"
        assert "Mine" in late.text, "what was typed is not lost"
        assert "What day one brought" in (await organiser.get(f"{DESK}/preview")).text


async def test_hostile_input_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await published_contest(house)
        organiser = await house.person(Role.ORGANISER)
        nobody = await house.person(Role.PUBLIC)
        await press(organiser, "begin")
        for what, fields, code in (
            ("save", {"embargo": "tomorrow"}, "bad-request"),
            ("save", {"embargo": "2017-99-18T10:00"}, "bad-request"),
            ("save", {"embargo": "0001-01-01T00:00"}, "bad-request"),
            ("save", {"heading-en": "x" * 121}, "bulletin-words-too-long"),
            ("save", {"revision": "-1"}, "bad-request"),
            ("save", {"revision": "9" * 40}, "bad-request"),
            ("destroy", {}, "bad-request"),
        ):
            answer = await press(organiser, what, **{**WORDS, **fields})
            assert code_of(answer) == code, (what, fields)
        nasty = {**WORDS, "heading-en": "<script>alert(1)</script>\u202e", "heading-ar": '"><b>'}
        assert (await press(organiser, "save", **nasty)).status_code == 303
        page = (await organiser.get(f"{DESK}/preview")).text
        assert "<script>alert" not in page
        assert "\u202e" not in page
        for path in (
            "/en/bulletin/day/99",
            "/en/bulletin/day/1/v0",
            "/en/bulletin/day/999999999",
            "/bulletin/day/1/v1.exe",
            "/bulletin/day/1/v99.json",
            "/fr/bulletin",
            "/en/staff/bulletins/99",
        ):
            assert (await nobody.get(path)).status_code in {403, 404}, path
        assert (await organiser.get("/en/staff/bulletins/99")).status_code == 404
        assert (await nobody.post(DESK, data={"do": "begin"})).status_code == 403


async def test_a_day_without_a_contest_held_can_be_told_as_well(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser, _ = await reviewed(house)
        assert (await press(organiser, "publish")).status_code == 303

        page = (await (await house.person(Role.PUBLIC)).get(PAGE)).text

        assert "No contest was held on this day." in page
        assert house.contest().phase.value == "draft"
