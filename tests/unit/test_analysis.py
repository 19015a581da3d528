"""The figures beside a result: what they say, and what of them is left out for small electorates."""

from itertools import islice

import msgspec
import pytest

from tests.support.contests import ELECTORATES, contest, option
from tests.support.samples import Votes, analysed, counted, sampled, tracker
from tests.unit.test_results import EXAMPLE
from voting import wording
from voting.analysis import flips
from voting.analysis.distribution import depth, of_group
from voting.analysis.influence import distance, movement
from voting.analysis.sample import Sampling, bucket_of
from voting.analysis.stability import RESAMPLES, Steady, crowds, drawn, seed_of, stability
from voting.analysis.values import Analysis
from voting.analysis.views import Dossier, dossier
from voting.contests import Contest, Rules
from voting.methods.registry import ORDERS
from voting.methods.weights import Share
from voting.results import public

ALONE = msgspec.structs.replace(contest(), electorates=ELECTORATES[2:])


def _told(one: Steady) -> tuple[str, int, int, int]:
    return one.id, one.first, one.best, one.worst


def seen(votes: Votes, of: Contest | None = None) -> Dossier:
    """What a page is given of these ballots."""
    found = counted(votes, of)
    return dossier(of or contest(), public(found.result), analysed(votes, of))


def test_gaps_of_the_worked_example_add_up_from_its_electorates() -> None:
    gaps = analysed(EXAMPLE).gaps

    assert [(one.over, one.under, one.points) for one in gaps] == [
        ("b", "c", 387), ("c", "a", 302), ("a", "d", 991),
    ]  # fmt: skip
    assert [one.by for one in gaps] == [
        {"employees": 340, "customers": 47},
        {"employees": -68, "customers": 370},
        {"employees": 340, "customers": 651},
    ]
    assert gaps[0].ballots == {
        "employees": 6,
        "customers": 207,
    }  # 54,540 / (2 x 4,794), / (2 x 132)


def test_influence_of_the_worked_example() -> None:
    found = analysed(EXAMPLE)
    combined = counted(EXAMPLE).combined
    groups = {one.id: one for one in counted(EXAMPLE).sample.groups}

    assert movement(combined, groups["customers"]) == 132 * (105 + 395 + 695 + 50 + 545 + 545)
    assert [(one.id, one.moved) for one in found.parts] == [
        ("employees", 406), ("teams", None), ("customers", 594),
    ]  # fmt: skip
    assert found.equal == (("c",), ("a",), ("b",), ("d",))
    assert found.distances == {"schulze": 0, "borda": 1, "irv": 2}


def test_circle_has_no_lower_bound_and_an_upper_one_that_holds() -> None:
    found = analysed(EXAMPLE).flips
    assert found is not None

    assert found.least == ()
    assert {one.electorate: (one.ballots, one.rival) for one in found.most} == {
        "employees": (2, "a"),
        "customers": (66, "a"),
    }
    more = {
        **EXAMPLE,
        "employees": {**EXAMPLE["employees"], "a": 2},
    }
    assert counted(more).result.ranks[0] == ("a",)


def test_ballot_that_moves_a_margin_by_two_weights_is_half_a_margin() -> None:
    assert [flips.ballots_over(margin, 3) for margin in (1, 6, 7, 12, 13)] == [1, 1, 2, 2, 3]


def test_lower_bound_needs_an_option_that_beats_all_others() -> None:
    with pytest.raises(ValueError, match="does not beat"):
        flips.at_least(counted(EXAMPLE).combined, "b")


def test_electorate_below_half_cannot_overturn_a_united_rest() -> None:
    votes = {
        "employees": {"a>b": 40},
        "teams": {"a>b": 40},
        "customers": {"b>a": 40},
    }
    found = analysed(votes).flips
    assert found is not None

    assert found.unable == ("customers",)
    assert {one.electorate for one in found.most} == {"employees", "teams"}


def test_places_of_all_ballots_sum_to_all_of_them() -> None:
    votes = {"customers": {"a>b>c": 10, "b": 5, "c>a": 5}}
    groups = sampled("abcd", ["customers"], [("customers", ("a", "b"))] * 3).groups
    found = {one.id: one for one in analysed(votes, ALONE).places}

    assert (found["a"].places, found["a"].left_out, found["a"].mean) == ((500, 250, 0), 250, 1333)
    assert (found["d"].places, found["d"].left_out, found["d"].mean) == ((0, 0, 0), 1000, None)
    assert depth(of_group("abcd", groups[0])) == 2
    assert depth(()) == 0


def test_own_options_are_neither_ranked_nor_left_out() -> None:
    found = analysed({"teams": {"a>b": 12}, "customers": {"a>b": 20}}, own=("a",))
    own = {one.id: one for one in found.places}

    assert (own["a"].own, own["a"].ranked, own["b"].places[0]) == (1000, 0, 1000)


