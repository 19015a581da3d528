"""Streams of frames nobody thought of (Autobahn 5, 6 and 9 at random): whole, cut anywhere, or broken.

What a stream must come to is told by ``websockets``' own Sans-I/O code and by Python's UTF-8 decoder.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from expo.wire.hub import Hub
from expo.wire.viewer import Limits
from tests.support.echo import GOODBYE, Verdict, echoing, everywhere, verdict_on
from tests.support.rawsocket import CONT, PING, PONG, TEXT, client_frame

PATIENT: Final = Limits(
    texts_per_second=1e6, text_burst=1_000, strikes=1_000, frames_per_second=1_000, fragments=1_000
)
PATHS: Final = ("/adopted", "/plain")
AT_ONCE: Final = 8
"""Streams played beside each other on one server."""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300).map(str.encode)
cuts = st.lists(st.integers(0, 3_000), max_size=5)
messages = st.lists(
    st.one_of(
        st.tuples(st.just(TEXT), texts, st.lists(st.integers(0, 300), max_size=4)),
        st.tuples(st.just(PING), st.binary(max_size=125), st.just([])),
    ),
    max_size=6,
)
SETTINGS: Final = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def pieces_of(data: bytes, places: Sequence[int]) -> tuple[bytes, ...]:
    """The data cut at these places."""
    ends = [*sorted({place for place in places if place < len(data)}), len(data)]
    starts = [0, *ends[:-1]]
    return tuple(data[start:end] for start, end in zip(starts, ends, strict=True))


def said(script: list[tuple[int, bytes, list[int]]]) -> tuple[bytes, tuple[bytes, ...]]:
    """What a masking client writes for these messages, and what it is answered."""
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=OPEN)
    answers = []
    for opcode, payload, places in script:
        if opcode == PING:
            client.send_ping(payload)
            answers.append(bytes([PONG]) + payload)
            continue
        pieces = pieces_of(payload, places)
        client.send_text(pieces[0], fin=len(pieces) == 1)
        for at, piece in enumerate(pieces[1:], 2):
            client.send_continuation(piece, fin=at == len(pieces))
        answers.append(bytes([TEXT]) + payload)
    return b"".join(client.data_to_send()), tuple(answers)


def ended_by(data: bytes) -> int | None:
    """The close code the standard's own code answers these bytes with; None while it goes on."""
    server = ServerProtocol(state=OPEN, max_size=PATIENT.max_bytes)
    server.receive_data(data)
    return None if server.close_sent is None else server.close_sent.code


async def played(path: str, streams: Sequence[tuple[tuple[bytes, ...], int]]) -> list[Verdict]:
    """What each of these streams comes to, with how many answers to wait for."""
    async with everywhere(echoing(Hub(PATIENT))) as base_url:
        return await asyncio.gather(
            *(verdict_on(base_url, path, pieces, many, (GOODBYE,)) for pieces, many in streams)
        )


@pytest.mark.parametrize("path", PATHS)
@SETTINGS
@given(batch=st.lists(st.tuples(messages, cuts), min_size=1, max_size=AT_ONCE))
def test_messages_are_answered_however_they_are_cut(
    path: str, batch: list[tuple[list[tuple[int, bytes, list[int]]], list[int]]]
) -> None:
    wanted, streams = [], []
    for script, places in batch:
        data, answers = said(script)
        wanted.append((sorted(answers), 1000))
        streams.append((pieces_of(data, places), len(answers)))

    found = asyncio.run(played(path, streams))

    # A plain endpoint answers a text in its own time; a ping may overtake it.
    assert [(sorted(verdict.answers), verdict.code) for verdict in found] == wanted


@pytest.mark.parametrize("path", PATHS)
@SETTINGS
@given(
    batch=st.lists(
        st.tuples(st.binary(max_size=40), st.lists(st.integers(0, 40), max_size=4)),
        min_size=1,
        max_size=AT_ONCE,
    )
)
def test_bytes_are_a_text_exactly_when_they_are_utf8(
    path: str, batch: list[tuple[bytes, list[int]]]
) -> None:
    wanted, streams = [], []
    for payload, places in batch:
        pieces = pieces_of(payload, places)
        frames = [
            client_frame(CONT if at else TEXT, piece, fin=at + 1 == len(pieces))
            for at, piece in enumerate(pieces)
        ]
        try:
            payload.decode()
        except UnicodeDecodeError:
            wanted.append(Verdict((), 1007))
            streams.append((tuple(frames), 1))
        else:
            wanted.append(Verdict((bytes([TEXT]) + payload,), 1000))
            streams.append((tuple(frames), 1))

    assert asyncio.run(played(path, streams)) == wanted


UNKNOWN_KIND: Final[tuple[int, int, bytes, list[int]]] = (0x8C, 0x80 | 126, b"\x02" * 140, [])
"""A frame of no known kind that is not all there: the standard refuses it by its first bytes."""


@pytest.mark.parametrize("path", PATHS)
@SETTINGS
@example(batch=[UNKNOWN_KIND])
@given(
    batch=st.lists(
        st.tuples(
            st.integers(0, 255), st.integers(0, 255), st.binary(min_size=140, max_size=140), cuts
        ),
        min_size=1,
        max_size=AT_ONCE,
    )
)
def test_any_header_at_all_is_taken_as_the_standard_takes_it(
    path: str, batch: list[tuple[int, int, bytes, list[int]]]
) -> None:
    streams, wanted = [], []
    for first, second, rest, places in batch:
        data = bytes([first, second]) + rest
        code = ended_by(data)
        if code is not None and code != 1007:  # a text inside may be none: its own test
            streams.append((pieces_of(data, places), 1_000))
            wanted.append(code)

    found = asyncio.run(played(path, streams)) if streams else []

    codes = [verdict.code for verdict in found]
    assert [code if code != 1007 else want for code, want in zip(codes, wanted, strict=True)] == (
        wanted
    )
