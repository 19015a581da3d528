"""A result in sentences: what to say on air, and how it was counted. Pure.

Each sentence is a message id with facts by placeholder, so that one rule speaks both languages. The
page translates the message, puts in the names (isolated) and joins lists in its own way. Nothing
here mentions a place that has not been revealed: the caller decides when to ask.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from expo.errors import N_
from voting.methods.outcome import Outcome, Step
from voting.methods.pairwise import Weighed

METHOD_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ranked_pairs": N_("Head to head, ranked pairs"),
        "schulze": N_("Head to head, Schulze"),
        "borda": N_("Average places, Borda"),
        "irv": N_("Round by round, instant runoff"),
    }
)

HOW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ranked_pairs": N_(
            "Every initiative is compared with every other one: which of the two stands higher on more "
            "ballots? The clearest results are written down first; a result that contradicts them is "
            "set aside."
        ),
        "schulze": N_(
            "Every initiative is compared with every other one. An initiative stands above another if "
            "its strongest chain of wins towards it is stronger than the chain back."
        ),
        "borda": N_(
            "A ballot gives an initiative one point for each initiative below it and half a point for "
            "each one level with it. The sum decides."
        ),
        "irv": N_(
            "Each ballot counts for its highest remaining initiative. Round by round the initiative with "
            "the fewest ballots leaves, and its ballots move on."
        ),
    }
)

NO_VOTES: Final = N_("No votes yet.")
BEAT_ALL: Final = N_("{a} beat every other initiative head to head.")
BEAT_ALL_BUT: Final = N_("{a} beat every initiative except {others}.")
UNBEATEN: Final = N_("{a} lost to no other initiative head to head.")
CIRCLE_OF_THREE: Final = N_(
    "{a} beat {b}, {b} beat {c}, {c} beat {a}. The narrowest of the three, {c} over {a}, was set aside."
)
CIRCLE_OF_MORE: Final = N_(
    "{circle} beat one another in a circle, each one the next and the last one the first. The narrowest "
    "of these results, {a} over {b}, was set aside."
)
LEVEL_CIRCLE: Final = N_(
    "{circle} beat one another in a circle, each one the next and the last one the first. The narrowest "
    "results are equal; by the published order, {a} over {b} was set aside."
)
JOINT: Final = N_("{options} share rank {rank}.")
BY_LOT: Final = N_("The order of {options} was decided by lot.")
LOST_LEAD: Final = N_("{a} beat {b} head to head, but the method chosen beforehand puts {b} first.")

EQUAL_VOTES: Final = N_("Every ballot counts the same.")
EQUAL_SHARES: Final = N_(
    "{electorates} each have an equal share of the result, however many voted."
)
FIXED_SHARE: Final = N_(
    "{electorate}: {weight} of {whole} parts of the result, however many voted."
)
SMALL_GROUP: Final = N_(
    "{electorate}: with fewer than {full} ballots, each one counts as one of {full} parts of its share."
)
OMITTED: Final = N_("Initiatives a ballot leaves out count below the ones it ranks.")
OWN: Final = N_(
    "Innovation teams abstain on their own initiatives: these are taken off their ballots before counting."
)
OWN_COUNT: Final = N_("Ballots this concerned: {count}.")
NOT_YET: Final = N_("{electorate}: not counted yet, {count} of {needed} needed.")
NOT_COUNTED: Final = N_("{electorate}: not counted, {count} of {needed} needed.")
PASSED_ON: Final = N_("The share of {electorate} goes to the others in proportion.")
TIE_RULE: Final = N_("Initiatives that only a lot could part share a rank.")
TIE_RULE_OF_CHAINS: Final = N_("Initiatives with equally strong chains share a rank.")

ALL_AGREE: Final = N_("All four methods agree on the first place.")
ALL_SUMS_AGREE: Final = N_(
    "All three methods that need no single ballots agree on the first place."
)
OTHER_FIRST: Final = N_("{method}: first place would go to {options}.")


class Sentence(msgspec.Struct, frozen=True):
    """A message id and what its placeholders stand for.

    ``options`` and ``electorates`` give ids (several are listed by the page), ``numbers`` whole
    numbers, ``phrases`` further message ids.
    """

    message: str
    options: dict[str, tuple[str, ...]] = {}
    electorates: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, int] = {}
    phrases: dict[str, str] = {}


class Counted(msgspec.Struct, frozen=True):
    """The settings of a contest that its "how this was counted" tells.

    ``own_ballots`` counts the ballots an own option was taken off; None where own options count.
    """

    method: str
    own_ballots: int | None = None
    closed: bool = True


def result_sentences(outcome: Outcome, *, one_name: bool = False) -> tuple[Sentence, ...]:
    """What the result says, the first place first.

    Args:
        outcome: By the contest's own method.
        one_name: The lot has to decide, so a shared rank is told as an order decided by lot.
    """
    if outcome.is_empty:
        return (Sentence(NO_VOTES),)
    return (
        *_leaders(outcome),
        *circles(outcome),
        *_shared_ranks(outcome, one_name=one_name),
    )


def _leaders(outcome: Outcome) -> list[Sentence]:
    first, rest = outcome.order[0], outcome.order[1:]
    if not rest or len(outcome.ranks[0]) > 1:
        return []
    facts = outcome.facts
    said = []
    if facts.condorcet_winner == first:
        said.append(Sentence(BEAT_ALL, {"a": (first,)}))
        second = outcome.ranks[1]
        if len(second) == 1 and len(rest) > 1 and facts.record(second[0]).wins == len(rest) - 1:
            said.append(Sentence(BEAT_ALL_BUT, {"a": second, "others": (first,)}))
    elif facts.condorcet_winner is not None:
        said.append(Sentence(LOST_LEAD, {"a": (facts.condorcet_winner,), "b": (first,)}))
    elif facts.record(first).losses == 0:
        said.append(Sentence(UNBEATEN, {"a": (first,)}))
    return said


def circles(outcome: Outcome) -> tuple[Sentence, ...]:
    """One sentence for each head-to-head result ranked pairs set aside."""
    said = []
    for number, step in enumerate(outcome.trace):
        if not step.locked:
            said.append(_circle(outcome.trace[:number], step))
    return tuple(said)


def _circle(before: Sequence[Step], aside: Step) -> Sentence:
    """``aside`` closed a circle with results written down before it: loser, …, winner."""
    path, margins = _chain(before, aside.loser, aside.winner)
    if min(margins) == aside.margin:
        names = {"circle": path, "a": (aside.winner,), "b": (aside.loser,)}
        return Sentence(LEVEL_CIRCLE, names)
    if len(path) == 3:
        return Sentence(CIRCLE_OF_THREE, {"a": path[:1], "b": path[1:2], "c": path[2:]})
    return Sentence(CIRCLE_OF_MORE, {"circle": path, "a": (aside.winner,), "b": (aside.loser,)})


def _chain(before: Sequence[Step], start: str, end: str) -> tuple[tuple[str, ...], list[int]]:
    """The shortest chain of locked results from one option to another, with its margins."""
    beaten: dict[str, list[Step]] = {}
    for step in before:
        if step.locked:
            beaten.setdefault(step.winner, []).append(step)
    came: dict[str, Step] = {}
    edge = [start]
    while end not in came:
        steps = [s for a in edge for s in beaten.get(a, []) if s.loser not in came]
        for step in steps:
            came.setdefault(step.loser, step)
        edge = list(dict.fromkeys(step.loser for step in steps))
    path, margins = [end], []
    while path[-1] != start:
        step = came[path[-1]]
        path.append(step.winner)
        margins.append(step.margin)
    return tuple(reversed(path)), margins


def _shared_ranks(outcome: Outcome, *, one_name: bool) -> list[Sentence]:
    if one_name:
        return [Sentence(BY_LOT, {"options": run}) for run in outcome.by_lot]
    return [
        Sentence(JOINT, {"options": rank}, numbers={"rank": outcome.rank(rank[0])})
        for rank in outcome.ranks
        if len(rank) > 1
    ]


def how_sentences(outcome: Outcome, counted: Counted) -> tuple[Sentence, ...]:
    """How this was counted, generated from the contest's own settings."""
    electorates = outcome.combined.electorates
    own = []
    if counted.own_ballots is not None:
        own = [Sentence(OWN), Sentence(OWN_COUNT, numbers={"count": counted.own_ballots})]
    return (
        Sentence(HOW[counted.method]),
        Sentence(OMITTED),
        *_share_sentences(electorates),
        *own,
        Sentence(TIE_RULE_OF_CHAINS if counted.method == "schulze" else TIE_RULE),
        *waiting_sentences(electorates, closed=counted.closed),
    )


