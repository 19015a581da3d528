"""Bad input, part B (29-48): live sockets of a whole expo, each case by its number.

The connection lives where rulings 11 and 12 say so and ends with its code where not; somebody who
is connected meanwhile notices nothing, no log line is an error. One expo serves the whole file.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.protocol import State
from websockets.typing import Origin

from expo.identity.visits_follower import SECONDS
from expo.rights import Role
from expo.wire.codes import Close
from tests.support.live import until
from tests.support.rawsocket import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    RawSocket,
    client_frame,
)
from tests.support.serving import socket_url
from tests.support.stagehouse import Ear
from tests.support.whole import Whole, ballot, cookie_of, whole

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(40)]

LIVE = "/live/khda"
ASKED = [0.0]  # when the bystander was
ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {
    42: "tests/faults/test_wire_stalled.py::test_viewer_that_reads_a_trickle_is_freed_too",
    41: "tests/integration/test_wire_guards.py::"
    "test_visit_holds_a_limited_number_of_sockets_and_gets_seats_back",
    30: "tests/faults/test_catalogue_found.py::test_visit_whose_time_is_up_loses_its_socket",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Whole]:
    async with whole(tmp_path_factory.mktemp("expo")) as found:
        await found.open()
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bystander(house: Whole) -> AsyncIterator[Ear]:
    async with house.ear(LIVE, await house.person(Role.EMPLOYEE, "bystander")) as ear:
        await ear.frame("hello")
        yield ear


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def nobody_notices(
    house: Whole, bystander: Ear, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[None]:
    before = await house.position()
    yield
    assert bystander.socket.state is State.OPEN
    now = asyncio.get_running_loop().time()
    if now - ASKED[-1] > 0.1:  # some of these take milliseconds: a ping in each would be a flood
        ASKED.append(now)
        async with asyncio.timeout(2):
            await (await bystander.socket.ping())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert await house.position() == before


async def opened(house: Whole, raw: RawSocket, path: str = LIVE) -> None:
    """Upgrade as one of our pages does, and read the greeting."""
    assert await raw.upgrade(path, {"Origin": house.url}) == 101
    assert json.loads(await raw.text())["type"] == "hello"


async def status_of(house: Whole, path: str, headers: dict[str, str]) -> int:
    """Status of a handshake with these headers, sent as written."""
    async with house.raw() as raw:
        return await raw.upgrade(path, headers)


async def code_after(house: Whole, *data: bytes) -> int:
    """The close code an adopted connection ends with after these bytes; 0 when it is cut."""
    async with house.raw() as raw:
        await opened(house, raw)
        for piece in data:
            await raw.send(piece)
            await asyncio.sleep(0)
        return await raw.close_code()


async def test_every_number_of_part_b_is_here_or_named() -> None:
    here = {
        int(name.split("_")[1])
        for name in globals()
        if name.startswith("test_") and name.split("_")[1].isdecimal()
    }
    assert here | set(HOSTILE) | set(ELSEWHERE) == set(range(29, 49))
    for test in ELSEWHERE.values():
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text()


@pytest.mark.parametrize(
    "origin", [None, "https://evil.example", "null", "http://127.0.0.1", "", "{url}.evil.example"]
)
async def test_29_socket_with_a_cookie_and_a_foreign_origin_is_refused(
    house: Whole, origin: str | None
) -> None:
    headers = {"Cookie": cookie_of(await house.person(Role.EMPLOYEE, "29"))}
    if origin is not None:
        headers["Origin"] = origin.replace("{url}", house.url) or " "

    assert await status_of(house, LIVE, headers) == 403


async def test_29_two_origins_and_a_foreign_host_are_refused(house: Whole) -> None:
    both = {"Origin": house.url, "origin": house.url}

    assert await status_of(house, LIVE, both) in (400, 403)
    assert await status_of(house, LIVE, {"Origin": house.url, "Host": "evil.example"}) == 403
    assert await status_of(house, LIVE, {"Origin": house.url}) == 101


async def test_30_leaving_and_revoking_end_the_socket_at_once(house: Whole) -> None:
    leaver = await house.person(Role.CUSTOMER, "leaver")
    pupil = await house.person(Role.EMPLOYEE, "pupil")
    organiser = await house.person(Role.ORGANISER, "30")
    lines = await house.expo.passes.list_()
    (issued,) = [one for one in lines if one.issued.label == "one employee"][:1]

    async with house.ear(LIVE, leaver) as left, house.ear(LIVE, pupil) as revoked:
        await left.frame("hello")
        await revoked.frame("hello")
        await leaver.post("/en/leave")
        await organiser.post(f"/en/staff/passes/{issued.issued.id}/revoke")
        codes = await left.ended(), await revoked.ended()

    async with house.ear(LIVE, pupil) as again:
        assert (await again.frame("hello"))["role"] == "public"
        await again.say({"type": "cast", **ballot("khda-transfer")})
        assert (await again.frame("refused"))["code"] == "join-first"
    assert codes == (Close.REVOKED, Close.REVOKED)
    assert SECONDS <= 60


async def test_31_message_of_16_kib_and_one_byte_closes(house: Whole) -> None:
    assert await code_after(house, client_frame(TEXT, b"x" * 16_385)) == Close.TOO_BIG
    assert await code_after(house, client_frame(TEXT, b"", claimed=2**63 - 1)) == Close.TOO_BIG


async def test_32_binary_is_answered_and_the_third_closes(house: Whole) -> None:
    async with house.raw() as raw:
        await opened(house, raw)
        await raw.send(client_frame(BINARY, b'{"type":"cast"}'))
        while (frame := json.loads(await raw.text()))["type"] != "refused":
            pass
        await raw.send(client_frame(BINARY, b"\xff") * 2)

        assert frame["code"] == "binary-frame"
        assert await raw.close_code() == Close.JUNK


async def test_33_invalid_utf8_closes_however_it_is_cut(house: Whole) -> None:
    split = client_frame(TEXT, b"\xd9", fin=False), client_frame(CONT, b"\xff")

    assert await code_after(house, client_frame(TEXT, b"\xff\xfe")) == Close.BAD_UTF8
    assert await code_after(house, *split) == Close.BAD_UTF8
    assert await code_after(house, client_frame(TEXT, b"\xed\xa0\x80")) == Close.BAD_UTF8


@pytest.mark.parametrize(
    "data",
    [
        client_frame(TEXT, b"x", reserved=0x40),
        client_frame(3, b"x"),
        client_frame(11, b"x"),
        client_frame(TEXT, b"x", masked=False),
        client_frame(PING, b"x" * 126),
        client_frame(PING, b"x", fin=False),
        client_frame(CONT, b"x"),
        client_frame(CLOSE, b"x"),
    ],
    ids=[
        "reserved",
        "opcode-3",
        "opcode-11",
        "unmasked",
        "long-ping",
        "cut-ping",
        "loose",
        "close",
    ],
)
async def test_34_frame_against_the_standard_closes_with_1002(house: Whole, data: bytes) -> None:
    assert await code_after(house, data) == 1002


async def flooded(house: Whole, first: bytes, repeated: bytes) -> None:
    """Send without end until the server cuts the connection."""
    async with house.raw() as raw:
        await opened(house, raw)
        await raw.send(first)
        with pytest.raises(ConnectionError):  # noqa: PT012 - the flood ends when it is cut
            async with asyncio.timeout(5):
                while True:
                    await raw.send(repeated * 5_000)


async def test_35_endless_empty_pieces_are_cut(house: Whole) -> None:
    await flooded(house, client_frame(TEXT, b"a", fin=False), client_frame(CONT, fin=False))


@pytest.mark.parametrize("kind", [PING, PONG])
async def test_36_ping_and_pong_floods_are_cut(house: Whole, kind: int) -> None:
    await flooded(house, b"", client_frame(kind, b"x" * 125))


async def test_37_messages_without_end_are_told_and_closed(house: Whole) -> None:
    data = client_frame(TEXT, b'{"type":"ask-mine","contest":"khda"}') * 40

    assert await code_after(house, data) == Close.TOO_FAST


HOSTILE = {
    38: [
        '{"type":"hello"}',
        '{"type":"hello","version":"999"}',
        '{"type":"receipt","id":"x"}',
        '{"type":"stage"}',
        '{"type":["cast"]}',
        "{}",
        "",
    ],
    39: [
        '{"type":"subscribe","room":"staff"}',
        '{"type":"join","rooms":["contest.khda.staff"]}',
        '{"type":"beat","scene":"final","version":1}',
    ],
    40: [
        '{"type":"resume","seq":-1}',
        '{"type":"resume","seq":1000000000000000000}',
        '{"type":"resume","seq":"x","epoch":"y"}',
    ],
    46: [
        "[" * 10_000,
        '{"type":"cast","ranking":' + "[" * 7_000 + "]" * 7_000 + "}",
        '{"type":"ask-mine","contest":NaN}',
        '{"type":"ask-mine","contest":"khda","contest":"dewa"}',
        '{"type":"ask-mine","contest":"khda","\\u0063ontest":"dewa"}',
        '{"type":"cast","type":"ask-mine","contest":"khda"}',
        '{"type":"ask-mine","contest":"\\ud800"}',
        '{"type":"ask-mine","contest":%s}' % ("9" * 5_000),
        "null",
        "[]",
    ],
}


@pytest.mark.parametrize(
    ("number", "text"), [(number, text) for number in HOSTILE for text in HOSTILE[number]]
)
async def test_38_unreadable_message_is_answered_and_the_connection_lives(
    house: Whole, number: int, text: str
) -> None:
    async with house.ear(LIVE, await house.person(Role.EMPLOYEE, "hostile")) as ear:
        await ear.frame("hello")
        await ear.socket.send(text)
        refused = await ear.frame("refused")
        await ear.say({"type": "ask-mine", "contest": "khda"})
        await ear.frame("mine")

    assert refused["code"] == "malformed-frame"
    assert refused["message"]


async def test_38_three_in_a_row_close(house: Whole) -> None:
    assert await code_after(house, client_frame(TEXT, b"{") * 3) == Close.JUNK


@pytest.mark.parametrize(
    "role", [Role.PUBLIC, Role.CUSTOMER, Role.EMPLOYEE, Role.TEAM, Role.SCREEN]
)
async def test_39_control_room_is_closed_to_everybody_else(house: Whole, role: Role) -> None:
    async with house.ear("/live/staff", await house.person(role, "39")) as ear:
        code = await ear.ended()

    assert code == Close.NOT_ALLOWED
    assert [frame["type"] for frame in ear.heard] == ["refused"]


async def test_40_whoever_comes_back_gets_the_whole_state(house: Whole) -> None:
    for query in ("", "?seq=-1", "?since=1000000000000000000", "?epoch=x&seq=x"):
        async with house.ear(LIVE + query) as ear:
            assert (await ear.frame("contest"))["phase"] == "open"
            assert (await ear.frame("turnout"))["contest"] == "khda"


async def test_41_visit_has_thirty_sockets_and_no_more(house: Whole) -> None:
    headers = {
        "Origin": house.url,
        "Cookie": cookie_of(await house.person(Role.EMPLOYEE, "forty-one")),
    }
    raws = [house.raw() for _ in range(31)]
    statuses = []
    for raw in raws:
        await raw.__aenter__()
        statuses.append(await raw.upgrade("/live/day", headers))
    for raw in raws:
        await raw.__aexit__(None, None, None)
    await until(lambda: house.expo.hub.connected <= 1)

    assert statuses == [101] * 30 + [403]
    assert await status_of(house, "/live/day", headers) == 101


async def test_43_half_closed_reset_and_silent_sockets_are_freed(house: Whole) -> None:
    await until(lambda: house.expo.hub.connected <= 1)
    async with house.raw() as half, house.raw() as reset:
        await opened(house, half)
        await opened(house, reset)
        half.finish()
        await reset.send(client_frame(TEXT, b"x" * 500)[:100])
        reset.reset()
        assert await half.ended()
        await until(lambda: house.expo.hub.connected <= 1)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ((400,), {"Sec-WebSocket-Key": ""}),
        ((400,), {"Sec-WebSocket-Key": "AAAA"}),
        ((400, 426), {"Sec-WebSocket-Version": "8"}),
        ((101, 400), {"Sec-WebSocket-Protocol": "\xe9\xe8"}),
        ((101, 400), {"Sec-WebSocket-Protocol": ", ".join(f"p{n}" for n in range(100))}),
        ((400,), {"Content-Length": "5"}),
    ],
    ids=["no-key", "short-key", "version-8", "latin-1", "100-protocols", "body"],
)
async def test_44_odd_handshake_is_answered(
    house: Whole, status: tuple[int, ...], headers: dict[str, str]
) -> None:
    assert await status_of(house, LIVE, {"Origin": house.url, **headers}) in status


async def test_45_compression_is_never_agreed_on(house: Whole) -> None:
    async with connect(
        socket_url(house.url, LIVE), origin=Origin(house.url), compression="deflate", proxy=None
    ) as socket:
        assert socket.protocol.extensions == []
        await socket.recv()


@pytest.mark.parametrize("path", ["/en/", "/healthz", "/en/staff/control", "/nowhere", "/"])
async def test_47_upgrade_elsewhere_is_refused(house: Whole, path: str) -> None:
    assert await status_of(house, path, {"Origin": house.url}) == 403


@pytest.mark.parametrize("path", ["/live/day", LIVE, "/live/staff", "/live/screen/main"])
async def test_47_plain_request_for_a_socket_is_not_found(house: Whole, path: str) -> None:
    assert (await (await house.person(Role.PUBLIC)).get(path)).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/live/../staff", "//live/day", "/LIVE/day", "/live/day/", "/live/screen/", "/live%252fday"],
)
async def test_48_other_spellings_of_the_address_lead_nowhere(house: Whole, path: str) -> None:
    assert await status_of(house, path, {"Origin": house.url}) == 403


async def test_48_coded_slash_is_the_same_address_behind_the_same_guard(house: Whole) -> None:
    async with house.ear("/live%2fstaff", await house.person(Role.EMPLOYEE, "48")) as ear:
        assert await ear.ended() == Close.NOT_ALLOWED


@pytest.mark.parametrize("session", ["nowhere", "..", "%00", "a" * 5_000, "khda'--", "<b>"])
async def test_48_session_that_does_not_exist_says_so(house: Whole, session: str) -> None:
    try:
        async with house.ear(f"/live/{session}") as ear:
            code = await ear.ended()
    except InvalidStatus as refused:
        code = refused.response.status_code

    assert code in (Close.NOTHING_HERE, 403)
