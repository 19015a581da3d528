"""What is stored, why, how long and who sees it; and a copy of what is stored about one person. Pure."""

from datetime import datetime
from enum import StrEnum

import msgspec

from expo.errors import N_, Refusal
from expo.words import Text


class Purpose(StrEnum):
    """What something is stored for; the page groups by it, in this order."""

    ENTERING = "entering"
    LETTERS = "letters"
    VOTING = "voting"
    FAIRNESS = "fairness"
    TEAMS = "teams"
    RECORD = "record"
    SHOW = "show"
    MACHINES = "machines"


class Kind(StrEnum):
    """What a column tells about a person."""

    PERSONAL = "personal"
    """About a person, readable."""
    MARK = "mark"
    """A fingerprint, a keyed mark or a random id that stands for a person: it cannot be read back."""
    SECRET = "secret"  # noqa: S105 - the name of a kind
    """Opens something, or makes marks; nobody is shown it, its owner neither."""
    PLAIN = "plain"
    """Nothing about a person."""


class By(StrEnum):
    """By what a row belongs to a person."""

    PERSON = "person"
    DEVICE = "device"
    ADDRESS = "address"
    PASS = "pass"  # noqa: S105 - the name of a thing


class Now(msgspec.Struct, frozen=True):
    """Stands for the instant of an erasure among the values it leaves."""


class Columns(msgspec.Struct, frozen=True):
    """Columns of one table that hold the same kind of thing; ``what`` says it in words."""

    kind: Kind
    what: str
    names: tuple[str, ...]


class Table(msgspec.Struct, frozen=True):
    """One table: why it is kept, how long, who sees it, and how its rows belong to people.

    ``own`` names the columns by which a row is somebody's; ``wiped`` is what an erasure leaves in the
    row, None when the row goes, nothing when it stays as it is.
    """

    name: str
    purpose: Purpose
    why: str
    until: str
    seen_by: str
    columns: tuple[Columns, ...]
    own: tuple[tuple[By, str], ...] = ()
    wiped: tuple[tuple[str, str | Now | None], ...] | None = ()

    @property
    def is_personal(self) -> bool:
        """Whether anything in it can be read as somebody's."""
        return any(one.kind is Kind.PERSONAL for one in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column."""
        return tuple(name for one in self.columns for name in one.names)

    @property
    def told(self) -> tuple[str, ...]:
        """The columns that are in a person's copy."""
        shown = {Kind.PERSONAL, Kind.PLAIN}
        return tuple(name for one in self.columns if one.kind in shown for name in one.names)


class Who(msgspec.Struct, frozen=True):
    """By what somebody's rows are found."""

    person: str
    devices: frozenset[str] = frozenset()
    """Fingerprints of their devices."""
    addresses: frozenset[str] = frozenset()
    """Their addresses, in every spelling they stand in."""
    passes: frozenset[str] = frozenset()
    """Ids of passes that made them and nobody else."""
    marks: frozenset[str] = frozenset()
    """Of their identities; nobody may enter by one while it is erased."""


class BallotCopy(msgspec.Struct, frozen=True):
    """A person's own ballot as it counts now."""

    contest: str
    title: Text
    tracker: str
    revision: int
    electorate: str
    ranking: tuple[str, ...]
    titles: tuple[Text, ...]
    """What is ranked, in words."""
    accepted_at: datetime
    status: str


class Copy(msgspec.Struct, frozen=True):
    """Everything stored about one person: rows by table, and ballots.

    ``left_out`` names the columns that are secrets or cannot be read back, by table.
    """

    made_at: datetime
    person: str
    rows: dict[str, tuple[dict[str, object], ...]]
    ballots: tuple[BallotCopy, ...]
    left_out: dict[str, tuple[str, ...]]


class BallotUnderWay(Refusal):
    """Voting is still open where this person has a ballot; ``contests`` says in how many."""

    code = N_("ballot-under-way")
    status = 409


class NotConfirmed(Refusal):
    """The box that says "I mean it" was not ticked."""

    code = N_("erase-not-confirmed")
    status = 422
