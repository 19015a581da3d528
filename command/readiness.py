"""A readiness report as people and programs read it: lines for a terminal, JSON, a page for a browser."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from expo.web import translations
from expo.web.templates import Renderer
from expo.web.translations import filled, ngettext
from expo.web.translations import gettext as _
from expo.words import LANGUAGES, Language, clean, clock_time, number, other
from expo.words import day as day_in_words
from sessions.readiness.checks import LEVELS, OUTCOMES, Finding, Level, findings, is_ready
from sessions.readiness.facts import Played, Rehearsed

KINDS: Final = (".json", ".html")
"""How the name of a report's file ends."""
_FORMAT: Final = "sawt-readiness/1"
_SHEET: Final = "readiness.css"
_SHOWN: Final = 5  # names behind one check on a terminal


def in_words(day: Rehearsed) -> list[str]:
    """The report for a terminal, in the language in force."""
    language = translations.language.get()
    found = findings(day)
    width = max(len(_(name)) for name in LEVELS.values())
    told = [clean(heading(day)), verdict(found)]
    for one in found:
        level = _(LEVELS[one.level]).ljust(width)
        told.append(f"  {level}  {_(one.title)}: {said(one)}")
        if one.todo:
            told.append(f"  {' ' * width}  → {todo(one)}{_names(one, language)}")
    titles = (clean(one.title.in_(language)) for one in day.sessions)
    lines = (f"  {title}: {_told(one)}" for title, one in zip(titles, day.sessions, strict=True))
    return [*told, _("The sessions"), *lines]


def heading(day: Rehearsed) -> str:
    """What the report is of, in the language in force."""
    title = day.title.in_(translations.language.get())
    facts: dict[str, str | int] = {"n": day.day, "title": title}
    return filled(_("Readiness for day {n} · {title}"), facts)


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


def as_page(day: Rehearsed, made_at: datetime, pages: Renderer) -> str:
    """The report as a page of its own, in both languages; the one in force first."""
    first = translations.language.get()
    parts: dict[Language, dict[str, Any]] = {}
    for code in (first, other(first)):
        with translations.speaking(code):
            parts[code] = _part(day, made_at, pages)
    return pages.document("readiness/report.html", "readiness/_report.html", parts, _SHEET)


def _part(day: Rehearsed, made_at: datetime, pages: Renderer) -> dict[str, Any]:
    """What the page says in the language in force."""
    language = translations.language.get()
    found = findings(day)
    local = made_at.astimezone(pages.zone)
    facts: dict[str, str | int] = {
        "day": day_in_words(local.date(), language),
        "time": clock_time(local, language),
        "people": number(day.audience, language),
        "speed": f"{day.speed:g}",
    }
    return {
        "heading": heading(day),
        "verdict": verdict(found),
        "worst": max((one.level for one in found), key=list(Level).index),
        "made": filled(_("Made on {day} at {time}; audience {people}, speed {speed}."), facts),
        "checks": [
            {
                "level": one.level,
                "name": _(LEVELS[one.level]),
                "title": _(one.title),
                "said": said(one),
                "todo": todo(one),
                "names": [name.in_(language) for name in one.names],
            }
            for one in found
        ],
        "sessions": [
            {"title": one.title.in_(language), "told": _told(one)} for one in day.sessions
        ],
    }


def write(path: Path, day: Rehearsed, made_at: datetime, pages: Renderer) -> None:
    """Write the report to a file of one of the `KINDS`.

    Raises:
        OSError: It cannot be written.
    """
    if path.suffix.lower() == ".html":
        path.write_text(as_page(day, made_at, pages), encoding="utf-8")
    else:
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


def _told(one: Played) -> str:
    """What became of a session, in one line."""
    told = _(OUTCOMES[one.outcome])
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
