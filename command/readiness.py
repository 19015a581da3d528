"""A readiness report as people and programs read it: lines for a terminal, JSON."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from expo.web import translations
from expo.web.translations import filled, ngettext
from expo.web.translations import gettext as _
from expo.words import LANGUAGES, Language, clean, number
from sessions.readiness.checks import LEVELS, OUTCOMES, Finding, Level, findings, is_ready
from sessions.readiness.facts import Played, Rehearsed

KINDS: Final = (".json",)
"""How the name of a report's file ends."""
_FORMAT: Final = "sawt-readiness/1"
_SHOWN: Final = 5  # names behind one check on a terminal


def in_words(day: Rehearsed) -> list[str]:
    """The report for a terminal, in the language in force."""
    language = translations.language.get()
    found = findings(day)
    width = max(len(_(name)) for name in LEVELS.values())
    facts: dict[str, str | int] = {"n": day.day, "title": clean(day.title.in_(language))}
    told = [filled(_("Readiness for day {n} · {title}"), facts), verdict(found)]
    for one in found:
        level = _(LEVELS[one.level]).ljust(width)
        told.append(f"  {level}  {_(one.title)}: {said(one)}")
        if one.todo:
            told.append(f"  {' ' * width}  → {todo(one)}{_names(one, language)}")
    told += [_("The sessions:"), *(_line(one, language) for one in day.sessions)]
    return told


def verdict(found: tuple[Finding, ...]) -> str:
    """One sentence: how many checks stop the day, and how many are to be looked at."""
    stops = sum(one.level is Level.STOP for one in found)
    looks = sum(one.level is Level.LOOK for one in found)
    if stops:
        text = ngettext(
            "Not ready: {n} check stops the day.", "Not ready: {n} checks stop the day.", stops
        )
        return filled(text, {"n": stops})
    if looks:
        text = ngettext(
            "Ready, with {n} thing to look at.", "Ready, with {n} things to look at.", looks
        )
        return filled(text, {"n": looks})
    return _("Ready.")


def said(one: Finding) -> str:
    """What a check found, in the language in force."""
    return filled(_(one.said), _shown(one.facts))


def todo(one: Finding) -> str:
    """What to do about it; empty for nothing."""
    return filled(_(one.todo), _shown(one.facts)) if one.todo else ""


def as_json(day: Rehearsed, made_at: datetime) -> bytes:
    """The report for programs; every sentence in both languages."""
    found = findings(day)
    told = {
        "format": _FORMAT,
        "made_at": made_at,
        "rehearsal": True,
        "day": day.day,
        "title": day.title,
        "audience": day.audience,
        "speed": day.speed,
        "ready": is_ready(found),
        "checks": [_checked(one) for one in found],
        "sessions": day.sessions,
    }
    return msgspec.json.format(msgspec.json.encode(told)) + b"\n"


def write(path: Path, day: Rehearsed, made_at: datetime) -> None:
    """Write the report to a file of one of the `KINDS`.

    Raises:
        OSError: It cannot be written.
    """
    path.write_bytes(as_json(day, made_at))


def _checked(one: Finding) -> dict[str, Any]:
    return {
        "check": one.check,
        "level": one.level,
        "title": _both(lambda: _(one.title)),
        "said": _both(lambda: said(one)),
        "todo": _both(lambda: todo(one)),
        "facts": one.facts,
        "names": one.names,
    }


def _both(say: Callable[[], str]) -> dict[str, str]:
    told: dict[str, str] = {}
    for code in LANGUAGES:
        with translations.speaking(code):
            told[code] = say()
    return told


def _shown(facts: dict[str, str | int]) -> dict[str, str | int]:
    language = translations.language.get()
    return {
        name: number(value, language) if isinstance(value, int) else value
        for name, value in facts.items()
    }


def _names(one: Finding, language: Language) -> str:
    shown = [clean(name.in_(language)) for name in one.names[:_SHOWN]]
    if len(one.names) > len(shown):
        shown.append("…")
    return f" ({' · '.join(shown)})" if shown else ""


def _line(one: Played, language: Language) -> str:
    """A session in one line."""
    told = f"  {clean(one.title.in_(language))}: {_(OUTCOMES[one.outcome])}"
    if one.why:
        told += f" ({_(one.why)})"
    votes = one.votes
    if votes is not None:
        facts: dict[str, str | int] = {
            "counted": votes.counted,
            "late": votes.late,
            "grace": votes.grace,
        }
        text = _("counted {counted}, refused as too late {late}, grace {grace} s")
        told += " · " + filled(text, _shown(facts))
    return told
