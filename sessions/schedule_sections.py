"""Reads the sections of a schedule except its days: the expo, voting, electorates, catalogue.

Pure.
"""

import re
from typing import Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from expo.catalogue.values import (
    BODY_LENGTH,
    LAST_STAGE,
    SERVICE_LENGTH,
    SHORT_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    Entity,
    Initiative,
    ModelStage,
)
from expo.identity.people import Assurance
from expo.words import Text
from sessions.programme import (
    AUDITS,
    LEVELS,
    METHODS,
    OWN_RULES,
    VISIBILITIES,
    Electorate,
    OwnRule,
    VotingDefaults,
)
from sessions.programme_drafts import ElectorateDraft, EntityDraft, InitiativeDraft
from sessions.schedule_fields import Form, Notes, Place, words
from sessions.schedule_nodes import quoted_fact
from sessions.streams.sources import CHANNEL_KINDS, Channel, ChannelKind, is_link_of, is_safe_link
from voting.contests import MOST_OPTIONS, Audit, Method, Visibility
from voting.holds import HOLD_KINDS, HoldKind, HoldRule
from voting.stations import MOST_STATIONS

NAME_LENGTH: Final = 120  # characters; the longest official name of day one has 94
ELECTORATES: Final = ("employees", "teams", "customers")  # who takes part in choosing (S0-6)
MOST_ENTITIES: Final = 100
MOST_INITIATIVES: Final = 600
MOST_CHANNELS: Final = 10
_EDITION_LENGTH: Final = 20
_ZONE: Final = re.compile(r"[A-Z][A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*")
_URL_TEXT: Final = 300
_HANDLE_LENGTH: Final = 60
_MOST_PEOPLE: Final = 10_000_000
_MOST_MINUTES: Final = 24 * 60
_MOST_HOLDS: Final = 10
_MOST_GRACE: Final = 120  # seconds; twice the longest grace of the streaming page


class Head(msgspec.Struct, frozen=True):
    """The section ``expo``; what could not be read is empty and has been reported."""

    id: str
    title: Text
    organiser: Text
    edition: str
    timezone: str
    channels: tuple[Channel, ...]


def head(form: Form | None) -> Head:
    """Which expo this is, whose, where its clock stands and where else it is shown."""
    nothing = Text(ar="", en="")
    if form is None:
        return Head("", nothing, nothing, "", "", ())
    found = Head(
        id=form.identifier() or "",
        title=form.words("title", TITLE_LENGTH) or nothing,
        organiser=form.words("organiser", NAME_LENGTH) or nothing,
        edition=form.text("edition", _EDITION_LENGTH) or "",
        timezone=_timezone(form) or "",
        channels=_channels(form),
    )
    form.done()
    return found


def _timezone(form: Form) -> str | None:
    """The name of a zone of the IANA database."""
    found = form.text("timezone", 64)
    if found is None:
        return None
    if not _ZONE.fullmatch(found):
        form.tell("timezone", "bad-zone", found=quoted_fact(found))
        return None
    try:
        ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        form.tell("timezone", "bad-zone", found=quoted_fact(found))
        return None
    return found


def _channels(form: Form) -> tuple[Channel, ...]:
    """The organiser's accounts."""
    found = []
    for place in form.items("channels", MOST_CHANNELS, required=False):
        one = Form(place, form.notes)
        kind = one.choice("kind", CHANNEL_KINDS)
        url = one.text("url", _URL_TEXT)
        handle = one.text("handle", _HANDLE_LENGTH, required=False)
        if kind and url and not is_link_of(kind, url):
            one.tell("url", "bad-link", found=quoted_fact(url))
        elif kind and url:
            found.append(Channel(cast("ChannelKind", kind), url, handle or ""))
        one.done()
    return tuple(found)


def voting(form: Form | None) -> VotingDefaults:
    """How contests are asked by default; what is not written keeps its usual value."""
    usual = VotingDefaults()
    if form is None:
        return usual
    method = form.choice("method", METHODS, required=False)
    visibility = form.choice("visibility", VISIBILITIES, required=False)
    own = form.choice("own", OWN_RULES, required=False)
    open_minutes = form.whole("open_minutes", 1, _MOST_MINUTES, required=False)
    grace = form.whole("grace_seconds", 0, _MOST_GRACE, required=False)
    stations = form.whole("stations", 1, MOST_STATIONS, required=False)
    ranked = _max_ranked(form)
    holds = _holds(form) if form.has("holds") else usual.holds
    form.asked.append("holds")
    form.done()
    return VotingDefaults(
        method=cast("Method", method or usual.method),
        max_ranked=ranked,
        visibility=cast("Visibility", visibility or usual.visibility),
        own=cast("OwnRule", own or usual.own),
        open_minutes=open_minutes or usual.open_minutes,
        grace_seconds=usual.grace_seconds if grace is None else grace,
        stations=stations or usual.stations,
        holds=holds,
    )


