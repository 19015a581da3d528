"""The Schulze method by margins: an option stands above another if its chain of wins is stronger.

Options whose chains are equal share a rank; inside it they stand in reference order. Ranks are
built from the top: everything no remaining option stands above. Source: M. Schulze, "The Schulze
Method of Voting", arXiv:1804.02973. Pure.
"""

from collections.abc import Sequence
from typing import Literal

from voting.methods.outcome import Election, Outcome, Ranks, facts_of, joined, no_result, shared
from voting.methods.pairwise import Combined, positive, reference_order, widest_paths

METHOD = "schulze"


def count(election: Election, *, strength: Literal["margins", "winning"] = "margins") -> Outcome:
    """The result by the Schulze method.

    ``strength="winning"`` measures a win by the ballots for it (as Debian does); it is there to
    check the engine against elections counted that way.
    """
    combined = election.combined
    if not combined.total:
        return no_result(METHOD, election)
    layers = _layers(widest_paths(positive(combined) if strength == "margins" else _won(combined)))
    ranks = _ranks(combined, layers, election.lot)
    strict = _flat(ranks)
    by_lot = joined(strict, _flat(_ranks(combined, layers, election.lot[::-1])))
    return Outcome(METHOD, strict, ranks, shared(by_lot), combined, facts_of(combined))


def order(combined: Combined, lot: Sequence[str]) -> Sequence[int]:
    """The options best first, the lot having the last word: the fast half of `count`."""
    layers = _layers(widest_paths(positive(combined)))
    sigma = reference_order(combined, lot)
    return [a for layer in layers for a in sigma if a in layer]


def _won(combined: Combined) -> list[list[int]]:
    """The ballots for each won pair, 0 for the others."""
    size = range(len(combined.options))
    return [
        [combined.support[a][b] if combined.margins[a][b] > 0 else 0 for b in size] for a in size
    ]


def _layers(widest: Sequence[Sequence[int]]) -> list[set[int]]:
    remaining = set(range(len(widest)))
    layers = []
    while remaining:
        top = {a for a in remaining if all(widest[b][a] <= widest[a][b] for b in remaining)}
        layers.append(top)
        remaining -= top
    return layers


def _ranks(combined: Combined, layers: Sequence[set[int]], lot: Sequence[str]) -> Ranks:
    sigma = reference_order(combined, lot)
    return tuple(tuple(combined.options[a] for a in sigma if a in layer) for layer in layers)


def _flat(ranks: Ranks) -> tuple[str, ...]:
    return tuple(option for rank in ranks for option in rank)
