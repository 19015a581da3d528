"""Held ballots in front of two people: what they see of them, and who may be the second. Pure.

Reviewers see where and when, never what a ballot says and never whose it is. A proposal names the lines
it is about; the second person has to be another human being as far as the expo can know.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from expo.errors import N_, Refusal
from voting.holds import RELEASED, VoidReason
from voting.integrity.windows import KINDS, SECONDS, SourceKind

Act = Literal["release", "void"]
MOST_AT_ONCE: Final = 20_000
_FEWEST_TOGETHER: Final = 2  # a group of one is that ballot


class SecondPersonNeeded(Refusal):
    """The second person is the first one: the same person, identity or device."""

    code = N_("second-person-needed")
    status = 403


class ProposalGone(Refusal):
    """There is no such proposal, or it has been decided already."""

    code = N_("proposal-gone")
    status = 409


class NothingHeld(Refusal):
    """No held ballot fits: they may have been decided or replaced meanwhile."""

    code = N_("nothing-held")
    status = 409


class Reviewer(msgspec.Struct, frozen=True):
    """Who reviews, as far as it tells people apart.

    ``marks`` are the identities by which the person is known: ways of signing in, and the pass.
    """

    person: str
    label: str
    device: str
    marks: frozenset[str]


class HeldBallot(msgspec.Struct, frozen=True):
    """One held ballot as reviewers see it; marks are empty where nothing is known."""

    position: int
    why: str
    electorate: str
    at: datetime
    revision: int
    level: str = ""
    device: str = ""
    network: str = ""
    batch: str = ""
    waited_ms: int | None = None

    def mark(self, kind: SourceKind) -> str:
        """Its source of this kind."""
        return str(getattr(self, kind))


class Group(msgspec.Struct, frozen=True):
    """Held ballots that have something in common; ``key`` names it in forms."""

    key: str
    kind: Literal["all", "reason", "device", "network", "batch", "window", "one"]
    of: str
    """The reason, the mark, the window's begin (ms) or the position."""
    n: int
    first_at: datetime
    last_at: datetime
    proposed: int
    """How many of them an undecided proposal is about."""


class Proposal(msgspec.Struct, frozen=True):
    """What one person proposes; ``outcome`` is None while nobody decided."""

    id: str
    contest: str
    act: Act
    why: str
    positions: tuple[int, ...]
    proposer: Reviewer
    proposed_at: datetime
    outcome: Literal["confirmed", "declined"] | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    done: int = 0


def check_second(first: Reviewer, second: Reviewer) -> None:
    """Nothing, if the second is another person than the first.

    Somebody of whom no identity is known cannot be told from anybody.

    Raises:
        SecondPersonNeeded: They are, or could be, one and the same.
    """
    same_device = bool(first.device) and first.device == second.device
    unknown = not first.marks or not second.marks
    if first.person == second.person or same_device or unknown or first.marks & second.marks:
        raise SecondPersonNeeded


def reason_of(act: Act, why: str) -> str | None:
    """The reason a decision carries, where it makes sense; a release has only one."""
    if act == "release":
        return RELEASED
    return why if why in set(VoidReason) else None


def window_of(at: datetime) -> int:
    """Begin of the ten seconds an instant is in, in milliseconds."""
    seconds = int(at.timestamp())
    return (seconds - seconds % SECONDS) * 1000


def groups(held: Sequence[HeldBallot], proposed: frozenset[int] = frozenset()) -> tuple[Group, ...]:
    """Everything held ballots have in common, the most telling first.

    Args:
        held: In order of the log.
        proposed: Positions undecided proposals are about.
    """
    if not held:
        return ()
    found = [_group("all", "all", "", held, proposed)]
    found += _by("reason", held, proposed, lambda one: one.why, fewest=1)
    for kind in KINDS:
        found += _by(kind, held, proposed, _marked(kind))
    found += _by("window", held, proposed, lambda one: str(window_of(one.at)))
    return tuple(found)


def selected(held: Sequence[HeldBallot], key: str) -> tuple[HeldBallot, ...]:
    """The held ballots a form's key names.

    Raises:
        NothingHeld: None.
    """
    kind, _, of = key.partition(":")
    tests: dict[str, Callable[[HeldBallot], bool]] = {
        "all": lambda _one: True,
        "reason": lambda one: one.why == of,
        "device": lambda one: one.device == of != "",
        "network": lambda one: one.network == of != "",
        "batch": lambda one: one.batch == of != "",
        "window": lambda one: str(window_of(one.at)) == of,
        "one": lambda one: str(one.position) == of,
    }
    fits = tests.get(kind)
    found = tuple(one for one in held if fits(one)) if fits else ()
    if not found:
        raise NothingHeld
    return found[:MOST_AT_ONCE]


def _marked(kind: SourceKind) -> Callable[[HeldBallot], str]:
    return lambda one: one.mark(kind)


def _by(
    kind: Literal["reason", "device", "network", "batch", "window"],
    held: Sequence[HeldBallot],
    proposed: frozenset[int],
    of: Callable[[HeldBallot], str],
    fewest: int = _FEWEST_TOGETHER,
) -> list[Group]:
    found: dict[str, list[HeldBallot]] = {}
    for one in held:
        found.setdefault(of(one), []).append(one)
    return [
        _group(f"{kind}:{name}", kind, name, some, proposed)
        for name, some in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
        if name and len(some) >= fewest
    ]


def _group(
    key: str,
    kind: Literal["all", "reason", "device", "network", "batch", "window", "one"],
    of: str,
    held: Sequence[HeldBallot],
    proposed: frozenset[int],
) -> Group:
    times = [one.at for one in held]
    waiting = sum(one.position in proposed for one in held)
    return Group(key, kind, of, len(held), min(times), max(times), waiting)
