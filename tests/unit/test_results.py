"""A frozen result: what it says, what of it is published, and the files it is given away as."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from expo.words import Text
from tests.support.clock import Clock
from tests.support.contests import ELECTORATES, contest, option
from tests.support.elections import ranking_of
from voting.contests import Contest, Rules
from voting.downloads import cell, day_csv, day_json
from voting.methods.tally import Line, Tally
from voting.result_views import ResultView, result_view, told
from voting.results import Result, freeze, public, suppressed, thousandths
from voting.wording import Sentence

Votes = Mapping[str, Mapping[str, int]]

# The worked example of the counting page, 1.8.
EXAMPLE: Votes = {
    "employees": {"a>b>c": 6, "b>c>a": 4},
    "teams": {"c>a": 2, "d": 1},
    "customers": {"b>c>a>d": 300, "c>a>b": 250, "a": 150, "d>a": 5},
}


def counted(votes: Votes, of: Contest | None = None, own: str | None = None) -> Result:
    """The result of ballots by electorate; every voter votes once."""
    asked = of or contest()
    options, groups = [one.id for one in asked.options], [group.id for group in asked.electorates]
    tally = Tally(options, groups, ballots=True)
    position = 0
    for group, ballots in votes.items():
        for text, count in ballots.items():
            for _ in range(count):
                position += 1
                tally.apply(
                    Line(
                        position, f"v{position}", group, 1, ranking_of(text), (own,) if own else ()
                    )
                )
    return freeze(asked, tally, position=position + 1, at=Clock()())


def viewed(result: Result, of: Contest | None = None) -> ResultView:
    """The result as the English page shows it."""
    return result_view(of or contest(), public(result), "en", str)


def test_worked_example_comes_out_to_the_last_integer() -> None:
    result = counted(EXAMPLE)

    assert result.ranks == (("b",), ("c",), ("a",), ("d",))
    assert (result.total, result.ballots, result.position) == (141_000, 718, 719)
    assert result.support[0] == (0, 82_224, 49_224, 140_340)
    assert [one.coefficient for one in result.electorates] == [4_794, 0, 132]
    assert result.methods["borda"][0] == ("b",)
    assert result.methods["irv"][0] == ("a",)
    assert result.condorcet_winner is None
    support = {one.id: thousandths(one.support, one.support_of) for one in result.options}
    assert support == {"b": 678, "c": 628, "a": 643, "d": 51}


def test_example_is_told_in_words() -> None:
    view = viewed(counted(EXAMPLE))

    assert any("was set aside" in sentence for sentence in view.said)
    assert any("Innovation teams" in sentence and "3 of 5" in sentence for sentence in view.how)
    assert any("Round by round" in sentence for sentence in view.compared)
    assert not any("{" in sentence for sentence in (*view.said, *view.how, *view.compared))
    assert "\u2068Initiative B\u2069" in " ".join(view.said)


def test_view_shows_electorates_pairs_and_methods() -> None:
    view = viewed(counted(EXAMPLE))
    employees, teams, customers = view.electorates

    assert (employees.ballots, employees.status, employees.share) == (10, "counted", 340)
    assert (teams.ballots, teams.status, teams.missing, teams.ranks) == (3, "waiting", 2, None)
    assert customers.ranks is not None
    assert [row.id for row in view.pairs] == ["b", "c", "a", "d"]
    assert [cell.is_self for cell in view.pairs[1].cells] == [False, True, False, False]
    # a beat b, although b stands above a: the circle
    assert view.pairs[0].cells[2].against
    assert view.pairs[2].cells[0].against
    assert sum(method.is_official for method in view.methods) == 1
    assert {method.id: method.agrees for method in view.methods} == {
        "ranked_pairs": True, "schulze": True, "borda": True, "irv": False,
    }  # fmt: skip
    assert (view.rows[0].rank, view.rows[0].shared, view.rows[0].support) == (1, False, 678)


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ((20, 20, 20), set()),
        ((20, 10, 10), set()),
        ((0, 20, 20), set()),
        ((20, 3, 30), {"teams"}),  # below the minimum: not in the result, nothing to subtract from
        ((20, 6, 30), {"employees", "teams"}),
        ((6, 7, 30), {"employees", "teams"}),
        ((6, 7, 8), {"employees", "teams", "customers"}),
        ((6, 0, 0), {"employees"}),
        ((3, 3, 3), {"employees", "teams", "customers"}),
    ],
)
def test_small_electorates_are_hidden_and_cannot_be_subtracted(
    sizes: tuple[int, int, int], hidden: set[str]
) -> None:
    names = [group.id for group in ELECTORATES]
    result = counted({name: {"a>b": size} for name, size in zip(names, sizes, strict=True)})

    published = public(result)

    assert suppressed(result.electorates) == hidden
    assert {one.id for one in published.electorates if one.ranks is None} == hidden
    assert [one.ballots for one in published.electorates] == list(sizes)
    assert published.is_rounded == any(size >= 5 for size in sizes if size < 10)
    if published.is_rounded:
        shares = [share for row in published.preferred for share in row if share is not None]
        assert all(share % 10 == 0 for share in shares)
    assert b'"above"' not in msgspec.json.encode(published)


def test_single_electorate_has_nothing_to_hide_behind() -> None:
    alone = msgspec.structs.replace(contest(), electorates=ELECTORATES[2:])

    result = counted({"customers": {"a>b": 6}}, alone)

    assert suppressed(result.electorates) == frozenset()


def test_single_electorate_that_does_not_count_is_hidden() -> None:
    sealed = msgspec.structs.replace(ELECTORATES[2], audit="sealed", min=10)
    alone = msgspec.structs.replace(contest(), electorates=(sealed,))

    published = public(counted({"customers": {"a>b": 1}}, alone))

    assert [one.ranks for one in published.electorates] == [None]
    assert published.ranks == ()
    assert published.electorates[0].ballots == 1


def test_nobody_voted_is_a_result_too() -> None:
    result = counted({})
    view = viewed(result)

    assert (result.ranks, result.ballots, view.rows, view.pairs) == ((), 0, (), ())
    assert view.said == ("No votes yet.",)
    assert view.compared == ()
    assert [one.status for one in view.electorates] == ["waiting"] * 3


def test_single_option_has_no_average() -> None:
    one = msgspec.structs.replace(contest(), options=(option("a"),))

    result = counted({"customers": {"a": 12}}, one)

    assert public(result).options[0].support == 0
    assert viewed(result, one).pairs[0].cells[0].is_self


def test_own_ballots_are_published_as_a_number() -> None:
    result = counted({"teams": {"a>b": 12}}, own="a")
    free = contest(rules=Rules(own="count", max_ranked=4))

    assert result.own_ballots == 12
    assert any("Ballots this concerned: 12." in sentence for sentence in viewed(result).how)
    assert counted({"teams": {"a>b": 12}}, free, own="a").own_ballots == 0


def test_shared_ranks_are_shown_as_shared() -> None:
    view = viewed(counted({"customers": {"a>b>c": 10, "a>c>b": 10}}))

    assert [(row.rank, row.shared) for row in view.rows] == [
        (1, False), (2, True), (2, True), (4, False),
    ]  # fmt: skip
    assert any("share rank 2" in sentence for sentence in view.said)


def test_frozen_result_survives_storage() -> None:
    result = counted(EXAMPLE)

    assert msgspec.json.decode(msgspec.json.encode(result), type=Result) == result


def test_unknown_ids_in_a_sentence_are_shown_as_they_are() -> None:
    sentence = Sentence(
        "{a} and {who} and {nothing}", {"a": ("gone",)}, {"who": ("jury",)}, phrases={"p": "x"}
    )

    assert (
        told(sentence, contest(), "en", str)
        == "\u2068gone\u2069 and \u2068jury\u2069 and {nothing}"
    )


def test_lists_are_joined_as_the_language_does() -> None:
    sentence = Sentence("{all}", {"all": ("a", "b", "c")})

    assert " and " in told(sentence, contest(), "en", str)
    assert " و" in told(sentence, contest(), "ar", str)


def test_json_of_a_day_is_canonical() -> None:
    published = [(contest(), public(counted(EXAMPLE)))]

    first, second = day_json(1, published), day_json(1, published)
    value: Any = json.loads(first)

    assert first == second
    assert (
        first
        == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )
    assert value["results"][0]["result"]["ranks"][0] == ["b"]
    assert value["results"][0]["electorates"][2]["assurance"] == "C"
    assert "secret" not in first.decode()


HOSTILE = ["=HYPERLINK(1)", "+1", "-1", "@cmd", "\tx", "\rx", "\nx"]


@pytest.mark.parametrize("text", HOSTILE)
def test_formula_is_taken_for_text(text: str) -> None:
    assert cell(text) == "'" + text
    assert cell("plain " + text) == "plain " + text


def test_csv_of_a_day_opens_in_a_spreadsheet() -> None:
    evil = msgspec.structs.replace(option("a"), title=Text(ar='=1+1,"\n', en="@x"))
    asked = msgspec.structs.replace(contest(), options=(evil, *contest().options[1:]))

    body = day_csv([(asked, public(counted(EXAMPLE, asked)))])

    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert [row["option"] for row in rows] == ["b", "c", "a", "d"]
    assert rows[2]["option_ar"] == "'=1+1,\"\n"
    assert rows[2]["option_en"] == "'@x"
    assert rows[0]["support_percent"] == "67.8"
    assert rows[0]["entity_en"] == "entity-b"


def test_thousandths_round_half_up_with_integers() -> None:
    assert thousandths(1, 3) == 333
    assert thousandths(1, 2_000) == 1
    assert thousandths(2, 3, coarse=True) == 670
    assert thousandths(0, 0) == 0
    assert thousandths(10**40, 2 * 10**40) == 500
