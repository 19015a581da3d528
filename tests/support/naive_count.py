"""A second count of the same rules, written differently: fractions, single ballots, brute force.

It shares no code with ``voting`` and is far too slow for anything but small elections in tests.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations

Ranks = list[list[str]]  # best first; what is left out is level at the bottom
Order = list[str]


class Group:
    """One electorate: its rule, and its ballots one by one (ranks, own options)."""

    def __init__(
        self, weight: int, full: int, least: int, ballots: Sequence[tuple[Ranks, frozenset[str]]]
    ) -> None:
        counted = [ballot for ballot in ballots if ballot[0]]
        n = len(counted)
        present = n > 0 and n >= least and weight > 0
        self.each = Fraction(weight, max(n, full)) if present else Fraction(0)
        self.ballots = counted


class NaiveCount:
    """Every method over the same ballots, from their definitions."""

    def __init__(self, options: Sequence[str], groups: Sequence[Group], lot: Sequence[str]) -> None:
        self.options = list(options)
        self.lot = list(lot)
        self.ballots = [(g.each, *ballot) for g in groups for ballot in g.ballots if g.each]

    @property
    def total(self) -> Fraction:
        return sum((weight for weight, _, _ in self.ballots), Fraction(0))

    def support(self, a: str, b: str) -> Fraction:
        """Weight of the ballots that put a above b and abstain on neither."""
        return sum(
            (w for w, ranks, own in self.ballots if not own & {a, b} and _above(ranks, a, b)),
            Fraction(0),
        )

    def margin(self, a: str, b: str) -> Fraction:
        return self.support(a, b) - self.support(b, a)

    def points(self, a: str) -> Fraction:
        """Borda: 1 for each option below, 1/2 for each level one, on every single ballot."""
        given = Fraction(0)
        for weight, ranks, own in self.ballots:
            for b in self.options:
                if b == a:
                    continue
                if own & {a, b} or not (_above(ranks, a, b) or _above(ranks, b, a)):
                    given += weight / 2
                elif _above(ranks, a, b):
                    given += weight
        return given

    def first_choices(self, a: str) -> Fraction:
        given = Fraction(0)
        for weight, ranks, own in self.ballots:
            left = [[o for o in rank if o not in own] for rank in ranks]
            left = [rank for rank in left if rank]
            if left and a in left[0]:
                given += weight
        return given

    def sigma(self, lot: Sequence[str]) -> Order:
        return sorted(
            self.options,
            key=lambda a: (-self.points(a), -self.first_choices(a), list(lot).index(a)),
        )

    def borda(self, lot: Sequence[str]) -> Order:
        return self.sigma(lot)

    def ranked_pairs(self, lot: Sequence[str]) -> Order:
        sigma = self.sigma(lot)
        pairs = [(a, b) for a in sigma for b in sigma if a != b and self.margin(a, b) > 0]
        pairs.sort(key=lambda p: -sigma.index(p[1]))  # stable sorts, the least important first
        pairs.sort(key=lambda p: sigma.index(p[0]))
        pairs.sort(key=lambda p: self.support(p[1], p[0]))
        pairs.sort(key=lambda p: -self.margin(*p))
        locked: list[tuple[str, str]] = []
        for a, b in pairs:
            if not _path(locked, b, a):
                locked.append((a, b))
        left = list(sigma)
        order = []
        while left:
            top = next(a for a in left if not any((b, a) in locked for b in left))
            order.append(top)
            left.remove(top)
        return order

    def schulze_above(self, a: str, b: str) -> bool:
        return self._strongest(a, b) > self._strongest(b, a)

    def _strongest(self, a: str, b: str) -> Fraction:
        """The greatest strength at which there is still a path of wins that strong."""
        wins = {(x, y): self.margin(x, y) for x in self.options for y in self.options if x != y}
        for strength in sorted({m for m in wins.values() if m > 0}, reverse=True):
            if _path([pair for pair, m in wins.items() if m >= strength], a, b):
                return strength
        return Fraction(0)

    def schulze(self) -> list[frozenset[str]]:
        left = list(self.options)
        layers = []
        while left:
            top = frozenset(a for a in left if not any(self.schulze_above(b, a) for b in left))
            layers.append(top)
            left = [a for a in left if a not in top]
        return layers

    def irv(self, lot: Sequence[str]) -> Order:
        left = list(self.options)
        history: list[dict[str, Fraction]] = []
        gone: Order = []
        while left:
            tallies = {a: Fraction(0) for a in left}
            for weight, ranks, own in self.ballots:
                choice = next((o for o in _strict_part(ranks, own) if o in left), None)
                if choice is not None:
                    tallies[choice] += weight
            out = self._leaves(tallies, history, lot)
            history.append(tallies)
            left.remove(out)
            gone.append(out)
        return gone[::-1]

    def _leaves(
        self, tallies: dict[str, Fraction], history: list[dict[str, Fraction]], lot: Sequence[str]
    ) -> str:
        tied = [a for a in tallies if tallies[a] == min(tallies.values())]
        for earlier in reversed(history):
            tied = [a for a in tied if earlier[a] == min(earlier[b] for b in tied)]
        tied = [a for a in tied if self.points(a) == min(self.points(b) for b in tied)]
        return max(tied, key=list(lot).index)

    def condorcet_winner(self) -> str | None:
        for a in self.options:
            if all(self.margin(a, b) > 0 for b in self.options if b != a):
                return a
        return None

    def smith_set(self) -> frozenset[str]:
        for size in range(1, len(self.options) + 1):
            for inside in combinations(self.options, size):
                outside = [b for b in self.options if b not in inside]
                if all(self.margin(a, b) > 0 for a in inside for b in outside):
                    return frozenset(inside)
        raise AssertionError

    def split_cycle(self) -> frozenset[str]:
        """Nobody defeats them: a win counts unless it is the weakest of some circle."""

        def defeats(a: str, b: str) -> bool:
            margin = self.margin(a, b)
            at_least = [
                (x, y)
                for x in self.options
                for y in self.options
                if x != y and self.margin(x, y) >= margin
            ]
            return margin > 0 and not _path(at_least, b, a)

        return frozenset(
            b for b in self.options if not any(defeats(a, b) for a in self.options if a != b)
        )

    def shown(self, method: Callable[[Sequence[str]], Order]) -> list[list[str]]:
        """The tie display: whoever changes places under the reversed lot, and all between, share."""
        first, second = method(self.lot), method(self.lot[::-1])
        same_as_next = [False] * len(first)
        for i, a in enumerate(first):
            for j in range(i + 1, len(first)):
                if second.index(a) > second.index(first[j]):
                    same_as_next[i:j] = [True] * (j - i)
        ranks = [[first[0]]]
        for i, option in enumerate(first[1:]):
            if same_as_next[i]:
                ranks[-1].append(option)
            else:
                ranks.append([option])
        return ranks


def _above(ranks: Ranks, a: str, b: str) -> bool:
    for rank in ranks:
        if a in rank:
            return b not in rank
        if b in rank:
            return False
    return False


def _strict_part(ranks: Ranks, own: frozenset[str]) -> list[str]:
    strict = []
    for rank in ranks:
        left = [option for option in rank if option not in own]
        if len(left) > 1:
            break
        strict += left
    return strict


def _path(links: Sequence[tuple[str, str]], start: str, end: str) -> bool:
    reached, edge = {start}, [start]
    while edge:
        a = edge.pop()
        fresh = [y for x, y in links if x == a and y not in reached]
        reached.update(fresh)
        edge += fresh
    return end in reached
