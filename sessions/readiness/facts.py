"""What a rehearsal of a day found out: about each session, and about the place it will be held at. Pure."""

from enum import StrEnum

import msgspec

from expo.words import Text


class Outcome(StrEnum):
    """What became of a session in the rehearsal."""

    HELD = "held"
    """It ran, and what it asks was opened, closed and published."""
    RAN = "ran"
    """It ran; it asks nothing."""
    PASSED = "passed"
    """It was over, called off or put off before: nothing was left to rehearse."""
    BROKEN = "broken"
    """It stopped somewhere; ``why`` is the code of what was in the way."""


class Votes(msgspec.Struct, frozen=True):
    """One contest of the rehearsed day; times are whole seconds of the show's clock.

    Everybody is a synthetic person, once per contest, on however many devices. ``near`` were at most
    ``grace`` behind the hall, ``far`` beyond it; of the near ones ``short`` had less than the hall's
    time. ``late`` sent a ballot after the hard close; ``late_accepted`` of them were told that it counts.
    ``dropped`` lost their connection, ``returned`` of them came back and saw the vote as it was.
    ``told`` were acknowledged, ``counted`` and ``held`` are of the result.
    """

    contest: str
    room: int
    grace: int
    near: int
    far: int
    short: int
    late: int
    late_accepted: int
    dropped: int
    returned: int
    doubled: int
    absent: int
    told: int
    counted: int
    held: int
    disputed: bool


class Played(msgspec.Struct, frozen=True):
    """One session of the rehearsed day.

    ``published`` says that everybody can read the result the expo counted; ``recounted`` that its bundle
    gave the same result to the verifier, None where there was no bundle to look at.
    """

    session: str
    title: Text
    outcome: Outcome
    why: str = ""
    votes: Votes | None = None
    published: bool = False
    recounted: bool | None = None


class Ground(msgspec.Struct, frozen=True):
    """What was found around the rehearsal.

    ``copied`` says that the expo's own database was rehearsed, and not the schedule alone. The tuples are
    names of what something is missing for. ``clock_ms`` is how far this machine's clock was moved while
    the rehearsal ran; ``clock_behind`` that it shows an earlier instant than the expo has on record.
    ``free`` and ``size`` are bytes: of the disk where the expo's data will be, and of its database.
    """

    copied: bool
    streamless: tuple[Text, ...] = ()
    teamless: tuple[Text, ...] = ()
    presenterless: tuple[Text, ...] = ()
    unfinished: tuple[str, ...] = ()
    samples: int = 0
    free: int = 0
    size: int = 0
    clock_ms: int = 0
    clock_behind: bool = False


class Rehearsed(msgspec.Struct, frozen=True):
    """A rehearsed day: its number and title, how it was run, and everything that was found."""

    day: int
    title: Text
    audience: int
    speed: float
    sessions: tuple[Played, ...]
    ground: Ground
