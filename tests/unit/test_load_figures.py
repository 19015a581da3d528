"""The load of a node: classes of values, the last minute, what it means, and how it is drawn."""

import tomllib
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expo.load import VERSION
from expo.load.figures import HISTORY, Machine, Minute, Moment, NodeLoad, Place, Sample, minute
from expo.load.health import WELL, Part, State, degraded, unready, whole
from expo.load.histogram import SECONDS, SIZES, Histogram, between, quantile
from expo.load.levels import Level, Mark, judged, worst
from sessions.load.places import places
from sessions.load.view import line, node_view, slots

NOON = datetime(2017, 4, 17, 8, 0, tzinfo=UTC)
NAMES = {"board": "board", "stage": "stage", "staff": "staff"}


def node(**changes: object) -> NodeLoad:
    """A node with nothing to do."""
    base = NodeLoad("expo-1", VERSION, NOON, NOON, Minute(), connections_most=100, waiting_most=50)
    return msgspec.structs.replace(base, **changes)


def moments(*recorded: int, answers: tuple[tuple[int, ...], ...] = ()) -> list[Moment]:
    """A second each, with so many ballots on record."""
    return [
        Moment(float(n), Sample(connections=n, recorded=ballots, answers=answers[n] if answers else ()))
        for n, ballots in enumerate(recorded)
    ]  # fmt: skip


def test_version_is_the_projects() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())

    assert project["project"]["version"] == VERSION


# --- histograms ---


def test_value_on_a_bound_belongs_below_it() -> None:
    found = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 2.5):
        found.add(value)

    assert found.counts == [2, 2, 1]
    assert found.sum == 7.5
    assert found.rising() == [(1.0, 2), (2.0, 4), (float("inf"), 5)]


def test_quantile_of_nothing_is_nothing() -> None:
    assert quantile(SECONDS, [0] * (len(SECONDS) + 1), 0.5) is None


def test_quantile_beyond_the_last_bound_is_that_bound() -> None:
    assert quantile((1.0, 2.0), (0, 0, 3), 0.5) == 2.0


