"""What ``run.py count`` prints."""

import json
from collections.abc import Mapping

import pytest

from voting.counting import CountReport, count_file, told
from voting.exchange.ballot_file import FileUnreadable
from voting.methods.registry import UnknownMethod
from voting.methods.weights import InvalidShares

CYCLE: dict[str, object] = {
    "title": "A circle",
    "candidates": ["x", "y", "z"],
    "candidate_names": {"x": "Solar roofs", "y": "بلاغ واحد"},
    "ballots": [
        {"count": 40, "ranking": ["x", "y", "z"]},
        {"count": 35, "ranking": ["y", "z", "x"]},
        {"count": 25, "ranking": ["z", "x", "y"]},
        {"count": 3, "ranking": []},
    ],
}


def report(value: Mapping[str, object], method: str | None = None) -> CountReport:
    return count_file("some/where/file.json", json.dumps(value).encode(), method)


def test_json_is_exactly_this() -> None:
    assert report(CYCLE).as_json() == (
        '{"method": "ranked_pairs", "ballots": 100, "candidates": ["x", "y", "z"], '
        '"ranking": [["x"], ["y"], ["z"]], "condorcet_winner": null, '
        '"pairwise": [[0, 65, 40], [35, 0, 75], [60, 25, 0]]}'
    )


@pytest.mark.parametrize(
    ("method", "ranking"),
    [
        (None, [["x"], ["y"], ["z"]]),
        ("ranked_pairs", [["x"], ["y"], ["z"]]),
        ("schulze", [["x"], ["y"], ["z"]]),
        ("borda", [["y"], ["x"], ["z"]]),
        ("irv", [["x"], ["y"], ["z"]]),
    ],
)
def test_method_can_be_chosen(method: str | None, ranking: list[list[str]]) -> None:
    got = json.loads(report(CYCLE, method).as_json())

    assert (got["method"], got["ranking"]) == (method or "ranked_pairs", ranking)


def test_shared_ranks_are_one_inner_list() -> None:
    got = json.loads(
        report(
            CYCLE
            | {
                "ballots": [
                    {"count": 1, "ranking": ["y", "x"]},
                    {"count": 1, "ranking": ["x", "y"]},
                ]
            }
        ).as_json()
    )

    assert [sorted(rank) for rank in got["ranking"]] == [["x", "y"], ["z"]]
    assert got["condorcet_winner"] is None


def test_no_ballots_give_no_ranking() -> None:
    empty = report(CYCLE | {"ballots": []})

    got = json.loads(empty.as_json())
    assert (got["ballots"], got["ranking"], got["condorcet_winner"]) == (0, [], None)
    assert empty.as_text("en").splitlines()[-1] == "No ballot counts yet, so there is no result."


def test_text_is_a_table() -> None:
    assert report(CYCLE).as_text("en").splitlines() == [
        "A circle",
        "Method: Head to head, ranked pairs",
        "Ballots: 100",
        "Beats every other head to head: nobody",
        "",
        "Rank  Option       Won–drawn–lost  Average support",
        "1     Solar roofs  1–0–1           52.50%",
        "2     بلاغ واحد    1–0–1           55.00%",
        "3     z            1–0–1           42.50%",
    ]


def test_text_of_electorates_shows_their_shares_and_joint_ranks() -> None:
    both = {
        "candidates": ["x", "y"],
        "groups": [
            {"id": "staff", "weight": 2, "ballots": [{"count": 3, "ranking": ["x"]}]},
            {"id": "all", "weight": 2, "ballots": [{"count": 9, "ranking": ["y"]}]},
        ],
    }

    lines = report(both).as_text("en").splitlines()

    assert lines[4:7] == [
        "Electorate  Ballots  Share of the result",
        "staff       3        50.0%",
        "all         9        50.0%",
    ]
    assert [line.split()[0] for line in lines[-2:]] == ["1=", "1="]


def test_text_is_translated_by_the_callers_catalogue() -> None:
    lines = report(CYCLE).as_text("ar", lambda message: f"<{message}>").splitlines()

    assert lines[1] == "<Method>: <Head to head, ranked pairs>"
    assert lines[3].endswith(": <nobody>")


def test_text_cannot_drive_the_terminal() -> None:
    hostile = {
        "title": "\x1b[2Jtitle",
        "candidates": ["\x1b", "\u202eb"],
        "candidate_names": {"\u202eb": "\x07bell\ud800"},
        "ballots": [{"count": 1, "ranking": ["\x1b"]}],
    }

    text = report(hostile).as_text("en")

    assert all(character.isprintable() for line in text.split("\n") for character in line)
    text.encode()
    report(hostile).as_json().encode()


def test_unknown_method_is_refused_before_the_file_is_read() -> None:
    with pytest.raises(UnknownMethod):
        count_file("x.json", b"not json", "plurality")


def test_malformed_file_is_refused() -> None:
    with pytest.raises(FileUnreadable):
        count_file("x.json", b"not json")


def test_preflib_and_blt_count_like_json() -> None:
    soi = b"# NUMBER ALTERNATIVES: 3\n40: 1,2,3\n35: 2,3,1\n25: 3,1,2\n"
    blt = b'3 1\n40 1 2 3 0\n35 2 3 1 0\n25 3 1 2 0\n0\n"x"\n"y"\n"z"\n"t"\n'

    got = [
        json.loads(count_file(f"f.{kind}", data).as_json())
        for kind, data in (("soi", soi), ("blt", blt))
    ]

    assert got[0] == got[1]
    assert got[0]["ranking"] == [["1"], ["2"], ["3"]]
    assert got[0]["pairwise"] == json.loads(report(CYCLE).as_json())["pairwise"]


def test_refusal_is_told_in_the_callers_words() -> None:
    words = {
        "ballot-file-unreadable": "Line {line}: {reason}",
        "unknown-method": "No {method}, only {known}",
        "the file is empty": "nothing in it",
        "an option that is not among the candidates": "who is that",
    }.__getitem__

    with pytest.raises(FileUnreadable) as empty:
        count_file("x.json", b"")
    with pytest.raises(FileUnreadable) as unknown:
        count_file("x.soi", b"# NUMBER ALTERNATIVES: 1\n1: 7\n")
    with pytest.raises(UnknownMethod) as method:
        count_file("x.json", b"", "{0.__class__}")

    assert told(empty.value, words) == "Line 1: nothing in it"
    assert told(unknown.value, words) == "Line 2: who is that: 7"
    assert told(method.value, words) == ("No {0.__class__}, only ranked_pairs, schulze, borda, irv")
    assert told(InvalidShares(electorate="x", reason="r"), str) == "invalid-shares"
