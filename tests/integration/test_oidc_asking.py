"""Other people's servers: however long, large or endless their answers are, ours goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from starlette.responses import Response, StreamingResponse

from expo.identity.oidc.asking import MOST_BYTES, Asker
from expo.identity.oidc.refusals import Distrusted, Why
from tests.support.forger import Forger, forging

_CHUNK = 8192


async def refused(forger: Forger, answer: Callable[[], Response] | None = None) -> Why:
    """Why an answer of the key set is not taken."""
    if answer is not None:
        forger.at["keys"] = answer
    asker = Asker(seconds=0.5)
    try:
        with pytest.raises(Distrusted) as distrusted:
            await asker.get(f"{forger.url}/keys")
    finally:
        await asker.close()
    assert distrusted.value.is_down
    return distrusted.value.why


async def test_server_that_does_not_answer_is_given_up() -> None:
    async with forging() as forger:
        forger.wait["keys"] = asyncio.Event()

        assert await refused(forger) is Why.SLOW
        forger.wait["keys"].set()


async def test_answer_that_drips_is_given_up_however_often_a_byte_comes() -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(100):  # two seconds of it
            yield b" "
            await asyncio.sleep(0.02)

    async with forging() as forger:
        answer = lambda: StreamingResponse(drip(), media_type="application/json")  # noqa: E731

        assert await refused(forger, answer) is Why.SLOW


async def test_answer_that_goes_on_is_given_up_at_the_bound() -> None:
    async def flood() -> AsyncIterator[bytes]:
        for _ in range(2 * MOST_BYTES // _CHUNK):
            yield b" " * _CHUNK

    async with forging() as forger:
        answer = lambda: StreamingResponse(flood(), media_type="application/json")  # noqa: E731

        assert await refused(forger, answer) is Why.COMPRESSED_OR_LONG


async def test_answer_of_the_bound_is_taken() -> None:
    async with forging() as forger:
        forger.at["keys"] = lambda: Response(b" " * MOST_BYTES, media_type="application/json")
        asker = Asker()

        assert len(await asker.get(f"{forger.url}/keys")) == MOST_BYTES
        await asker.close()


async def test_compressed_answer_is_not_unpacked() -> None:
    async with forging() as forger:
        packed = Response(b"x", headers={"content-encoding": "br"}, media_type="application/json")

        assert await refused(forger, lambda: packed) is Why.COMPRESSED_OR_LONG


async def test_nobody_listening_is_unreachable() -> None:
    assert await refused(Forger(url="http://127.0.0.1:9")) is Why.UNREACHABLE
