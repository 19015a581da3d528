"""What happened in a rehearsal, as figures and as lines."""

from typing import Any

from command.told import figures
from expo.web import translations
from sessions.rehearsal.election_day import Held
from sessions.rehearsal.report import Report


def answered(report: Report, member: int, ballot: str, revision: int, seconds: float) -> None:
    cast: dict[str, Any] = {"contest": "s1", "id": ballot, "ranking": ["a", "b"]}
    frame = {"type": "receipt", "tracker": f"T{member}", "revision": revision}
    report.answered(member, cast, frame, seconds)


def refused(report: Report, code: str) -> None:
    report.answered(
        1, {"contest": "s1", "id": "x", "ranking": []}, {"type": "refused", "code": code}, 0.1
    )


def test_empty_report_has_no_waiting_times() -> None:
    report = Report()

    assert report.percentile_ms(0.5) is None
    assert report.latest() == {}
    assert report.summary()["receipt_ms"] == {"p50": None, "p99": None}


def test_latest_ballot_is_the_one_with_the_highest_revision() -> None:
    report = Report()
    answered(report, 1, "second", 2, 0.02)
    answered(report, 1, "first", 1, 0.01)
    answered(report, 2, "other", 1, 0.03)

    assert {key: one.ballot for key, one in report.latest().items()} == {
        (1, "s1"): "second",
        (2, "s1"): "other",
    }


def test_summary_counts_ballots_voters_and_refusals() -> None:
    report = Report()
    report.connected, report.lost_connections, report.vanished, report.sent = 3, 1, 1, 4
    answered(report, 1, "a", 1, 0.010)
    answered(report, 1, "b", 2, 0.020)
    refused(report, "contest-closed")
    refused(report, "contest-closed")

    assert report.summary() == {
        "connected": 3,
        "lost_connections": 1,
        "vanished_before_the_answer": 1,
        "sent": 4,
        "told_to_come_back": 0,
        "acknowledged": 2,
        "voters": 1,
        "refused": {"contest-closed": 2},
        "receipt_ms": {"p50": 20, "p99": 20},
    }


def test_figures_are_told_line_by_line_with_the_contest_first() -> None:
    report = Report()
    answered(report, 1, "a", 1, 0.010)
    refused(report, "contest-closed")
    held = Held("s1", "ranked_pairs", 1, 2, (("a",), ("b", "c")), everybody_answered=True)
    translations.language.set("en")

    told = figures(report, held)

    assert told[:3] == ["Ranking: a > b = c", "Counted ballots: 1", "Lines in the record: 2"]
    assert "Ballots acknowledged: 1" in told
    assert "Receipt within, in milliseconds (half of them · 99 of 100): 10 · 10" in told
    assert told[-1].endswith(": 1")
    assert figures(Report(), None)[0] == "Connections: 0"
