"""Instant runoff: round by round the lowest leaves and its ballots move on. Pure.

Each ballot weighs its electorate's coefficient and counts for its highest remaining option. Nobody
is elected early and no two leave at once, so the order is complete: the reverse of leaving. A
ballot from a file stops counting at its first shared rank: moving on from one is not standardised.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from voting.methods.outcome import Election, Outcome, Round, both_lots, facts_of, no_result, shared
from voting.methods.pairwise import Combined
from voting.methods.rankings import Pattern

METHOD = "irv"

Reason = Literal["tally", "earlier", "net", "lot"]


_Piles = Mapping[bytes, int]
"""Equal ballots: strict rankings by option index, a byte each, with all their weight together."""


class _Removal(msgspec.Struct, frozen=True):
    tallies: dict[int, int]
    exhausted: int
    removed: int
    reason: Reason


def count(election: Election) -> Outcome:
    """The result by instant runoff, with every round.

    Raises:
        ValueError: Ballots count, but the election was given without its ballot patterns.
    """
    combined = election.combined
    if not combined.total:
        return no_result(METHOD, election)
    if not election.patterns:
        msg = "instant runoff needs the ballots, not only their sum"
        raise ValueError(msg)
    piles = _piles(combined, election.patterns)
    order, ranks = both_lots(
        election, lambda lot: [r.removed for r in reversed(_rounds(combined, piles, lot))]
    )
    rounds = tuple(_told(combined, removal) for removal in _rounds(combined, piles, election.lot))
    return Outcome(METHOD, order, ranks, shared(ranks), combined, facts_of(combined), rounds=rounds)


def _piles(combined: Combined, patterns: Iterable[Pattern]) -> _Piles:
    index = {option: position for position, option in enumerate(combined.options)}
    weights: dict[bytes, int] = {}
    for pattern in patterns:
        strict: list[int] = []
        for rank in pattern.ranking:
            if not isinstance(rank, str):
                break
            strict.append(index[rank])
        weight = pattern.count * combined.coefficient(pattern.electorate)
        if weight:
            key = bytes(strict)
            weights[key] = weights.get(key, 0) + weight
    return weights


def _rounds(combined: Combined, piles: _Piles, lot: Sequence[str]) -> list[_Removal]:
    drawn = {option: position for position, option in enumerate(lot)}
    places = [drawn[option] for option in combined.options]
    remaining = set(range(len(combined.options)))
    rounds: list[_Removal] = []
    while remaining:
        tallies = dict.fromkeys(sorted(remaining), 0)
        exhausted = 0
        for ranking, weight in piles.items():
            for option in ranking:
                if option in remaining:
                    tallies[option] += weight
                    break
            else:
                exhausted += weight
        removed, reason = _lowest(tallies, rounds, combined.net, places)
        remaining.remove(removed)
        rounds.append(_Removal(tallies, exhausted, removed, reason))
    return rounds


def _lowest(
    tallies: dict[int, int], rounds: Sequence[_Removal], net: Sequence[int], places: Sequence[int]
) -> tuple[int, Reason]:
    """Who leaves, and what decided it; each tie is narrowed down by the next rule."""
    lowest, tied = _least(tallies, set(tallies))
    if len(tied) == 1:
        return lowest, "tally"
    for earlier in reversed(rounds):
        lowest, tied = _least(earlier.tallies, tied)
        if len(tied) == 1:
            return lowest, "earlier"
    lowest, tied = _least(dict(enumerate(net)), tied)
    if len(tied) == 1:
        return lowest, "net"
    return max(tied, key=places.__getitem__), "lot"


def _least(values: dict[int, int], among: set[int]) -> tuple[int, set[int]]:
    least = min(values[option] for option in among)
    tied = {option for option in among if values[option] == least}
    return min(tied), tied


def _told(combined: Combined, removal: _Removal) -> Round:
    options = combined.options
    return Round(
        tuple((options[a], tally) for a, tally in removal.tallies.items()),
        removal.exhausted,
        options[removal.removed],
        removal.reason,
    )