@given(st.lists(st.floats(0.0001, 9.9), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_quantile_lies_in_the_class_of_the_true_one(values: list[float], part: float) -> None:
    found = Histogram(SECONDS)
    for value in values:
        found.add(value)

    told = quantile(SECONDS, found.counts, part)
    true = sorted(values)[max(0, -(-int(part * len(values) * 1_000_000) // 1_000_000) - 1)]

    assert told is not None
    ends = (0.0, *SECONDS)
    below = max(end for end in ends if end < true)
    assert told >= below - 1e-9


@given(st.lists(st.tuples(st.floats(0, 2_000), st.integers(1, 500)), max_size=50))
def test_histogram_never_grows_and_loses_nothing(added: list[tuple[float, int]]) -> None:
    found = Histogram(SIZES)
    for value, times in added:
        found.add(value, times)

    rising = [n for _, n in found.rising()]
    assert len(found.counts) == len(SIZES) + 1
    assert rising[-1] == sum(times for _, times in added)
    assert all(one <= other for one, other in pairwise(rising))


def test_between_two_readings_is_what_came_meanwhile() -> None:
    assert between((1, 2, 3), (1, 5, 4)) == (0, 3, 1)


# --- the last minute ---


@pytest.mark.parametrize("few", [[], moments(5)])
def test_minute_without_a_before_is_empty(few: list[Moment]) -> None:
    assert minute(few) == Minute()


def test_minute_tells_rates_sums_and_each_second() -> None:
    found = minute(moments(0, 10, 10, 40))

    assert found.per_second == pytest.approx(40 / 3)
    assert found.answered == 40
    assert found.ballots == (10, 0, 30)
    assert found.connections == (1, 2, 3)


def test_answer_times_are_those_of_the_minute_alone() -> None:
    old = Histogram(SECONDS)
    old.add(9.0, 1_000)
    before = tuple(old.counts)
    old.add(0.04, 100)

    found = minute(moments(1_000, 1_100, answers=(before, tuple(old.counts))))

    assert found.p95 is not None
    assert 0.035 < found.p95 <= 0.05


def test_lateness_is_forgotten_after_a_quarter_of_a_minute() -> None:
    quiet = [Moment(float(n), Sample(), lag_max=3.0 if n == 0 else 0.001) for n in range(HISTORY)]

    assert minute(quiet).lag_max == 0.001
    assert minute(quiet[:10]).lag_max == 3.0


# --- what it means ---


def test_mark_begins_at_its_value() -> None:
    mark = Mark(0.5, 2.0)

    found = [mark.level(value) for value in (0.49, 0.5, 1.99, 2.0)]

    assert found == [Level.FINE, Level.NEAR, Level.NEAR, Level.OVER]


def test_idle_node_is_fine_in_everything() -> None:
    assert set(judged(node()).values()) == {Level.FINE}
    assert worst({}) is Level.FINE


@pytest.mark.parametrize(
    ("name", "changes", "level"),
    [
        ("connections", {"connections": 80}, Level.NEAR),
        ("connections", {"connections": 95}, Level.OVER),
        ("waiting", {"waiting": 45}, Level.OVER),
        ("answers", {"minute": Minute(p95=0.6)}, Level.NEAR),
        ("busy", {"minute": Minute(busy=50)}, Level.OVER),
        ("lag", {"minute": Minute(lag_max=0.2)}, Level.NEAR),
        ("cpu", {"minute": Minute(cpu=0.9)}, Level.NEAR),
        ("memory", {"machine": Machine(memory=95, memory_most=100)}, Level.OVER),
        ("files", {"machine": Machine(files=85, files_most=100)}, Level.NEAR),
        ("disk", {"machine": Machine(disk_free=5, disk_total=100)}, Level.OVER),
        ("database", {"parts": {"database": "failed"}}, Level.OVER),
        ("notifier", {"parts": {"notifier": "not-connected"}}, Level.NEAR),
        ("followers", {"parts": {"followers": "dead"}}, Level.OVER),
        ("count", {"parts": {"count": "late"}}, Level.OVER),
        ("count", {"behind": 6_000}, Level.NEAR),
        ("sealing", {"unsealed_seconds": 80.0}, Level.NEAR),
        ("sealing", {"parts": {"sealing": "key-lost"}}, Level.OVER),
        ("bundles", {"no_bundle": {"khda": "differs"}}, Level.OVER),
        ("node", {"silent_seconds": 30}, Level.OVER),
    ],
)
def test_each_figure_has_its_own_limit(name: str, changes: dict[str, object], level: Level) -> None:
    levels = judged(node(**changes))

    assert {key for key, found in levels.items() if found is not Level.FINE} == {name}
    assert levels[name] is level
    assert worst(levels) is level


def test_limit_that_is_not_known_is_never_reached() -> None:
    levels = judged(node(connections=10**9, connections_most=0, machine=Machine(memory=10**12)))

    assert levels["connections"] is levels["memory"] is Level.FINE


def test_readiness_of_the_whole_is_that_of_its_worst_part() -> None:
    assert whole([]) is State.OK
    assert whole([WELL, degraded("late")]) is State.DEGRADED
    assert whole([unready("full"), WELL, degraded("late")]) is State.UNREADY
    assert msgspec.to_builtins(WELL) == {"state": "ok"}
    assert msgspec.to_builtins(Part(State.UNREADY, "full")) == {"state": "unready", "why": "full"}


# --- who looks at what ---


def test_viewers_of_a_session_are_not_counted_on_other_pages_too() -> None:
    rooms = {"board": 10, "contest.c1": 7, "stage": 2, "staff": 1, "notice": 13}

    found = places(rooms, [("khda", "contest.c1"), ("rta", "contest.c2")], NAMES)

    assert found == (
        Place("session", 7, "khda"),
        Place("elsewhere", 3),
        Place("screens", 2),
        Place("staff", 1),
    )


def test_many_sessions_are_added_up_and_nobody_is_lost() -> None:
    contests = [(f"s{n}", f"contest.{n}") for n in range(20)]
    rooms = {"board": 400} | {f"contest.{n}": n for n in range(20)}

    found = places(rooms, contests, NAMES)

    assert [one.id for one in found[:3]] == ["s19", "s18", "s17"]
    assert sum(one.n for one in found) == 400
    assert len(found) < 10


# --- drawing ---


def test_rows_hold_ten_seconds_each_the_latest_first() -> None:
    found = slots(range(25), [1] * 25)

    assert [(one.ago, one.connections, one.ballots) for one in found] == [
        (10, 24, 10),
        (20, 14, 10),
        (25, 4, 5),
    ]


@pytest.mark.parametrize("values", [(), (5,), (0, 0, 0)])
def test_nothing_to_draw_draws_nothing(values: tuple[int, ...]) -> None:
    assert line(values) == ""


def test_path_runs_from_edge_to_edge_with_the_largest_on_top() -> None:
    assert line((0, 2, 1)) == "M0.0 24.0L50.0 0.0L100.0 12.0"


def test_view_names_what_ails_the_worst_first() -> None:
    view = node_view(node(connections=80, minute=Minute(p95=9.0)))

    assert view.ailing == ("answers", "connections")
    assert view.worst is Level.OVER
