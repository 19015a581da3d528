"""Ballot files that are read, whatever program wrote them."""

import json
import subprocess
from pathlib import Path, PurePath
from typing import BinaryIO, cast

import pytest

from tests.support.ballot_files import BLT, HEADER
from voting.exchange import files, json_lines
from voting.exchange.ballot_file import BallotFile
from voting.methods.rankings import Ranking
from voting.methods.weights import Share


def ballots(file: BallotFile) -> list[tuple[int, Ranking]]:
    return [(pattern.count, pattern.ranking) for group in file.groups for pattern in group.patterns]


def test_preflib_file_is_read() -> None:
    file = files.read("Lunch.TOI", f"{HEADER}3: 1,{{2, 3}}\n1: {{3}},1\n".encode())

    assert file.options == ("1", "2", "3")
    assert file.names == ("Soup, hot", "Salad", "حساء: عدس")
    assert file.title == "Lunch"
    assert ballots(file) == [(3, ("1", ("2", "3"))), (1, ("3", "1"))]
    assert file.groups[0].share == Share("all", 1)


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("soc", "3: 1,2,3\n1: 3,2,1"),
        ("soi", "3: 1,2\n1: 3"),
        ("toc", "3: {1,2},3\n1: 3,2,1"),
        ("toi", "3: {1,2}\n1: 3"),
    ],
)
def test_each_preflib_kind_is_read(kind: str, lines: str) -> None:
    assert len(ballots(files.read(f"x.{kind}", f"{HEADER}{lines}".encode()))) == 2


def test_preflib_names_are_optional() -> None:
    file = files.read("x.soi", b"# NUMBER ALTERNATIVES: 2\n1: 2\n")

    assert file.names == ("1", "2")


def test_blt_file_is_read_without_its_withdrawn_option() -> None:
    file = files.read("club.blt", BLT.encode())

    assert file.options == ("1", "3", "4")
    assert file.names == ("Adam", 'Charlotte "C" X', "Donald")
    assert file.title == "Gardening Club"
    assert ballots(file) == [
        (3, ("1", "3", "4")),
        (4, ("1", "3")),
        (2, (("4", "1"), "3")),
        (1, ()),
    ]


def test_blt_title_is_optional() -> None:
    assert files.read("x.blt", b'1 1\n2 1 0\n0\n"A"').title == ""


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_endings_and_byte_order_mark_do_not_matter(ending: str, mark: bytes) -> None:
    text = f"{HEADER}3: 1,2\n1: 3\n"

    assert files.read("x.soi", mark + text.replace("\n", ending).encode()) == files.read(
        "x.soi", text.encode()
    )
    assert files.read("x.blt", mark + BLT.replace("\n", ending).encode()) == files.read(
        "x.blt", BLT.encode()
    )


def test_json_file_is_read() -> None:
    file = files.read(
        "x.json",
        json.dumps(
            {
                "title": "T",
                "candidates": ["a", "b", "c"],
                "candidate_names": {"a": "Alpha", "z": "unused"},
                "ballots": [
                    {"count": 2, "ranking": ["a", ["b", "c"]]},
                    {"count": 1, "ranking": []},
                    {"count": 1, "ranking": [["b"]]},
                ],
                "expected": {"anything": [1.5, None, {"deep": True}]},
            }
        ).encode(),
    )

    assert file.names == ("Alpha", "b", "c")
    assert ballots(file) == [(2, ("a", ("b", "c"))), (1, ()), (1, ("b",))]


def test_json_groups_carry_their_weights() -> None:
    given = [{"count": 1, "ranking": ["a"]}]
    listed = {
        "candidates": ["a"],
        "groups": [
            {"id": "x", "weight": 3, "full_weight_at": 20, "min": 5, "ballots": given},
            {"id": "y", "weight": 1, "ballots": []},
        ],
        "ballots": given * 9,
    }
    keyed = {
        "candidates": ["a"],
        "groups": {
            "x": {"weight": 3, "full": 20, "min_count": 5, "n": 1, "ballots": given},
            "y": {"weight": 1, "ballots": []},
        },
    }

    file = files.read("x.json", json.dumps(listed).encode())

    assert [group.share for group in file.groups] == [Share("x", 3, 20, 5), Share("y", 1, 1, 0)]
    assert ballots(file) == [(1, ("a",))]
    assert files.read("x.json", json.dumps(keyed).encode()) == file


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("$", ()),
        ("$.ballots[3].ranking[0]", ("ballots", 3, "ranking", 0)),
        ("$.candidate_names[...].x", ("candidate_names",)),
    ],
)
def test_path_is_taken_apart(path: str, steps: tuple[str | int, ...]) -> None:
    assert json_lines.steps_of(path) == steps


def test_line_of_a_value_is_found_along_its_path() -> None:
    text = '{"a": [1,\n {"b\\"": "]}", "c": [\n  true]}],\n\n"d": -1.5e3 }'

    assert json_lines.line_of(text, ("a", 0)) == 1
    assert json_lines.line_of(text, ("a", 1)) == 2
    assert json_lines.line_of(text, ("a", 1, "c", 0)) == 3
    assert json_lines.line_of(text, ("d",)) == 5
    assert json_lines.line_of(text, ("d", "deeper")) == 5
    assert json_lines.line_of(text, ("absent",)) == 1
    assert json_lines.line_of(text, (1,)) == 5


def test_readers_cover_what_the_manual_promises() -> None:
    assert {PurePath(f"x.{ending}").suffix for ending in files.READERS} == {
        ".json",
        ".soc",
        ".soi",
        ".toc",
        ".toi",
        ".blt",
        ".csv",
        ".txt",
    }


def test_open_file_reads_like_its_bytes(tmp_path: Path) -> None:
    """Whether it can be rewound or not, and whatever its lines end with."""
    text = "# NUMBER ALTERNATIVES: 3\n" + "".join(
        f"{n % 7 + 1}: {{1,2}}, 3\r\n2: 3\r" for n in range(3_000)
    )
    path = tmp_path / "ballots.toi"
    path.write_bytes(text.encode())
    whole = files.read(path.name, path.read_bytes())

    with path.open("rb") as file:
        assert files.read(path.name, file) == whole
    pipe = subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE)
    with pipe, cast(BinaryIO, pipe.stdout) as stream:
        assert files.read(path.name, stream) == whole
    assert [pattern.count for pattern in whole.groups[0].patterns] == [11_994, 6_000]
