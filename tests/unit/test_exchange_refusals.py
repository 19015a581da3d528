"""Malformed and hostile ballot files: each is refused with its line and the reason."""

import json

import pytest

from tests.support.ballot_files import BLT, HEADER, JSON
from voting.exchange import ballot_file as reasons
from voting.exchange import blt, files, json_lines, preflib, sawt_json
from voting.exchange.ballot_file import FileUnreadable, UnknownFileType
from voting.methods import weights


def refusal(name: str, data: str | bytes) -> tuple[int, str, str]:
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    with pytest.raises(FileUnreadable) as refused:
        files.read(name, raw)
    facts = refused.value.facts
    return int(facts["line"]), str(facts["reason"]), str(facts["found"])


@pytest.mark.parametrize("ending", ["json", "soc", "soi", "toc", "toi", "blt", "csv", "txt"])
@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 1, reasons.EMPTY),
        (b"\xef\xbb\xbf \r\n\t", 1, reasons.EMPTY),
        (b"1 1\n\xff\xfe", 2, reasons.NOT_UTF8),
        (b"\xff\xfe1\x00", 1, reasons.NOT_UTF8),
        (b"1 1\n\n1 \x00 1", 3, reasons.CONTROL),
    ],
)
def test_what_is_no_text_is_refused(ending: str, data: bytes, line: int, reason: str) -> None:
    assert refusal(f"x.{ending}", data)[:2] == (line, reason)


def test_huge_file_is_refused_before_it_is_read() -> None:
    assert refusal("x.json", bytes(reasons.MAX_BYTES + 1))[1] == reasons.TOO_LARGE


@pytest.mark.parametrize("name", ["", "json", "votes", "votes.xls", "votes.json.exe", ".", "x."])
def test_unknown_ending_is_refused(name: str) -> None:
    with pytest.raises(UnknownFileType) as refused:
        files.read(name, b"{}")

    assert refused.value.facts == {
        "name": name,
        "known": ".json .soc .soi .toc .toi .blt .csv .txt",
    }


