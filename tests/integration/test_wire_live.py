"""A viewer's life through the front door, on our own server and on any other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from expo.wire.codes import Close
from expo.wire.hub import Hub
from expo.wire.viewer import Limits
from expo.wire.wired import WiredViewer
from tests.support.live import Place, portable, until
from tests.support.rawsocket import CLOSE, PING, TEXT, RawSocket, client_frame
from tests.support.serving import running, socket_url


def dial(base_url: str, path: str = "/live") -> connect:
    return connect(socket_url(base_url, path), proxy=None, compression=None)


async def code_of(client: ClientConnection) -> int:
    """Read on until the server closes; its close code."""
    try:
        while True:
            await client.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture(params=["adopted", "portable"])
async def anywhere(request: pytest.FixtureRequest, place: Place) -> AsyncIterator[str]:
    app = place.app if request.param == "adopted" else portable(place.app)
    async with running(app) as base_url:
        yield base_url


@pytest.fixture
async def here(place: Place) -> AsyncIterator[str]:
    async with running(place.app) as base_url:
        yield base_url


async def test_viewer_is_greeted_then_gets_the_latest_of_each_room(
    place: Place, anywhere: str
) -> None:
    place.hub.publish("turnout", b'{"turnout":7}')
    place.hub.publish("board", b'{"board":"old"}')
    place.hub.publish("board", b'{"board":"new"}')

    async with dial(anywhere) as client:
        frames = [await client.recv() for _ in range(3)]

    assert frames == ["hello", '{"board":"new"}', '{"turnout":7}']


async def test_publish_reaches_every_viewer_of_the_room(place: Place, anywhere: str) -> None:
    async with dial(anywhere) as first, dial(anywhere) as second:
        await first.recv()
        await second.recv()

        place.hub.publish("board", "صوت".encode())
        place.hub.publish("elsewhere", b"secret")
        place.hub.publish("turnout", b"2")

        for client in (first, second):
            assert [await client.recv(), await client.recv()] == ["صوت", "2"]


async def test_replies_keep_their_order_and_reach_only_who_asked(
    place: Place, anywhere: str
) -> None:
    async with dial(anywhere) as asking, dial(anywhere) as silent:
        await asking.recv()
        await silent.recv()

        for number in range(15):
            await asking.send(str(number))
        answers = [await asking.recv() for _ in range(15)]
        place.hub.publish("board", b"end")

        assert answers == [f"echo {number}" for number in range(15)]
        assert await silent.recv() == "end"


async def test_viewer_that_leaves_is_gone_from_its_rooms_and_reported_once(
    place: Place, anywhere: str
) -> None:
    async with dial(anywhere + "/live?who=anna", "") as client:
        await client.recv()
        assert (place.hub.members("board"), place.hub.connected) == (1, 1)

    viewer = await place.left.get()

    assert viewer.who == "anna"
    assert (place.hub.members("board"), place.hub.connected) == (0, 0)
    assert place.left.empty()


async def test_answer_to_a_viewer_that_has_left_goes_nowhere_quietly(
    place: Place, anywhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with dial(anywhere) as client:
        await client.recv()
    viewer = await place.left.get()

    for _ in range(50):
        viewer.reply(b"too late")
    place.hub.join(viewer, "board")
    viewer.close(Close.REVOKED)

    assert (place.hub.connected, caplog.records) == (0, [])


async def test_revoked_viewer_is_closed_with_4501_and_others_stay(
    place: Place, anywhere: str
) -> None:
    async with (
        dial(anywhere, "/live?who=revoked") as revoked,
        dial(anywhere, "/live?who=other") as other,
    ):
        await revoked.recv()
        await other.recv()

        assert place.hub.close_where(lambda who: who == "revoked", Close.REVOKED) == 1

        assert await code_of(revoked) == 4501
        place.hub.publish("board", b"still here")
        assert await other.recv() == "still here"


async def test_binary_is_answered_and_three_in_a_row_close_with_4400(
    place: Place, anywhere: str
) -> None:
    async with dial(anywhere) as client:
        await client.recv()
        await client.send(b"\x00")
        await client.send(b"\x00")
        await client.send("good")
        answers = [await client.recv() for _ in range(3)]
        for _ in range(3):
            await client.send(b"\x00")

        assert answers == ["junk binary", "junk binary", "echo good"]
        assert await code_of(client) == 4400


async def test_text_no_frame_layer_knows_counts_as_junk_too(place: Place, anywhere: str) -> None:
    async with dial(anywhere) as client:
        await client.recv()
        await client.send("nonsense")
        await client.send(b"\x00")
        await client.send("nonsense")

        assert await code_of(client) == 4400


async def test_messages_beyond_the_burst_are_told_and_then_closed_with_1008(
    place: Place, anywhere: str
) -> None:
    async with dial(anywhere) as client:
        await client.recv()
        for number in range(24):
            await client.send(str(number))
        answers = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                answers.append(await client.recv())

    assert client.close_code == 1008
    assert answers[:20] == [f"echo {number}" for number in range(20)]
    assert answers[-1] == "junk too-fast"


async def test_message_over_16_kib_closes_with_1009(place: Place, anywhere: str) -> None:
    async with dial(anywhere) as client:
        await client.recv()
        await client.send("x" * 16_384)
        assert len(await client.recv()) == 16_389
        await client.send("x" * 16_385)

        assert await code_of(client) == 1009


async def test_bug_in_a_handler_closes_with_1011_and_is_logged(
    place: Place, anywhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with dial(anywhere) as client:
        await client.recv()
        await client.send("crash")

        assert await code_of(client) == 1011
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_server_that_stops_says_1012_to_everybody(place: Place) -> None:
    async with running(place.app) as base_url:
        adopted = await dial(base_url)
        plain = await dial(base_url, "/plain")
        await adopted.recv()

    assert (await code_of(adopted), await code_of(plain)) == (1012, 1012)
    assert place.hub.connected == 0


async def test_adopted_viewer_keeps_no_task(place: Place, here: str) -> None:
    async with dial(here) as client:
        await client.recv()
        await until(lambda: "handshake" not in {task.get_name() for task in asyncio.all_tasks()})

        viewer = next(iter(place.hub.viewers()))
        assert isinstance(viewer, WiredViewer)
        assert not hasattr(viewer, "__dict__")


async def test_ordinary_endpoint_works_beside_the_hub(here: str) -> None:
    async with dial(here, "/plain") as client:
        await client.send("one")
        assert await client.recv() == "plain one"
        await (await client.ping())
        await client.send("two")
        assert await client.recv() == "plain two"


async def test_ordinary_endpoint_hears_what_came_with_the_upgrade(here: str) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/plain", behind=client_frame(TEXT, b"early"))

        assert await client.text() == b"plain early"


async def test_ordinary_endpoint_that_crashes_is_logged_and_closed(
    here: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/broken")
        assert await client.close_code() == 1011
        assert await client.ended()

    assert [record.getMessage() for record in caplog.records] == ["Exception in ASGI application"]


async def test_address_without_endpoint_is_refused_with_403(here: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await dial(here, "/nowhere")

    assert refused.value.response.status_code == 403


async def test_compression_is_never_negotiated(here: str) -> None:
    async with connect(socket_url(here, "/live"), proxy=None, compression="deflate") as client:
        await client.recv()

        assert client.protocol.extensions == []


async def test_goodbye_of_the_peer_is_returned(place: Place, here: str) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/live")
        await client.text()

        await client.send(client_frame(CLOSE, b"\x03\xe8bye"))

        assert await client.frame() == (CLOSE, b"\x03\xe8bye")
        assert await client.ended()
    await place.left.get()


@pytest.mark.parametrize("how", ["half-close", "reset"])
async def test_peer_that_ends_without_goodbye_is_gone_at_once(
    place: Place, here: str, how: str
) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/live")
        await client.text()
        await client.send(client_frame(TEXT, b"half", claimed=9))
        client.finish() if how == "half-close" else client.reset()

        await place.left.get()

    assert place.hub.connected == 0


async def test_silent_peer_is_asked_and_one_that_answers_stays() -> None:
    place = Place(Hub(Limits(ping_seconds=0.5, pong_seconds=1.2)))
    async with running(place.app) as base_url, RawSocket(base_url) as dead:
        await dead.upgrade("/live")
        await dead.text()
        async with dial(base_url) as alive:
            await alive.recv()

            assert await dead.frame() == (PING, b"")
            assert await dead.ended()
            await place.left.get()

            place.hub.publish("board", b"x")
            assert await alive.recv() == "x"
    assert place.hub.counters.shed == 1
