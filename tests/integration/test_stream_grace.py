"""The grace comes from what viewers say of their streams, is fixed once, and the server's clock keeps it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from expo.identity.people import Assurance, Person, PersonId, Visit
from expo.record import store as record
from expo.rights import Role
from sessions.moves import fix_grace
from sessions.orders import Kind
from sessions.streams.delay_follower import DelayFollower
from sessions.streams.moves import FIXED
from tests.support.stagehouse import STAGED, House, ear, house, open_house
from voting.closing_follower import ClosingFollower
from voting.contests import Phase
from voting.eligibility import ContestClosed
from voting.protocol import Cast

YOUTUBE = "{provider: youtube, id: aqz-KE-bpKQ}"
HLS = '{provider: hls, url: "https://cdn.example.org/live.m3u8"}'
VOTER = Person(PersonId("v1"), Role.EMPLOYEE, electorate="employees", assurance=Assurance.VERIFIED)


def staged(*streams: str) -> str:
    """The schedule of the stage house with these streams for its first session."""
    return STAGED.replace(
        "      - id: water\n",
        f"      - id: water\n        streams: [{', '.join(streams)}]\n",
    )


@pytest.fixture
async def streamed(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, staged(HLS)) as found:
        await found.order(Kind.START)
        await found.order(Kind.OPEN)
        yield found


async def say(stage: House, *delays_ms: int | None) -> None:
    """Let viewers tell their delays, and the follower write them down."""
    for viewer, ms in enumerate(delays_ms):
        stage.show.delays.note("water", viewer, ms, stage.clock())
    await DelayFollower(stage.database, stage.show.delays, stage.clock).note()


async def lines(stage: House) -> list[dict[str, str | int]]:
    async with stage.database.read() as tx:
        return [one.facts for one in await record.latest(tx, 100) if one.action == FIXED]


async def test_press_fixes_the_measured_grace_and_logs_it(streamed: House) -> None:
    await say(streamed, *[9_000] * 90, *[22_100] * 10)
    await streamed.order(Kind.CLOSE)

    contest = streamed.contest()
    assert (contest.grace, contest.grace_seconds) == (30, 30)  # 23 + 3, in steps of five
    assert contest.closes_at is not None
    assert contest.hard_close_at == contest.closes_at + timedelta(seconds=30)
    assert await lines(streamed) == [{"seconds": 30, "viewers": 100, "unmeasured": 0, "behind": 23}]
    assert streamed.voting.state(contest.id).hard_close_at == contest.hard_close_at
    stage = streamed.show.stage().contest
    assert stage is not None
    assert stage.hard_close_at == contest.hard_close_at


async def test_grace_is_fixed_once_whatever_is_said_afterwards(streamed: House) -> None:
    await say(streamed, 5_000)
    await streamed.order(Kind.CLOSE)
    fixed = streamed.contest()
    await streamed.pass_time(seconds=8)
    await say(streamed, *[55_000] * 50)
    await ClosingFollower(streamed.voting).look()
    await streamed.voting.refresh()

    assert streamed.contest() == fixed
    assert fixed.grace == 10
    assert len(await lines(streamed)) == 1


async def test_clocks_own_close_measures_too(streamed: House) -> None:
    streamed.voting.grace = fix_grace
    await streamed.pass_time(minutes=streamed.contest().rules.open_minutes)
    await say(streamed, *[31_000] * 20)
    await ClosingFollower(streamed.voting).look()
    await streamed.voting.refresh()

    assert streamed.contest().phase is Phase.CLOSING
    assert streamed.contest().grace == 35
    assert [one["seconds"] for one in await lines(streamed)] == [35]


async def test_embeds_nobody_measures_give_thirty_seconds(tmp_path: Path) -> None:
    async with house(tmp_path, staged(YOUTUBE, HLS)) as stage:
        await stage.order(Kind.START)
        await stage.order(Kind.OPEN)
        await stage.order(Kind.CLOSE)
        assert stage.contest().grace == 30


async def test_session_without_streams_keeps_the_grace_of_its_rules(tmp_path: Path) -> None:
    async with house(tmp_path) as stage:
        await stage.order(Kind.START)
        await stage.order(Kind.OPEN)
        await say(stage, *[50_000] * 20)  # made up: nothing is streamed
        await stage.order(Kind.CLOSE)
        assert stage.contest().grace == stage.contest().rules.grace_seconds
        assert await lines(stage) == []


async def test_samples_of_another_minute_do_not_count(streamed: House) -> None:
    await say(streamed, *[50_000] * 20)
    await streamed.pass_time(seconds=61)
    await streamed.order(Kind.CLOSE)
    assert streamed.contest().grace == 10


async def test_ballot_within_the_grace_counts_and_none_after_it(streamed: House) -> None:
    writing = asyncio.create_task(streamed.voting.writer.run())
    try:
        await say(streamed, *[18_000] * 20)
        await streamed.order(Kind.CLOSE)
        contest = streamed.contest()
        ranking = (contest.options[0].id,)
        await streamed.pass_time(seconds=25)
        cast = Cast("01890000-0000-7000-8000-000000000001", contest.id, ranking)
        receipt = await streamed.voting.cast(VOTER, cast, streamed.clock())
        assert receipt.status == "counted"

        await streamed.pass_time(seconds=0.001)
        late = msgspec.structs.replace(cast, id="01890000-0000-7000-8000-000000000002")
        with pytest.raises(ContestClosed):
            await streamed.voting.cast(VOTER, late, streamed.clock())
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing


async def voter(stage: House) -> str:
    """The cookie of an employee's visit."""
    until = stage.clock() + timedelta(hours=2)
    role, electorate = Role.EMPLOYEE, "employees"
    issued = await stage.passes.issue(
        None, role=role, electorate=electorate, label="", expires_at=until
    )
    return (await stage.passes.redeem(issued.token, Visit(device=uuid.uuid4().hex[:24])))[1]


