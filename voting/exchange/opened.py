"""What the files of one contest are made of: what was asked, and every ballot once it is open. Pure.

A file is written ballot by ballot as they come (`Sheet`), or from the piles they make (`Piles`), so
that a million of them need the memory of what differs. Nothing here knows where ballots come from.
"""

from datetime import date
from typing import Final, Literal, Protocol

import msgspec

from expo.words import Text, on_one_line
from voting.exchange.ballot_file import MAX_ID, BallotFile, FileGroup
from voting.methods.rankings import Pattern, Ranking, ids_of, without
from voting.methods.weights import Share

Status = Literal["counted", "held", "void"]

_NO_NAME: Final = Text("", "")
_BETWEEN: Final = " · "  # the Arabic and the English form of one name


class Opened(msgspec.Struct, frozen=True):
    """One voter's latest ballot, as cast; an empty ranking was withdrawn.

    ``own`` are the options its voter abstains on. ``tracker`` is empty where nobody was told one.
    """

    tracker: str
    electorate: str
    ranking: Ranking
    own: tuple[str, ...] = ()
    status: Status = "counted"

    @property
    def counts(self) -> bool:
        """Whether it is one of the ballots in the result."""
        return self.status == "counted" and bool(self.ranking)

    @property
    def left(self) -> Ranking:
        """Its ranking without the options it abstains on."""
        return without(self.ranking, self.own)


class Voters(msgspec.Struct, frozen=True):
    """One electorate: its say, its name, and whether its ballots stay with the auditor."""

    share: Share
    name: Text = _NO_NAME
    is_sealed: bool = False


class Asked(msgspec.Struct, frozen=True):
    """What was asked of whom, and how it is counted; ``names`` follow ``options``."""

    id: str
    title: Text
    options: tuple[str, ...]
    names: tuple[Text, ...]
    voters: tuple[Voters, ...]
    method: str = ""
    on: date | None = None
    """Day of the close."""

    @property
    def open_voters(self) -> tuple[Voters, ...]:
        """The electorates whose ballots are in the files."""
        return tuple(one for one in self.voters if not one.is_sealed)

    @property
    def sealed(self) -> tuple[str, ...]:
        """Ids of the electorates whose ballots are in no file."""
        return tuple(one.share.id for one in self.voters if one.is_sealed)

    @property
    def labels(self) -> tuple[str, ...]:
        """One line for each option: its name in both languages, or its id."""
        pairs = zip(self.names, self.options, strict=True)
        return tuple(one_line(name) or option for name, option in pairs)


class Sheet(Protocol):
    """A file that is written ballot by ballot; the texts one after the other are the file."""

    def begin(self) -> str:
        """Everything before the first ballot."""

    def one(self, ballot: Opened) -> str:
        """What stands for this ballot, perhaps nothing."""

    def end(self) -> str:
        """Everything after the last ballot."""


class Piles:
    """The ballots that count, equal ones together. Mutable: whoever writes files fills it."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._said: dict[str, dict[tuple[Ranking, tuple[str, ...]], int]] = {
            one.share.id: {} for one in asked.open_voters
        }

    def take(self, ballot: Opened) -> None:
        """Put one more on its pile; what does not count is left out."""
        if ballot.counts:
            said = self._said[ballot.electorate]
            key = ballot.ranking, ballot.own
            said[key] = said.get(key, 0) + 1

    def file(self) -> BallotFile:
        """The election they are; the largest piles come first."""
        asked = self._asked
        groups = (self._group(one.share) for one in asked.open_voters)
        return BallotFile(
            asked.options, asked.labels, tuple(groups), one_line(asked.title), asked.method
        )

    def _group(self, share: Share) -> FileGroup:
        said = sorted(
            self._said[share.id].items(), key=lambda one: (-one[1], flat(one[0][0]), one[0][1])
        )
        patterns = (Pattern(share.id, ranking, n, own) for (ranking, own), n in said)
        return FileGroup(share, tuple(patterns))


def flat(ranking: Ranking) -> list[tuple[str, ...]]:
    """Its ranks in a form that can be sorted."""
    return [ids_of(rank) for rank in ranking]


def one_line(text: Text) -> str:
    """Both languages on one line, of a length every reader takes; one form where they are the same."""
    forms = dict.fromkeys(on_one_line(form) for form in (text.ar, text.en))
    return _BETWEEN.join(form for form in forms if form)[:MAX_ID].strip()
