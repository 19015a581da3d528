"""The programme of an expo as values: days, sessions, slots, who votes and how by default.

Every instant is aware and in UTC; a day's date is local to ``Programme.timezone``. The values
hold what ``schedule.yaml`` says and nothing else; whether they fit together is asked in
``programme_rules``. Pure.
"""

from datetime import UTC, date, datetime, time
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from expo.catalogue.values import Entity, Initiative
from expo.identity.people import Assurance
from expo.words import Text
from sessions.streams.sources import Channel, Stream
from voting import contests
from voting.contests import Audit, Method, Visibility
from voting.holds import USUAL, HoldRule

SlotKind = Literal["presentation", "talk", "discussion", "ranking", "break"]
SLOT_KINDS: Final[tuple[str, ...]] = get_args(SlotKind)
METHODS: Final[tuple[str, ...]] = get_args(Method)
VISIBILITIES: Final[tuple[str, ...]] = get_args(Visibility)
OwnRule = Literal["abstain", "count"]
OWN_RULES: Final[tuple[str, ...]] = get_args(OwnRule)
AUDITS: Final[tuple[str, ...]] = get_args(Audit)
LEVELS: Final[tuple[str, ...]] = tuple(level.value for level in Assurance)

ALL_RANKED_UP_TO: Final = 6  # options a ballot may rank completely; above it five (counting 1.3)
RANKED_BEYOND: Final = (
    5  # ranks on a ballot with more options: fewer recognisable orders, less effort
)


class VotingDefaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How contests of this expo are asked unless a contest says otherwise.

    ``max_ranked`` None means the rule of ``ranks_for``. ``own`` is what happens to a team's own
    initiative on its ballot. ``open_minutes`` is the time from opening to the announced close,
    ``stations`` over how many logs a contest's ballots are spread, ``holds`` which ballots are held for
    review.
    """

    method: Method = "ranked_pairs"
    max_ranked: int | None = None
    visibility: Visibility = "hidden"
    own: OwnRule = "abstain"
    open_minutes: int = 10
    grace_seconds: int = 10
    stations: int = 1
    holds: tuple[HoldRule, ...] = USUAL

    def ranks_for(self, options: int) -> int:
        """K: how many of so many options one ballot may rank.

        Source: counting 1.3, "K = m when m <= 6, else 5 by default".
        """
        if self.max_ranked is not None:
            return min(self.max_ranked, options)
        return options if options <= ALL_RANKED_UP_TO else RANKED_BEYOND

    def rules_for(self, options: int) -> contests.Rules:
        """The rules of a contest with so many options."""
        return contests.Rules(
            method=self.method,
            max_ranked=self.ranks_for(options),
            visibility=self.visibility,
            own=self.own,
            open_minutes=self.open_minutes,
            grace_seconds=self.grace_seconds,
            holds=self.holds,
        )


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item inside a session, ``minutes`` long; slots follow each other without gaps."""

    kind: SlotKind
    minutes: int
    title: Text | None = None


class FinalOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose winners meet in a final: of every contest of these days, and of these sessions."""

    days: tuple[int, ...] = ()
    sessions: tuple[str, ...] = ()


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scheduled block on the stage.

    ``entity`` and ``initiatives`` are ids; the initiatives stand in the order in which they are
    presented. A session without initiatives asks the audience nothing, unless it is a ``final``:
    then its options come from results. ``voting`` is how its contest is asked; None: as the expo's
    contests are.
    """

    id: str
    title: Text
    starts_at: datetime
    ends_at: datetime
    entity: str | None = None
    slots: tuple[Slot, ...] = ()
    streams: tuple[Stream, ...] = ()
    initiatives: tuple[str, ...] = ()
    voting: VotingDefaults | None = None
    final: FinalOf | None = None

    @property
    def asks(self) -> bool:
        """Whether the audience is asked anything."""
        return bool(self.initiatives) or self.final is not None

    @property
    def is_break(self) -> bool:
        """Whether it is nothing but a break."""
        return bool(self.slots) and all(slot.kind == "break" for slot in self.slots)

    @property
    def minutes(self) -> int:
        """Length in whole minutes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


class Day(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day of the expo, ``n`` from 1.

    ``announced_only`` says that the sessions are still to be announced; such a day has none.
    Sessions are in rising order of ``starts_at``.
    """

    n: int
    date: date
    title: Text
    opens_at: datetime
    closes_at: datetime
    announced_only: bool = False
    sessions: tuple[Session, ...] = ()


