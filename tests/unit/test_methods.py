"""Elections from published mathematics, and the corners of each method."""

import pytest

from tests.support.elections import Ballots, plain, weighted
from voting.methods import schulze
from voting.methods.outcome import Election, joined
from voting.methods.registry import METHODS, UnknownMethod, method_named, outcomes
from voting.methods.weights import Share

# The capital of Tennessee, the textbook example in Wikipedia's articles on these methods.
TENNESSEE: Ballots = {
    "memphis > nashville > chattanooga > knoxville": 42,
    "nashville > chattanooga > knoxville > memphis": 26,
    "chattanooga > knoxville > nashville > memphis": 15,
    "knoxville > chattanooga > nashville > memphis": 17,
}
CITIES = ["memphis", "nashville", "chattanooga", "knoxville"]

# Condorcet, Essai sur l'application de l'analyse, 1785: 60 voters, a circle.
CONDORCET_1785: Ballots = {
    "A > B > C": 23,
    "B > C > A": 17,
    "B > A > C": 2,
    "C > A > B": 10,
    "C > B > A": 8,
}

# M. Schulze, arXiv:1804.02973, and Wikipedia "Schulze method": 45 voters.
SCHULZE_45: Ballots = {
    "A > C > B > E > D": 5,
    "A > D > E > C > B": 5,
    "B > E > D > A > C": 8,
    "C > A > B > E > D": 3,
    "C > A > E > B > D": 7,
    "C > B > A > D > E": 2,
    "D > C > E > B > A": 7,
    "E > B > A > D > C": 8,
}


def order(method: str, election: Election) -> str:
    return "".join(METHODS[method](election).order)


def test_tennessee_is_won_by_nashville_head_to_head() -> None:
    election = plain(CITIES, TENNESSEE)

    outcome = METHODS["ranked_pairs"](election)

    assert outcome.order == ("nashville", "chattanooga", "knoxville", "memphis")
    assert outcome.facts.condorcet_winner == "nashville"
    assert outcome.facts.smith_set == ("nashville",)
    assert all(step.locked for step in outcome.trace)
    assert METHODS["schulze"](election).order == outcome.order


def test_tennessee_is_won_by_knoxville_in_runoff() -> None:
    outcome = METHODS["irv"](plain(CITIES, TENNESSEE))

    assert outcome.order == ("knoxville", "memphis", "nashville", "chattanooga")
    assert [r.removed for r in outcome.rounds[:2]] == ["chattanooga", "nashville"]
    assert dict(outcome.rounds[1].tallies) == {"memphis": 42, "nashville": 26, "knoxville": 32}


def test_tennessee_borda_points_are_symmetric() -> None:
    outcome = METHODS["borda"](plain(CITIES, TENNESSEE))

    # 3, 2, 1, 0 points on complete ballots: 126, 194, 173, 107; a net score is twice that less 300.
    assert outcome.combined.net == (-48, 88, 46, -86)
    assert outcome.order == ("nashville", "chattanooga", "memphis", "knoxville")


def test_condorcet_circle_drops_its_narrowest_result() -> None:
    outcome = METHODS["ranked_pairs"](plain("ABC", CONDORCET_1785))

    assert [(s.winner, s.loser, s.margin, s.locked) for s in outcome.trace] == [
        ("B", "C", 24, True),
        ("C", "A", 10, True),
        ("A", "B", 6, False),
    ]
    assert outcome.order == ("B", "C", "A")
    assert outcome.facts.condorcet_winner is None
    assert outcome.facts.smith_set == ("A", "B", "C")


def test_schulze_example_of_45_voters() -> None:
    election = plain("ABCDE", SCHULZE_45)

    assert order("schulze", election) == "EACBD"
    assert order("ranked_pairs", election) == "ACEBD"


