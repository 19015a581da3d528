"""Bulletins by e-mail: asked for, confirmed, sent once, ended with one press, forgotten."""

import secrets
from datetime import timedelta
from pathlib import Path

import httpx2

from expo.identity.entering.identities import Claim, Kind
from expo.identity.people import Assurance, Visit
from expo.post.letters import Posted, message_of
from expo.post.pacing import LettersWait
from expo.rights import Role
from tests.support.bulletins import (
    WORDS,
    code_of,
    path_in,
    press,
    reviewed,
    subscribed,
    until,
)
from tests.support.mail_door import letters_to, refusal
from tests.support.whole import Whole, whole

READER = "reader@paper.example"
HERE = "/en/bulletin/subscribe"


async def asked(client: httpx2.AsyncClient, address: str = READER) -> httpx2.Response:
    """Ask for bulletins at an address."""
    return await client.post(HERE, data={"address": address})


async def letters(house: Whole, address: str = READER) -> list[Posted]:
    """The letters to an address, newest first."""
    return [one for one in await house.expo.post.listed() if one.letter.to == address]


async def test_whoever_confirmed_gets_each_bulletin_once_and_can_leave_with_one_press(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house:
        nobody = await house.person(Role.PUBLIC)
        await subscribed(house, nobody, READER)
        other = "asked@only.example"
        await asked(nobody, other)
        organiser, officer = await reviewed(house)
        await press(organiser, "publish")

        async def arrived(count: int = 2) -> bool:
            return len(await letters(house)) >= count

        await until(house, arrived)
        letter = (await letters(house))[0]
        assert "What day one brought" in letter.letter.subject
        assert f"{house.url}/en/bulletin/day/1" in letter.letter.text
        message = message_of(letter, "Expo <expo@example.org>")
        way_out = path_in(house, letter.letter.text, "unsubscribe")
        assert message["List-Unsubscribe"] == f"<{house.url}{way_out}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

        await press(organiser, "begin")
        words = {**WORDS, "correction-ar": "خطأ", "correction-en": "A slip of the pen."}
        await press(organiser, "save", **words)
        await press(organiser, "send")
        await press(officer, "review")
        await press(organiser, "publish")
        await until(house, lambda: arrived(3))
        assert "A slip of the pen." in (await letters(house))[0].letter.text
        assert len(await letters(house)) == 3, "one to confirm, two bulletins, none twice"
        assert len(await letters(house, other)) == 1, "nobody who did not confirm"

        # A program that looks at links takes nobody off; the mail program's button does.
        assert "No more bulletins?" in (await nobody.get(way_out)).text
        robot = httpx2.AsyncClient(base_url=house.url, trust_env=False)
        async with robot:
            pressed = await robot.post(way_out, data={"List-Unsubscribe": "One-Click"})
        assert pressed.status_code == 200
        assert (await nobody.get(way_out)).status_code == 404
        assert await house.expo.publication.room.subscriptions.count() == 0
        assert (await nobody.post(way_out)).status_code == 200, "leaving twice is fine"


async def test_asking_says_the_same_for_every_address_and_fills_no_mailbox(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house:
        nobody = await house.person(Role.PUBLIC)
        await subscribed(house, nobody, READER)

        first = await asked(nobody)  # within a minute: no letter, the same answer
        assert (first.status_code, first.headers["location"]) == (303, f"{HERE}?asked")
        assert len(await letters(house)) == 1
        house.pass_time(minutes=2)
        again = await asked(nobody, READER.upper())
        assert again.status_code == 303
        assert "already" in (await letters(house))[0].letter.text
        for address in ("", "nobody", "a@b", "x" * 3000, "a@b.example\r\nBcc: c@d.example"):
            answer = await asked(nobody, address)
            assert code_of(answer) == "address-unreadable", address
        # Links that are none of ours, and the way in as a way out.
        link = path_in(house, (await letters_to(house, READER))[-1], "confirm")
        for path in (
            "/en/bulletin/confirm/nonsense",
            link[:-1],
            link.replace("confirm", "unsubscribe"),
            f"/en/bulletin/unsubscribe/{'a' * 900}",
        ):
            assert (await nobody.get(path)).status_code == 404, path
            assert (await nobody.post(path)).status_code == 404, path
        assert await house.expo.publication.room.subscriptions.count() == 1


async def test_an_address_is_forgotten_when_nobody_confirms(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        nobody = await house.person(Role.PUBLIC)
        await asked(nobody)
        link = path_in(house, (await letters_to(house, READER))[0], "confirm")

        house.pass_time(hours=25)
        gone = await house.expo.privacy.expire(_nothing)

        assert gone["bulletin_subscriber"] == 1
        assert (await nobody.get(link)).status_code == 404
        assert (await nobody.post(link)).status_code == 404


async def _nothing(_tx: object) -> None:
    """Whoever is alone may always write."""


async def test_erasing_somebody_ends_the_subscription_of_their_mailbox(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await subscribed(house, await house.person(Role.PUBLIC), READER)
        claim = Claim(Kind.EMAIL, "", READER, Assurance.CONTACT, contact=READER)
        visit, _ = await house.expo.visits.join(Visit(device="d" * 24))
        person = (await house.expo.entering.enter(visit, claim)).visit.person
        assert person is not None
        copy = await house.expo.privacy.copy(person)
        assert [one["address"] for one in copy.rows["bulletin_subscriber"]] == [READER]

        await house.expo.privacy.erase(person, person.id)

        assert await house.expo.publication.room.subscriptions.count() == 0


async def test_new_mailboxes_without_end_get_their_letters_at_a_pace(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        subscriptions, refused = house.expo.publication.room.subscriptions, 0
        for n in range(500):  # another device and another mailbox each time, from where we are, too
            visit, address = Visit(device=secrets.token_urlsafe(18)), f"s{n}@x.example"
            try:
                await subscriptions.ask(address, visit, "en", "127.0.0.0/24")
            except LettersWait:
                refused += 1
        nobody, now = await house.person(Role.PUBLIC), house.clock()
        full, other = await asked(nobody), await nobody.get("/ar/bulletin/subscribe?asked=later")
        elsewhere = await subscriptions.ask(READER, Visit(device="d"), "en", "192.0.2.0/24")
        posted = await house.expo.post.listed()
        house.clock.go_to(now + timedelta(minutes=10))
        again = await asked(nobody, "later@paper.example")

    assert 500 - refused <= 60 + 360 + 5, "sixty at once, and those of an hour"
    assert sum(one.written_at > now for one in posted) > 200
    assert (full.status_code, refusal(full)) == (429, "letters-wait")
    assert f'value="{READER}"' in full.text, "nothing has to be typed again"
    assert "خلال ساعة" in other.text
    assert elsewhere < timedelta(minutes=10), "whoever asks from elsewhere hardly notices"
    assert again.headers["location"].endswith("?asked=later")
