"""Two whole expos on one PostgreSQL: orders, passes, screens and programmes of one are seen on the other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from expo.rights import Role
from expo.wire.codes import Close
from sessions.orders import Kind
from tests.support.whole import ORGANISER, Whole, ballot, whole

SECRET = "two-nodes-of-tests: 6fhw-pzmv-77xk-wq83"
_SOON_S = 2.0  # the promise is a second; these machines are busy


@pytest.fixture
async def pair(tmp_path: Path, postgres_url: str) -> AsyncIterator[tuple[Whole, Whole]]:
    async with AsyncExitStack() as stack:
        made = []
        for name in ("a", "b"):
            folder = tmp_path / name
            folder.mkdir()
            environ = {
                "SAWT_DATABASE_URL": postgres_url,
                "SAWT_SECRET_KEY": SECRET,
                "SAWT_NODE": name,
            }
            made.append(await stack.enter_async_context(whole(folder, environ)))
        a, b = made
        b.clock.go_to(
            a.clock()
        )  # it was started later: a ballot there would come before the opening
        await until(lambda: all(one.expo.notifier.is_connected for one in made), 20)
        yield a, b


async def until(is_so: Callable[[], bool], seconds: float = _SOON_S) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)


async def test_order_on_one_node_is_on_the_screens_of_the_other(pair: tuple[Whole, Whole]) -> None:
    a, b = pair
    screen = await b.person(Role.SCREEN)
    async with b.ear("/live/screen/main", screen) as projector, b.ear("/live/khda") as phone:
        await a.order(Kind.START)
        async with asyncio.timeout(_SOON_S):
            while (await projector.frame("stage"))["session"] is None:
                pass

        await a.order(Kind.OPEN)
        async with asyncio.timeout(_SOON_S):
            await phone.frame("contest", phase="open")

        voter = await b.person(Role.CUSTOMER)
        told = await voter.post("/en/ballots/khda", json=ballot("khda-transfer"))
        assert told.status_code == 200, told.text
        async with asyncio.timeout(_SOON_S):
            await phone.frame("turnout", ballots=1)
        await until(lambda: a.expo.voting.turnout(a.contest().id).ballots == 1)


async def test_second_press_on_another_node_does_nothing(pair: tuple[Whole, Whole]) -> None:
    a, b = pair
    await a.order(Kind.START)
    await until(lambda: b.expo.show.status("khda").value == "live")
    version = a.contest().version

    await asyncio.gather(*[one.order(Kind.OPEN) for one in pair], return_exceptions=True)

    await until(lambda: b.contest().version == a.contest().version == version + 1)


async def test_revoked_pass_loses_its_sockets_on_every_node(pair: tuple[Whole, Whole]) -> None:
    a, b = pair
    employee, organiser = await b.person(Role.EMPLOYEE), await a.person(Role.ORGANISER)
    async with b.ear("/live/day", employee) as theirs, a.ear("/live/staff", organiser) as ours:
        await ours.frame("control")
        await until(lambda: b.expo.hub.connected == 1)
        (line,) = [one for one in await a.expo.passes.list_() if one.issued.role is Role.EMPLOYEE]

        await a.expo.passes.revoke(ORGANISER, line.issued.id)

        async with asyncio.timeout(5):
            assert await theirs.ended() == Close.REVOKED
        await (await ours.socket.ping())


async def test_who_leaves_on_one_node_may_come_back_on_the_other(pair: tuple[Whole, Whole]) -> None:
    a, b = pair
    customer = await b.person(Role.CUSTOMER)
    async with b.ear("/live/day", customer) as phone:
        await until(lambda: b.expo.hub.connected == 1)
        viewer = next(iter(b.expo.hub.viewers()))
        await a.expo.visits.leave(viewer.who.visit)  # type: ignore[attr-defined]  # a caller

        async with asyncio.timeout(5):
            assert await phone.ended() == Close.CHANGED


async def test_control_room_counts_the_viewers_of_all_nodes(pair: tuple[Whole, Whole]) -> None:
    a, b = pair
    async with a.ear("/live/day"), b.ear("/live/day"), b.ear("/live/day"):
        await until(lambda: b.expo.hub.connected == 2)
        await until(lambda: a.expo.show.elsewhere() == 2, 30)

        assert (await a.expo.show.control()).counts.connected == 3


async def test_screen_on_one_node_is_known_in_the_control_room_of_the_other(
    pair: tuple[Whole, Whole],
) -> None:
    a, b = pair
    screen = await b.person(Role.SCREEN)
    async with b.ear("/live/screen/main", screen):
        await until(lambda: bool(b.expo.show.screens.lines(b.clock())))
        await b.expo.show.save_screens()
        await a.expo.show.save_screens()

        (line,) = a.expo.show.screens.lines(b.clock())
        assert (line.id, line.connected) == ("main", True)


async def test_reload_on_one_node_is_in_force_on_the_other(pair: tuple[Whole, Whole]) -> None:
    a, b = pair
    organiser = await a.person(Role.ORGANISER)
    assert organiser is not None
    file = a.folder / "schedule.yaml"
    session = a.expo.programme.sessions[-1]
    old = session.title.en
    file.write_text(file.read_text().replace(old, f"{old}, moved"))
    preview = await a.expo.show.preview_reload()
    assert preview.can_apply

    await a.expo.show.apply_reload(ORGANISER, None, preview.digest)

    def is_moved() -> bool:
        found = b.expo.show.programme.session(session.id)
        return found is not None and found.title.en == f"{old}, moved"

    await until(is_moved)
