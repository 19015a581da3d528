"""Whatever happens in whatever order: who can read knows the latest state of each of its rooms."""

from hypothesis import given
from hypothesis import strategies as st

from expo.wire.framing import frame, span
from expo.wire.hub import Hub
from tests.support.reader import Reader

ROOMS = ("a", "b", "c")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from(ROOMS)),
        st.tuples(st.just("join"), st.sampled_from(ROOMS)),
        st.tuples(st.just("leave"), st.sampled_from(ROOMS)),
        st.tuples(st.just("forget"), st.sampled_from(ROOMS)),
        st.tuples(st.just("drain"), st.just("")),
    ),
    max_size=60,
)


def play(hub: Hub, script: list[tuple[str, str]], viewers: tuple[Reader, ...]) -> set[str]:
    """Act the script out; the rooms joined at its end."""
    joined: set[str] = set()
    for number, (step, room) in enumerate(script):
        match step:
            case "publish":
                hub.publish(room, f"{room}{number}".encode())
            case "forget":
                hub.forget(room)
            case "join" | "leave":
                (joined.add if step == "join" else joined.discard)(room)
                for viewer in viewers:
                    (hub.join if step == "join" else hub.leave)(viewer, room)
            case _:
                viewers[0].drain()
    return joined


@given(steps, st.integers(min_value=1, max_value=3))
def test_viewer_that_drains_ends_with_the_latest_of_its_rooms(
    script: list[tuple[str, str]], room_for: int
) -> None:
    hub = Hub()
    slow, quick = Reader(hub, room_for=room_for), Reader(hub)

    joined = play(hub, script, (slow, quick))
    while slow.is_behind:
        slow.drain()

    for room in joined:
        latest = hub.latest(room)
        for viewer in (slow, quick):
            seen = [data for data in viewer.got if data[2:3] == room.encode()]
            assert latest is None or seen[-1] == frame(latest)
    assert len(slow.got) <= len(quick.got)
    assert [hub.members(room) for room in ROOMS] == [2 * (room in joined) for room in ROOMS]


@given(st.binary(max_size=70_000))
def test_frame_says_its_own_length(payload: bytes) -> None:
    data = frame(payload)
    size = len(data) - len(payload)

    assert data.endswith(payload)
    assert size == (2 if len(payload) < 126 else 4 if len(payload) < 65_536 else 10)


@given(st.binary(max_size=400), st.binary(max_size=20), st.integers(0, 450))
def test_span_finds_the_end_of_a_client_frame_wherever_it_is_cut(
    payload: bytes, rest: bytes, cut: int
) -> None:
    served = frame(payload)
    head = len(served) - len(payload)
    masked = bytes([served[0], served[1] | 0x80]) + served[2:head] + b"\0\0\0\0" + payload
    whole = masked + rest

    assert span(whole, 0, 16_384) == (head + 4, len(masked), True)
    if cut < len(masked):
        assert span(whole[:cut], 0, 16_384) is None
