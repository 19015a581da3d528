"""A handshake is read when it can be understood in one way only, and left to the engines otherwise."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.headers import parse_upgrade
from websockets.http11 import Request
from websockets.server import ServerProtocol

from expo.wire.upgrade import read, switching

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
USUAL = {
    b"Host": b"expo.example",
    b"Upgrade": b"websocket",
    b"Connection": b"Upgrade",
    b"Sec-WebSocket-Key": KEY,
    b"Sec-WebSocket-Version": b"13",
}


def request(
    *more: tuple[bytes, bytes], target: bytes = b"/live/day", **changed: bytes | None
) -> bytes:
    headers = [*USUAL.items(), *more]
    named = {name.replace("_", "-").lower().encode(): value for name, value in changed.items()}
    lines = [
        name + b": " + (named.get(name.lower(), value) or b"")
        for name, value in headers
        if named.get(name.lower(), value) is not None
    ]
    return b"GET " + target + b" HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n"


def test_usual_handshake_is_read_with_what_follows_it_left() -> None:
    data = request((b"Cookie", b"a=b"), (b"Cookie", b"c=d"), target=b"/live/%D8%B5?lang=ar&x=%41")

    found = read(data + b"\x81\x80rest")

    assert found is not None
    assert found.head == data
    assert (found.path, found.raw_path, found.query) == (
        "/live/ص",
        b"/live/%D8%B5",
        b"lang=ar&x=%41",
    )
    assert found.key == KEY
    assert found.headers[0] == (b"host", b"expo.example")
    assert found.headers[-2:] == [(b"cookie", b"a=b"), (b"cookie", b"c=d")]


@pytest.mark.parametrize(
    "data",
    [
        request(upgrade=b"WebSocket"),
        request(connection=b"keep-alive, Upgrade"),
        request((b"Origin", b"null")),
        request((b"X-Latin", b"\xe9")),
        request((b"Sec-WebSocket-Extensions", b"permessage-deflate; client_max_window_bits")),
    ],
)
def test_what_browsers_send_is_read(data: bytes) -> None:
    assert read(data) is not None


ODD = {
    "nothing": b"",
    "half of it": request()[:-2],
    "a page": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST": request().replace(b"GET", b"POST"),
    "HTTP/1.0": request().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "absolute target": request(target=b"http://evil.example/live/day"),
    "space in the target": request(target=b"/live day"),
    "letter beyond ASCII in the target": request(target=b"/live/\xd8"),
    "no host": request(host=None),
    "no key": request(sec_websocket_key=None),
    "short key": request(sec_websocket_key=b"AAAA"),
    "key that is no base64": request(sec_websocket_key=b"!" * 24),
    "version 8": request(sec_websocket_version=b"8"),
    "other upgrade": request(upgrade=b"h2c"),
    "two upgrades": request(upgrade=b"websocket, h2c"),
    "connection without upgrade": request(connection=b"keep-alive"),
    "two hosts": request((b"host", b"evil.example")),
    "two keys": request((b"Sec-WebSocket-Key", KEY)),
    "two origins": request((b"Origin", b"a"), (b"origin", b"a")),
    "two connections": request((b"Connection", b"close")),
    "a body": request((b"Content-Length", b"5")),
    "a chunked body": request((b"Transfer-Encoding", b"chunked")),
    "an expectation": request((b"Expect", b"100-continue")),
    "a protocol": request((b"Sec-WebSocket-Protocol", b"chat")),
    "NUL": request((b"X-A", b"a\0b")),
    "line break alone": request((b"X-A", b"a\nHost: evil.example")),
    "carriage return alone": request((b"X-A", b"a\rb")),
    "folded line": request((b"X-A", b"a\r\n b")),
    "space before the colon": request((b"X-A ", b"a")),
    "no name": request((b"", b"a")),
    "no colon": request().replace(b"Host: ", b"Host"),
    "space before the method": b" " + request(),
    "line before it": b"\r\n" + request(),
    "101 headers": request(*((b"X-%d" % n, b"a") for n in range(101))),
    "8 KiB": request((b"X-A", b"a" * 8_192)),
}


@pytest.mark.parametrize("name", ODD)
def test_anything_else_is_left_to_the_engines(name: str) -> None:
    assert read(ODD[name]) is None


@given(st.data())
def test_whatever_is_read_the_standards_own_code_accepts(data: st.DataObject) -> None:
    """Bytes of a good request replaced at will: what is still read here is good there as well."""
    good = request((b"Origin", b"https://expo.example"), (b"Cookie", b"a=b; c=d"))
    at = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 4))
    changed = good[:at] + data.draw(st.binary(max_size=4)) + good[at + cut :]

    found = read(changed)

    if found is not None:
        server = ServerProtocol(max_size=16_384)
        server.receive_data(found.head)
        (event,) = server.events_received()
        assert isinstance(event, Request)
        assert server.accept(event).status_code == 101
        assert event.headers["Sec-WebSocket-Key"].encode() == found.key
        assert parse_upgrade(event.headers["Upgrade"])
        assert [
            (n.lower().encode(), v.encode("latin-1")) for n, v in event.headers.raw_items()
        ] == (found.headers)


def test_head_made_to_be_slow_is_given_up_at_once() -> None:
    hostile = request((b"X-A", b" \t" * 2_000 + b"a" * 2_000 + b"\0"))
    started = time.process_time()

    for _ in range(50):
        assert read(hostile) is None

    assert time.process_time() - started < 0.5


def test_answer_is_the_standards_own_example() -> None:
    assert switching(KEY, [(b"date", b"now")]) == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\ndate: now\r\n\r\n"
    )


@pytest.mark.parametrize("header", [(b"a", b"b\r\nc: d"), (b"a\n", b"b"), (b"a", b"b\r")])
def test_answer_with_a_header_that_ends_its_line_is_never_made(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="a"):
        switching(KEY, [header])
