"""Whatever operators do: nothing begins before its time or two at once, and an undo brings all back."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from expo.words import Text
from sessions.cues import Scene, Status
from sessions.orders import Kind
from sessions.programme import Programme, Session, Slot
from sessions.running import Run, running_board
from sessions.stage import Before, Progress, Stage
from sessions.undoing import UNDOABLE, noted, restored
from tests.support.schedules import programme

START = datetime(2017, 4, 17, 4, 30, tzinfo=UTC)
NOT_YET = {Status.LIVE, Status.SCHEDULED}
minutes = st.integers(0, 400)
instants = minutes.map(lambda n: START + timedelta(minutes=n))


@st.composite
def days(draw: st.DrawFn) -> Programme:
    """A day of sessions that do not overlap, some of them breaks."""
    at, sessions = START, []
    for n in range(draw(st.integers(1, 6))):
        at += timedelta(minutes=draw(st.integers(0, 20)))
        ends = at + timedelta(minutes=draw(st.integers(5, 60)))
        slots = (Slot("break", 5),) if draw(st.booleans()) else ()
        sessions.append(Session(f"s{n}", Text(ar="ج", en="S"), at, ends, slots=slots))
        at = ends
    whole = programme()
    return replace(whole, days=(replace(whole.days[0], sessions=tuple(sessions)),))


@st.composite
def runs(draw: st.DrawFn, expo: Programme) -> Run:
    """What operators may have done: some sessions are over, one is live, the others wait."""
    names = [one.id for one in expo.sessions]
    over = draw(st.integers(0, len(names)))
    progress = {}
    for n, name in enumerate(names):
        added = draw(st.integers(-120, 240))
        if n < over:
            progress[name] = Progress(Status.ENDED, ended_at=draw(instants))
        elif n == over and draw(st.booleans()):
            progress[name] = Progress(Status.LIVE, live_at=draw(instants), added_minutes=added)
        else:
            status = draw(st.sampled_from([Status.SCHEDULED, Status.POSTPONED, Status.CANCELLED]))
            progress[name] = Progress(status, added_minutes=max(0, added))
    return Run(progress, draw(st.none() | instants), draw(st.booleans()))


@given(st.data(), instants)
def test_nothing_begins_before_its_time_and_no_two_at_once(
    data: st.DataObject, at: datetime
) -> None:
    expo = data.draw(days())
    run = data.draw(runs(expo))
    statuses = {one: state.status.value for one, state in run.progress.items()}

    running, shown = running_board(expo, at, statuses, run)

    waiting = [one for one in running.sessions if run.at(one.id).status in NOT_YET]
    for planned, expected in zip(expo.sessions, running.sessions, strict=True):
        assert expected.starts_at >= planned.starts_at
        assert expected.ends_at > expected.starts_at
        if run.at(planned.id).status not in NOT_YET:
            assert expected == planned
    moved = [one for one in waiting if one != expo.session(one.id)]
    for one in moved:
        earlier = [each for each in waiting[: waiting.index(one)] if each in moved]
        assert all(each.ends_at <= one.starts_at for each in earlier)
    assert shown.late_minutes >= 0


@given(st.data(), instants)
def test_breaks_that_take_up_a_delay_never_make_it_longer(
    data: st.DataObject, at: datetime
) -> None:
    expo = data.draw(days())
    run = data.draw(runs(expo))
    statuses = {one: state.status.value for one, state in run.progress.items()}

    absorbed, _ = running_board(expo, at, statuses, replace(run, absorbs=True))
    carried, _ = running_board(expo, at, statuses, replace(run, absorbs=False))

    for one, other in zip(absorbed.sessions, carried.sessions, strict=True):
        assert one.starts_at <= other.starts_at
        assert one.ends_at <= other.ends_at


progresses = st.builds(
    Progress,
    st.sampled_from(Status),
    st.integers(0, 50),
    live_at=st.none() | instants,
    ended_at=st.none() | instants,
    added_minutes=st.integers(-120, 240),
)
stages = st.builds(
    Stage,
    st.none() | st.sampled_from(["a", "b"]),
    st.none(),
    st.none() | st.sampled_from(Scene),
    st.integers(0, 50),
    st.none() | instants,
    st.booleans(),
)


@given(
    st.sampled_from(Kind),
    stages,
    st.dictionaries(st.sampled_from(["a", "b", "c"]), progresses),
    st.data(),
)
def test_undo_brings_everything_back_under_newer_versions(
    kind: Kind, stage: Stage, was: dict[str, Progress], data: st.DataObject
) -> None:
    now = {one: data.draw(st.just(state) | progresses) for one, state in was.items()}
    after = data.draw(stages)

    before = noted(kind, START, stage, was, now)

    assert isinstance(before, Before) is (kind in UNDOABLE)
    if before is None:
        return
    back, sessions = restored(before, now, after, START + timedelta(seconds=9))
    assert back == replace(stage, version=after.version)
    whole = now | sessions
    for one, state in was.items():
        assert whole[one] == replace(state, version=whole[one].version, code=now[one].code)
        assert whole[one] == now[one] or whole[one].version == now[one].version + 1