async def tell(stage: House, cookie: str | None, *said: tuple[str, int]) -> None:
    """Tell these delays of these sessions over one line, until the server has heard all of them."""
    async with ear(stage, "/live/water", cookie) as listening:
        await listening.frame("hello")
        for session, ms in said:
            await listening.say({"type": "delay", "session": session, "ms": ms})
        await listening.say({"type": "delay", "session": "water", "ms": -1})
        await listening.frame("refused", code="malformed-frame")


async def test_pages_tell_their_delay_over_their_line(tmp_path: Path) -> None:
    async with open_house(tmp_path, staged(HLS)) as stage:
        await stage.order(Kind.START)
        once_in_ten_seconds = ("water", 7_400), ("water", 90), ("nowhere", 90)
        await tell(stage, await voter(stage), *once_in_ten_seconds)
        found = stage.show.delays.lately(stage.clock())
        assert list(found) == ["water"]
        assert (found["water"].measured, found["water"].counts[8]) == (1, 1)


async def test_strangers_and_further_windows_do_not_move_the_grace(tmp_path: Path) -> None:
    async with open_house(tmp_path, staged(HLS)) as stage:
        await stage.order(Kind.START)
        cookie = await voter(stage)
        for _ in range(5):
            await tell(stage, None, ("water", 600_000))
            await tell(stage, cookie, ("water", 7_400))
        found = stage.show.delays.lately(stage.clock())
        assert (found["water"].measured, found["water"].counts[8]) == (1, 1)


async def test_delays_of_sessions_that_are_not_on_take_nobodys_place(tmp_path: Path) -> None:
    async with open_house(tmp_path, staged(HLS)) as stage:
        cookie = await voter(stage)
        await tell(stage, cookie, *[(one.id, 600_000) for one in stage.show.programme.sessions])
        assert stage.show.delays.lately(stage.clock()) == {}


async def test_contest_frame_says_when_the_hall_saw_it(streamed: House) -> None:
    contest = streamed.contest()
    assert streamed.voting.state(contest.id).cue_at == contest.opened_at
    await streamed.pass_time(seconds=20)
    await streamed.order(Kind.CLOSE)
    assert streamed.voting.state(contest.id).cue_at == streamed.contest().closes_at
