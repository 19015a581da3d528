"""RFC 6455, case by case after the groups of the Autobahn test suite, on every way a socket can go.

Each case is played to an adopted viewer, to a plain endpoint on our engine, and to the same endpoint on
uvicorn's own class, and comes to the same everywhere. Each goes out at once, frame by frame, and byte by byte
where it is short. Streams nobody thought of come from Hypothesis in ``test_conformance_streams.py``.

| Autobahn | About | Here |
|---|---|---|
| 1.1, 1.2 | texts and binaries of every length form | `framing` |
| 2 | pings, pongs, unasked pongs, ping floods | `pings`; floods: test_wire_frames.py |
| 3 | reserved bits | `reserved` |
| 4 | reserved opcodes | `opcodes` |
| 5 | fragmentation, control frames between fragments | `fragments` |
| 6 | UTF-8: valid, broken, cut anywhere | `utf8`; any bytes at all: test_conformance_streams.py |
| 7 | closing: order, payloads, valid and invalid codes | `closing` |
| 9 | large messages and many small ones, within our limits | `limits`; beyond: test_wire_frames.py |
| 10 | a message in automatic fragments | `fragments` |
| 12, 13 | compression | never agreed on: test_catalogue_b.py, 45 |
"""

import asyncio
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest

from expo.wire.hub import Hub
from expo.wire.viewer import Limits
from tests.support.echo import GOODBYE, Verdict, echoing, everywhere, stock, verdict_on
from tests.support.rawsocket import BINARY, CLOSE, CONT, PING, PONG, TEXT, client_frame

PATIENT: Final = Limits(texts_per_second=1e6, text_burst=1_000, strikes=1_000)
ARABIC: Final = "صوت يُسمَع 🗳 κόσμε".encode()
NORMAL: Final = 1000
BYTEWISE: Final = 60
"""Cases no longer than this are also sent byte by byte."""


class Case(NamedTuple):
    """What is sent, which answers come back, what is sent then, and the code it all ends with."""

    name: str
    frames: tuple[bytes, ...]
    answers: tuple[bytes, ...] = ()
    code: int = NORMAL
    last: tuple[bytes, ...] = ()


def closing(code: int | None, reason: bytes = b"") -> bytes:
    return client_frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def echoed(opcode: int, payload: bytes) -> bytes:
    """How an answer is written down: its opcode and its payload."""
    return bytes([opcode]) + payload


FIRST: Final = client_frame(TEXT, b"first")
ANSWER: Final = echoed(TEXT, b"first")


def framing() -> Iterator[Case]:
    for size in (0, 1, 125, 126, 127, 128, 8_000, 16_384):
        text, data = b"*" * size, b"\xfe" * size
        yield Case(f"text {size}", (client_frame(TEXT, text),), (echoed(TEXT, text),))
        yield Case(f"binary {size}", (client_frame(BINARY, data),), (echoed(BINARY, data),))
    yield Case("arabic", (client_frame(TEXT, ARABIC),), (echoed(TEXT, ARABIC),))


def pings() -> Iterator[Case]:
    for size in (0, 5, 125):
        payload = bytes(range(125))[:size]
        yield Case(f"ping {size}", (client_frame(PING, payload),), (echoed(PONG, payload),))
    ten = tuple(client_frame(PING, b"payload %d" % n) for n in range(10))
    yield Case("ten pings", ten, tuple(echoed(PONG, b"payload %d" % n) for n in range(10)))
    yield Case("ping of 126", (client_frame(PING, b"\xfe" * 126),), (), 1002)
    yield Case("unasked pong", (client_frame(PONG),))
    yield Case("unasked pong with data", (client_frame(PONG, b"unsolicited"),))
    yield Case("pong of 126", (client_frame(PONG, b"x" * 126),), (), 1002)
    pair = client_frame(PONG, b"unasked"), client_frame(PING, b"asked")
    yield Case("pong, then ping", pair, (echoed(PONG, b"asked"),))
    yield Case("fragmented ping", (client_frame(PING, b"x", fin=False),), (), 1002)
    yield Case("unmasked ping", (client_frame(PING, masked=False),), (), 1002)


