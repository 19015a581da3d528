"""Malformed and hostile tables, tally sheets, reports, notes and bundles: each refused where it is wrong."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from command.parser import main
from tests.support.exchange import asked_of, file_of
from tests.unit.test_exchange_writing import BALLOTS, MANIFEST, PUBLIC, STAFF, openings, texts
from voting.exchange import ballot_file as reasons
from voting.exchange import (
    ballots_csv,
    bundle,
    cvr,
    files,
    json_lines,
    sawt_json,
    side_note,
    tally_sheet,
)
from voting.exchange.ballot_file import FileUnreadable
from voting.exchange.preflib_writing import write as preflib
from voting.methods import weights


def refusal(name: str, data: str | bytes) -> tuple[int, str]:
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    with pytest.raises(FileUnreadable) as refused:
        files.read(name, raw)
    return int(refused.value.facts["line"]), str(refused.value.facts["reason"])


HEAD = ",".join(ballots_csv.HEAD)
ROW = "AAAA,staff,3,2,1,counted,,,1,2"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a,b\n1,2\n", 1, ballots_csv.BAD_HEAD),
        (f"{HEAD}\n", 1, reasons.TOO_MANY_OPTIONS),
        (f"{HEAD},a,a\n", 1, reasons.BAD_ID),
        (f"{HEAD},a,\n", 1, reasons.BAD_ID),
        (f"{HEAD},{','.join(map(str, range(201)))}\n", 1, reasons.TOO_MANY_OPTIONS),
        (f"{HEAD},a,b\n{ROW},3\n", 2, ballots_csv.BAD_ROW),
        (f"{HEAD},a,b\n{ROW}\nx\n", 3, ballots_csv.BAD_ROW),
        (f"{HEAD},a,b\n{ROW.replace(',3,', ',-3,')}\n", 2, reasons.BAD_NUMBER),
        (f"{HEAD},a,b\n{ROW.replace(',3,', ',٣,')}\n", 2, reasons.BAD_NUMBER),
        (f"{HEAD},a,b\n{ROW.replace(',3,', ',' + '9' * 5000 + ',')}\n", 2, reasons.BAD_NUMBER),
        (f"{HEAD},a,b\n{ROW.replace(',3,2,', ',3,0,')}\n", 2, weights.FULL_RANGE),
        (f"{HEAD},a,b\n{ROW.replace('staff', '')}\n", 2, reasons.BAD_ID),
        (f"{HEAD},a,b\n{ROW}\n{ROW.replace(',3,', ',4,')}\n", 3, ballots_csv.OTHER_WEIGHT),
        (f"{HEAD},a,b\n{ROW.replace('counted', 'yes')}\n", 2, ballots_csv.BAD_STATUS),
        (f"{HEAD},a,b\n{ROW.replace('counted,,', 'counted,3,')}\n", 2, reasons.BAD_NUMBER),
        (f"{HEAD},a,b\n{ROW.replace('counted,,', 'counted,1 1,')}\n", 2, reasons.OPTION_TWICE),
        (f"{HEAD},a,b\n{ROW.replace(',1,2', ',0,2')}\n", 2, reasons.BAD_NUMBER),
        (f"{HEAD},a,b\n{ROW.replace(',1,2', ',=1+1,2')}\n", 2, reasons.BAD_NUMBER),
        (f'{HEAD},a,b\n"{ROW}\n', 2, ballots_csv.BAD_CSV),
        (f"{HEAD},a,b\n{'x' * 200_000}\n", 2, ballots_csv.BAD_CSV),
    ],
)
def test_malformed_table_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    assert refusal("x.csv", text) == (line, reason)


SHEET = (
    "O: 1 a\nO: 2 b\nE: weight 3, full at 2, minimum 1: staff\n Option 1->: A\n Option 2->: B\n"
    "V: 12 \t\tAAAA\tstaff\n"
)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("V: 12", "V: 1", 6, tally_sheet.BAD_VOTE),
        ("V: 12", "V: 123", 6, tally_sheet.BAD_VOTE),
        ("V: 12", "V: 10", 6, tally_sheet.BAD_VOTE),
        ("\tstaff\n", "\tjury\n", 6, tally_sheet.UNKNOWN_ELECTORATE),
        ("\tstaff\n", "\n", 6, tally_sheet.UNKNOWN_ELECTORATE),
        ("\tstaff\n", "\tstaff\t9\n", 6, reasons.BAD_NUMBER),
        ("\tstaff\n", "\tstaff\t1 1\n", 6, reasons.OPTION_TWICE),
        (" Option 1->: A\n Option 2->: B\n", "", 4, tally_sheet.NO_OPTIONS),
        ("Option 2", "Option 3", 6, reasons.TOO_MANY_OPTIONS),
        ("O: 2 b", "O: 2 a", 6, reasons.BAD_ID),
        (": staff\n Op", f": {'x' * 300}\n Op", 6, reasons.BAD_ID),
        ("full at 2", "full at 0", 3, weights.FULL_RANGE),
        ("weight 3", "weight 99999999999", 3, reasons.BAD_NUMBER),
        ("minimum 1: staff\n", "minimum 1: staff\nE: weight 1, full at 1, minimum 0: staff\n", 7, reasons.BAD_ID),
    ],
)  # fmt: skip
def test_malformed_tally_sheet_is_refused_with_its_line(
    old: str, new: str, line: int, reason: str
) -> None:
    assert files.read("x.txt", SHEET.encode()).options == ("a", "b")

    assert refusal("x.txt", SHEET.replace(old, new, 1)) == (line, reason)


def test_tally_sheet_of_others_is_read_without_what_ours_add() -> None:
    sheet = """
             Tally Sheet for the votes cast.

   The format is:
       "V: vote \t\tMD5SUM"
     Option 1---------->: Ada Lovelace
   /  Option 2--------->: Raphaël
   |/  Option 3-->: None Of The Above
