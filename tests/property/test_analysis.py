"""Figures beside a result, for any ballots: samples are recounts, bounds hold, nothing hidden is told."""

import json

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.clock import Clock
from tests.support.contests import ELECTORATES, contest
from tests.support.elections import strict_rankings
from tests.support.samples import Cast, sampled
from voting.analysis import flips
from voting.analysis.figures import Counted, analysis_of
from voting.analysis.stability import seed_of, stability
from voting.methods import pairwise
from voting.methods.lot import provisional
from voting.methods.outcome import Election
from voting.methods.ranked_pairs import count
from voting.methods.registry import ORDERS
from voting.methods.tally import Line, Tally
from voting.methods.weights import Share
from voting.results import freeze, suppressed

OPTIONS = ("a", "b", "c", "d")
GROUPS = tuple(one.id for one in ELECTORATES)
SHARES = [Share("employees", 2, 4), Share("teams", 1, 2), Share("customers", 3, 8)]
LOT = provisional(OPTIONS)
CASTS = st.lists(
    st.tuples(st.sampled_from(GROUPS), strict_rankings(OPTIONS).filter(bool)), max_size=30
)


@given(CASTS)
def test_sample_is_a_recount_in_parts(ballots: list[Cast]) -> None:
    sample = sampled(OPTIONS, GROUPS, ballots)
    tally = Tally(OPTIONS, GROUPS)
    for n, (who, ranking) in enumerate(ballots, start=1):
        tally.apply(Line(n, f"v{n}", who, 1, ranking))

    assert sample.groups == tally.groups()
    for group in sample.groups:
        parts = sample.buckets[group.id].values()
        for a in range(len(OPTIONS)):
            assert sum(part.firsts[a] for part in parts) == group.placed[a][0]
            for b in range(len(OPTIONS)):
                assert sum(part.above[a][b] for part in parts) == group.above[a][b]


@settings(max_examples=15)
@given(CASTS.filter(bool), st.permutations(range(3)))
def test_stability_is_of_the_ballots_and_not_of_their_order(
    ballots: list[Cast], order: list[int]
) -> None:
    sample = sampled(OPTIONS, GROUPS, ballots)
    mixed = msgspec.structs.replace(sample, groups=tuple(sample.groups[n] for n in order))
    found = [
        stability(
            one,
            pairwise.combine(OPTIONS, one.groups, SHARES),
            ORDERS["ranked_pairs"],
            LOT,
            seed_of("s1", b""),
        )
        for one in (sample, mixed)
    ]

    assert found[0] == found[1]
    assert sum(one.first for one in found[0].options) == found[0].resamples
    assert all(1 <= one.best <= one.worst <= len(OPTIONS) for one in found[0].options)


@given(CASTS, st.randoms(use_true_random=False))
def test_fewer_ballots_than_the_lower_bound_never_change_the_first_place(
    ballots: list[Cast], chance: object
) -> None:
    sample = sampled(OPTIONS, GROUPS, ballots)
    combined = pairwise.combine(OPTIONS, sample.groups, SHARES)
    winner = pairwise.condorcet_winner(combined)
    assume(combined.total and winner is not None)
    leader = OPTIONS[winner or 0]

    for bound in flips.at_least(combined, leader):
        own = [n for n, (who, _) in enumerate(ballots) if who == bound.electorate]
        turned = list(ballots)
        for n in own[: bound.ballots - 1]:
            others = [option for option in OPTIONS if option != leader]
            chance.shuffle(others)  # type: ignore[attr-defined]  # a Random, as hypothesis makes them
            turned[n] = (bound.electorate, tuple(others))  # the worst a ballot can do to the leader
        again = sampled(OPTIONS, GROUPS, turned)
        outcome = count(Election(pairwise.combine(OPTIONS, again.groups, SHARES), LOT))
        assert outcome.order[0] == leader


@given(CASTS)
def test_upper_bound_puts_its_rival_first(ballots: list[Cast]) -> None:
    sample = sampled(OPTIONS, GROUPS, ballots)
    combined = pairwise.combine(OPTIONS, sample.groups, SHARES)
    assume(combined.total)
    leader = OPTIONS[ORDERS["ranked_pairs"](combined, LOT)[0]]
    case = flips.Case(sample.groups, tuple(SHARES), LOT, ORDERS["ranked_pairs"])

    for who in GROUPS:
        bound = flips.at_most(case, combined, leader, who)
        if bound is None:
            continue
        more = [*ballots, *[(who, (bound.rival,))] * bound.ballots]
        again = sampled(OPTIONS, GROUPS, more)
        outcome = count(Election(pairwise.combine(OPTIONS, again.groups, SHARES), LOT))
        assert outcome.ranks[0] == (bound.rival,)
        assert bound.rival != leader


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(GROUPS), strict_rankings(OPTIONS).filter(bool)), max_size=60)
)
def test_nothing_of_a_hidden_electorate_is_in_the_figures(ballots: list[Cast]) -> None:
    asked = contest()
    tally = Tally(OPTIONS, GROUPS, ballots=True)
    for n, (who, ranking) in enumerate(ballots, start=1):
        tally.apply(Line(n, f"v{n}", who, 1, ranking))
    result = freeze(asked, tally, position=len(ballots) + 1, at=Clock()())
    counted = Counted(asked, result, sampled(OPTIONS, GROUPS, ballots), LOT)

    told = json.loads(msgspec.json.encode(analysis_of(counted)))

    hidden = suppressed(result.electorates) | {
        one.id for one in counted.sample.groups if one.n < 10
    }
    for part in told["parts"]:
        if part["id"] in hidden:
            assert (part["moved"], part["preferred"], part["places"]) == (None, None, [])
    for gap in told["gaps"]:
        assert hidden.isdisjoint(gap["by"])
        if told["is_rounded"]:
            assert gap["ballots"] == {}
    if told["is_rounded"]:
        assert told["flips"] is told["equal"] is None
