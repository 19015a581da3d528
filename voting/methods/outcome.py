"""What every method answers, and the display of ties they share. Pure."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from voting.methods import pairwise
from voting.methods.lot import provisional
from voting.methods.pairwise import Combined
from voting.methods.rankings import Pattern
from voting.methods.tally import Tally
from voting.methods.weights import Share

Ranks = tuple[tuple[str, ...], ...]


class Election(msgspec.Struct, frozen=True):
    """What a method counts: the weighted sum, the lot order, and the ballots themselves.

    Only instant runoff looks at ``patterns``; the others may be given none.
    """

    combined: Combined
    lot: tuple[str, ...]
    patterns: tuple[Pattern, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """One head-to-head result in the order ranked pairs takes them; set aside if not ``locked``."""

    winner: str
    loser: str
    margin: int
    opposition: int
    locked: bool


class Round(msgspec.Struct, frozen=True):
    """One round of instant runoff: the weighted ballots of who remains, and who leaves.

    ``decided_by`` tells what parted the lowest: the tally, an earlier round, the net score, the lot.
    """

    tallies: tuple[tuple[str, int], ...]
    exhausted: int
    removed: str
    decided_by: Literal["tally", "earlier", "net", "lot"]


class Record(msgspec.Struct, frozen=True):
    """One option head to head, and its average support as the fraction ``support / support_of``.

    Average support is the share of all (ballot, other option) comparisons it wins, a level one
    counting half; with a single option there is none (0 of 0).
    """

    option: str
    wins: int
    draws: int
    losses: int
    support: int
    support_of: int


class Facts(msgspec.Struct, frozen=True):
    """What holds whatever the method; shown beside a result, never deciding it."""

    condorcet_winner: str | None
    smith_set: tuple[str, ...]
    split_cycle: tuple[str, ...]
    records: tuple[Record, ...]
    """In the order of the contest's options."""

    def record(self, option: str) -> Record:
        """The record of one option.

        Raises:
            KeyError: There is no such option.
        """
        return {record.option: record for record in self.records}[option]


class Outcome(msgspec.Struct, frozen=True):
    """The result by one method; ``order`` and ``ranks`` are empty while no ballot counts.

    ``order`` is strict, the lot having the last word. ``ranks`` is what may be shown: options that
    share an inner tuple share a rank. ``by_lot`` are the runs in ``order`` that only the lot parts.
    """

    method: str
    order: tuple[str, ...]
    ranks: Ranks
    by_lot: Ranks
    combined: Combined
    facts: Facts
    trace: tuple[Step, ...] = ()
    rounds: tuple[Round, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show yet."""
        return not self.order

    def rank(self, option: str) -> int:
        """The shown rank of an option, 1 the best; options that share one get the same number.

        Raises:
            KeyError: The result does not hold the option.
        """
        place = 1
        for shared in self.ranks:
            if option in shared:
                return place
            place += len(shared)
        raise KeyError(option)


def election_of(
    tally: Tally, shares: Sequence[Share], *, ballots: bool = False, lot: Sequence[str] = ()
) -> Election:
    """The running tally as an election; ``ballots`` for instant runoff, the provisional lot if none."""
    combined = pairwise.combine(tally.options, tally.groups(), shares)
    patterns = tally.patterns() if ballots else ()
    return Election(combined, tuple(lot) or provisional(tally.options), patterns)


def facts_of(combined: Combined) -> Facts:
    """The facts that hold whatever the method."""
    options = combined.options
    winner = pairwise.condorcet_winner(combined) if combined.total else None
    widest = pairwise.widest_paths(pairwise.positive(combined))

    def named(found: frozenset[int]) -> tuple[str, ...]:
        return tuple(options[a] for a in sorted(found)) if combined.total else ()

    return Facts(
        None if winner is None else options[winner],
        named(pairwise.smith_set(combined)),
        named(pairwise.split_cycle_winners(combined, widest)),
        tuple(_record(combined, a) for a in range(len(options))),
    )


def _record(combined: Combined, a: int) -> Record:
    others = [margin for b, margin in enumerate(combined.margins[a]) if b != a]
    wins, losses = sum(m > 0 for m in others), sum(m < 0 for m in others)
    whole = len(others) * combined.total
    return Record(
        combined.options[a],
        wins,
        len(others) - wins - losses,
        losses,
        support=whole + combined.net[a],
        support_of=2 * whole,
    )


def joined(order: Sequence[str], other: Sequence[str]) -> Ranks:
    """The first order with a shared rank wherever the second one disagrees.

    Where two options change places, they and everything between them in the first order share.
    """
    place = {option: position for position, option in enumerate(other)}
    ranks: list[tuple[str, ...]] = []
    start, furthest = 0, -1
    for position, option in enumerate(order):
        furthest = max(furthest, place[option])
        if furthest == position:  # everything up to here is a prefix of both orders
            ranks.append(tuple(order[start : position + 1]))
            start = position + 1
    return tuple(ranks)


Ordering = Callable[[Sequence[str]], Sequence[int]]
"""A method without its tie display: lot order in, result order out as option indices, best first."""


def both_lots(election: Election, ordering: Ordering) -> tuple[tuple[str, ...], Ranks]:
    """The strict order, and the same with a shared rank wherever the reversed lot changes it."""
    options = election.combined.options
    first = tuple(options[a] for a in ordering(election.lot))
    second = tuple(options[a] for a in ordering(election.lot[::-1]))
    return first, joined(first, second)


def no_result(method: str, election: Election) -> Outcome:
    """The outcome while no ballot counts: no order at all."""
    combined = election.combined
    return Outcome(method, (), (), (), combined, facts_of(combined))


def shared(ranks: Ranks) -> Ranks:
    """Only the ranks that several options share."""
    return tuple(rank for rank in ranks if len(rank) > 1)