V: 1-2 \t\t5de2d9bdec162e7ad7d475f7a3a912e0
V: 211 \t\t82779753e0665892a0168183b4d03db6
V: --- \t\t8fc3f20b27697bbc84c5d14782ce29cb
"""
    file = files.read("leader_tally.txt", sheet.encode())

    assert file.names == ("Ada Lovelace", "Raphaël", "None Of The Above")
    assert [one.ranking for one in file.groups[0].patterns] == [("1", "3"), (("2", "3"), "1")]


Change = tuple[tuple[str | int, ...], object]
"""Where in a value something else stands, and what."""


def report(change: Change) -> str:
    value = json.loads(texts()["cvr.json"])
    _put(value, change)
    return json.dumps(value, indent=1)


def _set(*path: str | int, to: object) -> Change:
    return path, to


def _put(value: Any, change: Change) -> None:
    path, to = change
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = to


MARKS: tuple[str | int, ...] = ("CVR", 0, "CVRSnapshot", 0, "CVRContest", 0, "CVRContestSelection")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("Election", to=[]), cvr.ONE_CONTEST),
        (_set("Election", to={}), sawt_json.WRONG_VALUE),
        (_set("Election", 0, "Contest", to=[]), cvr.ONE_CONTEST),
        (_set("Election", 0, "Contest", 0, "ContestSelection", to=[]), reasons.TOO_MANY_OPTIONS),
        (_set("Election", 0, "Contest", 0, "ContestSelection", 0, "@id", to="option-2"), reasons.OPTION_TWICE),
        (_set("GpUnit", 1, "Code", 1, "Value", to="-1"), reasons.BAD_NUMBER),
        (_set("GpUnit", 1, "Code", 2, "Value", to="0"), weights.FULL_RANGE),
        (_set("GpUnit", 1, "Code", to=[]), reasons.BAD_NUMBER),
        (_set("GpUnit", 1, "Code", 0, "Value", to="\ud800"), reasons.BAD_ID),
        (_set("CVR", 0, "BallotStyleUnitId", to="nowhere"), cvr.NO_ELECTORATE),
        (_set("CVR", 0, "CurrentSnapshotId", to="other"), cvr.NO_SNAPSHOT),
        (_set("CVR", 0, to=7), sawt_json.WRONG_VALUE),
        (_set(*MARKS, 0, "ContestSelectionId", to="nobody"), reasons.UNKNOWN_OPTION),
        (_set(*MARKS, 1, "ContestSelectionId", to="option-1"), reasons.OPTION_TWICE),
        (_set(*MARKS, 0, "SelectionPosition", 0, "Rank", to=0), sawt_json.WRONG_VALUE),
        (_set(*MARKS, 0, "SelectionPosition", 0, "Rank", to=10**30), sawt_json.WRONG_VALUE),
        (_set(*MARKS, 0, to={"SelectionPosition": [{"HasIndication": "yes", "NumberVotes": 1}], "ContestSelectionId": "option-1"}), cvr.NO_RANK),
    ],
)  # fmt: skip
def test_malformed_report_is_refused(change: Change, reason: str) -> None:
    line, told = refusal("cvr.json", report(change))

    assert told == reason
    assert line >= 1


def test_report_of_others_is_read_with_overvotes_gaps_and_what_does_not_count() -> None:
    def marks(*given: tuple[str, int | None, str]) -> list[dict[str, Any]]:
        return [
            {
                "ContestSelectionId": one,
                "SelectionPosition": [
                    {"HasIndication": "yes", "NumberVotes": 1, "Rank": rank, "IsAllocable": allocable}
                    if rank
                    else {"HasIndication": "no", "NumberVotes": 0}
                ],
            }
            for one, rank, allocable in given
        ]  # fmt: skip

    def record(name: str, *given: tuple[str, int | None, str]) -> dict[str, Any]:
        contest = {"ContestId": "mayor", "CVRContestSelection": marks(*given)}
        other = {"ContestId": "dogs", "CVRContestSelection": []}
        old = {"@id": "old", "Type": "original", "CVRContest": []}
        new = {"@id": name, "Type": "interpreted", "CVRContest": [other, contest]}
        return {"CurrentSnapshotId": name, "CVRSnapshot": [old, new]}

    value = {
        "@type": "CVR.CastVoteRecordReport",
        "Election": [
            {
                "Candidate": [{"@id": "c1", "Name": "Ada"}],
                "Contest": [
                    {
                        "@id": "mayor",
                        "Name": "Mayor",
                        "ContestSelection": [{"@id": "x", "CandidateIds": ["c1"]}, {"@id": "y"}],
                    }
                ],
            }
        ],
        "CVR": [
            record("1", ("x", 1, "yes"), ("y", 3, "unknown")),
            record("2", ("x", 1, "yes"), ("y", 1, "yes")),
            record("3", ("x", 1, "no"), ("y", None, "yes")),
        ],
    }
    file = files.read("rcv.json", json.dumps(value).encode())

    assert (file.options, file.names, file.title) == (("x", "y"), ("Ada", "y"), "Mayor")
    assert [(one.ranking, one.count) for one in file.groups[0].patterns] == [
        (("x", "y"), 1), ((("x", "y"),), 1), ((), 1),
    ]  # fmt: skip


def noted(change: Change | None = None) -> str:
    what = asked_of("abc", STAFF, PUBLIC)
    lines = preflib(what, file_of(what, BALLOTS), kind="soi").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("# SAWT: "))
    note = json.loads(lines[at].removeprefix("# SAWT: "))
    if change is not None:
        _put(note, change)
    lines[at] = "# SAWT: " + json.dumps(note)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("ids", to=["a", "b"]), side_note.NOTE_DIFFERS),
        (_set("ids", to=["a", "b", "b"]), side_note.NOTE_DIFFERS),
        (_set("ids", 0, to="\ud800"), reasons.BAD_ID),
        (_set("v", to=2), side_note.NOTE_WRONG),
        (_set("parts", to=7), side_note.NOTE_WRONG),
        (_set("parts", 0, "counts", 0, to=2), side_note.NOTE_DIFFERS),
        (_set("parts", 0, "counts", 0, to=-1), side_note.NOTE_WRONG),
        (_set("parts", 0, "counts", to=[]), side_note.NOTE_DIFFERS),
        (_set("parts", 0, "electorate", to=9), side_note.NOTE_DIFFERS),
        (_set("parts", 0, "electorate", to=-1), side_note.NOTE_DIFFERS),
        (_set("parts", 0, "own", to=[1]), side_note.NOTE_DIFFERS),
        (_set("parts", 0, "own", to=[99]), side_note.NOTE_DIFFERS),
        (_set("parts", 0, "own", to=[2, 2]), side_note.NOTE_DIFFERS),
        (_set("parts", 0, "blank", to=1), side_note.NOTE_DIFFERS),
        (_set("electorates", 0, "full_weight_at", to=0), weights.FULL_RANGE),
        (_set("electorates", to=[]), side_note.NOTE_WRONG),
    ],
)
def test_note_that_does_not_fit_its_file_is_refused_where_it_stands(
    change: Change, reason: str
) -> None:
    text = noted(change)
    at = next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith("# SAWT: "))

    assert files.read("x.soi", noted().encode()).options == ("a", "b", "c")
    assert refusal("x.soi", text) == (at, reason)


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ("[" * 100_000, json_lines.TOO_DEEP),
        ("{", json_lines.NOT_JSON),
        ("", json_lines.NOT_JSON),
        ('{"ids":["a"],"ids":["b"]}', json_lines.KEY_TWICE),
        (json.dumps({"ids": ["1", "2"], "electorates": []}), side_note.NOTE_WRONG),
    ],
)
def test_note_that_is_no_json_is_refused(note: str, reason: str) -> None:
    assert refusal("x.blt", f'2 1\n1 1 0\n0\n"A"\n"B"\n"T"\n# SAWT: {note}\n') == (7, reason)


def test_note_beside_repeated_lines_or_withdrawn_options_is_refused() -> None:
    text = noted().replace("# NUMBER VOTERS: 4\n", "").replace("# NUMBER UNIQUE ORDERS: 4\n", "")
    note = next(line for line in text.splitlines() if line.startswith("# SAWT: "))

    assert refusal("x.soi", text + "\n1: 2")[1] == side_note.NOTE_DIFFERS
    for ballots in ("-3\n1 1 2 0", "1 0"):
        blt = f'3 1\n{ballots}\n0\n"A"\n"B"\n"C"\n"T"\n{note}\n'
        assert refusal("x.blt", blt)[1] == side_note.NOTE_DIFFERS


@pytest.mark.parametrize(
    ("manifest", "ballots", "at", "line", "reason"),
    [
        (b"", b"", bundle.MANIFEST, 1, reasons.EMPTY),
        (b"[]", b"", bundle.MANIFEST, 1, sawt_json.WRONG_VALUE),
        (b"{" * 100_000, b"", bundle.MANIFEST, 1, json_lines.NOT_JSON),
        (b"[" * 100_000, b"", bundle.MANIFEST, 1, json_lines.TOO_DEEP),
        (None, b"\xff", bundle.BALLOTS, 1, reasons.NOT_UTF8),
        (None, b"{}\n", bundle.BALLOTS, 1, sawt_json.WRONG_VALUE),
        (None, openings() + b"[\n", bundle.BALLOTS, 9, json_lines.NOT_JSON),
        (None, openings().replace(b'"status": "void"', b'"status": "good"'), bundle.BALLOTS, 6, sawt_json.WRONG_VALUE),
        (None, openings().replace(b'"staff"', b'"jury"', 1), bundle.BALLOTS, 1, bundle.UNKNOWN_ELECTORATE),
        (None, openings().replace(b'["c"]', b'["z"]'), bundle.BALLOTS, 3, reasons.UNKNOWN_OPTION),
        (None, openings().replace(b'["c"]', b'["c", "c"]'), bundle.BALLOTS, 3, reasons.OPTION_TWICE),
    ],
)  # fmt: skip
def test_malformed_bundle_is_refused_with_file_and_line(
    manifest: bytes | None, ballots: bytes, at: str, line: int, reason: str
) -> None:
    head = json.dumps(MANIFEST).encode() if manifest is None else manifest

    with pytest.raises(FileUnreadable) as refused:
        bundle.read(head, io.BytesIO(ballots))

    facts = refused.value.facts
    assert (facts["file"], facts["line"], facts["reason"]) == (at, line, reason)


def test_folder_of_a_bundle_is_counted_and_a_broken_one_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "ballots.jsonl").write_bytes(openings())

    assert main(["count", str(tmp_path), "--json"]) == 0
    assert main(["count", str(tmp_path / "ballots.jsonl"), "--json"]) == 0
    first, second = capsys.readouterr().out.strip().splitlines()
    assert first == second
    assert json.loads(first)["method"] == "schulze"

    (tmp_path / "ballots.jsonl").write_bytes(openings() + b"no\n")
    with pytest.raises(SystemExit) as stopped:
        main(["count", str(tmp_path)])
    assert "ballots.jsonl" in str(stopped.value) + capsys.readouterr().err
    assert "9" in str(stopped.value) + capsys.readouterr().err