class Electorate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One group of voters and its say (counting 1.6).

    ``weight`` is relative to the other electorates; ``full_weight_at`` is the number of ballots
    from which the whole weight counts; below ``min`` nothing is counted yet; ``level`` is how
    surely one person is one ballot (A identity, B contact or venue token, C device);
    ``expected`` is the number entitled, where known; ``audit`` says whether its ballots are opened to
    everybody at the end, or (``sealed``) to an auditor alone.
    """

    id: str
    name: Text
    weight: int
    full_weight_at: int
    min: int = 5
    level: Assurance = Assurance.DEVICE
    expected: int | None = None
    audit: Audit = "open"

    def in_contest(self) -> contests.Electorate:
        """The same electorate as a contest knows it."""
        return contests.Electorate(
            self.id, self.name, self.weight, self.full_weight_at, self.min, self.level, self.audit
        )


class Programme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One edition of an expo: everything ``schedule.yaml`` says."""

    id: str
    title: Text
    organiser: Text
    edition: str
    timezone: str
    days: tuple[Day, ...]
    entities: tuple[Entity, ...]
    initiatives: tuple[Initiative, ...]
    electorates: tuple[Electorate, ...]
    channels: tuple[Channel, ...] = ()
    voting: VotingDefaults = VotingDefaults()

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which all times of this expo are told."""
        return ZoneInfo(self.timezone)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions of all days, in the order of the days."""
        return tuple(session for day in self.days for session in day.sessions)

    def day(self, n: int) -> Day | None:
        """The day with this number."""
        return next((day for day in self.days if day.n == n), None)

    def day_of(self, session_id: str) -> Day | None:
        """The day that holds this session."""
        return next((d for d in self.days if any(s.id == session_id for s in d.sessions)), None)

    def session(self, session_id: str) -> Session | None:
        """The session with this id."""
        return next((session for session in self.sessions if session.id == session_id), None)

    def entity(self, entity_id: str | None) -> Entity | None:
        """The entity with this id."""
        return next((entity for entity in self.entities if entity.id == entity_id), None)

    def initiative(self, initiative_id: str) -> Initiative | None:
        """The initiative with this id."""
        return next((one for one in self.initiatives if one.id == initiative_id), None)

    def called(self, kind: str, name: str) -> Text | None:
        """The title of a session, entity, initiative or electorate; None for what is not in here."""
        titles = {
            "session": ((one.id, one.title) for one in self.sessions),
            "entity": ((one.id, one.name) for one in self.entities),
            "initiative": ((one.id, one.title) for one in self.initiatives),
            "electorate": ((one.id, one.name) for one in self.electorates),
        }
        return dict(titles[kind]).get(name)

    def options_of(self, session: Session) -> tuple[Initiative, ...]:
        """The session's initiatives, in the order in which they are presented."""
        known = {one.id: one for one in self.initiatives}
        return tuple(known[one] for one in session.initiatives if one in known)

    def sessions_of(self, initiative_id: str) -> tuple[Session, ...]:
        """The sessions in which this initiative is presented."""
        return tuple(s for s in self.sessions if initiative_id in s.initiatives)


def readings(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The two UTC instants a local time may mean; equal on every ordinary day.

    They differ where clocks change: a time that the clocks jump over, or one they show twice.
    """
    local = datetime.combine(day, at, tzinfo=zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
