"""Reports too large to be parsed whole: what we write is read back, and nothing else slips through."""

import io
from pathlib import Path

import pytest

from tests.support.exchange import asked_of, file_of, written
from voting.counting import count_election
from voting.exchange import cvr_lines, files, json_lines
from voting.exchange.ballot_file import OPTION_TWICE, TOO_LARGE, FileUnreadable
from voting.exchange.cvr_writing import CvrSheet
from voting.exchange.opened import Opened, Voters
from voting.methods.weights import Share

ASKED = asked_of("abcd", Voters(Share("staff", 3, 2, 1)), Voters(Share("public", 1, 4, 0)))
ORDERS = [("a", "b", "c"), ("b", "a"), ("c",), ("d", "c", "b", "a")]
BALLOTS = [
    Opened(f"T{n:03}", ("staff", "public")[n % 3 == 0], ORDERS[n % 4], ("b",) if n % 5 == 0 else ())
    for n in range(300)
]
WHOLE = written(CvrSheet(ASKED), BALLOTS).encode()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is too large, and pieces hold some twenty records."""
    monkeypatch.setattr(files, "MAX_BYTES", 1_000)
    monkeypatch.setattr(cvr_lines, "PIECE_BYTES", 15_000)


def refusal(data: bytes) -> tuple[int, str]:
    with pytest.raises(FileUnreadable) as refused:
        files.read("cvr.json", data)
    return int(refused.value.facts["line"]), str(refused.value.facts["reason"])


def test_what_we_write_is_read_back_whatever_its_size(tmp_path: Path) -> None:
    path = tmp_path / "cvr.json"
    path.write_bytes(WHOLE)

    with path.open("rb") as file:
        found = files.read("cvr.json", file)

    straight = file_of(ASKED, BALLOTS)
    assert count_election(found).as_json() == count_election(straight).as_json()
    assert sum(one.count for group in found.groups for one in group.patterns) == 300
    assert len(list(cvr_lines._pieces(io.BytesIO(WHOLE)))) > 5


@pytest.mark.parametrize("records", [0, 1, 20, 21])
def test_few_records_are_read_too(records: int) -> None:
    data = written(CvrSheet(ASKED), BALLOTS[:records]).encode()

    found = files.read("cvr.json", data)

    assert sum(one.count for group in found.groups for one in group.patterns) == records


def test_mistake_is_told_with_its_line_in_the_whole_file() -> None:
    lines = WHOLE.split(b"\n")
    lines[200] = lines[200].replace(b"option-2", b"option-1").replace(b"option-3", b"option-1")
    assert b"option-1" in lines[200]
    broken = WHOLE.split(b"\n")
    broken[250] = broken[250][:40]

    assert refusal(b"\n".join(lines)) == (201, OPTION_TWICE)
    assert refusal(b"\n".join(broken))[1] == json_lines.NOT_JSON


def test_large_file_of_another_form_is_refused() -> None:
    pretty = WHOLE.replace(b'"CVR":[\n', b'"CVR":\n[')
    plain = b'{"candidates": ["a"], "groups": []' + b" " * 2_000 + b"}"
    one_line = WHOLE.replace(b",\n", b",")

    for data in (pretty, plain, one_line, bytes(2_000), b"[" * 2_000, b'"CVR":[\n' * 2_000):
        assert refusal(data)[1] in {TOO_LARGE, json_lines.NOT_JSON}


@pytest.mark.parametrize(
    "tail",
    [b',\n{"@type"', b",\n]}\n", b"\n]}\n]}\n", b'\n],"CVR":[]}\n', b'\n],"GpUnit":[]}\n', b"", b"\n",
     b'\n],"Election":[]}\n', b"\n]}\n" + b" " * 70_000 + b"x"],
)  # fmt: skip
def test_end_that_is_none_is_refused(tail: bytes) -> None:
    refusal(WHOLE.removesuffix(b"\n]}\n") + tail)


def test_head_that_only_the_last_piece_completes_is_refused() -> None:
    units = WHOLE.index(b',"GpUnit"')
    election = WHOLE.index(b',"Election"')
    without = WHOLE[:units] + WHOLE[election:]
    late = b"\n]" + WHOLE[units:election] + b"}\n"

    refusal(without.removesuffix(b"\n]}\n") + late)
