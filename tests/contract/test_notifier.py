"""Every implementation of the seam between nodes behaves like this."""

import asyncio

import pytest

from expo.wire.notifier import LocalNotifier, Notifier


@pytest.fixture(params=["local"])
def notifier(request: pytest.FixtureRequest) -> Notifier:
    return {"local": LocalNotifier}[request.param]()


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
