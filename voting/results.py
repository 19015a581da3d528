"""A closed contest frozen: everything that can be said of it, and what of that may be published. Pure.

`Result` is exact and stays inside; `public` takes out what would show single ballots of a small
electorate. Everything people see or download is made from the public form.
Source: counting page 4.6 (small groups) and 6.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from voting import wording
from voting.contests import Contest
from voting.held_results import WithHeld, totals, with_held
from voting.methods.group_tally import GroupTally, Matrix
from voting.methods.outcome import Election, Outcome, Ranks, election_of
from voting.methods.pairwise import Combined, combine
from voting.methods.registry import METHODS, outcomes
from voting.methods.tally import Tally
from voting.methods.weights import Share
from voting.wording import Sentence

K_PUBLIC: Final = 10
"""Counted ballots from which figures of one electorate are shown; fewer would show single ballots."""


class OptionFigures(msgspec.Struct, frozen=True):
    """One option in the result; average support is the fraction ``support / support_of``."""

    id: str
    rank: int
    wins: int
    draws: int
    losses: int
    support: int
    support_of: int


class ElectorateFigures(msgspec.Struct, frozen=True):
    """One electorate in the result; ``coefficient`` is what one of its ballots weighs."""

    id: str
    ballots: int
    withdrawn: int
    quarantined: int
    revised: int
    weight: int
    full_weight_at: int
    min: int
    coefficient: int
    ranks: Ranks
    """Its own order, counted alone by the contest's method."""
    above: Matrix
    """Ballots that put the row's option above the column's."""
    held: dict[str, int] = {}
    """Ballots nobody decided about, by reason; they are in no figure."""
    void: dict[str, int] = {}


class Result(msgspec.Struct, frozen=True):
    """The outcome of one contest at the end of its log. Exact; not for the public.

    ``ranks`` are places, best first, options that share one together; ``options`` follow
    ``ranks``. ``support[a][b]`` is the weighted number of ballots with a above b, indices by
    ``ids``, which is the contest's own order.
    """

    contest: str
    position: int
    frozen_at: datetime
    method: str
    ballots: int
    total: int
    ids: tuple[str, ...]
    ranks: Ranks
    by_lot: Ranks
    options: tuple[OptionFigures, ...]
    support: Matrix
    electorates: tuple[ElectorateFigures, ...]
    methods: dict[str, Ranks]
    condorcet_winner: str | None
    smith_set: tuple[str, ...]
    own_ballots: int
    said: tuple[Sentence, ...]
    how: tuple[Sentence, ...]
    compared: tuple[Sentence, ...]
    disputed: bool = False
    with_held: WithHeld | None = None
    """What the held ballots would change; None where there are none."""


def shares_of(contest: Contest) -> tuple[Share, ...]:
    """What each electorate of the contest says."""
    return tuple(
        Share(group.id, group.weight, group.full_weight_at, group.min)
        for group in contest.electorates
    )


def outcome_of(contest: Contest, tally: Tally, lot: Sequence[str] = ()) -> Outcome:
    """The order by the contest's own method at this moment of its count."""
    method = contest.rules.method
    election = election_of(tally, shares_of(contest), ballots=method == "irv", lot=lot)
    return METHODS[method](election)


def freeze(
    contest: Contest,
    tally: Tally,
    *,
    position: int,
    at: datetime,
    disputed: bool = False,
    informed: Tally | None = None,
    lot: Sequence[str] = (),
) -> Result:
    """The outcome of a closed contest.

    Args:
        contest: Closed.
        tally: Recounted, with its ballots.
        position: Of the log's last line: the one that closes it, or the last decision.
        at: The instant.
        disputed: The recount differed from the running count.
        informed: The same with the held ballots counted; None where there are none.
        lot: The drawn order; the provisional one where none was drawn.
    """
    election = election_of(tally, shares_of(contest), ballots=True, lot=lot)
    runoff = not any(group.audit == "sealed" for group in contest.electorates)
    by_method = outcomes(election, runoff=runoff)  # sealed ballots are counted again by sums alone
    official = by_method[contest.rules.method]
    others = {name: found for name, found in by_method.items() if name != contest.rules.method}
    own = tally.own_ballots() if contest.rules.own == "abstain" else None
    return Result(
        contest=contest.id,
        position=position,
        frozen_at=at,
        method=contest.rules.method,
        ballots=tally.ballots,
        total=official.combined.total,
        ids=tally.options,
        ranks=official.ranks,
        by_lot=official.by_lot,
        options=_options(official),
        support=official.combined.support,
        electorates=_electorates(contest, tally, election),
        methods={name: found.ranks for name, found in by_method.items()},
        condorcet_winner=official.facts.condorcet_winner,
        smith_set=official.facts.smith_set,
        own_ballots=own or 0,
        said=wording.result_sentences(official),
        how=wording.how_sentences(official, wording.Counted(contest.rules.method, own)),
        compared=wording.other_methods(official, others),
        disputed=disputed,
        with_held=_with_held(contest, tally, official, informed, lot),
    )


