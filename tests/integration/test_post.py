"""Letters reach a real mail server once, wait while it is away, and are forgotten when done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from expo.post import store
from expo.post.letters import Answer, Posted, State
from expo.post.post_follower import PostFollower
from expo.record import store as staff_log
from tests.support.office import TO, Office, office_in, server
from tests.support.postbox import SENDER, postbox, serving_mail, text_of
from tests.support.whole import ORGANISER


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with office_in(tmp_path) as found:
        yield found


@asynccontextmanager
async def following(*followers: PostFollower) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in followers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_letter_arrives_as_it_was_written_and_is_forgotten(office: Office) -> None:
    text = "رمزك هو \u2068123456\u2069\n\nhttps://expo.example/ar/sign-in/link/abc\n"
    await office.send(office.letter(language="ar", subject="رمز الدخول إلى المعرض", text=text))

    with postbox() as box:
        await office.follower(server(box)).look()

    (found,) = box.letters
    posted = await office.only()
    assert text_of(found) == text
    assert found["Subject"] == "رمز الدخول إلى المعرض"
    assert (found["From"], found["To"]) == (SENDER, TO)
    assert (found["Content-Language"], found["Auto-Submitted"]) == ("ar", "auto-generated")
    assert found["Message-ID"] == f"<{posted.id}@sawt.example>"
    assert box.envelopes == [("expo@sawt.example", (TO,))]
    assert (posted.state, posted.letter.text, posted.doubts) == (State.SENT, "", 0)


async def test_letter_leaves_by_itself_soon_after_it_was_written(office: Office) -> None:
    with postbox() as box:
        async with following(office.follower(server(box))):
            await office.send(office.letter())
            office.post.ring()
            await asyncio.to_thread(box.wait_for, 1)


async def test_refused_address_is_told_and_the_others_get_their_letters(office: Office) -> None:
    gone = "gone@authority.example"
    await office.send(*(office.letter(to) for to in ("a@x.example", gone, "b@x.example")))

    with postbox() as box:
        box.refused[gone] = "550 5.1.1 No such mailbox"
        await office.follower(server(box)).look()

    states = {one.letter.to: one for one in await office.post.listed()}
    assert {one["To"] for one in box.letters} == {"a@x.example", "b@x.example"}
    assert states[gone].state is State.FAILED
    assert states[gone].answer.startswith("550")
    assert states[gone].letter.text == ""


async def test_letter_refused_for_now_is_tried_again_later(office: Office) -> None:
    await office.send(office.letter())

    with postbox() as box:
        follower = office.follower(server(box))
        box.answer = "451 4.3.0 Come back later"
        await follower.look()
        waiting = await office.only()
        box.answer = "250 Taken"
        await follower.look()
        too_early = len(box.letters)
        office.clock.move(seconds=5)
        await follower.look()

    assert (waiting.state, waiting.attempts, too_early) == (State.WAITING, 1, 0)
    assert waiting.answer == "451 4.3.0 Come back later"
    assert (await office.only()).state is State.SENT


async def test_letters_wait_while_the_server_is_away_and_leave_when_it_is_back(
    office: Office,
) -> None:
    await office.send(office.letter("a@x.example"), office.letter("b@x.example"))
    with postbox() as box:
        pass
    follower = office.follower(server(box))

    await follower.look()
    waiting = [one.state for one in await office.post.listed()]
    office.clock.move(seconds=5)
    with serving_mail(box):
        await follower.look()

    assert waiting == [State.WAITING, State.WAITING]
    assert {one["To"] for one in box.letters} == {"a@x.example", "b@x.example"}


async def test_server_that_falls_silent_may_get_a_letter_twice_but_never_a_third_time(
    office: Office,
) -> None:
    await office.send(office.letter())

    with postbox() as box:
        box.silence = 0.4
        follower = office.follower(server(box, timeout=0.1))
        doubts = []
        for _ in range(4):
            await follower.look()
            doubts.append((await office.only()).doubts)
            office.clock.move(seconds=60)
        await asyncio.to_thread(box.wait_for, 2)

    posted = await office.only()
    assert doubts == [1, 2, 2, 2]
    assert len(box.letters) == 2
    assert len({one["Message-ID"] for one in box.letters}) == 1
    assert (posted.state, posted.letter.text) == (State.UNSURE, "")


async def test_node_that_dies_after_handing_over_causes_one_second_copy_and_says_so(
    office: Office,
) -> None:
    await office.send(office.letter())

    with postbox() as box:
        async with office.database.write() as tx:
            taken = await store.take(tx, office.clock(), 10)
        await server(box).deliver(taken, {})  # and the node is gone before it is on record
        follower = office.follower(server(box))
        for _ in range(3):
            await follower.look()
            office.clock.move(seconds=60)

    posted = await office.only()
    assert len(box.letters) == 2
    assert len({one["Message-ID"] for one in box.letters}) == 1
    assert (posted.state, posted.doubts) == (State.SENT, 1)


async def test_follower_asked_to_stop_keeps_what_the_server_has_said(office: Office) -> None:
    begun = asyncio.Event()
    await office.send(*(office.letter(f"p{n}@x.example") for n in range(3)))

    class Slow:
        """Hands the first letter over, and then takes its time."""

        async def deliver(self, letters: tuple[Posted, ...], answers: dict[str, Answer]) -> None:
            await server(box).deliver(letters[:1], answers)
            begun.set()
            await asyncio.Event().wait()

    with postbox() as box:
        task = asyncio.create_task(office.follower(Slow()).look())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await office.follower(server(box)).look()

    assert sorted(str(one["To"]) for one in box.letters) == [f"p{n}@x.example" for n in range(3)]
    assert all(one.doubts == 0 for one in await office.post.listed())


async def test_of_two_nodes_one_delivers_and_nobody_gets_two_letters(office: Office) -> None:
    names = [f"p{n}@x.example" for n in range(60)]

    with postbox() as box:
        nodes = [office.follower(server(box), node) for node in ("a", "b")]
        async with following(*nodes):
            await office.send(*(office.letter(name) for name in names))
            office.post.ring()
            await asyncio.to_thread(box.wait_for, len(names))

    assert sorted(str(one["To"]) for one in box.letters) == sorted(names)


async def test_without_a_server_letters_wait_to_be_read_until_they_are_of_no_use(
    office: Office,
) -> None:
    await office.send(office.letter())
    follower = office.follower(None)

    await follower.look()
    waiting = await office.only()
    office.clock.move(seconds=3601)
    await follower.look()

    assert (waiting.state, waiting.letter.text) == (State.WAITING, "It is 123456.\n")
    over = await office.only()
    assert (over.state, over.letter.text) == (State.OVER, "")


async def test_letter_that_is_done_is_forgotten_after_a_week(office: Office) -> None:
    await office.send(office.letter())

    with postbox() as box:
        follower = office.follower(server(box))
        await follower.look()
        office.clock.move(days=6)
        await follower.look()
        kept = len(await office.post.listed())
        office.clock.move(days=1)
        await follower.look()

    assert (kept, await office.post.listed()) == (1, ())


async def test_reading_a_letter_is_in_the_staff_log_and_impossible_where_it_is_delivered(
    office: Office,
) -> None:
    await office.send(office.letter())
    letter = (await office.only()).id
    delivered = await office.post.read(ORGANISER, letter)
    office.post.is_delivered = False
    shown = await office.post.read(ORGANISER, letter)
    async with office.database.read() as tx:
        lines = await staff_log.latest(tx, 10)

    assert delivered is not None
    assert shown is not None
    assert (delivered.letter.text, shown.letter.text) == ("", "It is 123456.\n")
    assert [(line.action, line.subject, line.facts) for line in lines] == [
        ("read-letter", letter, {"purpose": "sign-in"})
    ]


async def test_letter_of_no_use_any_more_is_not_sent(office: Office) -> None:
    await office.send(office.letter())
    office.clock.move(seconds=3601)

    with postbox() as box:
        await office.follower(server(box)).look()

    assert box.letters == []
    assert (await office.only()).state is State.OVER
