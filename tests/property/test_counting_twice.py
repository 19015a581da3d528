"""The engine against a second count that shares no code with it, ties and all."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.elections import ELECTORATES, loose_rankings, recount
from tests.support.naive_count import Group, NaiveCount
from voting.methods import pairwise
from voting.methods.group_tally import group_of
from voting.methods.outcome import Election
from voting.methods.rankings import Pattern, Ranking, ids_of
from voting.methods.registry import METHODS
from voting.methods.tally import Line
from voting.methods.weights import Share

SMALL = ("a", "b", "c", "d")


@st.composite
def shares(draw: st.DrawFn) -> tuple[Share, ...]:
    found = []
    for name in ELECTORATES:
        full = draw(st.integers(1, 6))
        found.append(Share(name, draw(st.integers(1, 3)), full, draw(st.integers(0, full))))
    return tuple(found)


@st.composite
def two_counts(draw: st.DrawFn) -> tuple[Election, NaiveCount]:
    """The same small election for both; few ballots, so that ties abound."""
    options = SMALL[: draw(st.integers(1, 4))]
    lot = tuple(draw(st.permutations(options)))
    weights = draw(shares())
    ballots = {share.id: draw(st.lists(loose_rankings(options), max_size=7)) for share in weights}
    return _election(options, lot, weights, ballots), _naive(options, lot, weights, ballots)


def _election(
    options: tuple[str, ...],
    lot: tuple[str, ...],
    weights: tuple[Share, ...],
    ballots: dict[str, list[Ranking]],
) -> Election:
    patterns = {g: tuple(Pattern(g, r, 1) for r in found) for g, found in ballots.items()}
    groups = [group_of(options, g, found) for g, found in patterns.items()]
    combined = pairwise.combine(options, groups, weights)
    return Election(combined, lot, tuple(p for found in patterns.values() for p in found))


def _naive(
    options: tuple[str, ...],
    lot: tuple[str, ...],
    weights: tuple[Share, ...],
    ballots: dict[str, list[Ranking]],
) -> NaiveCount:
    groups = [
        Group(
            share.weight,
            share.full_weight_at,
            share.min,
            [([list(ids_of(rank)) for rank in r], frozenset()) for r in ballots[share.id]],
        )
        for share in weights
    ]
    return NaiveCount(options, groups, lot)


@given(two_counts())
def test_matrix_is_scaled_sum_of_single_ballots(pair: tuple[Election, NaiveCount]) -> None:
    election, naive = pair

    combined = election.combined

    scale = combined.scale
    assert combined.total == naive.total * scale
    for i, a in enumerate(combined.options):
        for j, b in enumerate(combined.options):
            if i != j:
                assert combined.support[i][j] == naive.support(a, b) * scale
        assert combined.firsts[i] == naive.first_choices(a) * scale


@given(two_counts())
def test_every_method_agrees_with_second_count(pair: tuple[Election, NaiveCount]) -> None:
    election, naive = pair
    got = {name: count(election) for name, count in METHODS.items()}

    if not naive.total:
        assert all(outcome.is_empty for outcome in got.values())
        return
    lot = election.lot
    for name, method in (
        ("ranked_pairs", naive.ranked_pairs),
        ("borda", naive.borda),
        ("irv", naive.irv),
    ):
        assert list(got[name].order) == method(lot)
        assert [list(rank) for rank in got[name].ranks] == naive.shown(method)
    assert [frozenset(rank) for rank in got["schulze"].ranks] == naive.schulze()
    place = {option: n for n, option in enumerate(naive.sigma(lot))}
    for rank in got["schulze"].ranks:
        assert list(rank) == sorted(rank, key=place.__getitem__)


@given(two_counts())
def test_facts_agree_with_second_count(pair: tuple[Election, NaiveCount]) -> None:
    election, naive = pair
    facts = METHODS["borda"](election).facts

    if not naive.total:
        assert (facts.condorcet_winner, facts.smith_set, facts.split_cycle) == (None, (), ())
        return
    assert facts.condorcet_winner == naive.condorcet_winner()
    assert frozenset(facts.smith_set) == naive.smith_set()
    assert frozenset(facts.split_cycle) == naive.split_cycle()
    others = len(election.combined.options) - 1
    for record in facts.records:
        margins = [naive.margin(record.option, b) for b in naive.options if b != record.option]
        assert (record.wins, record.draws) == (
            sum(m > 0 for m in margins),
            margins.count(Fraction(0)),
        )
        assert record.wins + record.draws + record.losses == others
        if others:
            average = naive.points(record.option) / (others * naive.total)
            assert Fraction(record.support, record.support_of) == average


@given(two_counts())
def test_every_line_of_ranked_pairs_beat_or_drew_with_next(
    pair: tuple[Election, NaiveCount],
) -> None:
    election, naive = pair
    order = METHODS["ranked_pairs"](election).order

    assert all(naive.margin(a, b) >= 0 for a, b in itertools.pairwise(order))


@given(st.lists(st.tuples(loose_rankings(SMALL), st.sets(st.sampled_from(SMALL))), max_size=9))
def test_own_options_count_the_same_twice(ballots: list[tuple[Ranking, set[str]]]) -> None:
    lines = [
        Line(n, f"v{n}", "teams", 1, ranking, own=tuple(sorted(own)))
        for n, (ranking, own) in enumerate(ballots, start=1)
    ]
    tally = recount(SMALL, ["teams"], lines)
    single = [([list(ids_of(rank)) for rank in r], frozenset(own)) for r, own in ballots]
    naive = NaiveCount(SMALL, [Group(2, 3, 1, single)], SMALL)

    combined = pairwise.combine(SMALL, tally.groups(), [Share("teams", 2, 3, 1)])
    outcome = METHODS["irv"](Election(combined, SMALL, tally.patterns()))

    for i, a in enumerate(SMALL):
        assert combined.firsts[i] == naive.first_choices(a) * combined.scale
        for j, b in enumerate(SMALL):
            if i != j:
                assert combined.support[i][j] == naive.support(a, b) * combined.scale
    assert list(outcome.order) == (naive.irv(SMALL) if naive.total else [])


def test_second_count_is_not_always_right_by_accident() -> None:
    naive = NaiveCount("ab", [Group(1, 1, 0, [([["a"]], frozenset())])], "ab")

    assert naive.support("a", "b") == 1
    with pytest.raises(AssertionError):
        assert naive.borda("ab") == ["b", "a"]
