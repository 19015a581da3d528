"""One edition of a bulletin: everything a page, a PDF, a card or a file of it says. Pure.

An edition is complete and never changes: it is frozen from the published results when it goes to its
review, so whatever is made from it years later says the same. Its figures are those of the public
results (`voting.results.public`), so nothing in it can show a single ballot.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from expo.words import Language, Text

Kind = Literal["day", "expo"]
GroupStatus = Literal["counted", "waiting", "without-weight"]


class EditionPlace(msgspec.Struct, frozen=True):
    """One option in its place; ``support`` in thousandths of its comparisons; best place first.

    ``is_shared``: others have the same rank. ``is_sample``: the initiative is an example, not real.
    """

    rank: int
    is_shared: bool
    title: Text
    entity: Text
    support: int
    wins: int
    draws: int
    losses: int
    is_sample: bool = False


class EditionGroup(msgspec.Struct, frozen=True):
    """One electorate: its counted ballots, and its ``share`` of the result in thousandths.

    ``waiting``: too few ballots, so they did not count.
    """

    id: str
    name: Text
    ballots: int
    share: int
    status: GroupStatus


class EditionContest(msgspec.Struct, frozen=True):
    """One contest with its published result.

    ``href`` is the page of its results without the language, e.g. ``/results/grand-final``;
    ``method`` a key of `voting.wording.METHOD_NAMES`; ``said`` the finished sentences by language.
    ``root`` is the ledger's last root in hexadecimal with its ``size`` in leaves; empty and 0 where
    the contest has no ledger. ``stayed_held`` ballots were held, never decided about, and count nowhere.
    """

    id: str
    title: Text
    href: str
    day: int
    ballots: int
    method: str
    said: dict[Language, tuple[str, ...]]
    places: tuple[EditionPlace, ...]
    groups: tuple[EditionGroup, ...]
    root: str
    size: int
    stayed_held: int = 0

    @property
    def waiting(self) -> int:
        """Ballots of groups that did not reach their minimum: they count for nothing."""
        return sum(one.ballots for one in self.groups if one.status == "waiting")

    @property
    def counted(self) -> int:
        """Ballots that made the result."""
        return self.ballots - self.waiting

    @property
    def is_fine(self) -> bool:
        """Whether support is known to a decimal place of a percent; rounded figures say no more than they know."""
        return any(place.support % 10 for place in self.places)


class NotHeld(msgspec.Struct, frozen=True):
    """A contest of the programme that never opened."""

    id: str
    title: Text
    day: int


class Edition(msgspec.Struct, frozen=True):
    """A version of a day's bulletin, or all days together (``kind`` expo, ``day`` 0).

    ``version`` counts a day's publications from 1; of the whole expo, those of all its days; 0 is one
    published result that is in no bulletin yet.
    ``published_at`` is aware, and null as long as it is not published. ``correction`` says what was
    wrong with the version it ``replaces``; both null in a first version. ``on`` is the day's date,
    null for the whole expo.
    """

    kind: Kind
    day: int
    version: int
    expo: Text
    heading: Text
    published_at: datetime | None
    correction: Text | None
    replaces: int | None
    contests: tuple[EditionContest, ...]
    introduction: Text = Text("", "")
    on: date | None = None
    not_held: tuple[NotHeld, ...] = ()

    @property
    def is_result(self) -> bool:
        """Whether it is a published result that stands alone, before its day's bulletin."""
        return self.version == 0

    def contest(self, contest_id: str) -> EditionContest | None:
        """The contest with this id, if it is in this edition."""
        return next((one for one in self.contests if one.id == contest_id), None)