@pytest.mark.parametrize(
    ("kind", "body", "reason", "found"),
    [
        ("soi", "3 1,2,3", preflib.BAD_LINE, "3 1,2,3"),
        ("soi", ": 1", reasons.BAD_COUNT, ""),
        ("soi", "0: 1", reasons.BAD_COUNT, "0"),
        ("soi", "-1: 1", reasons.BAD_COUNT, "-1"),
        ("soi", "1.0: 1", reasons.BAD_COUNT, "1.0"),
        ("soi", "nan: 1", reasons.BAD_COUNT, "nan"),
        ("soi", "٣: 1", reasons.BAD_COUNT, "٣"),
        ("soi", "1_0: 1", reasons.BAD_COUNT, "1_0"),
        ("soi", "1000000001: 1", reasons.BAD_COUNT, "1000000001"),
        ("soi", "9" * 5000 + ": 1", reasons.BAD_COUNT, "9" * 60 + "…"),
        ("soi", "3: " + "9" * 5000, reasons.BAD_NUMBER, "9" * 60 + "…"),
        ("soi", "3: 1,,2", reasons.BAD_NUMBER, ""),
        ("soi", "3: 1,2,", preflib.BAD_LINE, "1,2,"),
        ("soi", "3: x", reasons.BAD_NUMBER, "x"),
        ("soi", "3: 0", reasons.BAD_NUMBER, "0"),
        ("soi", "3: 4", reasons.UNKNOWN_OPTION, "4"),
        ("soi", "3: 1,2,1", reasons.OPTION_TWICE, "1"),
        ("toi", "3: {1,1}", reasons.OPTION_TWICE, "1"),
        ("toi", "3: {1,2},{2,3}", reasons.OPTION_TWICE, "2"),
        ("toi", "3: {}", reasons.BAD_NUMBER, ""),
        ("toi", "3: {1,2", preflib.BAD_LINE, "{1,2"),
        ("toi", "3: 1,2}", preflib.BAD_LINE, "2}"),
        ("toi", "3: {{1},2}", preflib.BAD_LINE, "{{1},2}"),
        ("toi", "3: {1}2", preflib.BAD_LINE, "{1}2"),
        ("toi", "3: " + "{" * 100_000, preflib.BAD_LINE, "{" * 60 + "…"),
        ("soc", "3: 1,2", preflib.INCOMPLETE, ""),
        ("toc", "3: {1,2}", preflib.INCOMPLETE, ""),
        ("soc", "3: {1,2},3", preflib.TIE_FORBIDDEN, ""),
        ("soi", "3: {1,2}", preflib.TIE_FORBIDDEN, ""),
    ],
)
def test_malformed_preflib_ballot_is_refused_with_its_line(
    kind: str, body: str, reason: str, found: str
) -> None:
    assert refusal(f"x.{kind}", f"{HEADER}{body}\n1: 1,2,3\n") == (9, reason, found)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("# NUMBER ALTERNATIVES: 3\n", "", 1, preflib.NO_HEADER),
        ("ALTERNATIVES: 3", "ALTERNATIVES: 0", 3, reasons.TOO_MANY_OPTIONS),
        ("ALTERNATIVES: 3", "ALTERNATIVES: 201", 3, reasons.TOO_MANY_OPTIONS),
        ("ALTERNATIVES: 3", "ALTERNATIVES: -3", 3, reasons.TOO_MANY_OPTIONS),
        ("ALTERNATIVES: 3", "ALTERNATIVES: " + "9" * 5000, 3, reasons.TOO_MANY_OPTIONS),
        ("VOTERS: 4", "VOTERS: 5", 4, preflib.WRONG_SUM),
        ("VOTERS: 4", "VOTERS: many", 4, reasons.BAD_NUMBER),
        ("ORDERS: 2", "ORDERS: 3", 5, preflib.WRONG_SUM),
        ("NAME 3:", "NAME 4:", 8, preflib.UNKNOWN_ALTERNATIVE),
        ("NAME 3:", "NAME:", 8, preflib.UNKNOWN_ALTERNATIVE),
        ("NAME 3:", "NAME 2:", 8, preflib.HEADER_TWICE),
        ("Salad", "", 7, reasons.BAD_ID),
        ("Salad", "x" * 201, 7, reasons.BAD_ID),
    ],
)
def test_malformed_preflib_header_is_refused_with_its_line(
    old: str, new: str, line: int, reason: str
) -> None:
    whole = f"{HEADER}3: 1,2,3\n1: 3,2,1\n"
    assert files.read("x.soc", whole.encode()).title == "Lunch"

    assert refusal("x.soc", whole.replace(old, new, 1))[:2] == (line, reason)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason", "found"),
    [
        ("4 2", "0 2", 1, reasons.TOO_MANY_OPTIONS, "0"),
        ("4 2", "201 2", 1, reasons.TOO_MANY_OPTIONS, "201"),
        ("4 2", "4 0", 1, reasons.BAD_NUMBER, "0"),
        ("4 2", "four 2", 1, reasons.TOO_MANY_OPTIONS, "four"),
        ("-2", "-5", 2, blt.UNKNOWN_WITHDRAWN, "-5"),
        ("-2", "-1 -2 -3 -4", 1, blt.ALL_WITHDRAWN, ""),
        ("3 1 3", "3.5 1 3", 3, reasons.BAD_COUNT, "3.5"),
        ("3 1 3", "9999999999 1 3", 3, reasons.BAD_COUNT, "9999999999"),
        ("3 1 3", "9" * 5000 + " 1 3", 3, reasons.BAD_COUNT, "9" * 60 + "…"),
        ("3 1 3", "(7) 1 3", 3, reasons.BAD_COUNT, "(7)"),
        ("3 1 3", "3 1 1", 3, reasons.OPTION_TWICE, "1"),
        ("3 1 3", "3 1 9", 3, reasons.UNKNOWN_OPTION, "9"),
        ("3 1 3", "3 1 -3", 3, reasons.BAD_NUMBER, "-3"),
        ("4=1", "4=", 5, reasons.BAD_NUMBER, ""),
        ("4=1", "4=4", 5, reasons.OPTION_TWICE, "4"),
        ('"Adam"', "Adam", 9, blt.NAME_EXPECTED, "Adam"),
        ('"Adam"', '"Adam', 9, blt.NAME_EXPECTED, '"Adam'),
        ('"Adam"', '""', 9, reasons.BAD_ID, ""),
        ('"Adam"', '"' + "x" * 201 + '"', 9, reasons.BAD_ID, "x" * 60 + "…"),
        ('"Gardening Club"', "Club", 13, blt.TOO_MUCH, "Club"),
        ('"Gardening Club"', '"A" "B"', 13, blt.TOO_MUCH, '"B"'),
        ('"Donald"\n"Gardening Club"\n', "", 11, blt.ENDS_EARLY, ""),
    ],
)
def test_malformed_blt_is_refused_with_its_line(
    old: str, new: str, line: int, reason: str, found: str
) -> None:
    assert refusal("x.blt", BLT.replace(old, new, 1)) == (line, reason, found)


@pytest.mark.parametrize("cut", range(1, 60))
def test_blt_cut_short_is_refused(cut: int) -> None:
    refusal("x.blt", BLT[:cut])


