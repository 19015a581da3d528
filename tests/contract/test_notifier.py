"""Every implementation of the seam between nodes behaves like this."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from expo.wire.notifier import LocalNotifier, Notifier
from expo.wire.notifier_nats import NatsLink
from expo.wire.notifier_postgres import PostgresLink
from expo.wire.notifier_shared import LONGEST_TOPIC, LinkLost, Outbox, SharedNotifier
from expo.wire.notifiers import notifier as notifier_for
from tests.support.nats import NatsCluster, NatsServer
from tests.support.notifying import (
    Exchange,
    connected,
    disconnected,
    over_nats,
    over_postgres,
    running,
)
from tests.support.postgres import Cluster, running_cluster

_A_WHILE = 5.0


@pytest.fixture(scope="module")
def mortal_cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def mortal_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    folder: Path = tmp_path_factory.mktemp("nats")
    server = NatsServer(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["postgresql", "nats"])
def exchange(request: pytest.FixtureRequest) -> Exchange:
    if request.param == "nats":
        return over_nats(request.getfixturevalue("mortal_nats"))
    return over_postgres(request.getfixturevalue("mortal_cluster"))


@pytest.fixture(params=["local", "postgresql", "nats"])
async def notifier(request: pytest.FixtureRequest) -> AsyncIterator[Notifier]:
    if request.param == "local":
        yield LocalNotifier()
        return
    if request.param == "nats":
        exchange = over_nats(request.getfixturevalue("mortal_nats"))
    else:
        exchange = over_postgres(request.getfixturevalue("mortal_cluster"))
    node = exchange.node()
    async with running(node):
        yield node


async def test_notification_wakes_every_listener_of_its_topic(notifier: Notifier) -> None:
    async with notifier.listen("contest.a") as first, notifier.listen("contest.a") as second:
        notifier.notify("contest.a")

        async with asyncio.timeout(5):
            await first.wait()
            await second.wait()


async def test_notification_leaves_other_topics_asleep(notifier: Notifier) -> None:
    async with notifier.listen("contest.a") as asked, notifier.listen("contest.b") as other:
        notifier.notify("contest.a")
        async with asyncio.timeout(5):
            await asked.wait()

        assert not other.is_set()


async def test_notifications_before_listening_are_not_heard(notifier: Notifier) -> None:
    notifier.notify("contest.a")

    async with notifier.listen("contest.a") as event:
        assert not event.is_set()


async def test_repeated_notifications_count_as_one_until_cleared(notifier: Notifier) -> None:
    async with notifier.listen("contest.a") as event:
        notifier.notify("contest.a")
        notifier.notify("contest.a")
        async with asyncio.timeout(5):
            await event.wait()
        event.clear()
        assert not event.is_set()

        notifier.notify("contest.a")
        async with asyncio.timeout(5):
            await event.wait()


async def test_listener_that_left_hears_nothing(notifier: Notifier) -> None:
    async with notifier.listen("contest.a") as left:
        pass
    async with notifier.listen("contest.a") as present:
        notifier.notify("contest.a")
        async with asyncio.timeout(5):
            await present.wait()

    assert not left.is_set()


async def test_listening_may_end_in_any_order_and_by_an_error(notifier: Notifier) -> None:
    async with notifier.listen("contest.a") as staying:
        with pytest.raises(ZeroDivisionError):
            async with notifier.listen("contest.a"):
                raise ZeroDivisionError
        notifier.notify("contest.a")

        async with asyncio.timeout(5):
            await staying.wait()


async def test_every_listener_of_every_node_hears(exchange: Exchange) -> None:
    a, b, c = exchange.node(), exchange.node(), exchange.node()
    async with (
        running(a, b, c),
        a.listen("contest.a") as at_a,
        b.listen("contest.a") as at_b,
        b.listen("contest.a") as also_at_b,
        c.listen("contest.a") as at_c,
        c.listen("contest.b") as other,
    ):
        _clear(at_a, at_b, also_at_b, at_c, other)
        a.notify("contest.a")

        assert at_a.is_set(), "one's own process is told at once"
        await _all_hear(at_b, also_at_b, at_c)
        assert not other.is_set()


async def test_hints_coalesce_and_the_last_one_is_heard(exchange: Exchange) -> None:
    a, b = exchange.node(), exchange.node()
    async with running(a, b), b.listen("last") as last:
        for n in range(20_000):
            a.notify(f"contest.{n % 3}")
        a.notify("last")
        assert a.waiting <= 4

        await _all_hear(last)
        await _until(lambda: a.waiting == 0)
        assert a.carried < 100


async def test_what_is_said_while_busy_is_said_afterwards(exchange: Exchange) -> None:
    a, b = exchange.node(), exchange.node()
    async with running(a, b), b.listen("contest.a") as event:
        for _ in range(20):
            event.clear()
            a.notify("contest.a")
            await _all_hear(event)


async def test_payloads_of_strangers_are_ignored_or_harmless(exchange: Exchange) -> None:
    a, b = exchange.node(), exchange.node()
    hostile = [b"x" * (LONGEST_TOPIC + 1), b"y" * 7_999, b"contest.\n", "عقد".encode(), b"{}", b"*"]
    if exchange.url:
        hostile += [b"", b"\xff\xfe\x00", b"z" * 900_000, b"contest\0"]
    async with (
        running(a, b),
        a.listen("contest.a") as at_a,
        b.listen("contest.a") as at_b,
    ):
        _clear(at_a, at_b)
        await exchange.say(*hostile)
        await _all_hear(at_a)  # by the star, which costs a look
        _clear(at_a, at_b)
        await exchange.say(b"contest.b")
        a.notify("contest.a")

        await _all_hear(at_b)
        assert b.strange >= 4
        assert b.received >= 2
        assert a.connections == b.connections == 1


async def test_flood_by_strangers_ends_and_words_are_heard_again(exchange: Exchange) -> None:
    a, b = exchange.node(), exchange.node()
    async with running(a, b), b.listen("contest.a") as event:
        await exchange.say(*(b"noise.%d" % n for n in range(3_000)))
        event.clear()
        a.notify("contest.a")
        await _all_hear(event)


async def test_topic_that_cannot_travel_is_heard_here(exchange: Exchange) -> None:
    a, b = exchange.node(), exchange.node()
    async with running(a, b):
        for topic in ("t" * 9_000, "", "with\0nul", "سوق"):
            async with a.listen(topic) as event:
                a.notify(topic)
                assert event.is_set()
        async with b.listen("contest.a") as event:
            a.notify("contest.a")
            await _all_hear(event)
        assert a.waiting == 0


async def test_server_killed_and_started_again_wakes_every_listener(exchange: Exchange) -> None:
    a, b = exchange.node(), exchange.node()
    async with (
        running(a, b),
        a.listen("contest.a") as at_a,
        b.listen("contest.a") as at_b,
        b.listen("show") as also_at_b,
    ):
        for again in (1, 2):
            exchange.kill()
            try:
                await disconnected(a, b)
                _clear(at_a, at_b, also_at_b)
                a.notify("contest.unheard")  # nobody knows what was missed meanwhile
            finally:
                exchange.start()

            await connected(a, b, again=again)
            await _all_hear(at_a, at_b, also_at_b)
            _clear(at_a, at_b, also_at_b)
            b.notify("contest.a")
            await _all_hear(at_a)


async def test_what_was_said_while_alone_reaches_the_others_later(exchange: Exchange) -> None:
    a, b = exchange.node(), exchange.node()
    async with running(a, b), b.listen("contest.a") as event:
        exchange.kill()
        try:
            await disconnected(a, b)
            a.notify("contest.a")
            assert a.waiting == 1
        finally:
            exchange.start()
        await connected(a, b, again=1)
        await _all_hear(event)
        await _until(lambda: a.waiting == 0)


async def test_nothing_grows_and_nobody_waits_while_alone(exchange: Exchange) -> None:
    a, b = exchange.node(), exchange.node()
    async with running(a, b), a.listen("contest.7") as here, b.listen("contest.7") as there:
        exchange.kill()
        try:
            await disconnected(a, b)
            _clear(here, there)
            for n in range(10_000):
                a.notify(f"contest.{n}")
            assert a.waiting <= 500
            assert here.is_set()
        finally:
            exchange.start()
        await connected(a, b, again=1)
        await _all_hear(there)


async def test_node_that_starts_before_its_server_works_alone_until_then(
    exchange: Exchange,
) -> None:
    a, b = exchange.node(), exchange.node()
    exchange.kill()
    tasks = []
    try:
        tasks = [asyncio.create_task(node.run()) for node in (a, b)]
        async with a.listen("contest.a") as event:
            a.notify("contest.a")
            assert event.is_set()
    finally:
        exchange.start()
    async with b.listen("contest.b") as there:
        await connected(a, b)
        a.notify("contest.b")
        await _all_hear(there)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_server_that_is_silent_is_as_lost_as_one_that_hung_up(
    mortal_cluster: Cluster,
) -> None:
    exchange = over_postgres(mortal_cluster)
    a = exchange.node()
    async with running(a), a.listen("contest.a") as event:
        event.clear()
        frozen = _backends(mortal_cluster, "sawt listening")
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            await connected(a, again=1)
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)

        await _all_hear(event)


async def test_three_nodes_on_three_servers_hear_each_other_and_survive_one(
    nats_cluster: NatsCluster,
) -> None:
    nodes = [Exchange(one.url, None, one.kill, one.start).node() for one in nats_cluster.servers]
    on_all = notifier_for(nats_cluster.url, None)
    assert isinstance(on_all, SharedNotifier)
    async with (
        running(*nodes, on_all),
        nodes[1].listen("contest.a") as second,
        nodes[2].listen("contest.a") as third,
        on_all.listen("contest.a") as fourth,
    ):
        _clear(second, third, fourth)
        nodes[0].notify("contest.a")
        await _all_hear(second, third, fourth)

        links = on_all.connections
        for one in nats_cluster.servers:  # whichever it is on
            one.kill()
            await _until(lambda: on_all.is_connected)
            one.start([other for other in nats_cluster.servers if other is not one])
            await connected(*nodes)
        assert on_all.connections >= links
        await _until(lambda: on_all.is_connected)
        _clear(second, third)
        while not (second.is_set() and third.is_set()):  # routes between servers come back late
            on_all.notify("contest.a")
            await asyncio.sleep(0.1)


def _backends(cluster: Cluster, name: str) -> list[int]:
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
    with psycopg.connect(cluster.dsn()) as connection:
        return [int(pid) for (pid,) in connection.execute(query, [name]).fetchall()]


async def test_link_that_cannot_be_had_says_so_without_an_address() -> None:
    for link in (
        PostgresLink("postgresql://mariam:hidden@127.0.0.1:1/nowhere"),
        NatsLink(["nats://mariam:hidden@127.0.0.1:1"]),
    ):
        with pytest.raises(LinkLost) as lost:
            async with link.connected(lambda _: None):
                pass

        assert "hidden" not in str(lost.value)
        assert "mariam" not in str(lost.value)


async def test_outbox_keeps_a_topic_once_and_becomes_everything() -> None:
    outbox = Outbox()
    outbox.put("a", "b", "a")
    assert await outbox.take() == ("a", "b")
    outbox.put(*(str(n) for n in range(501)))
    assert await outbox.take() == ("*",)


def test_settings_choose_the_notifier() -> None:
    assert isinstance(notifier_for("", None), LocalNotifier)
    assert not isinstance(notifier_for("", "postgresql://h/d"), LocalNotifier)
    assert not isinstance(notifier_for("nats://a:1,nats://b:2", None), LocalNotifier)


def _clear(*events: asyncio.Event) -> None:
    for event in events:
        event.clear()


async def _all_hear(*events: asyncio.Event) -> None:
    async with asyncio.timeout(_A_WHILE):
        for event in events:
            await event.wait()


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(_A_WHILE):
        while not is_so():  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)
