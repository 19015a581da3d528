"""The hub's promises: latest wins per viewer and room, nothing is queued for a viewer behind."""

import pytest

from expo.wire.codes import Close
from expo.wire.framing import frame
from expo.wire.hub import Hub
from expo.wire.viewer import Limits
from tests.support.reader import Reader


def test_publish_gives_everybody_in_the_room_the_same_bytes() -> None:
    hub = Hub()
    first, second, elsewhere = Reader(hub), Reader(hub), Reader(hub)
    hub.join(first, "board")
    hub.join(second, "board")
    hub.join(elsewhere, "staff")

    hub.publish("board", b"{}")

    assert first.got == [frame(b"{}")]
    assert second.got[0] is first.got[0]
    assert elsewhere.got == []


def test_join_sends_the_latest_frame_of_the_room_at_once() -> None:
    hub = Hub()
    hub.publish("board", b"1")
    hub.publish("board", b"2")
    late = Reader(hub)

    hub.join(late, "board")

    assert late.got == [frame(b"2")]
    assert hub.latest("board") == b"2"


def test_join_twice_sends_once_and_counts_once() -> None:
    hub = Hub()
    hub.publish("board", b"1")
    viewer = Reader(hub)

    hub.join(viewer, "board")
    hub.join(viewer, "board")
    hub.publish("board", b"2")

    assert viewer.got == [frame(b"1"), frame(b"2")]
    assert hub.members("board") == 1
    assert hub.connected == 1


def test_viewer_behind_is_given_only_the_latest_of_each_room() -> None:
    hub = Hub()
    slow = Reader(hub, room_for=2)
    hub.join(slow, "board")
    hub.join(slow, "turnout")
    hub.join(slow, "notice")
    hub.publish("notice", b"seen")
    hub.publish("board", b"b1")
    assert slow.is_behind

    for number in range(2, 10):
        hub.publish("board", b"b%d" % number)
        hub.publish("turnout", b"t%d" % number)
    slow.drain()

    assert slow.got == [frame(b"seen"), frame(b"b1"), frame(b"b9"), frame(b"t9")]
    assert hub.counters.coalesced == 16


def test_viewer_that_takes_one_frame_at_a_time_still_sees_every_room() -> None:
    hub = Hub()
    slow = Reader(hub, room_for=1)
    for room in ("a", "b", "c"):
        hub.join(slow, room)
    hub.publish("a", b"a0")

    for number in range(1, 7):
        for room in ("a", "b", "c"):
            hub.publish(room, room.encode() + b"%d" % number)
        slow.drain()

    assert [data[2:3] for data in slow.got] == [b"a", b"a", b"b", b"c", b"a", b"b", b"c"]


def test_viewer_that_caught_up_is_ready_again_and_gets_nothing_twice() -> None:
    hub = Hub()
    slow = Reader(hub, room_for=1)
    hub.join(slow, "board")
    hub.publish("board", b"1")
    slow.drain()

    hub.publish("board", b"2")

    assert slow.got == [frame(b"1"), frame(b"2")]


def test_join_while_behind_owes_the_latest_frame_until_drained() -> None:
    hub = Hub()
    hub.publish("turnout", b"t")
    slow = Reader(hub, room_for=1)
    hub.join(slow, "board")
    hub.publish("board", b"b")

    hub.join(slow, "turnout")
    assert slow.got == [frame(b"b")]
    slow.drain()

    assert slow.got == [frame(b"b"), frame(b"t")]


@pytest.mark.parametrize("is_behind", [False, True])
def test_leave_and_drop_end_the_frames_ready_or_behind(is_behind: bool) -> None:
    hub = Hub()
    viewer = Reader(hub, room_for=1 if is_behind else 100)
    hub.join(viewer, "board")
    hub.join(viewer, "turnout")
    hub.publish("board", b"1")

    hub.leave(viewer, "turnout")
    assert (hub.members("board"), hub.members("turnout"), hub.connected) == (1, 0, 1)
    hub.drop(viewer)
    hub.drop(viewer)
    hub.publish("board", b"2")
    viewer.drain()

    assert viewer.got == [frame(b"1")]
    assert (hub.members("board"), hub.connected) == (0, 0)


