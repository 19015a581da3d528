"""What must not change a result, and what must change it in a known way."""

from collections.abc import Callable
from itertools import combinations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.elections import ELECTORATES, loose_rankings, strict_rankings
from voting.methods import pairwise
from voting.methods.group_tally import group_of
from voting.methods.outcome import Election
from voting.methods.rankings import Pattern, Ranking
from voting.methods.registry import METHODS
from voting.methods.weights import Share

OPTIONS = ("a", "b", "c", "d")
Cast = dict[str, list[tuple[Ranking, int]]]

rankings = loose_rankings(OPTIONS)
groups = st.fixed_dictionaries(
    {name: st.lists(st.tuples(rankings, st.integers(1, 40)), max_size=5) for name in ELECTORATES}
)
weights = st.tuples(*(st.integers(1, 50) for _ in ELECTORATES))


def election(
    cast: Cast,
    shares: list[Share],
    *,
    options: tuple[str, ...] = OPTIONS,
    lot: tuple[str, ...] = OPTIONS,
) -> Election:
    patterns = {g: tuple(Pattern(g, r, n) for r, n in found) for g, found in cast.items()}
    tallies = [group_of(options, g, found) for g, found in patterns.items()]
    combined = pairwise.combine(options, tallies, shares)
    return Election(combined, lot, tuple(p for found in patterns.values() for p in found))


def shown(which: Election) -> dict[str, tuple[tuple[str, ...], ...]]:
    return {name: count(which).ranks for name, count in METHODS.items()}


def changed(cast: Cast, change: Callable[[Ranking], Ranking]) -> Cast:
    return {g: [(change(r), n) for r, n in found] for g, found in cast.items()}


@given(groups, weights, st.integers(2, 9))
def test_scaling_every_weight_changes_nothing(
    cast: Cast, weight: tuple[int, ...], factor: int
) -> None:
    shares = [Share(g, w, 7) for g, w in zip(ELECTORATES, weight, strict=True)]
    scaled = [msgspec.structs.replace(share, weight=share.weight * factor) for share in shares]

    assert shown(election(cast, scaled)) == shown(election(cast, shares))


@given(groups, weights, st.integers(2, 9))
def test_multiplying_every_ballot_changes_nothing_once_groups_are_full(
    cast: Cast, weight: tuple[int, ...], factor: int
) -> None:
    shares = [Share(g, w) for g, w in zip(ELECTORATES, weight, strict=True)]
    more = {g: [(r, n * factor) for r, n in found] for g, found in cast.items()}

    assert shown(election(more, shares)) == shown(election(cast, shares))


@given(groups, weights, st.permutations(OPTIONS), st.permutations(OPTIONS))
def test_renaming_options_renames_result(
    cast: Cast, weight: tuple[int, ...], names: list[str], lot: list[str]
) -> None:
    shares = [Share(g, w, 5) for g, w in zip(ELECTORATES, weight, strict=True)]
    new = dict(zip(OPTIONS, names, strict=True))

    def renamed(ranking: Ranking) -> Ranking:
        return tuple(new[r] if isinstance(r, str) else tuple(new[o] for o in r) for r in ranking)

    before = shown(election(cast, shares, lot=tuple(lot)))

    after = shown(election(changed(cast, renamed), shares, lot=tuple(new[o] for o in lot)))

    assert after == {
        method: tuple(tuple(new[o] for o in rank) for rank in ranks)
        for method, ranks in before.items()
    }


@given(groups, weights, st.permutations(OPTIONS))
def test_lot_never_changes_what_is_shown(
    cast: Cast, weight: tuple[int, ...], lot: list[str]
) -> None:
    shares = [Share(g, w, 5) for g, w in zip(ELECTORATES, weight, strict=True)]
    drawn = election(cast, shares, lot=tuple(lot))

    mirrored = election(cast, shares, lot=tuple(reversed(lot)))

    for count in METHODS.values():
        one, other = count(drawn), count(mirrored)
        assert [frozenset(rank) for rank in one.ranks] == [frozenset(r) for r in other.ranks]
        apart = {p for rank in one.ranks for p in combinations(sorted(rank), 2)}
        for a, b in combinations(one.order, 2):
            if tuple(sorted((a, b))) not in apart:
                assert other.order.index(a) < other.order.index(b)


