"""The benchmark's own arithmetic: medians, ratios within a run, verdicts, and the growth sheet."""

import msgspec
import pytest

from bench import machine
from bench.growth import Costs, need, sheet
from bench.measures import Spread, at_least, at_most, ratio, spread
from bench.programs import Failed
from bench.quick import Quick
from bench.report import Part, Row, goals, page, shown
from bench.runs import Results

COSTS = Costs(
    frame_us=7.0,
    viewer_kb=2.0,
    join_us=300.0,
    ballot_us=50.0,
    ballots_per_second=20_000.0,
    sockets=19_000,
    frame_bytes=540,
)


class Shown(msgspec.Struct, frozen=True):
    cost: float


def _results(**found: list[Shown | None]) -> Results[Shown]:
    results: Results[Shown] = Results()
    results.found.update(found)
    return results


def test_spread_is_the_median_with_both_ends() -> None:
    assert spread([3.0, 1.0, 2.0, 10.0, 4.0]) == Spread(3.0, 1.0, 10.0, 5)


def test_spread_leaves_failed_runs_out() -> None:
    assert spread([None, 2.0, None]) == Spread(2.0, 2.0, 2.0, 1)
    assert spread([None, None]) is None
    assert spread([]) is None


def test_ratio_needs_both_figures() -> None:
    assert ratio(3.0, 2.0) == 1.5
    assert ratio(None, 2.0) is None
    assert ratio(3.0, None) is None
    assert ratio(3.0, 0.0) is None


def test_ratio_of_two_servers_is_taken_within_each_run() -> None:
    results = _results(
        sawt=[Shown(2.0), Shown(20.0), Shown(3.0)], c=[Shown(1.0), Shown(10.0), Shown(1.0)]
    )

    found = results.over("sawt", "c", "cost")

    assert found == Spread(2.0, 2.0, 3.0, 3)  # the medians' own ratio would be 3


def test_run_in_which_one_of_two_failed_gives_no_ratio() -> None:
    results = _results(sawt=[Shown(2.0), None, Shown(4.0)], c=[None, Shown(1.0), Shown(1.0)])

    assert results.over("sawt", "c", "cost") == Spread(4.0, 4.0, 4.0, 1)
    assert results.over("sawt", "ws", "cost") is None


@pytest.mark.parametrize(
    ("median", "verdict"), [(1.2, "reached"), (1.2001, "**missed**"), (0.5, "reached")]
)
def test_verdict_follows_the_median_without_rounding(median: float, verdict: str) -> None:
    row = Row("cost", Spread(median, 0.1, 9.9, 5), at_most(1.2), "×")

    assert row.verdict == verdict


def test_least_goal_is_missed_from_below() -> None:
    assert not at_least(20_000).holds(19_999.9)
    assert at_least(20_000).holds(20_000)


def test_missing_figure_says_why_and_reaches_nothing() -> None:
    told = goals([Row("cost", None, at_most(1.2), "×", "not run: Node is not installed")])

    assert "not run: Node is not installed" in told
    assert "not measured" in told
    assert "reached" not in told


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20_000.4, "20,000"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.0, "0"),
        (5.0, "5"),
    ],
)
def test_figures_have_three_digits_that_matter(value: float, text: str) -> None:
    assert shown(value) == text
    assert shown(value, "ms") == f"{text} ms"


def test_page_holds_every_row_and_every_version() -> None:
    part = Part("Ballots", "How.", (Row("a figure", Spread(1.0, 1.0, 1.0, 5), at_most(2)),))

    text = page([part], "## Growth\n", {"Python": "3.11"}, "2026-11-25")

    for expected in ("a figure", "Python 3.11", "2026-11-25", "## Ballots", "How.", "## Growth"):
        assert expected in text


def test_small_audience_needs_one_process() -> None:
    assert need(1_000, COSTS).processes == 1


def test_need_is_bound_by_whatever_runs_out_first() -> None:
    dear = msgspec.structs.replace(COSTS, frame_us=70.0)

    assert (need(38_000, COSTS).processes, need(38_000, COSTS).bound) == (2, "descriptors")
    assert (need(38_000, dear).processes, need(38_000, dear).bound) == (8, "processor")


def test_million_viewers_by_hand() -> None:
    found = need(1_000_000, COSTS)

    assert found.processes == 53  # 1,000,000 / 19,000; the processor alone would need 20
    assert found.gigabits == pytest.approx(9.76, abs=0.01)  # 1e6 × 2 × 610 bytes
    assert found.memory_gb == pytest.approx(5.44, abs=0.01)  # 1e6 × 5.7 KB


def test_sheet_names_the_million() -> None:
    assert "1,000,000" in sheet(COSTS)


def test_quick_figures_are_the_eight_promised() -> None:
    assert msgspec.json.decode(msgspec.json.encode(Quick())) == {
        "frame_cpu_vs_c": None,
        "frame_cpu_vs_node_ws": None,
        "frame_cpu_vs_starlette": None,
        "kb_per_viewer": None,
        "durable_ballots_per_s": None,
        "durable_vs_node_ws": None,
        "joins_per_s": None,
        "stalled_p99_ratio": None,
    }


def test_failure_tells_what_happened() -> None:
    assert str(Failed("writer has ended: listen")) == "writer has ended: listen"


def test_versions_are_told_of_everything_that_is_measured() -> None:
    found = machine.versions()

    assert {"Python", "starlette", "uvicorn", "websockets", "kernel", "processor"} <= set(found)
