"""What stands in the way of a day's bulletin, contest by contest. Pure."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from expo.errors import N_, Refusal
from expo.words import Language, Text
from voting.contests import Contest, Phase
from voting.results import Result
from voting.visibility import is_shown

Say = Callable[[str, dict[str, str | int]], str]
"""The sentence in the language in force, with its facts filled in."""
Why = Literal["held-undecided", "disputed-recount", "no-published-result", "results-changed"]

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "held-undecided": N_("{contest}: ballots held for review and not decided: {n}"),
        "disputed-recount": N_("{contest}: the recount differs from the running count"),
        "no-published-result": N_("{contest}: its result has not been published"),
        "results-changed": N_("The results are not those the bulletin was reviewed with"),
    }
)
"""The sentence of each reason; ``{contest}`` is its title, ``{n}`` a number of ballots."""


_APPROVED: Final = frozenset({Phase.REVIEWED, Phase.REVEALING, Phase.PUBLISHED, Phase.AMENDED})


class Reason(msgspec.Struct, frozen=True):
    """One thing that keeps the bulletin back; ``n`` counts ballots where there are any to count."""

    why: Why
    contest: str = ""
    title: Text = Text("", "")
    n: int = 0


class BulletinBlocked(Refusal):
    """Something keeps the bulletin back: so many ``reasons``, ``named`` as codes with contests."""

    code = N_("bulletin-blocked")
    status = 409

    def __init__(self, reasons: Sequence[Reason]) -> None:
        named = ", ".join(f"{one.why} {one.contest}".rstrip() for one in reasons)
        super().__init__(reasons=len(reasons), named=named)
        self.reasons = tuple(reasons)


class Standing(msgspec.Struct, frozen=True):
    """A contest of the day as the database has it; ``held`` counts ballots held and not decided."""

    contest: Contest
    result: Result | None
    held: int

    @property
    def was_held(self) -> bool:
        """Whether it was ever opened; one that was not is listed as not held."""
        return self.contest.opened_at is not None

    @property
    def waits(self) -> bool:
        """Whether a held ballot can still be decided; the approval says that the others stay held."""
        return self.held > 0 and self.contest.phase not in _APPROVED

    @property
    def is_shown(self) -> bool:
        """Whether its whole result is public."""
        return self.result is not None and is_shown(self.contest)


def reasons(standings: Sequence[Standing]) -> tuple[Reason, ...]:
    """Everything that keeps the day's bulletin back, in order of the contests."""
    return tuple(one for standing in standings if standing.was_held for one in _of(standing))


def _of(standing: Standing) -> list[Reason]:
    contest, found = standing.contest, []
    if standing.waits:
        found.append(Reason("held-undecided", contest.id, contest.title, standing.held))
    if standing.result is not None and standing.result.disputed:
        found.append(Reason("disputed-recount", contest.id, contest.title))
    if not standing.is_shown:
        found.append(Reason("no-published-result", contest.id, contest.title))
    return found


def told(reason: Reason, language: Language, say: Say) -> str:
    """A reason as a sentence in the language in force.

    Args:
        reason: What keeps the bulletin back.
        language: That language.
        say: Its sentence with facts filled in.
    """
    return say(WORDS[reason.why], {"contest": reason.title.in_(language), "n": reason.n})
