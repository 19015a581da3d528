"""What written files say to people and to other programs."""

import csv
import io
import json
from typing import Any

from expo.words import Text
from tests.support.exchange import asked_of, file_of, written
from voting.counting import count_election
from voting.exchange import bundle, files
from voting.exchange import opened as parts
from voting.exchange.ballots_csv import CsvSheet
from voting.exchange.blt_writing import write as blt
from voting.exchange.cvr_writing import CvrSheet
from voting.exchange.opened import Asked, Opened, Voters
from voting.exchange.preflib_writing import kind_of
from voting.exchange.preflib_writing import write as preflib
from voting.exchange.sawt_json_writing import write as sawt_json
from voting.exchange.tally_sheet import TallySheet
from voting.methods.weights import Share

STAFF = Voters(Share("staff", 3, 2, 1), Text("موظفون", "Staff"))
PUBLIC = Voters(Share("public", 1, 4, 0), Text("الجمهور", "Public"))
SECRET = Voters(Share("jury", 2, 1, 0), Text("لجنة", "Jury"), is_sealed=True)
BALLOTS = (
    Opened("AAAA", "staff", ("a", "b", "c")),
    Opened("BBBB", "staff", ("b", "a"), own=("a",)),
    Opened("CCCC", "public", ("c",)),
    Opened("DDDD", "public", ("c", "a", "b")),
    Opened("EEEE", "public", ("a",), status="held"),
    Opened("FFFF", "public", ("b",), status="void"),
    Opened("GGGG", "public", ()),
    Opened("HHHH", "staff", ("a",), own=("a",)),
)


def asked(*voters: Voters) -> Asked:
    return asked_of("abc", *(voters or (STAFF, PUBLIC)))


def texts() -> dict[str, str]:
    """Every form of these ballots, by file name."""
    what, file = asked(), file_of(asked(), BALLOTS)
    return {
        "x.json": sawt_json(what, file),
        "x.soi": preflib(what, file, kind="soi"),
        "x.blt": blt(what, file),
        "x.csv": written(CsvSheet(what), BALLOTS),
        "x.txt": written(TallySheet(what), BALLOTS),
        "cvr.json": written(CvrSheet(what), BALLOTS),
    }


def test_every_form_counts_who_abstains_and_leaves_out_what_does_not_count() -> None:
    reports = {
        name: count_election(files.read(name, text.encode())) for name, text in texts().items()
    }

    first = reports["x.json"]
    assert {report.ballots for report in reports.values()} == {5}
    assert all(one.outcome.ranks == first.outcome.ranks for one in reports.values())
    assert all(
        one.outcome.combined.support == first.outcome.combined.support for one in reports.values()
    )
    # "b > a" of somebody whose own is a says only that b is above c
    groups = {group.id: group for group in first.outcome.combined.electorates}
    assert groups["staff"].n == 3
    above = first.outcome.combined.support
    assert (above[1][0], above[1][2]) == (0, 2 * groups["staff"].coefficient)


def test_preflib_file_has_each_ranking_once_and_skips_blank_ones() -> None:
    lines = texts()["x.soi"].splitlines()

    body = [line for line in lines if not line.startswith("#")]
    assert body == ["1: 1,2,3", "1: 2", "1: 3", "1: 3,1,2"]
    assert "# NUMBER VOTERS: 4" in lines
    assert "# NUMBER UNIQUE ORDERS: 4" in lines
    assert "# ALTERNATIVE NAME 1: خيار a · Option a" in lines


def test_ending_says_most_about_the_ballots() -> None:
    def kind(*rankings: Any) -> str:
        return kind_of(file_of(asked(), [Opened("", "staff", one) for one in rankings]))

    assert kind(("a", "b", "c"), ("c", "b", "a")) == "soc"
    assert kind(("a", "b", "c"), ("c",)) == "soi"
    assert kind((("a", "b"), "c")) == "toc"
    assert kind((("a", "b"),)) == "toi"


def test_plain_election_is_a_blt_file_without_comments() -> None:
    plain = asked_of("ab", Voters(Share("all", 1)))
    file = file_of(plain, [Opened("", "all", ("a", "b")), Opened("", "all", ("b",))])

    assert blt(plain, file) == (
        '2 1\n1 1 2 0\n1 2 0\n0\n"خيار a · Option a"\n"خيار b · Option b"\n"مسابقة · A contest"\n'
    )


