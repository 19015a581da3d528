"""The frames of the show, both ways: who one is, the board, the screens, the control room. Pure.

Like the frames about contests they carry whole states with a version and no language; of two
frames of one type the one with the lower version is stale. ``docs/PROTOCOL.md`` is generated from
these types.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from expo.words import Text
from sessions.cues import Scene
from sessions.orders import LARGEST_VERSION
from voting.protocol import ContestState, Place, TallyState, Turnout

Fact = str | int


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="type"):
    """The first frame of every connection: the server's clock and what one is here."""

    server_at: datetime
    version: str
    """Of the software; a page of another version should reload when convenient."""
    role: str
    electorate: str | None
    joined: bool
    """Whether this device can be told apart: it joined or redeemed a pass."""


class BoardState(msgspec.Struct, frozen=True, tag="board", tag_field="type"):
    """What is on, what follows, and where every session stands."""

    version: int
    now: str | None
    next: str | None
    statuses: dict[str, str]
    day: int
    mood: str
    late_minutes: int
    """How late the show is; 0 while it keeps its times."""
    held: bool
    """Whether the show is on hold."""
    times: dict[str, tuple[datetime, datetime]]
    """When the sessions of this day are expected to begin and to end."""


class SessionLabel(msgspec.Struct, frozen=True):
    """A session as a screen names it, with the times that are to be expected."""

    id: str
    title: Text
    entity: Text | None
    starts_at: datetime
    ends_at: datetime


class OptionLabel(msgspec.Struct, frozen=True):
    """An option as a screen names it, in the contest's own order."""

    id: str
    title: Text
    short: Text
    entity: Text
    sample: bool


class Reveal(msgspec.Struct, frozen=True):
    """The places shown so far, the last one first; of the others nothing but their number."""

    total: int
    places: tuple[Place, ...]


class ShownQuestion(msgspec.Struct, frozen=True):
    """A question of the audience on the screens; by whom is told to nobody."""

    text: str
    supports: int


class StageState(msgspec.Struct, frozen=True, tag="stage", tag_field="type"):
    """Everything a projector may know; ``sessions/stage_view.py`` alone makes it.

    ``options`` name what is being ranked, in the contest's own order. ``next`` is the session to
    come, for the scenes *join* and *break*. ``motion`` says whether the screen may animate.
    """

    version: int
    scene: Scene
    day: int
    session: SessionLabel | None
    next: SessionLabel | None
    code: str | None
    url: str
    contest: ContestState | None
    options: tuple[OptionLabel, ...]
    turnout: Turnout | None
    tally: TallyState | None
    reveal: Reveal | None
    final: tuple[Place, ...] | None
    motion: bool = True
    root: str | None = None
    """First digits of the root of the public ledger at the contest's close, for every recording to
    witness; null until it is sealed."""
    question: ShownQuestion | None = None
    """What the desk has put on the screens of the session; null while there is none."""
    late_minutes: int = 0
    """How late the show is; 0 while it keeps its times."""
    held: bool = False
    """Whether the show is on hold: its clock stands."""


class Notice(msgspec.Struct, frozen=True, tag="notice", tag_field="type"):
    """Something everybody should know; the page has the words for the code."""

    code: str
    facts: dict[str, Fact]


class StageOrder(msgspec.Struct, frozen=True):
    """What the stage has been told: ``auto`` when the scene follows by itself."""

    scene: Scene
    """The scene on the screens now, picked or following."""
    auto: bool
    session: str | None
    contest: str | None
    version: int
    scenes: tuple[Scene, ...] = ()
    """What can be picked now."""
    held_at: datetime | None = None
    """Since when the show is on hold; null while its clock runs."""
    absorbs: bool = True
    """Whether the time between sessions takes up a delay."""


class ContestLine(msgspec.Struct, frozen=True):
    """A contest in the rundown."""

    id: str
    phase: str
    version: int
    moves: tuple[str, ...]


class RundownLine(msgspec.Struct, frozen=True):
    """A session in the rundown, with what can be done to it.

    ``starts_at`` and ``ends_at`` are the plan's, the expected ones what is made of it, ``live_at``
    and ``ended_at`` what really was.
    """

    id: str
    title: Text
    entity: Text | None
    day: int
    starts_at: datetime
    ends_at: datetime
    status: str
    version: int
    cues: tuple[str, ...]
    code: str | None
    contest: ContestLine | None
    starts_expected_at: datetime
    ends_expected_at: datetime
    live_at: datetime | None
    ended_at: datetime | None
    added_minutes: int


class ContestControl(ContestState, frozen=True, kw_only=True, tag="contest", tag_field="type"):
    """A contest as the control room needs it: with its moves, names and faults."""

    title: Text
    session: str
    moves: tuple[str, ...]
    labels: tuple[OptionLabel, ...]
    disputed: bool
    """The recount differed from the running tally: nothing can be published."""
    held: int = 0
    """Ballots under review that nobody has decided about; approving the count leaves them out."""


class Counts(msgspec.Struct, frozen=True):
    """Four numbers an organiser watches."""

    connected: int
    ballots: int
    per_minute: int
    refused: dict[str, int]


class ScreenLine(msgspec.Struct, frozen=True):
    """A projector: when it last said what it shows, and whether it is connected now."""

    id: str
    seen_at: datetime
    scene: str
    version: int
    connected: bool


class StaffLine(msgspec.Struct, frozen=True):
    """One line of the staff log."""

    at: datetime
    actor: str
    action: str
    subject: str
    facts: dict[str, Fact]


class Operator(msgspec.Struct, frozen=True):
    """Somebody who runs the show, and what they did last, as the staff log has it."""

    name: str
    here: bool
    """Whether a control room of theirs is connected to this node."""
    action: str | None
    subject: str | None
    acted_at: datetime | None


class Undoable(msgspec.Struct, frozen=True):
    """The last order, which can be taken back with the stage's version until ``until_at``.

    ``action`` is what the staff log calls it.
    """

    action: str
    until_at: datetime


class ControlView(msgspec.Struct, frozen=True, tag="control", tag_field="type"):
    """The whole control room; the same value fills the page and the frame."""

    version: int
    now_at: datetime
    stage: StageOrder
    sessions: tuple[RundownLine, ...]
    contest: ContestControl | None
    counts: Counts
    screens: tuple[ScreenLine, ...]
    log: tuple[StaffLine, ...]
    late_minutes: int
    operators: tuple[Operator, ...]
    undo: Undoable | None


class Beat(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="beat", tag_field="type"):
    """A screen says what it shows; every few seconds, and after each change."""

    scene: Scene
    version: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_VERSION)]


_Frames = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_VERSION)]


class ObsReport(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="obs", tag_field="type"
):
    """How OBS is, as its agent or the overlay inside it says; null where it cannot know."""

    scene: Annotated[str, msgspec.Meta(max_length=128)]
    """The scene that is on air, as OBS names it."""
    suspended: bool = False
    """Whether its operator has taken over until the next item."""
    connected: bool = True
    """Whether whoever reports has OBS on the line."""
    streaming: bool | None = None
    skipped: _Frames | None = None
    total: _Frames | None = None
    suggests: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    """The scene it would show; null while that is the one on air."""