def reserved() -> Iterator[Case]:
    for bits in (0x40, 0x20, 0x10, 0x60, 0x50, 0x30, 0x70):
        for kind in (TEXT, BINARY, PING, CLOSE):
            last = (client_frame(kind, b"xy", reserved=bits),)
            yield Case(f"bits {bits:#x} of {kind}", (FIRST,), (ANSWER,), 1002, last)


def opcodes() -> Iterator[Case]:
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"reserved"):
            last = (client_frame(opcode, payload),)
            yield Case(f"opcode {opcode}, {len(payload)}", (FIRST,), (ANSWER,), 1002, last)


def fragments() -> Iterator[Case]:
    first, last = client_frame(TEXT, b"one ", fin=False), client_frame(CONT, b"two")
    whole = echoed(TEXT, b"one two")
    ping, pong = client_frame(PING, b"p"), echoed(PONG, b"p")
    yield Case("two pieces", (first, last), (whole,))
    yield Case("ping between", (first, ping, last), (pong, whole))
    many = client_frame(CONT, b"", fin=False)
    yield Case("empty pieces", (first, many, many, last), (whole,))
    yield Case("nothing in pieces", (client_frame(TEXT, fin=False), client_frame(CONT)), (b"\1",))
    loose = client_frame(CONT, b"x"), client_frame(CONT, b"x", fin=False)
    yield Case("loose end", (loose[0],), (), 1002)
    yield Case("loose piece", (loose[1],), (), 1002)
    yield Case("loose after a message", (first, last), (whole,), 1002, (loose[0],))
    yield Case("text within a text", (first, client_frame(TEXT, b"x")), (), 1002)
    yield Case("binary within a text", (first, client_frame(BINARY, b"x")), (), 1002)
    yield Case("fragmented ping within", (first, client_frame(PING, b"x", fin=False)), (), 1002)
    twice = (first, ping, client_frame(CONT, b"and ", fin=False), ping, last)
    yield Case("two pings between", twice, (pong, pong, echoed(TEXT, b"one and two")))
    binary = client_frame(BINARY, b"\xff", fin=False), client_frame(CONT, b"\xfe")
    yield Case("binary in pieces", binary, (echoed(BINARY, b"\xff\xfe"),))
    long = [client_frame(CONT, b"m" * 1_000, fin=False) for _ in range(12)]
    automatic = (client_frame(TEXT, b"m" * 1_000, fin=False), *long, client_frame(CONT))
    yield Case("automatic pieces", automatic, (echoed(TEXT, b"m" * 13_000),))
    yield Case("unmasked piece", (first, client_frame(CONT, b"x", masked=False)), (), 1002)


VALID: Final = (
    b"", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80", b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf",
    b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xef\xb7\x90",
    b"\xf0\x9f\xbf\xbe", b"\xef\xbf\xbe", ARABIC,
)  # fmt: skip
BROKEN: Final = (
    b"\xff", b"\x80", b"\xbf\x80", b"\xc0", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xe0\x9f\xbf",
    b"\xf0\x80\x80\xaf", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80",
    b"\xce\xba\xe1", b"\xe1\xbd", b"\xf0\x9f\x97", b"ok \xce", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80x",
)  # fmt: skip


def utf8() -> Iterator[Case]:
    for text in VALID:
        yield Case(f"valid {text.hex()}", (client_frame(TEXT, text),), (echoed(TEXT, text),))
        pieces = [client_frame(CONT, text[at : at + 1], fin=False) for at in range(len(text))][:14]
        split = (client_frame(TEXT, fin=False), *pieces, client_frame(CONT, text[len(pieces) :]))
        yield Case(f"valid, split {text.hex()}", split, (echoed(TEXT, text),))
    for text in BROKEN:
        yield Case(f"broken {text.hex()}", (client_frame(TEXT, text),), (), 1007)
        half = client_frame(TEXT, text[:1], fin=False), client_frame(CONT, text[1:])
        yield Case(f"broken, split {text.hex()}", half, (), 1007)
    yield Case(
        "bytes are free", (client_frame(BINARY, b"\xff\xfe"),), (echoed(BINARY, b"\xff\xfe"),)
    )