@given(groups, groups, weights)
def test_matrices_of_parts_add_up(one: Cast, other: Cast, weight: tuple[int, ...]) -> None:
    for g in ELECTORATES:
        whole = group_of(OPTIONS, g, [Pattern(g, r, n) for r, n in one[g] + other[g]])
        parts = [group_of(OPTIONS, g, [Pattern(g, r, n) for r, n in p[g]]) for p in (one, other)]

        assert whole.n == sum(part.n for part in parts)
        for a in range(4):
            for b in range(4):
                assert whole.above[a][b] == sum(part.above[a][b] for part in parts)


complete = st.lists(
    st.tuples(st.permutations(OPTIONS).map(tuple), st.integers(1, 997)), min_size=3, max_size=8
)
partial = st.lists(st.tuples(strict_rankings(OPTIONS), st.integers(1, 997)), min_size=3, max_size=8)
ONE = [Share("all", 1)]


# Two ballots a > b > c > d and d > c > a > b move a against b by two and nothing else (McGarvey 1953).
SPREAD: list[tuple[Ranking, int]] = [
    (ranking, 1 << bit)
    for bit, (a, b) in enumerate(combinations(OPTIONS, 2))
    for rest in [tuple(o for o in OPTIONS if o not in (a, b))]
    for ranking in [(a, b, *rest), (*rest[::-1], a, b)]
]


def spread(found: list[tuple[Ranking, int]]) -> list[tuple[Ranking, int]]:
    """The ballots 128 times, and a few more that part every result from every other and from 0."""
    return [(ranking, n * 128) for ranking, n in found] + SPREAD


def test_spread_ballots_leave_no_ties() -> None:
    margins = election({"all": spread([])}, ONE).combined.margins

    assert [margins[a][b] for a, b in combinations(range(4), 2)] == [2, 4, 8, 16, 32, 64]


@given(complete)
def test_turning_every_ballot_round_turns_order_round(found: list[tuple[Ranking, int]]) -> None:
    ballots = spread(found)
    order = METHODS["ranked_pairs"](election({"all": ballots}, ONE)).order

    turned = election({"all": [(r[::-1], n) for r, n in ballots]}, ONE)

    assert METHODS["ranked_pairs"](turned).order == order[::-1]


@given(partial)
def test_clone_does_not_move_the_others(found: list[tuple[Ranking, int]]) -> None:
    ballots = spread(found)
    before = election({"all": ballots}, ONE)

    def cloned(ranking: Ranking) -> Ranking:
        at = ranking.index("b") + 1 if "b" in ranking else None
        return ranking if at is None else (*ranking[:at], "b2", *ranking[at:])

    options = (*OPTIONS, "b2")
    after = election(
        {"all": [(cloned(r), n) for r, n in ballots]}, ONE, options=options, lot=options
    )

    for method in ("ranked_pairs", "schulze"):
        order = METHODS[method](after).order
        assert tuple(o for o in order if o != "b2") == METHODS[method](before).order


@given(found=partial, first=st.booleans())
def test_removing_first_or_last_keeps_the_rest(
    found: list[tuple[Ranking, int]], *, first: bool
) -> None:
    ballots = spread(found)
    order = METHODS["ranked_pairs"](election({"all": ballots}, ONE)).order
    gone, kept = (order[0], order[1:]) if first else (order[-1], order[:-1])

    rest = [(tuple(o for o in ranking if o != gone), n) for ranking, n in ballots]
    after = election({"all": rest}, ONE, options=kept, lot=kept)

    assert METHODS["ranked_pairs"](after).order == kept


@given(partial, st.sampled_from(OPTIONS), st.integers(0, 2))
def test_raising_option_never_hurts_it(
    found: list[tuple[Ranking, int]], raised: str, which: int
) -> None:
    before = METHODS["ranked_pairs"](election({"all": spread(found)}, ONE)).order
    ranking, n = found[which]
    better = [*found]
    better[which] = ((raised, *(o for o in ranking if o != raised)), n)

    after = METHODS["ranked_pairs"](election({"all": spread(better)}, ONE)).order

    if before[0] == raised:
        assert after[0] == raised


@pytest.mark.parametrize("method", ["ranked_pairs", "schulze"])
@given(found=partial)
def test_head_to_head_winner_is_first(method: str, found: list[tuple[Ranking, int]]) -> None:
    outcome = METHODS[method](election({"all": found}, ONE))

    winner = outcome.facts.condorcet_winner
    if winner is not None:
        assert outcome.ranks[0] == (winner,)
    if not outcome.is_empty:
        assert set(outcome.ranks[0]) <= set(outcome.facts.smith_set)
