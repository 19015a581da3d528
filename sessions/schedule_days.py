"""Reads the days of a schedule: opening hours, sessions, slots and streams. Pure."""

from datetime import date, datetime, time
from typing import Final, cast
from zoneinfo import ZoneInfo

import msgspec

from expo.catalogue.values import TITLE_LENGTH
from sessions.programme import SLOT_KINDS, Day, FinalOf, Session, Slot, SlotKind, readings
from sessions.programme_drafts import DayDraft, FinalDraft, SessionDraft
from sessions.schedule_fields import ID_LENGTH, Form, Notes, Place
from sessions.schedule_nodes import quoted_fact
from sessions.schedule_sections import voting
from sessions.streams.reading import stream

MOST_DAYS: Final = 31
MOST_SESSIONS: Final = 60  # of one day: a session of ten minutes after another, for ten hours
MOST_SLOTS: Final = 40
_MOST_LISTED: Final = 1_000  # options read at all; the rule allows far fewer and says how many
_MOST_STREAMS: Final = 6
_URL_TEXT: Final = 300


class DayRead(msgspec.Struct, frozen=True):
    """A day as far as it could be read, and the day itself if all of it could."""

    draft: DayDraft
    day: Day | None


def day(place: Place, n: int, zone: ZoneInfo | None, notes: Notes) -> DayRead:
    """Day number ``n``; without a zone its times are not looked into."""
    form = Form(place, notes)
    on = form.date("date")
    title = form.words("title", TITLE_LENGTH)
    opens_at, closes_at = _instant(form, "starts", on, zone), _instant(form, "ends", on, zone)
    announced_only = form.truth("announced_only")
    places = form.items("sessions", MOST_SESSIONS, required=False)
    reads = [_session(one, on, zone, notes) for one in places]
    form.done()
    drafts = tuple(draft for draft, _ in reads)
    whole = sorted((s for _, s in reads if s), key=lambda s: (s.starts_at, s.ends_at))
    unread = form.has("sessions") and not places and not announced_only
    draft = DayDraft(
        place.path, on, opens_at, closes_at, announced_only, drafts, has_unread_sessions=unread
    )
    if not on or not title or not opens_at or not closes_at or len(whole) < len(reads):
        return DayRead(draft, None)
    return DayRead(draft, Day(n, on, title, opens_at, closes_at, announced_only, tuple(whole)))


def _instant(form: Form, key: str, on: date | None, zone: ZoneInfo | None) -> datetime | None:
    """The one instant a written time means on this day; a doubtful one is a problem."""
    at = form.clock(key)
    if at is None or on is None or zone is None:
        return None
    try:
        first, second = readings(on, at, zone)
    except OverflowError:  # the years 1 and 9999 have no neighbours to shift into
        form.tell(key, "bad-date", found=on.isoformat())
        return None
    if first == second:
        return first
    code = "time-twice" if first < second else "time-skipped"
    found = time.isoformat(at, "minutes")
    form.tell(
        key, code, found=found, first=_utc(min(first, second)), second=_utc(max(first, second))
    )
    return None


def _utc(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%MZ")


def _session(
    place: Place, on: date | None, zone: ZoneInfo | None, notes: Notes
) -> tuple[SessionDraft, Session | None]:
    form = Form(place, notes)
    before = len(notes.problems)
    session_id = form.identifier()
    title = form.words("title", TITLE_LENGTH)
    entity = form.identifier("entity", required=False)
    starts_at, ends_at = _instant(form, "starts", on, zone), _instant(form, "ends", on, zone)
    slots = tuple(_slot(one, notes) for one in form.items("slots", MOST_SLOTS, required=False))
    read_slots = tuple(slot for slot in slots if slot)
    streams = tuple(stream(s, notes) for s in form.items("streams", _MOST_STREAMS, required=False))
    options = _options(form)
    final = _final(form)
    asked = form.form("voting", required=False)
    rules = voting(asked) if asked is not None else None
    form.done()
    draft = SessionDraft(
        place.path,
        session_id,
        starts_at,
        ends_at,
        entity,
        read_slots if len(read_slots) == len(slots) else None,
        options,
        final,
        None if rules is None else rules.method,
    )
    if len(notes.problems) > before or form.is_broken:
        return draft, None
    if not session_id or not title or not starts_at or not ends_at:
        return draft, None
    return draft, Session(
        session_id,
        title,
        starts_at,
        ends_at,
        entity,
        read_slots,
        tuple(one for one in streams if one),
        tuple(option for option in options or () if option),
        rules,
        None if final is None else _final_of(final),
    )


def _options(form: Form) -> tuple[str | None, ...] | None:
    """The ids of the initiatives, None for a list that is none; the rules ask whether they exist."""
    found = tuple(text for _, text in form.texts("initiatives", _MOST_LISTED, ID_LENGTH))
    is_unread = form.has("initiatives") and not form.is_empty_list("initiatives") and not found
    return None if is_unread else found


def _final(form: Form) -> FinalDraft | None:
    """Whose winners meet in the session; the rules ask whether they can."""
    found = form.form("final", required=False)
    if found is None:
        return None
    days = [_day_number(found, path, text) for path, text in found.texts("days", MOST_DAYS, 10)]
    sessions = tuple(text for _, text in found.texts("sessions", _MOST_LISTED, ID_LENGTH))
    found.done()
    return FinalDraft(found.path, tuple(days), sessions)


def _day_number(form: Form, path: str, text: str | None) -> int | None:
    if text is None or (text.isascii() and text.isdecimal() and len(text) <= 2):
        return None if text is None else int(text)
    form.notes.tell(path, "not-a-number", found=quoted_fact(text), low=1, high=MOST_DAYS)
    return None


def _final_of(draft: FinalDraft) -> FinalOf:
    days = tuple(n for n in draft.days if n is not None)
    return FinalOf(days, tuple(one for one in draft.sessions if one))


def _slot(place: Place, notes: Notes) -> Slot | None:
    form = Form(place, notes)
    kind = form.choice("kind", SLOT_KINDS)
    minutes = form.whole("minutes", 1, 24 * 60)
    title = form.words("title", TITLE_LENGTH, required=False)
    form.done()
    if kind is None or minutes is None:
        return None
    return Slot(cast("SlotKind", kind), minutes, title)