def _share_sentences(electorates: Sequence[Weighed]) -> list[Sentence]:
    if len(electorates) == 1:
        return [Sentence(EQUAL_VOTES)]
    small = [
        Sentence(
            SMALL_GROUP, electorates={"electorate": (e.id,)}, numbers={"full": e.full_weight_at}
        )
        for e in electorates
        if e.counted and e.n < e.full_weight_at
    ]
    if len({e.weight for e in electorates}) == 1:
        everybody = tuple(e.id for e in electorates)
        return [Sentence(EQUAL_SHARES, electorates={"electorates": everybody}), *small]
    whole = sum(e.weight for e in electorates)
    shares = [
        Sentence(
            FIXED_SHARE,
            electorates={"electorate": (e.id,)},
            numbers={"weight": e.weight, "whole": whole},
        )
        for e in electorates
    ]
    return [*shares, *small]


def waiting_sentences(electorates: Sequence[Weighed], *, closed: bool) -> tuple[Sentence, ...]:
    """Which electorates are not in the count, and what happens to their share."""
    said = []
    for e in electorates:
        if e.counted or not e.weight:
            continue
        whose: dict[str, tuple[str, ...]] = {"electorate": (e.id,)}
        missing = {"count": e.n, "needed": e.needed}
        message = NOT_COUNTED if closed else NOT_YET
        said.append(Sentence(message, electorates=whose, numbers=missing))
        if any(other.counted for other in electorates):
            said.append(Sentence(PASSED_ON, electorates=whose))
    return tuple(said)


def other_methods(official: Outcome, others: Mapping[str, Outcome]) -> tuple[Sentence, ...]:
    """Whether the other methods put the same first; without effect on the result."""
    if official.is_empty:
        return ()
    first = official.ranks[0]
    different = [o for o in others.values() if set(o.ranks[0]) != set(first)]
    if not different:
        has_all = "irv" in {official.method, *others}
        return (Sentence(ALL_AGREE if has_all else ALL_SUMS_AGREE),)
    return tuple(
        Sentence(OTHER_FIRST, {"options": o.ranks[0]}, phrases={"method": METHOD_NAMES[o.method]})
        for o in different
    )