def test_tally_sheet_has_a_line_for_every_voter() -> None:
    lines = texts()["x.txt"].splitlines()

    assert [line for line in lines if line[:2] in {"V:", "H:", "X:", "W:"}] == [
        "V: 123 \t\tAAAA\tstaff",
        "V: 21- \t\tBBBB\tstaff\t1",
        "V: --1 \t\tCCCC\tpublic",
        "V: 231 \t\tDDDD\tpublic",
        "H: 1-- \t\tEEEE\tpublic",
        "X: -1- \t\tFFFF\tpublic",
        "W: --- \t\tGGGG\tpublic",
        "V: 1-- \t\tHHHH\tstaff\t1",
    ]


def test_table_is_safe_in_a_spreadsheet_and_has_every_ballot() -> None:
    nasty = Asked("x", Text("", ""), ("=1+1", "-b", "@c"), (Text("", ""),) * 3, (PUBLIC,))
    text = written(CsvSheet(nasty), [Opened("=HYPER", "public", ("-b", "=1+1"))])

    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0][8:] == ["'=1+1", "'-b", "'@c"]
    assert rows[1] == ["'=HYPER", "public", "1", "4", "0", "counted", "", "", "2", "1", ""]
    assert files.read("x.csv", text.encode()).options == ("=1+1", "-b", "@c")


def test_sealed_electorates_are_in_no_file_and_each_says_so() -> None:
    what = asked(STAFF, SECRET)
    mine = [ballot for ballot in BALLOTS if ballot.electorate == "staff"]
    file = file_of(what, mine)

    for text in (
        sawt_json(what, file),
        preflib(what, file),
        written(TallySheet(what), mine),
        written(CvrSheet(what), mine),
    ):
        assert "jury" in text
    assert [group.share.id for group in file.groups] == ["staff"]


def test_report_names_what_is_abstained_on_and_nothing_twice() -> None:
    report = json.loads(texts()["cvr.json"])

    records = {one["UniqueId"]: one for one in report["CVR"]}
    assert sorted(records) == ["AAAA", "BBBB", "CCCC", "DDDD", "HHHH"]
    (contest,) = records["BBBB"]["CVRSnapshot"][0]["CVRContest"]
    marks = [
        (one["ContestSelectionId"], one.get("Rank"), one.get("OtherStatus"))
        for one in contest["CVRContestSelection"]
    ]
    assert marks == [("option-2", 1, None), ("option-1", None, "own-option")]


def test_one_line_holds_both_forms_of_a_name() -> None:
    assert parts.one_line(Text("نص\nطويل", "Long  text")) == "نص طويل · Long text"
    assert parts.one_line(Text("same", "same")) == "same"
    assert parts.one_line(Text("", "only")) == "only"
    assert len(parts.one_line(Text("ا" * 300, "x" * 300))) == 200


MANIFEST: dict[str, Any] = {
    "v": 1,
    "sid": "x",
    "title": {"ar": "م", "en": "C"},
    "options": [
        {"id": one, "title": {"ar": one, "en": one}, "entity": "e", "entity_name": {}}
        for one in "abc"
    ],
    "groups": [
        {"id": "staff", "name": {}, "w": 3, "full": 2, "min": 1, "audit": "open"},
        {"id": "public", "name": {}, "w": 1, "full": 4, "min": 0, "audit": "open"},
        {"id": "jury", "name": {}, "w": 2, "full": 1, "min": 0, "audit": "sealed"},
    ],
    "method": "schulze",
}


def openings() -> bytes:
    def content(one: Opened) -> dict[str, Any]:
        own = {"own": list(one.own)} if one.own else {}
        return {
            "grp": one.electorate, "rank": list(one.ranking), "rev": 1, "sid": "x",
            "trk": one.tracker, "v": 1, **own,
        }  # fmt: skip

    lines = [{"content": content(one), "nonce": "n" * 43, "status": one.status} for one in BALLOTS]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def test_bundle_counts_like_the_files_of_its_contest() -> None:
    found = bundle.read(json.dumps(MANIFEST).encode(), io.BytesIO(openings()))
    report, same = count_election(found), count_election(file_of(asked(), BALLOTS))

    assert (report.outcome.method, report.ballots) == ("schulze", 5)
    assert report.outcome.combined.support == same.outcome.combined.support