def closings() -> Iterator[Case]:
    yield Case("after a text", (FIRST,), (ANSWER,), 1000, (closing(1000),))
    yield Case("twice", (closing(1000), closing(1000)))
    yield Case("ping after it", (closing(1000), client_frame(PING)))
    yield Case("text after it", (closing(1000), FIRST))
    # Autobahn's 7.1.5 would rather hear 1000; the peer has broken off its own message.
    broken_off = client_frame(TEXT, b"x", fin=False), closing(1000)
    yield Case("in a message", broken_off, (), 1002)
    yield Case("without a code", (closing(None),), (), 1005)
    yield Case("one byte", (client_frame(CLOSE, b"\x03"),), (), 1002)
    yield Case("reason", (closing(1000, b"good night"),))
    yield Case("reason of 123", (closing(1000, b"*" * 123),))
    yield Case("reason of 124", (closing(1000, b"*" * 124),), (), 1002)
    yield Case("broken reason", (closing(1000, b"\xce\xba\xe1"),), (), 1007)
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        yield Case(f"code {code}", (closing(code),), (), code)
    for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535):
        yield Case(f"code {code}", (closing(code),), (), 1002)


def limits() -> Iterator[Case]:
    text = b"x" * 16_384
    yield Case("largest", (client_frame(TEXT, text),), (echoed(TEXT, text),))
    half = client_frame(TEXT, text[:8_192], fin=False), client_frame(CONT, text[8_192:])
    yield Case("largest in pieces", half, (echoed(TEXT, text),))
    yield Case("a byte more", (client_frame(TEXT, text + b"x"),), (), 1009)
    yield Case("a byte more in pieces", (half[0], client_frame(CONT, text[8_191:])), (), 1009)
    small = tuple(client_frame(TEXT, b"%d" % n) for n in range(40))
    yield Case("forty at once", small, tuple(echoed(TEXT, b"%d" % n) for n in range(40)))


GROUPS: Final = {
    "framing": framing,
    "pings": pings,
    "reserved": reserved,
    "opcodes": opcodes,
    "fragments": fragments,
    "utf8": utf8,
    "closing": closings,
    "limits": limits,
}


def ways(case: Case) -> Iterator[tuple[tuple[bytes, ...], tuple[bytes, ...]]]:
    """The pieces a case is written in, and those of its last words."""
    goodbye = (GOODBYE,) if case.code == NORMAL else ()  # otherwise the server ends it, unasked
    last = case.last + goodbye
    yield _joined(case.frames), _joined(last)
    yield case.frames, last
    whole, end = b"".join(case.frames), b"".join(last)
    if len(whole) + len(end) <= BYTEWISE:
        yield _bytewise(whole), _bytewise(end)


def _joined(frames: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return (b"".join(frames),) if frames else ()


def _bytewise(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[at : at + 1] for at in range(len(data)))


def expected(case: Case, path: str) -> Verdict:
    """A viewer is told that a binary is junk: what it is for has no binaries."""
    if path != "/adopted":
        return Verdict(case.answers, case.code)
    junk = echoed(TEXT, b"junk binary")
    told = tuple(junk if answer[0] == BINARY else answer for answer in case.answers)
    return Verdict(told, case.code)


async def verdicts(base_url: str, path: str, cases: list[Case]) -> dict[str, Verdict]:
    """What every case comes to, the same whichever way it is sent."""

    async def on(case: Case) -> Verdict:
        many = len(case.answers)
        found = [await verdict_on(base_url, path, p, many, last) for p, last in ways(case)]
        assert found == [found[0]] * len(found), case.name
        return found[0]

    told = await asyncio.gather(*(on(case) for case in cases))
    return {case.name: verdict for case, verdict in zip(cases, told, strict=True)}


@pytest.mark.parametrize("path", ["/adopted", "/plain"])
@pytest.mark.parametrize("group", GROUPS)
async def test_group_is_answered_as_the_standard_says(group: str, path: str) -> None:
    cases = list(GROUPS[group]())
    async with everywhere(echoing(Hub(PATIENT))) as base_url:
        found = await verdicts(base_url, path, cases)

    assert found == {case.name: expected(case, path) for case in cases}


@pytest.mark.parametrize("group", GROUPS)
async def test_plain_endpoint_is_answered_as_on_uvicorn_alone(group: str) -> None:
    cases = list(GROUPS[group]())
    async with stock(echoing(Hub(PATIENT))) as base_url:
        found = await verdicts(base_url, "/plain", cases)

    assert found == {case.name: expected(case, "/plain") for case in cases}