def _with_held(
    contest: Contest, tally: Tally, official: Outcome, informed: Tally | None, lot: Sequence[str]
) -> WithHeld | None:
    if informed is None:
        return None
    held = sum(group.quarantined for group in tally.groups())
    return with_held(official, outcome_of(contest, informed, lot), held)


def _options(outcome: Outcome) -> tuple[OptionFigures, ...]:
    found = []
    for option in outcome.order:
        record = outcome.facts.record(option)
        found.append(
            OptionFigures(
                option,
                outcome.rank(option),
                record.wins,
                record.draws,
                record.losses,
                record.support,
                record.support_of,
            )
        )
    return tuple(found)


def _electorates(
    contest: Contest, tally: Tally, election: Election
) -> tuple[ElectorateFigures, ...]:
    groups = {group.id: group for group in tally.groups()}
    return tuple(
        ElectorateFigures(
            weighed.id,
            weighed.n,
            groups[weighed.id].withdrawn,
            groups[weighed.id].quarantined,
            groups[weighed.id].revised,
            weighed.weight,
            weighed.full_weight_at,
            weighed.min,
            weighed.coefficient,
            _alone(contest, groups[weighed.id], election),
            groups[weighed.id].above,
            groups[weighed.id].held,
            groups[weighed.id].void,
        )
        for weighed in election.combined.electorates
    )


def _alone(contest: Contest, group: GroupTally, election: Election) -> Ranks:
    """The electorate's own order, as if nobody else had voted and each of its ballots counted once."""
    if not group.n:
        return ()
    combined: Combined = combine(election.combined.options, [group], [Share(group.id, 1)])
    patterns = tuple(one for one in election.patterns if one.electorate == group.id)
    return METHODS[contest.rules.method](Election(combined, election.lot, patterns)).ranks


# --- what may be published ---


class PublicOption(msgspec.Struct, frozen=True):
    """One option as published; ``support`` in thousandths of all comparisons."""

    id: str
    rank: int
    wins: int
    draws: int
    losses: int
    support: int


class PublicElectorate(msgspec.Struct, frozen=True):
    """One electorate as published.

    ``status``: counted, waiting (fewer than ``needed`` ballots, so it was not counted), or
    without-weight. ``share`` is what it said of the result, in thousandths. ``ranks`` are null
    while its figures are suppressed.
    """

    id: str
    ballots: int
    withdrawn: int
    revised: int
    weight: int
    full_weight_at: int
    needed: int
    share: int
    status: Literal["counted", "waiting", "without-weight"]
    ranks: Ranks | None
    held: dict[str, int] = {}
    void: dict[str, int] = {}


class PublicResult(msgspec.Struct, frozen=True):
    """The outcome as published: turnout is exact, everything else is safe for small electorates.

    ``preferred[a][b]``: of the weighted ballots that prefer one of the two, the thousandths that
    prefer a; null where none does. Rounded to hundredths while an electorate is suppressed.
    """

    contest: str
    position: int
    frozen_at: datetime
    method: str
    ballots: int
    ids: tuple[str, ...]
    ranks: Ranks
    by_lot: Ranks
    options: tuple[PublicOption, ...]
    preferred: tuple[tuple[int | None, ...], ...]
    electorates: tuple[PublicElectorate, ...]
    methods: dict[str, Ranks]
    condorcet_winner: str | None
    own_ballots: int
    said: tuple[Sentence, ...]
    how: tuple[Sentence, ...]
    compared: tuple[Sentence, ...]
    is_rounded: bool
    """Shares are whole hundredths, because exact ones would give a small electorate away."""
    held: dict[str, int] = {}
    """Ballots nobody decided about, by reason; they are not in the result."""
    void: dict[str, int] = {}
    """Ballots two people took out, by reason."""
    with_held: WithHeld | None = None
    """For information: what the held ballots would change."""