def test_borda_may_pass_over_a_majority() -> None:
    election = plain("ABC", {"A > B > C": 3, "B > C > A": 2})

    assert order("borda", election) == "BAC"
    assert order("ranked_pairs", election) == "ABC"


def test_bullet_ballot_shares_the_lower_places() -> None:
    outcome = METHODS["borda"](plain("ABC", {"A": 1}))

    assert outcome.combined.net == (2, -1, -1)
    assert [(r.support, r.support_of) for r in outcome.facts.records] == [(4, 4), (1, 4), (1, 4)]


@pytest.mark.parametrize("method", METHODS)
def test_perfect_circle_is_one_shared_rank(method: str) -> None:
    election = plain("ABC", {"A > B > C": 1, "B > C > A": 1, "C > A > B": 1}, lot="BCA")

    outcome = METHODS[method](election)

    assert [set(rank) for rank in outcome.ranks] == [{"A", "B", "C"}]
    assert outcome.rank("C") == 1
    assert len(outcome.by_lot) == 1


@pytest.mark.parametrize("method", METHODS)
def test_lot_parts_what_shares_a_rank(method: str) -> None:
    ballots = {"A > B": 1, "B > A": 1}

    first = METHODS[method](plain("ABC", ballots, lot="ABC"))
    second = METHODS[method](plain("ABC", ballots, lot="CBA"))

    assert (first.order, second.order) == (("A", "B", "C"), ("B", "A", "C"))
    assert first.ranks == (("A", "B"), ("C",))
    assert first.by_lot == (("A", "B"),)
    assert [first.rank(option) for option in "ABC"] == [1, 1, 3]


def test_equal_scores_are_parted_by_first_choices_before_the_lot() -> None:
    outcome = METHODS["borda"](plain("ABC", {"A > B > C": 1, "C > B > A": 1}, lot="BAC"))

    assert outcome.combined.net == (0, 0, 0)
    assert outcome.combined.firsts == (1, 0, 1)
    assert outcome.ranks == (("A", "C"), ("B",))


# Every result of the circle A > B > C > A has the margin 2; 3, 5 and 4 ballots oppose them.
EQUAL_MARGINS: Ballots = {
    "A > B > C": 2,
    "B > C > A": 2,
    "C > A > B": 2,
    "A=C > B": 1,
    "B > A=C": 1,
    "A=B > C": 2,
    "C > A=B": 2,
}


def test_fewer_opposing_ballots_break_equal_margins() -> None:
    outcome = METHODS["ranked_pairs"](plain("ABC", EQUAL_MARGINS))

    assert [(s.winner, s.loser, s.margin, s.opposition, s.locked) for s in outcome.trace] == [
        ("A", "B", 2, 3, True),
        ("C", "A", 2, 4, True),
        ("B", "C", 2, 5, False),
    ]
    assert outcome.ranks == (("C",), ("A",), ("B",))


def test_strength_of_a_win_can_be_measured_by_its_ballots() -> None:
    election = plain("ABC", EQUAL_MARGINS)

    assert len(schulze.count(election).ranks) == 1
    assert schulze.count(election, strength="winning").ranks == (("B",), ("C",), ("A",))


@pytest.mark.parametrize("method", METHODS)
def test_no_ballots_no_result(method: str) -> None:
    outcome = METHODS[method](plain("ABC", {}))

    assert outcome.is_empty
    assert (outcome.order, outcome.ranks, outcome.facts.condorcet_winner) == ((), (), None)
    assert [r.support_of for r in outcome.facts.records] == [0, 0, 0]
    with pytest.raises(KeyError):
        outcome.rank("A")


@pytest.mark.parametrize("method", METHODS)
def test_single_option_wins(method: str) -> None:
    outcome = METHODS[method](plain("A", {"A": 1}))

    assert outcome.ranks == (("A",),)
    assert outcome.facts.condorcet_winner == "A"


