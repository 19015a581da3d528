"""The word between nodes is cut, lost, late or doubled: no ballot and no count depends on it (A2)."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from typing_extensions import override

from expo.wire.notifier import LocalNotifier
from expo.wire.notifiers import notifier
from tests.support.cable import Cable
from tests.support.cable import Fault as Bent
from tests.support.nats import NatsServer
from tests.support.nodes import Node, Watch, agreed, cast_everywhere, cast_one, head, nodes

STALE_S = 3.0
"""How old a screen may get while nodes cannot tell each other."""


@contextlib.asynccontextmanager
async def over_nats(url: str, server: NatsServer) -> AsyncIterator[tuple[list[Node], list[Cable]]]:
    """Three nodes that hear each other through a NATS server, each over a cable of its own."""
    async with contextlib.AsyncExitStack() as stack:
        cables = [Cable() for _ in range(3)]
        for cable in cables:
            await stack.enter_async_context(cable.to(server.port))
        notifiers = [notifier(f"nats://127.0.0.1:{cable.port}", None) for cable in cables]
        there = await stack.enter_async_context(nodes(url, notifiers))
        yield there, cables


async def stale_for(there: Sequence[Node], ballots: int) -> float:
    """Cast through all nodes, watch, and tell how long the slowest took to show the last ballot."""
    before = await head(there[0].database)
    watch = Watch(there)
    await watch.until(cast_everywhere(there, ballots))
    took = await agreed(there, before + ballots, 10)
    watch.look()
    return took


@pytest.fixture
def word(tmp_path: Path) -> Iterator[NatsServer]:
    """What nodes tell each other over."""
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("bent", [Bent.CUT, Bent.NO_ANSWERS, Bent.NO_QUESTIONS])
@pytest.mark.parametrize("sides", [1, 3])
async def test_no_ballot_and_no_count_depends_on_the_word_between_nodes(
    postgres_url: str, word: NatsServer, bent: Bent, sides: int
) -> None:
    async with over_nats(postgres_url, word) as (there, cables):
        await stale_for(there, 30)
        for cable in cables[:sides]:
            cable.bend(bent)

        took = await stale_for(there, 60)

        assert took <= STALE_S


class Unsteady(LocalNotifier):
    """Loses a third of all notifications, doubles a third, and is late with a third.

    Args:
        others: Everybody who should be told.
        seed: Of its moods.
    """

    def __init__(self, others: "list[Unsteady]", seed: int) -> None:
        super().__init__()
        self._others = others
        self._dice = random.Random(seed)
        others.append(self)

    @override
    def notify(self, topic: str) -> None:
        for one in self._others:
            mood = self._dice.randrange(3)
            if mood == 1:
                one.wake(topic)
                one.wake(topic)
            elif mood == 2:
                asyncio.get_running_loop().call_later(self._dice.random(), one.wake, topic)

    def wake(self, topic: str) -> None:
        """Tell who listens here."""
        super().notify(topic)


async def test_lost_doubled_and_reordered_words_change_no_count(postgres_url: str) -> None:
    everybody: list[Unsteady] = []
    async with nodes(postgres_url, [Unsteady(everybody, n) for n in range(3)]) as there:
        assert await stale_for(there, 150) <= STALE_S


class Deaf(LocalNotifier):
    """Claims to be connected and hears nothing."""

    @override
    def notify(self, topic: str) -> None:
        pass


async def test_node_that_looks_only_when_told_is_found_out(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_HEAL_SECONDS", "_ALONE_SECONDS"):
        monkeypatch.setattr(f"voting.tally_follower.{name}", 600.0)
    async with nodes(postgres_url, [None, Deaf()]) as there:
        await cast_one(there[0], 1)
        await asyncio.sleep(0.6)  # past the look every follower begins with
        before = await head(there[0].database)
        await cast_one(there[0], 2)

        with pytest.raises(TimeoutError):
            await agreed(there, before + 1, STALE_S)