def _holds(form: Form) -> tuple[HoldRule, ...]:
    """What holds a ballot for review; an empty list holds nothing."""
    found = []
    for place in form.items("holds", _MOST_HOLDS, required=False):
        one = Form(place, form.notes)
        kind = one.choice("kind", HOLD_KINDS)
        most = one.whole("most", 0, _MOST_PEOPLE)
        seconds = one.whole("seconds", 1, _MOST_MINUTES * 60, required=False)
        level = one.choice("up_to", LEVELS, required=False)
        one.done()
        if kind is not None and most is not None:
            up_to = Assurance(level) if level else Assurance.DEVICE
            found.append(HoldRule(cast("HoldKind", kind), most, seconds or 0, up_to))
    return tuple(found)


def _max_ranked(form: Form) -> int | None:
    written = form.text("max_ranked", 20, required=False)
    return None if written in {None, "auto"} else form.whole("max_ranked", 1, MOST_OPTIONS)


def electorate(place: Place, notes: Notes) -> tuple[ElectorateDraft, Electorate | None]:
    """One electorate."""
    form = Form(place, notes)
    name_of = form.choice("id", ELECTORATES)
    name = form.words("name", TITLE_LENGTH)
    weight = form.whole("weight", 0, 10_000)
    full = form.whole("full_weight_at", 1, _MOST_PEOPLE)
    least = form.whole("min", 0, _MOST_PEOPLE)
    level = form.choice("level", LEVELS)
    expected = form.whole("expected", 1, _MOST_PEOPLE, required=False)
    audit = cast("Audit", form.choice("audit", AUDITS, required=False) or "open")
    form.done()
    draft = ElectorateDraft(place.path, name_of, weight, full, least, expected, audit)
    if not name_of or not name or weight is None or full is None or least is None or not level:
        return draft, None
    level_of = Assurance(level)
    return draft, Electorate(name_of, name, weight, full, least, level_of, expected, audit)


def entity(place: Place, notes: Notes) -> tuple[EntityDraft, Entity | None]:
    """One entity."""
    form = Form(place, notes)
    name_of = form.identifier()
    name = form.words("name", NAME_LENGTH)
    short = form.words("short", SHORT_LENGTH)
    links = []
    for path, url in form.texts("links", 5, _URL_TEXT):
        if url is None:
            continue
        if is_safe_link(url):
            links.append(url)
        else:
            notes.tell(path, "bad-link", found=quoted_fact(url))
    form.done()
    draft = EntityDraft(place.path, name_of)
    if not name_of or not name or not short:
        return draft, None
    return draft, Entity(name_of, name, short, tuple(links))


def initiative(place: Place, notes: Notes) -> tuple[InitiativeDraft, Initiative | None]:
    """One initiative."""
    form = Form(place, notes)
    name_of, entity_of = form.identifier(), form.identifier("entity")
    sample = form.truth("sample")
    title, short = form.words("title", TITLE_LENGTH), form.words("short", SHORT_LENGTH)
    summary = form.words("summary", SUMMARY_LENGTH)
    problem, proposal, benefit = (
        form.words(part, BODY_LENGTH) for part in ("problem", "proposal", "benefit")
    )
    places = form.items("services", 5, required=False)
    services = [words(one, SERVICE_LENGTH, notes) for one in places]
    stages = _stages(form)
    form.done()
    draft = InitiativeDraft(place.path, name_of, entity_of, stages)
    named = tuple(service for service in services if service)
    if not (title and short and summary and problem and proposal and benefit):
        return draft, None
    if not name_of or not entity_of or stages is None:
        return draft, None
    texts = (title, short, summary, problem, proposal, benefit)
    return draft, Initiative(name_of, entity_of, *texts, named, stages, sample)


def _stages(form: Form) -> tuple[ModelStage, ...] | None:
    """Finished model stages in rising order; None when a date was unreadable."""
    stages = form.form("model_stages", required=False)
    if stages is None:
        return () if not form.has("model_stages") else None
    found = []
    for number in range(1, LAST_STAGE + 1):
        finished_on = stages.date(str(number), required=False)
        if finished_on is not None:
            found.append(ModelStage(number, finished_on))
    stages.done()
    written = sum(stages.has(str(number)) for number in range(1, LAST_STAGE + 1))
    return tuple(found) if written == len(found) and not stages.is_broken else None