@pytest.mark.parametrize("method", METHODS)
def test_group_below_its_minimum_does_not_count(method: str) -> None:
    small = {
        "many": (Share("many", 1, 20, 5), {"A > B": 30}),
        "few": (Share("few", 99, 20, 5), {"B > A": 4}),
    }
    enough = small | {"few": (Share("few", 99, 20, 5), {"B > A": 5})}

    assert METHODS[method](weighted("AB", small)).order == ("A", "B")
    assert METHODS[method](weighted("AB", enough)).order == ("B", "A")


def test_no_ballot_moves_more_than_its_part_of_a_small_group() -> None:
    election = weighted(
        "AB", {"one": (Share("one", 1, 20), {"A": 1}), "many": (Share("many", 1, 20), {"B": 400})}
    )

    assert election.combined.scale == 400
    assert [group.coefficient for group in election.combined.electorates] == [20, 1]
    assert election.combined.support == ((0, 20), (400, 0))


def test_integers_stay_exact_beyond_machine_words() -> None:
    primes = [10007, 10009, 10037, 10039, 10061, 10067, 10069, 10079]
    groups = {f"g{n}": (Share(f"g{n}", 1), {"A": n // 2 + 1, "B": n - n // 2 - 1}) for n in primes}

    combined = weighted("AB", groups).combined

    assert combined.scale > 2**64
    assert combined.total == combined.scale * len(primes)
    assert combined.margins[0][1] == sum(combined.scale // n for n in primes)


def test_runoff_ballot_stops_at_its_first_shared_rank() -> None:
    outcome = METHODS["irv"](plain("ABC", {"A > B=C": 1, "B=C > A": 5, "B": 3, "C": 2}))

    assert dict(outcome.rounds[0].tallies) == {"A": 1, "B": 3, "C": 2}
    assert outcome.rounds[0].exhausted == 5
    assert outcome.rounds[1].exhausted == 6


def test_runoff_tie_looks_back_to_the_latest_round_that_differs() -> None:
    ballots = {"A": 5, "B": 4, "C": 3, "D > C": 1}

    rounds = METHODS["irv"](plain("ABCD", ballots, lot="ABCD")).rounds

    assert [(r.removed, r.decided_by) for r in rounds[:2]] == [("D", "tally"), ("C", "earlier")]


def test_runoff_tie_falls_to_net_score_then_lot() -> None:
    net = METHODS["irv"](plain("ABC", {"A > B": 2, "B > C": 1, "C > B": 1}, lot="ACB")).rounds[0]
    lot = METHODS["irv"](plain("ABC", {"A": 2, "B": 1, "C": 1}, lot="ACB")).rounds[0]

    assert (net.removed, net.decided_by) == ("C", "net")
    assert (lot.removed, lot.decided_by) == ("B", "lot")


def test_runoff_without_ballots_is_a_mistake_of_the_caller() -> None:
    summed = plain("AB", {"A": 1})

    with pytest.raises(ValueError, match="needs the ballots"):
        METHODS["irv"](Election(summed.combined, summed.lot))


def test_orders_join_where_they_differ_and_between() -> None:
    assert joined("ABCDE", "ABCDE") == (("A",), ("B",), ("C",), ("D",), ("E",))
    assert joined("ABCDE", "CBADE") == (("A", "B", "C"), ("D",), ("E",))
    assert joined("ABCDE", "BACED") == (("A", "B"), ("C",), ("D", "E"))
    assert joined("ABCD", "BDAC") == (("A", "B", "C", "D"),)


def test_all_methods_at_once() -> None:
    found = outcomes(plain("ABC", CONDORCET_1785))

    assert {name: outcome.method for name, outcome in found.items()} == {n: n for n in METHODS}


def test_unknown_method_is_refused_with_what_is_known() -> None:
    with pytest.raises(UnknownMethod) as refused:
        method_named("kemeny")

    assert refused.value.facts == {
        "method": "kemeny",
        "known": "ranked_pairs, schulze, borda, irv",
    }
