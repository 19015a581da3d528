"""``Programme`` → the text of a ``schedule.yaml`` that reads back equal. Pure."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from expo.catalogue.values import Entity, Initiative
from expo.words import Text
from sessions.programme import Day, Electorate, FinalOf, Programme, Session, Slot, VotingDefaults
from sessions.schedule_nodes import write
from sessions.streams.sources import Channel, Stream
from voting.holds import USUAL, HoldRule

Plain = dict[str, Any]
"""A schedule, or a part of one, as ``schedule.yaml`` has it: mappings, lists, texts and numbers."""


def dump(programme: Programme) -> str:
    """The schedule of this programme; ``schedule_file.parse`` gives the same programme back."""
    return write(plain(programme))


def plain(programme: Programme) -> Plain:
    """The schedule of this programme, before it is written out."""
    zone = programme.zone
    return {
        "expo": {
            "id": programme.id,
            "title": _both(programme.title),
            "organiser": _both(programme.organiser),
            "edition": programme.edition,
            "timezone": programme.timezone,
            **_listed("channels", [_channel(one) for one in programme.channels]),
        },
        "voting": _voting(programme.voting),
        "electorates": [_electorate(one) for one in programme.electorates],
        "entities": [_entity(one) for one in programme.entities],
        "initiatives": [_initiative(one) for one in programme.initiatives],
        "days": [_day(one, zone) for one in programme.days],
    }


def _both(text: Text) -> dict[str, str]:
    return {"ar": text.ar, "en": text.en}


def _listed(key: str, items: list[Any]) -> dict[str, Any]:
    """The key with its list, or nothing where the list is empty."""
    return {key: items} if items else {}


def _clock(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).strftime("%H:%M")


def _channel(channel: Channel) -> dict[str, str]:
    handle = {"handle": channel.handle} if channel.handle else {}
    return {"kind": channel.kind, "url": channel.url, **handle}


def _voting(voting: VotingDefaults) -> dict[str, Any]:
    return {
        "method": voting.method,
        "max_ranked": "auto" if voting.max_ranked is None else voting.max_ranked,
        "visibility": voting.visibility,
        "own": voting.own,
        "open_minutes": voting.open_minutes,
        "grace_seconds": voting.grace_seconds,
        "stations": voting.stations,
        **({} if voting.holds == USUAL else {"holds": [_hold(one) for one in voting.holds]}),
    }


def _hold(rule: HoldRule) -> dict[str, Any]:
    window = {"seconds": rule.seconds} if rule.seconds else {}
    return {"kind": rule.kind, "most": rule.most, **window, "up_to": rule.up_to.value}


def _electorate(one: Electorate) -> dict[str, Any]:
    expected = {} if one.expected is None else {"expected": one.expected}
    return {
        "id": one.id,
        "name": _both(one.name),
        "weight": one.weight,
        "full_weight_at": one.full_weight_at,
        "min": one.min,
        "level": one.level.value,
        **expected,
        **({} if one.audit == "open" else {"audit": one.audit}),
    }


def _entity(one: Entity) -> dict[str, Any]:
    links = _listed("links", list(one.links))
    return {"id": one.id, "name": _both(one.name), "short": _both(one.short), **links}


def _initiative(one: Initiative) -> dict[str, Any]:
    stages = {str(stage.stage): stage.finished_on.isoformat() for stage in one.model_stages}
    return {
        "id": one.id,
        "entity": one.entity,
        **({"sample": True} if one.sample else {}),
        "title": _both(one.title),
        "short": _both(one.short),
        "summary": _both(one.summary),
        "problem": _both(one.problem),
        "proposal": _both(one.proposal),
        "benefit": _both(one.benefit),
        **_listed("services", [_both(service) for service in one.services]),
        **({"model_stages": stages} if stages else {}),
    }


def _day(day: Day, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "title": _both(day.title),
        "starts": _clock(day.opens_at, zone),
        "ends": _clock(day.closes_at, zone),
        **({"announced_only": True} if day.announced_only else {}),
        **_listed("sessions", [_session(one, zone) for one in day.sessions]),
    }


def _session(one: Session, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": _both(one.title),
        **({"entity": one.entity} if one.entity else {}),
        "starts": _clock(one.starts_at, zone),
        "ends": _clock(one.ends_at, zone),
        **_listed("slots", [_slot(slot) for slot in one.slots]),
        **_listed("streams", [_stream(stream) for stream in one.streams]),
        **_listed("initiatives", list(one.initiatives)),
        **({"voting": _voting(one.voting)} if one.voting else {}),
        **({"final": _final(one.final)} if one.final else {}),
    }


def _final(final: FinalOf) -> dict[str, Any]:
    return {**_listed("days", list(final.days)), **_listed("sessions", list(final.sessions))}


def _slot(slot: Slot) -> dict[str, Any]:
    title = {} if slot.title is None else {"title": _both(slot.title)}
    return {"kind": slot.kind, "minutes": slot.minutes, **title}


def _stream(stream: Stream) -> dict[str, Any]:
    address = {"url": stream.url} if stream.url else {"id": stream.id} if stream.id else {}
    delay = {} if stream.delay is None else {"delay": stream.delay}
    return {"provider": stream.provider, **address, **delay}