def test_draw_is_the_same_everywhere_and_uses_every_bucket() -> None:
    seed = seed_of("s1", b"\x01" * 32)

    assert seed.hex() == "51f3cc48641b2b7ee29adbc09720207bb79442ad1a59da8e8fa1b150af8d6fa1"
    assert drawn(seed, "all", 0).hex()[:16] == "c1394a9513991ac6"
    assert drawn(seed, "all", 0) != drawn(seed, "all", 1)
    assert drawn(seed, "all", 7) == drawn(seed, "all", 7)
    assert {n for crowd in range(20) for n in drawn(seed, "all", crowd)} == set(range(256))
    assert bucket_of(tracker(0)) == 252


def test_crowd_is_the_sum_of_its_buckets_added_one_by_one() -> None:
    one, seed = counted(EXAMPLE), seed_of("s1", b"")
    size, weighed = range(4), one.combined

    for number, crowd in enumerate(islice(crowds(one.sample, weighed, seed), 3)):
        expected = [[0] * 4 for _ in size]
        for group in ("employees", "customers"):
            for place in drawn(seed, group, number):
                bucket = one.sample.buckets[group].get(place)
                for a in size:
                    for b in size:
                        above = bucket.above[a][b] if bucket else 0
                        expected[a][b] += weighed.coefficient(group) * above
        assert [list(row) for row in crowd.support] == expected
        assert crowd.net == tuple(sum(expected[a][b] - expected[b][a] for b in size) for a in size)


def test_united_crowd_is_steady_and_a_split_one_is_not() -> None:
    united = counted({"customers": {"a>b>c>d": 300}}, ALONE)
    split = counted({"customers": {"a>b>c>d": 151, "b>a>c>d": 150}}, ALONE)
    first = {
        name: stability(
            one.sample, one.combined, ORDERS["ranked_pairs"], one.lot, seed_of("s1", b"")
        ).options
        for name, one in (("united", united), ("split", split))
    }

    assert _told(first["united"][0]) == (
        "a", RESAMPLES, 1, 1,
    )  # fmt: skip
    assert 300 < first["split"][0].first < 700
    assert sum(one.first for one in first["split"]) == RESAMPLES


@pytest.mark.parametrize("method", sorted(ORDERS))
def test_stability_follows_the_contest_method(method: str) -> None:
    asked = contest(rules=Rules(method=method, max_ranked=4))  # type: ignore[arg-type]  # by name
    found = analysed(EXAMPLE, asked)
    assert found.stability is not None
    first = max(found.stability.options, key=lambda one: one.first)

    assert first.id == counted(EXAMPLE, asked).result.ranks[0][0]


def test_distance_counts_pairs_that_stand_the_other_way_round() -> None:
    assert distance((("a",), ("b",), ("c",)), (("c",), ("b",), ("a",))) == 3
    assert distance((("a", "b"), ("c",)), (("b",), ("a",), ("c",))) == 0
    assert distance((("a",), ("b",), ("c",)), (("b",), ("a", "c"))) == 1
    assert distance((), ()) == 0


def test_withdrawn_ballot_is_in_no_bucket() -> None:
    sampling = Sampling("abcd", ["all"])
    sampling.add(tracker(1), "all", ())

    assert sampling.sample().groups[0].n == 0
    assert sampling.sample().buckets == {"all": {}}


def test_other_ballots_than_those_of_the_result_are_noticed() -> None:
    whole = counted(EXAMPLE)
    other = counted({**EXAMPLE, "teams": {"c>a": 2, "b": 1}})

    assert whole.is_whole
    assert not msgspec.structs.replace(whole, sample=other.sample).is_whole


def test_sealed_electorate_takes_instant_runoff_out_of_the_comparison() -> None:
    closed = tuple(msgspec.structs.replace(one, audit="sealed") for one in ELECTORATES)
    asked = msgspec.structs.replace(contest(), electorates=closed)
    votes = {"employees": {"a>b": 20}, "teams": {"a>b": 20}, "customers": {"a>b": 20}}

    result = counted(votes, asked).result

    assert set(result.methods) == {"ranked_pairs", "schulze", "borda"}
    assert [one.message for one in result.compared] == [wording.ALL_SUMS_AGREE]
    assert seen(votes, asked).methods.do_agree


# --- small electorates ---

SMALL = {
    "employees": {"a>b>c": 4, "d": 2},
    "teams": {"b>c": 24},
    "customers": {"b>c>a>d": 30, "c>a>b": 25},
}


def test_small_electorate_and_the_next_one_show_nothing_of_their_own() -> None:
    found = analysed(SMALL)
    parts = {one.id: one for one in found.parts}

    assert found.is_rounded
    assert [one for one in parts if parts[one].preferred is None] == ["employees", "teams"]
    assert parts["employees"] == type(parts["employees"])("employees", parts["employees"].weighs)
    assert (parts["teams"].moved, parts["teams"].places) == (None, ())
    assert parts["customers"].preferred is not None