def test_viewer_that_has_gone_cannot_be_brought_back() -> None:
    hub = Hub()
    hub.publish("board", b"1")
    viewer = Reader(hub)
    hub.join(viewer, "turnout")
    hub.drop(viewer)

    hub.join(viewer, "board")

    assert viewer.got == []
    assert (hub.connected, hub.members("board"), viewer.rooms) == (0, 0, ())


def test_forget_sends_nothing_to_who_comes_or_catches_up_later() -> None:
    hub = Hub()
    slow, late = Reader(hub, room_for=1), Reader(hub)
    hub.join(slow, "tally")
    hub.publish("tally", b"1")
    hub.publish("tally", b"2")

    hub.forget("tally")
    hub.join(late, "tally")
    slow.drain()

    assert hub.latest("tally") is None
    assert slow.got == [frame(b"1")]
    assert late.got == []


def test_rooms_without_members_and_frames_leave_no_trace() -> None:
    hub = Hub()
    viewer = Reader(hub)
    for number in range(100):
        hub.join(viewer, f"contest.{number}")
        hub.leave(viewer, f"contest.{number}")
    hub.publish("board", b"1")
    hub.forget("board")
    hub.forget("never")
    hub.leave(viewer, "never")

    assert hub._rooms == {}


def test_close_where_closes_whom_the_predicate_names() -> None:
    hub = Hub()
    revoked, other = Reader(hub, who="a"), Reader(hub, who="b")
    hub.join(revoked, "board")
    hub.join(other, "board")

    assert hub.close_where(lambda who: who == "a", Close.REVOKED) == 1

    assert (revoked.ended, other.ended) == (4501, None)
    assert list(hub.viewers()) == [other]


def test_reap_cuts_who_has_been_behind_too_long() -> None:
    hub = Hub(Limits(behind_seconds=20.0))
    stuck, ready = Reader(hub, room_for=1), Reader(hub)
    hub.join(stuck, "board")
    hub.join(ready, "board")
    hub.publish("board", b"1")

    assert hub.reap(now=120.0) == 0
    assert hub.reap(now=120.1) == 1

    assert (stuck.ended, ready.ended) == (0, None)
    assert (hub.connected, hub.counters.shed) == (1, 1)


def test_counters_tell_what_was_sent() -> None:
    hub = Hub()
    for _ in range(3):
        hub.join(Reader(hub), "board")

    hub.publish("board", b"1")
    hub.publish("nobody", b"1")

    assert (hub.counters.sent, hub.counters.connections) == (3, 3)


def test_texts_beyond_the_burst_are_answered_and_the_third_in_a_row_closes() -> None:
    hub = Hub(Limits(text_burst=4, texts_per_second=0.0))
    viewer = Reader(hub)

    for number in range(8):
        if viewer.ended is None:
            viewer.heard(b"%d" % number)

    assert viewer.said == [b"0", b"1", b"2", b"3", b"too-fast", b"too-fast", b"too-fast"]
    assert viewer.ended == Close.TOO_FAST


def test_three_unreadable_frames_in_a_row_close_and_a_good_one_forgives() -> None:
    hub = Hub()
    viewer = Reader(hub)

    viewer.junk("binary")
    viewer.junk("binary")
    viewer.heard(b"{}")
    viewer.junk("binary")
    viewer.junk("binary")
    assert viewer.ended is None
    viewer.junk("binary")

    assert viewer.ended == Close.JUNK


@pytest.mark.parametrize(
    "payload", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"a\xe2\x82"]
)
def test_text_that_is_not_utf8_closes_with_1007(payload: bytes) -> None:
    viewer = Reader(Hub())

    viewer.heard(payload)

    assert (viewer.said, viewer.ended) == ([], 1007)


def test_text_in_arabic_is_handed_on_as_it_came() -> None:
    viewer = Reader(Hub())

    viewer.heard("صوت 🗳".encode())

    assert viewer.said == ["صوت 🗳".encode()]
