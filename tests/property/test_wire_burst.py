"""Whatever is published, answered and read in whatever order: the stream is whole frames, byte for byte."""

import asyncio
import shutil
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expo.wire import burst
from expo.wire.hub import Hub
from expo.wire.viewer import Viewer
from expo.wire.wired import WiredViewer
from tests.support.rawsocket import tcp_pair
from tools.burst import compiled

ROOM = "board"
steps = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from([1, 120, 126, 3_000, 9_000, 70_000])),
        st.tuples(st.just("reply"), st.sampled_from([1, 125, 2_000, 20_000])),
        st.tuples(st.just("read"), st.integers(1, 60_000)),
        st.tuples(st.just("turn"), st.just(0)),
    ),
    max_size=40,
)


@pytest.fixture(scope="module")
def loops(tmp_path_factory: pytest.TempPathFactory) -> list[burst.Burst | None]:
    """Every implementation there is here."""
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        return [None]
    library: Path = tmp_path_factory.mktemp("burst") / "burst.so"
    assert compiled(library) == ""
    return [None, burst.load(library)]


def texts_in(stream: bytes) -> list[bytes]:
    """The texts of a stream that must consist of whole text frames and nothing else."""
    found, at = [], 0
    while at < len(stream):
        assert stream[at] == 0x81
        size, head = stream[at + 1], 2
        if size >= 126:
            head = 4 if size == 126 else 10
            size = int.from_bytes(stream[at + 2 : at + head], "big")
        found.append(stream[at + head : at + head + size])
        assert len(found[-1]) == size
        at += head + size
    return found


class Stage:
    """One viewer with a small buffer, and what its peer has read."""

    def __init__(self, send: burst.Burst | None) -> None:
        self.hub = Hub(burst=send)
        self.near, self.far = tcp_pair()
        for one in (self.near, self.far):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        self.viewer = WiredViewer(None, self.hub, on_text=ignore, on_junk=ignore)
        self.stream = b""
        self.published = self.said = 0

    async def play(self, script: list[tuple[str, int]]) -> list[bytes]:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, self.near)
        self.viewer.take_over(transport, set(), b"", b"")
        self.hub.join(self.viewer, ROOM)
        self.viewer.opened()
        for step, size in script:
            await self.take(step, size)
        self.viewer.reply(b"the end")
        # What was owed to a viewer that was behind comes after its answers.
        while self.read(1 << 20) or self.viewer.is_behind or b"the end" not in self.stream:  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)
        transport.abort()
        self.far.close()
        await asyncio.sleep(0)
        return texts_in(self.stream)

    async def take(self, step: str, size: int) -> None:
        match step:
            case "publish":
                self.published += 1
                self.hub.publish(ROOM, b"p%d " % self.published + b"x" * size)
            case "reply" if self.said < self.hub.limits.replies:
                self.said += 1
                self.viewer.reply(b"r%d " % self.said + b"y" * size)
            case "read":
                self.read(size)
            case _:
                await asyncio.sleep(0)

    def read(self, size: int) -> int:
        try:
            taken = self.far.recv(size)
        except BlockingIOError:
            return 0
        self.stream += taken
        return len(taken)


def ignore(_viewer: Viewer, _message: bytes | str) -> None:
    """Nobody says anything here."""


@settings(max_examples=60, deadline=None)
@given(script=steps)
def test_stream_is_whole_frames_in_order_and_ends_with_the_latest(
    loops: list[burst.Burst | None], script: list[tuple[str, int]]
) -> None:
    for send in loops:
        stage = Stage(send)
        texts = asyncio.run(stage.play(script))
        heads = [text.split(b" ")[0] for text in texts]
        published = [int(head[1:]) for head in heads if head.startswith(b"p")]
        replies = [int(head[1:]) for head in heads if head.startswith(b"r")]

        assert published == sorted(set(published))
        assert published[-1:] == ([stage.published] if stage.published else [])
        assert replies == list(range(1, stage.said + 1))
        for text in texts:
            assert len(set(text.split(b" ", 1)[-1])) <= 1 or text == b"the end"