def public(result: Result) -> PublicResult:
    """What may be published of a result."""
    hidden = suppressed(result.electorates)
    coarse = is_coarse(result.electorates)
    return PublicResult(
        contest=result.contest,
        position=result.position,
        frozen_at=result.frozen_at,
        method=result.method,
        ballots=result.ballots,
        ids=result.ids,
        ranks=result.ranks,
        by_lot=result.by_lot,
        options=tuple(_public_option(option, coarse=coarse) for option in result.options),
        preferred=_preferred(result.support, coarse=coarse),
        electorates=tuple(
            _public_electorate(one, result.total, hidden=one.id in hidden)
            for one in result.electorates
        ),
        methods=result.methods,
        condorcet_winner=result.condorcet_winner,
        own_ballots=result.own_ballots,
        said=result.said,
        how=result.how,
        compared=result.compared,
        is_rounded=coarse,
        held=totals([one.held for one in result.electorates]),
        void=totals([one.void for one in result.electorates]),
        with_held=result.with_held,
    )


def suppressed(electorates: Sequence[ElectorateFigures]) -> frozenset[str]:
    """The electorates whose figures must not be shown.

    Those with fewer than K_PUBLIC ballots; and where exactly one of them is in the result, the
    next smallest too, so that the hidden figures are not what is left of the whole. A contest of
    one electorate has nothing to hide behind: its result is its ranking, once it is counted.
    """
    if len(electorates) == 1 and electorates[0].coefficient:
        return frozenset()
    present = sorted((one for one in electorates if one.ballots), key=lambda one: one.ballots)
    small = {one.id for one in present if one.ballots < K_PUBLIC}
    counted = [one for one in present if one.coefficient]
    shown = [one.id for one in counted if one.id not in small]
    if shown and len(counted) - len(shown) == 1:
        small.add(shown[0])
    return frozenset(small)


def is_coarse(electorates: Sequence[ElectorateFigures]) -> bool:
    """Whether exact shares of the whole would give a suppressed electorate away: it is part of it."""
    hidden = suppressed(electorates)
    return any(one.coefficient for one in electorates if one.id in hidden)


def thousandths(part: int, whole: int, *, coarse: bool = False) -> int:
    """``part / whole`` in thousandths, rounded half up; in whole hundredths when coarse; 0 of 0 is 0."""
    if not whole:
        return 0
    scale = 100 if coarse else 1000
    return (2 * part * scale + whole) // (2 * whole) * (1000 // scale)


def _public_option(option: OptionFigures, *, coarse: bool) -> PublicOption:
    support = thousandths(option.support, option.support_of, coarse=coarse)
    return PublicOption(option.id, option.rank, option.wins, option.draws, option.losses, support)


def _preferred(support: Matrix, *, coarse: bool) -> tuple[tuple[int | None, ...], ...]:
    size = range(len(support))
    return tuple(
        tuple(
            thousandths(support[a][b], both, coarse=coarse)
            if (both := support[a][b] + support[b][a])
            else None
            for b in size
        )
        for a in size
    )


def _public_electorate(one: ElectorateFigures, total: int, *, hidden: bool) -> PublicElectorate:
    status: Literal["counted", "waiting", "without-weight"] = "counted"
    if not one.coefficient:
        status = "waiting" if one.weight else "without-weight"
    return PublicElectorate(
        one.id,
        one.ballots,
        one.withdrawn,
        one.revised,
        one.weight,
        one.full_weight_at,
        needed=max(1, one.min),
        share=thousandths(one.coefficient * one.ballots, total),
        status=status,
        ranks=None if hidden else one.ranks,
        held=one.held,
        void=one.void,
    )


def canonical(value: object) -> bytes:
    """The value as JSON with sorted keys and nothing optional: the same bytes for the same value."""
    return msgspec.json.encode(value, order="sorted")
