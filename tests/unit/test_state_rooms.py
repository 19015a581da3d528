"""Rooms of one kind: a frame only when something is news, and nothing old for who comes later."""

import msgspec

from expo.wire.framing import frame
from expo.wire.hub import Hub
from sessions.show_follower import StateRooms
from tests.support.reader import Reader


class Said(msgspec.Struct, frozen=True):
    """A frame with what it is about and a clock."""

    text: str
    clock: int = 0


def test_room_is_told_news_alone_and_the_others_nothing() -> None:
    hub = Hub()
    rooms, one, other = StateRooms(hub), Reader(hub), Reader(hub)
    hub.join(one, "session.one")
    hub.join(other, "session.other")

    for clock, text in enumerate(("a", "a", "b")):
        rooms.offer("session.one", Said(text), Said(text, clock))

    assert one.got == [frame(msgspec.json.encode(Said(*said))) for said in (("a", 0), ("b", 2))]
    assert other.got == []


def test_what_was_said_where_nobody_is_left_is_not_told_to_who_comes_later() -> None:
    hub = Hub()
    rooms, first, later = StateRooms(hub), Reader(hub), Reader(hub)
    assert not rooms.is_followed("session.one")
    hub.join(first, "session.one")
    assert rooms.is_followed("session.one")
    rooms.offer("session.one", Said("a"), Said("a"))
    hub.drop(first)

    assert not rooms.is_followed("session.one")
    hub.join(later, "session.one")
    assert later.got == []
    rooms.offer("session.one", Said("a"), Said("a"))
    assert later.got == [frame(msgspec.json.encode(Said("a")))]
