"""The result of a contest as it is published to be checked: ``tally.json`` and ``result.json``. Pure.

The ballots are counted once more from their openings, by the methods every result is counted by, with the
lot that the close has drawn. Numbers that may pass 2^53 are decimal strings.
Source: counting page 1.4 to 1.8 and 4.5.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from voting.methods import irv
from voting.methods.group_tally import GroupTally
from voting.methods.lot import final
from voting.methods.outcome import Election, Outcome, Ranks
from voting.methods.pairwise import combine
from voting.methods.registry import METHODS
from voting.methods.tally import Pile, Tally, as_if_counted
from voting.methods.weights import Share

Status = Literal["counted", "held", "void"]

_STATUS: Final[Mapping[Status, Literal["counted", "quarantined", "void"]]] = {
    "counted": "counted",
    "held": "quarantined",
    "void": "void",
}


class Rules(msgspec.Struct, frozen=True):
    """What a contest was opened with, as far as a count needs it."""

    sid: str
    method: str
    options: tuple[str, ...]
    shares: tuple[Share, ...]
    sealed: frozenset[str] = frozenset()
    """Electorates whose ballots are never opened to the public."""
    beacon: str = ""
    k_public: int = 0
    """Below so many counted ballots the sums of a sealed electorate would be its ballots."""

    def hides(self, group: GroupTally) -> bool:
        """Whether not even the sums of this electorate may be told."""
        return group.id in self.sealed and group.n < self.k_public


class Recount:
    """A count of openings: each voter's latest one, in any order.

    Args:
        rules: Of the contest.
    """

    def __init__(self, rules: Rules) -> None:
        ids = [share.id for share in rules.shares]
        self.rules = rules
        self.tally = Tally(rules.options, ids, ballots=True)
        self.informed = Tally(rules.options, ids, ballots=True)
        """The same with the held ballots counted."""

    def add(
        self,
        electorate: str,
        ranking: tuple[str, ...],
        own: tuple[str, ...],
        status: Status,
        *,
        why: str | None,
        revision: int,
    ) -> None:
        """Take in one opening.

        Raises:
            UnreadableLine: It does not fit the contest.
        """
        pile = Pile(electorate, ranking, own, _STATUS[status], why, revision > 1, 1, 1)
        self.tally.add(pile)
        self.informed.add(as_if_counted(pile))


def lot_of(rules: Rules, seed: bytes, root: bytes) -> tuple[str, ...]:
    """The order in which the lot has the last word, known from the close on."""
    return final(rules.options, seed=seed, root=root, beacon=rules.beacon)


def tally_value(recount: Recount) -> dict[str, Any]:
    """``tally.json``: the counts of every electorate, of sealed ones where they are large enough."""
    rules = recount.rules
    groups = [
        {**_counts(group, hidden=rules.hides(group)), "id": group.id, "revised": group.revised}
        for group in recount.tally.groups()
    ]
    return {"v": 1, "sid": rules.sid, "options": list(rules.options), "groups": groups}


def small_but_counted(recount: Recount) -> tuple[str, ...]:
    """Electorates whose sums must be hidden though they are in the result: it cannot be published.

    The programme allows none (`sessions.programme_rules`).
    """
    rules, groups = recount.rules, recount.tally.groups()
    weighed = combine(rules.options, groups, rules.shares).electorates
    counted = {one.id for one in weighed if one.coefficient}
    return tuple(one.id for one in groups if rules.hides(one) and one.id in counted)


def result_value(recount: Recount, lot: tuple[str, ...]) -> dict[str, Any]:
    """``result.json``: everything that follows from the ballots, with the trace of every method."""
    rules = recount.rules
    found = _outcomes(rules, recount.tally, lot)
    official = found[rules.method]
    combined = official.combined
    groups = {group.id: group for group in recount.tally.groups()}
    return {
        "v": 1,
        "sid": rules.sid,
        "method": rules.method,
        "options": list(rules.options),
        "lot": list(lot),
        "ballots": recount.tally.ballots,
        "groups": [
            {
                **_counts(groups[one.id], hidden=rules.hides(groups[one.id])),
                "id": one.id,
                "w": one.weight,
                "full": one.full_weight_at,
                "min": one.min,
                "c": str(one.coefficient),
            }
            for one in combined.electorates
        ],
        "T": str(combined.total),
        "P": [_texts(row) for row in combined.support],
        "S": _texts(combined.net),
        "C": _texts(combined.firsts),
        **_placed(official),
        "condorcet": official.facts.condorcet_winner,
        "smith": list(official.facts.smith_set),
        "methods": {"irv": None, **{name: _traced(one) for name, one in found.items()}},
        "with_held": _with_held(recount, lot),
    }


def _outcomes(rules: Rules, tally: Tally, lot: tuple[str, ...]) -> dict[str, Outcome]:
    """By every method; not by instant runoff where not everybody could check it."""
    combined = combine(rules.options, tally.groups(), rules.shares)
    election = Election(combined, lot, tally.patterns())
    methods = [name for name in METHODS if name != irv.METHOD or not rules.sealed]
    return {name: METHODS[name](election) for name in methods}


def _with_held(recount: Recount, lot: tuple[str, ...]) -> dict[str, Any] | None:
    held = {group.id: group.quarantined for group in recount.tally.groups()}
    if not any(held.values()) or any(held[one] for one in recount.rules.sealed):
        return None
    informed = _outcomes(recount.rules, recount.informed, lot)[recount.rules.method]
    return {"held": sum(held.values()), **_placed(informed)}


def _counts(group: GroupTally, *, hidden: bool) -> dict[str, Any]:
    return {
        "n": group.n,
        "withdrawn": group.withdrawn,
        "held": group.held,
        "void": group.void,
        "N": [] if hidden else [list(row) for row in group.above],
        "R": [] if hidden else [list(row) for row in group.placed],
        "own": [] if hidden else list(group.abstained),
    }


def _placed(outcome: Outcome) -> dict[str, Any]:
    return {"order": list(outcome.order), "ranks": _lists(outcome.ranks)}


def _traced(outcome: Outcome) -> dict[str, Any]:
    """An order with how it came about."""
    found = _placed(outcome)
    if outcome.method == "ranked_pairs":
        found["pairs"] = [
            {
                "over": step.winner,
                "under": step.loser,
                "margin": str(step.margin),
                "against": str(step.opposition),
                "locked": step.locked,
            }
            for step in outcome.trace
        ]
    if outcome.method == irv.METHOD:
        found["rounds"] = [
            {
                "tallies": {option: str(tally) for option, tally in one.tallies},
                "exhausted": str(one.exhausted),
                "removed": one.removed,
                "by": one.decided_by,
            }
            for one in outcome.rounds
        ]
    return found


def _texts(numbers: Sequence[int]) -> list[str]:
    return [str(number) for number in numbers]


def _lists(ranks: Ranks) -> list[list[str]]:
    return [list(rank) for rank in ranks]