def lines_of(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


@pytest.mark.parametrize(
    ("changes", "needle", "reason"),
    [
        ({"candidates": []}, '"candidates"', sawt_json.WRONG_VALUE),
        ({"candidates": ["a", "a"]}, None, sawt_json.CANDIDATE_TWICE),
        ({"candidates": ["a", ""]}, '""', sawt_json.WRONG_VALUE),
        ({"candidates": ["a", "x" * 201]}, "xxx", sawt_json.WRONG_VALUE),
        ({"candidates": ["a", 7]}, "7", sawt_json.WRONG_VALUE),
        ({"candidates": [str(n) for n in range(201)]}, '"candidates"', sawt_json.WRONG_VALUE),
        ({"candidates": "ab"}, '"candidates"', sawt_json.WRONG_VALUE),
        ({"ballots": {"count": 1}}, '"ballots"', sawt_json.WRONG_VALUE),
        ({"ballots": [7]}, "7", sawt_json.WRONG_VALUE),
        ({"ballots": [{"ranking": []}]}, '"ranking"', sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": 0, "ranking": []}]}, '"count"', sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": -1, "ranking": []}]}, '"count"', sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": 1.0, "ranking": []}]}, '"count"', sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": True, "ranking": []}]}, '"count"', sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": "1", "ranking": []}]}, '"count"', sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": 10**9 + 1, "ranking": []}]}, '"count"', sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": 10**30, "ranking": []}]}, '"count"', sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": 1, "ranking": "a"}]}, '"ranking"', sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": 1, "ranking": [["a", 7]]}]}, "7", sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": 1, "ranking": [[["a"]]]}]}, None, sawt_json.WRONG_VALUE),
        ({"ballots": [{"count": 1, "ranking": [[]]}]}, '"ranking"', reasons.EMPTY_RANK),
        ({"ballots": [{"count": 1, "ranking": ["z"]}]}, '"ranking"', reasons.UNKNOWN_OPTION),
        ({"ballots": [{"count": 1, "ranking": ["a", "a"]}]}, '"ranking"', reasons.OPTION_TWICE),
        ({"ballots": [{"count": 1, "ranking": ["a", ["a"]]}]}, '"ranking"', reasons.OPTION_TWICE),
        ({"ballots": None}, None, sawt_json.NO_BALLOTS),
        ({"groups": []}, '"groups"', weights.NO_ELECTORATE),
        ({"groups": [7]}, "7", sawt_json.WRONG_VALUE),
        ({"groups": {"g": 7}}, '"g"', sawt_json.WRONG_VALUE),
        ({"groups": {"g": {"weight": 1, "min_count": 2, "ballots": []}}}, '"g"', weights.MIN_RANGE),
        (
            {"groups": [{"id": "g", "weight": -1, "ballots": []}]},
            "{\n   ",
            weights.WEIGHT_RANGE,
        ),
        (
            {"groups": [{"id": "g", "weight": 1, "full_weight_at": 0, "ballots": []}]},
            "{\n   ",
            weights.FULL_RANGE,
        ),
        (
            {"groups": [{"id": "g", "weight": 0, "ballots": []}]},
            "{\n   ",
            weights.NO_WEIGHT,
        ),
        (
            {"groups": [{"id": "g", "weight": 1, "ballots": [{"count": 1, "ranking": ["z"]}]}]},
            '"ranking"',
            reasons.UNKNOWN_OPTION,
        ),
    ],
)
def test_malformed_json_is_refused_with_its_line(
    changes: dict[str, object], needle: str | None, reason: str
) -> None:
    text = lines_of(JSON | changes)
    start = text.index(f'"{next(iter(changes))}"')

    line, told, _ = refusal("x.json", text)

    assert told == reason
    if needle is not None:
        near = text.count("\n", 0, text.index(needle, start)) + 1
        assert line in (near - 1, near)  # a value, or the opening line of what lacks it


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("[]", 1, sawt_json.WRONG_VALUE),
        ("null", 1, sawt_json.WRONG_VALUE),
        ("{}", 1, sawt_json.WRONG_VALUE),
        ('{"candidates":["a"],\n"ballots":[}', 2, json_lines.NOT_JSON),
        ('{"candidates":["a"],\n"ballots":[],}', 2, json_lines.NOT_JSON),
        ('{"candidates":["a"]}\n{}', 2, json_lines.NOT_JSON),
        ('{"candidates":["a"],\n\n"x":NaN,"ballots":[]}', 3, json_lines.NOT_FINITE),
        ('{"candidates":["a"],\n"x":-Infinity,"ballots":[]}', 2, json_lines.NOT_FINITE),
        ('{"candidates":["a"],\n"x":1e999,"ballots":[]}', 2, json_lines.NOT_FINITE),
        ('{"candidates":["a"],\n"x":' + "9" * 5000 + "}", 2, json_lines.LONG_NUMBER),
        ('{"candidates":["a"],\n"ballots":[],\n"ballots":[]}', 3, json_lines.KEY_TWICE),
        ("[" * 300_000, 1, json_lines.TOO_DEEP),
        ('{"a":' * 300_000, 1, json_lines.TOO_DEEP),
        ('{"candidates":[\n"\\ud800"],"ballots":[]}', 2, reasons.BAD_ID),
        (
            '{"candidates":["a"],\n"groups":[{"id":"\\udfff","weight":1,"ballots":[]}]}',
            2,
            reasons.BAD_ID,
        ),
    ],
)
def test_hostile_json_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    assert refusal("x.json", text)[:2] == (line, reason)


def test_what_is_shown_of_a_file_is_short_and_printable() -> None:
    _, _, found = refusal("x.soi", HEADER + "3: \x1b[2J\u202e" + "x" * 500 + "\n")

    assert found.startswith("[2Jx")
    assert len(found) <= 61
