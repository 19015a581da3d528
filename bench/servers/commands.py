"""How a Python server under measurement is commanded: lines on standard input, JSON on standard output."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec


async def commands() -> AsyncIterator[list[str]]:
    """Every command, split into words; ends when whoever started us has gone."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().split()


def answer(**facts: Any) -> None:
    """One line of JSON to whoever started us."""
    print(msgspec.json.encode(facts).decode(), flush=True)


def stamped(size: int, **more: str) -> bytes:
    """A frame of this many bytes that begins with the clock every process of the machine shares."""
    head = msgspec.json.encode({"t": time.monotonic_ns(), **more, "pad": ""})
    return head[:-2] + b"x" * max(0, size - len(head)) + head[-2:]
