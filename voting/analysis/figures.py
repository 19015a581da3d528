"""From counted ballots to everything a result page says beside the result, as far as it may. Pure.

Source: counting page 4.6 and 6.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from voting.analysis import distribution, flips, influence
from voting.analysis.distribution import Spread
from voting.analysis.flips import Case
from voting.analysis.sample import Sample
from voting.analysis.stability import Stability, Steady, seed_of, stability
from voting.analysis.values import Analysis, Figure, Flips, Gap, Part, Places, Reason
from voting.contests import Contest
from voting.methods.group_tally import GroupTally
from voting.methods.outcome import Ranks
from voting.methods.pairwise import Combined, combine
from voting.methods.registry import ORDERS
from voting.results import (
    K_PUBLIC,
    Result,
    is_coarse,
    shares_of,
    suppressed,
    thousandths,
)

_HEAD_TO_HEAD: Final = ("ranked_pairs", "schulze")  # put whoever beats everybody first


class Counted(msgspec.Struct, frozen=True):
    """A contest as the figures need it: asked of whom, frozen how, cast what.

    ``root`` is the final root of its ledger, empty where there is none; ``lot`` the last word.
    """

    contest: Contest
    result: Result
    sample: Sample
    lot: tuple[str, ...]
    root: bytes = b""

    @property
    def combined(self) -> Combined:
        """The ballots weighed."""
        return combine(self.sample.options, self.sample.groups, shares_of(self.contest))

    @property
    def is_whole(self) -> bool:
        """Whether these ballots are the ones the result was counted from."""
        counted = [(one.id, one.ballots, one.above) for one in self.result.electorates]
        return counted == [(one.id, one.n, one.above) for one in self.sample.groups]


def analysis_of(counted: Counted) -> Analysis:
    """Every figure that may be published about a frozen result."""
    result, combined = counted.result, counted.combined
    coarse = is_coarse(result.electorates)
    missing = _missing(counted, combined, coarse=coarse)
    order = [option.id for option in result.options]
    weighed = distribution.of_all(combined, counted.sample.groups)
    deep = distribution.depth(weighed)
    return Analysis(
        contest=result.contest,
        position=result.position,
        frozen_at=result.frozen_at,
        method=result.method,
        ids=result.ids,
        is_rounded=coarse,
        gaps=() if "gaps" in missing else _gaps(counted, combined, order, coarse=coarse),
        undecided=() if "places" in missing else _undecided(combined, coarse=coarse),
        places=() if "places" in missing else _places(weighed, deep, coarse=coarse),
        parts=_parts(counted, combined, deep, is_bare="places" in missing),
        stability=None if "stability" in missing else _stability(counted, combined, coarse=coarse),
        flips=None if "flips" in missing else _flips(counted, combined),
        equal=None if "equal" in missing else _equal(counted, combined),
        distances={
            name: influence.distance(result.ranks, ranks)
            for name, ranks in result.methods.items()
            if name != result.method
        },
        missing=missing,
    )


def _missing(counted: Counted, combined: Combined, *, coarse: bool) -> dict[Figure, Reason]:
    """What is not told, and why; the first reason that holds."""
    result = counted.result
    if result.ballots < K_PUBLIC or not combined.total:
        return {"places": "few", "gaps": "few", "ballots": "few", "stability": "few",
                "flips": "few", "equal": "few"}  # fmt: skip
    found: dict[Figure, Reason] = {}
    if len(result.ids) < 2:
        found |= {"gaps": "alone", "stability": "alone", "flips": "alone", "equal": "alone"}
    elif result.method not in ORDERS:
        found |= {"stability": "method", "flips": "method", "equal": "method"}
    elif coarse:
        found |= {"ballots": "rounded", "flips": "rounded", "equal": "rounded"}
    elif len(result.ranks[0]) > 1:
        found["flips"] = "shared"
    if sum(one.counted for one in combined.electorates) < 2:
        found.setdefault("equal", "alone")
    return found


def _shown(counted: Counted) -> frozenset[str]:
    hidden = suppressed(counted.result.electorates)
    return frozenset(
        one.id for one in counted.sample.groups if one.n >= K_PUBLIC and one.id not in hidden
    )


def _gaps(
    counted: Counted, combined: Combined, order: Sequence[str], *, coarse: bool
) -> tuple[Gap, ...]:
    index = {option: n for n, option in enumerate(combined.options)}
    shown = _shown(counted)
    weighed = {one.id: one.coefficient for one in combined.electorates if one.counted}
    found = []
    for over, under in pairwise(order):
        a, b = index[over], index[under]
        margin = combined.margins[a][b]
        by = {
            group.id: thousandths(
                influence.moved(combined, group, a, b), combined.total, coarse=coarse
            )
            for group in counted.sample.groups
            if group.id in shown and group.id in weighed
        }
        ballots = (
            {}
            if coarse
            else {who: flips.ballots_over(abs(margin), c) for who, c in weighed.items()}
        )
        found.append(
            Gap(over, under, thousandths(margin, combined.total, coarse=coarse), by, ballots)
        )
    return tuple(found)


def _undecided(combined: Combined, *, coarse: bool) -> tuple[tuple[int, ...], ...]:
    size = range(len(combined.options))
    support, total = combined.support, combined.total
    return tuple(
        tuple(
            thousandths(total - support[a][b] - support[b][a], total, coarse=coarse)
            if a != b
            else 0
            for b in size
        )
        for a in size
    )


def _places(spreads: Sequence[Spread], deep: int, *, coarse: bool) -> tuple[Places, ...]:
    return tuple(_place(one, deep, coarse=coarse) for one in spreads)


def _place(one: Spread, deep: int, *, coarse: bool) -> Places:
    whole = one.whole
    mean = one.mean
    return Places(
        one.id,
        tuple(thousandths(n, whole, coarse=coarse) for n in one.places[:deep]),
        thousandths(one.left_out, whole, coarse=coarse),
        thousandths(one.own, whole, coarse=coarse),
        thousandths(one.ranked, whole, coarse=coarse),
        None if mean is None else thousandths(*mean, coarse=coarse),
    )


def _parts(counted: Counted, combined: Combined, deep: int, *, is_bare: bool) -> tuple[Part, ...]:
    shown = frozenset[str]() if is_bare else _shown(counted)
    moves = {one.id: influence.movement(combined, one) for one in counted.sample.groups}
    coarse = is_coarse(counted.result.electorates)
    return tuple(
        _part(group, combined, moves, deep, coarse=coarse)
        if group.id in shown
        else Part(group.id, _weighs(combined, group.id))
        for group in counted.sample.groups
    )


def _part(
    group: GroupTally, combined: Combined, moves: Mapping[str, int], deep: int, *, coarse: bool
) -> Part:
    size = range(len(group.above))
    preferred = tuple(
        tuple(
            thousandths(group.above[a][b], both)
            if (both := group.above[a][b] + group.above[b][a])
            else None
            for b in size
        )
        for a in size
    )
    return Part(
        group.id,
        _weighs(combined, group.id),
        moved=thousandths(moves[group.id], sum(moves.values()), coarse=coarse),
        preferred=preferred,
        places=_places(distribution.of_group(combined.options, group), deep, coarse=False),
    )


def _weighs(combined: Combined, electorate: str) -> int:
    """What one ballot says of the result, in millionths; known from the turnout alone."""
    part, whole = combined.coefficient(electorate) * 1_000_000, combined.total
    return (2 * part + whole) // (2 * whole) if whole else 0


def _stability(counted: Counted, combined: Combined, *, coarse: bool) -> Stability:
    seed = seed_of(counted.result.contest, counted.root)
    order = ORDERS[counted.result.method]
    found = stability(counted.sample, combined, order, counted.lot, seed)
    if not coarse:
        return found
    rounded = (
        Steady(one.id, thousandths(one.first, found.resamples, coarse=True), one.best, one.worst)
        for one in found.options
    )
    return msgspec.structs.replace(found, options=tuple(rounded))


def _flips(counted: Counted, combined: Combined) -> Flips:
    result = counted.result
    leader = result.ranks[0][0]
    case = Case(
        counted.sample.groups, shares_of(counted.contest), counted.lot, ORDERS[result.method]
    )
    is_bound = result.method in _HEAD_TO_HEAD and result.condorcet_winner == leader
    who = [one.id for one in combined.electorates if one.counted]
    most = {one: flips.at_most(case, combined, leader, one) for one in who}
    return Flips(
        leader,
        flips.at_least(combined, leader) if is_bound else (),
        tuple(bound for bound in most.values() if bound),
        tuple(one for one, bound in most.items() if bound is None),
    )


def _equal(counted: Counted, combined: Combined) -> Ranks:
    return influence.equal_ballots(
        combined, counted.sample.groups, counted.lot, counted.result.method
    )