def test_figures_of_the_whole_are_rounded_where_a_small_electorate_is_in_it() -> None:
    found = analysed(SMALL)
    shares = [
        *(n for row in found.undecided for n in row),
        *(
            n
            for one in found.places
            for n in (*one.places, one.left_out, one.ranked, one.mean or 0)
        ),
        *(gap.points for gap in found.gaps),
        *(n for gap in found.gaps for n in gap.by.values()),
        *(one.first for one in (found.stability.options if found.stability else ())),
        *(one.moved or 0 for one in found.parts),
    ]

    assert shares
    assert all(n % 10 == 0 for n in shares)
    assert found.missing == {"ballots": "rounded", "flips": "rounded", "equal": "rounded"}
    assert (found.flips, found.equal) == (None, None)
    assert all(gap.ballots == {} for gap in found.gaps)
    assert {who for gap in found.gaps for who in gap.by} == {"customers"}


def test_electorate_below_its_minimum_is_hidden_without_rounding_the_rest() -> None:
    found = analysed({**EXAMPLE, "teams": {"a": 3}})
    parts = {one.id: one for one in found.parts}

    assert not found.is_rounded
    assert (parts["teams"].weighs, parts["teams"].preferred) == (0, None)


@pytest.mark.parametrize("many", [0, 1, 9])
def test_few_ballots_have_no_further_figures(many: int) -> None:
    found = analysed({"customers": {"a>b": many}}, ALONE)

    assert set(found.missing.values()) == {"few"}
    assert (found.gaps, found.places, found.undecided) == ((), (), ())
    assert (found.stability, found.flips, found.equal) == (None, None, None)
    assert all(one.preferred is None and one.moved is None for one in found.parts)


def test_instant_runoff_tells_why_figures_are_missing() -> None:
    found = analysed(EXAMPLE, contest(rules=Rules(method="irv", max_ranked=4)))

    assert found.missing == {"stability": "method", "flips": "method", "equal": "method"}
    assert found.places
    assert set(found.distances) == {"ranked_pairs", "schulze", "borda"}


def test_shared_first_place_has_no_bounds() -> None:
    found = analysed({"customers": {"a>b": 10, "b>a": 10}}, ALONE)

    assert (found.flips, found.missing["flips"]) == (None, "shared")


def test_single_option_has_nothing_to_compare() -> None:
    one = msgspec.structs.replace(contest(), options=(option("a"),))
    found = analysed({"customers": {"a": 20}}, one)

    assert found.missing["stability"] == found.missing["gaps"] == "alone"
    assert found.places[0].places == (1000,)


# --- the page ---


def test_bars_are_never_longer_than_whole() -> None:
    found = seen(EXAMPLE)

    for rows in (found.places, *(part.places for part in found.parts)):
        for row in rows:
            pieces = [*row.segments, row.left_out, row.own]
            assert all(one.start + one.share <= 1000 for one in pieces)
            assert [one.start for one in pieces] == [
                sum(before.share for before in pieces[:n]) for n in range(len(pieces))
            ]


def test_duels_follow_the_order_and_sum_to_all_ballots() -> None:
    found = seen(EXAMPLE)

    assert [one.rival.id for one in found.duels] == ["c", "a", "d"]
    assert all(one.won + one.neither + one.lost == 1000 for one in found.duels)


def test_other_methods_are_framed_where_they_differ() -> None:
    table = seen(EXAMPLE).methods

    assert table.apart == (0, 1, 2)
    assert (table.pairs, table.do_agree) == (6, False)
    assert [[cell.rank for cell in cells] for _, cells in table.rows] == [
        [1, 1, 1, 2], [2, 2, 3, 3], [3, 3, 2, 1], [4, 4, 4, 4],
    ]  # fmt: skip
    assert [cell.differs for cell in table.rows[0][1]] == [False, False, False, True]


def test_page_without_figures_still_has_turnout_and_methods() -> None:
    found = dossier(contest(), public(counted(EXAMPLE).result), None)

    assert not found.is_known
    assert [part.turnout.ballots for part in found.parts] == [10, 3, 705]
    assert found.methods.rows
    assert (found.places, found.gaps) == ((), ())


def test_figures_survive_as_json() -> None:
    found = analysed(EXAMPLE)

    assert msgspec.json.decode(msgspec.json.encode(found), type=Analysis) == found


def test_ballots_that_overturn_a_united_electorate_are_one_more_than_it() -> None:
    found = counted({"customers": {"a": 20}}, ALONE)
    case = flips.Case(found.sample.groups, (Share("customers", 1),), found.lot, ORDERS["borda"])

    bound = flips.at_most(case, found.combined, "a", "customers")

    assert bound is not None
    assert bound.ballots == 21
