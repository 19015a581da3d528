"""What the facts of a rehearsal mean for the real day: each check fine, to be looked at, or a stop. Pure.

A stop is what would have harmed somebody's vote or the day itself; whatever may be as it is wanted (no
stream, an entity without a pass) is to be looked at. The words stand here as message ids; who shows a
report says them in both languages.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from expo.errors import N_
from expo.words import Text
from sessions.readiness.facts import Outcome, Played, Rehearsed, Votes

LEAST_FREE: Final = 1_000_000_000
"""Bytes below which a day's disk is a stop; ten times the database where that is more."""
ROOMY: Final = 5_000_000_000
"""Bytes above which nobody has to look."""
CLOCK_LOOK_MS: Final = 500
"""Milliseconds a clock may be moved in a rehearsal before somebody looks; `CLOCK_STOP_MS` is a stop."""
CLOCK_STOP_MS: Final = 5_000
_GROWTH: Final = 10
_MEGABYTE: Final = 1_000_000


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    LOOK = "look"
    STOP = "stop"


class Finding(msgspec.Struct, frozen=True):
    """One check: what was asked, what was found, and what to do; the last two with ``{facts}``.

    ``names`` say about which sessions, entities or paths; ``todo`` is empty where there is nothing to do.
    """

    check: str
    level: Level
    title: str
    said: str
    todo: str = ""
    facts: dict[str, str | int] = {}
    names: tuple[Text, ...] = ()


def findings(day: Rehearsed) -> tuple[Finding, ...]:
    """Every check of a rehearsed day, in the order of a day's preparation."""
    return tuple(check(day) for check in _CHECKS)


def is_ready(found: Iterable[Finding]) -> bool:
    """Whether nothing stops the day."""
    return all(one.level is not Level.STOP for one in found)


# --- the show ---


def _sessions(day: Rehearsed) -> Finding:
    ran = [one for one in day.sessions if one.outcome in (Outcome.HELD, Outcome.RAN)]
    broken = [one for one in day.sessions if one.outcome is Outcome.BROKEN]
    passed = [one for one in day.sessions if one.outcome is Outcome.PASSED]
    facts: dict[str, str | int] = {"n": len(ran), "of": len(day.sessions)}
    title, said = N_("Sessions ran"), N_("{n} of {of} ran from their start to their end.")
    if broken or not ran:
        todo = N_(
            "See what was in the way below, put it right on the desk, and rehearse again: on the day the show would stand here."
        )
        return Finding("sessions", Level.STOP, title, said, todo, facts, _titles(broken or passed))
    if passed:
        todo = N_(
            "These were over, put off or called off already. Rehearse them from the schedule if they are to be seen once more."
        )
        return Finding("sessions", Level.LOOK, title, said, todo, facts, _titles(passed))
    return Finding("sessions", Level.OK, title, said, "", facts)


def _contests(day: Rehearsed) -> Finding:
    votes = _votes(day)
    title = N_("Voting opened and closed")
    if not votes:
        said = N_("No session of this day held a vote.")
        todo = N_("If the audience is to be asked, give a session its initiatives.")
        return Finding("contests", Level.LOOK, title, said, todo)
    said = N_("Votes opened and closed by the show's clock: {n}; the grace was {grace} s at most.")
    facts: dict[str, str | int] = {"n": len(votes), "grace": max(one.grace for one in votes)}
    return Finding("contests", Level.OK, title, said, "", facts)


def _time(day: Rehearsed) -> Finding:
    votes = _votes(day)
    near, far = sum(one.near for one in votes), sum(one.far for one in votes)
    short = [one for one in day.sessions if one.votes and one.votes.short]
    facts: dict[str, str | int] = {"near": near, "far": far, "n": sum(one.short for one in votes)}
    title = N_("Viewers of the stream had the hall's time")
    if short:
        said = N_("Viewers within the grace: {near}; with less time than the hall: {n}.")
        todo = N_(
            "Do not go live like this: report it with this file. Until then let votes be open longer."
        )
        return Finding("time", Level.STOP, title, said, todo, facts, _titles(short))
    said = N_(
        "Viewers within the grace: {near}, all with at least the hall's time; further behind: {far}."
    )
    if far * 20 > near + far:
        todo = N_(
            "More than one in twenty was further behind than the grace: configure the session's stream, so that delays are measured, or give its votes more seconds of grace."
        )
        return Finding("time", Level.LOOK, title, said, todo, facts)
    return Finding("time", Level.OK, title, said, "", facts)


def _after(day: Rehearsed) -> Finding:
    votes = _votes(day)
    accepted = [one for one in day.sessions if one.votes and one.votes.late_accepted]
    facts: dict[str, str | int] = {
        "late": sum(one.late for one in votes),
        "n": sum(one.late_accepted for one in votes),
    }
    title = N_("Nothing was accepted after the hard close")
    if accepted:
        said = N_("Ballots that came too late: {late}; accepted: {n}.")
        todo = N_("Do not go live: report it with this file.")
        return Finding("after", Level.STOP, title, said, todo, facts, _titles(accepted))
    said = N_("Ballots that came too late: {late}; all were refused.")
    return Finding("after", Level.OK, title, said, "", facts)


def _counted(day: Rehearsed) -> Finding:
    votes = _votes(day)
    lost = [one for one in day.sessions if one.votes and _told_wrong(one.votes)]
    held = sum(one.held for one in votes)
    facts: dict[str, str | int] = {
        "told": sum(one.told for one in votes),
        "counted": sum(one.counted for one in votes),
        "held": held,
        "doubled": sum(one.doubled for one in votes),
    }
    title = N_("Every acknowledged ballot counts once")
    if lost:
        said = N_("People with a receipt: {told}; ballots counted: {counted}; held: {held}.")
        todo = N_("Do not go live: report it with this file.")
        return Finding("counted", Level.STOP, title, said, todo, facts, _titles(lost))
    if held:
        said = N_(
            "People with a receipt: {told}; ballots counted: {counted}; waiting for two officers: {held}."
        )
        todo = N_(
            "Make sure that two officers are there to decide, or let the vote hold fewer ballots."
        )
        return Finding("counted", Level.LOOK, title, said, todo, facts)
    said = N_(
        "People with a receipt: {told}; ballots counted: {counted}; people who voted on two devices and count once: {doubled}."
    )
    return Finding("counted", Level.OK, title, said, "", facts)


def _dropouts(day: Rehearsed) -> Finding:
    votes = _votes(day)
    facts: dict[str, str | int] = {
        "n": sum(one.returned for one in votes),
        "of": sum(one.dropped for one in votes),
    }
    title = N_("Whoever lost the connection came back")
    said = N_("{n} of {of} came back and saw the vote as it was.")
    if facts["n"] != facts["of"]:
        todo = N_("Look at the machine's load and at the log, and rehearse again.")
        return Finding("dropouts", Level.STOP, title, said, todo, facts)
    return Finding("dropouts", Level.OK, title, said, "", facts)


def _published(day: Rehearsed) -> Finding:
    asked = [one for one in day.sessions if one.votes]
    missing = [one for one in asked if not one.published]
    facts: dict[str, str | int] = {"n": len(asked) - len(missing), "of": len(asked)}
    title = N_("Results were published")
    said = N_("{n} of {of} stand on the day's page as they were counted.")
    if missing:
        todo = N_(
            "Look at the session's vote in the control room: what is disputed or held is not published."
        )
        return Finding("published", Level.STOP, title, said, todo, facts, _titles(missing))
    return Finding("published", Level.OK, title, said, "", facts)


def _recounted(day: Rehearsed) -> Finding:
    asked = [one for one in day.sessions if one.votes]
    differs = [
        one
        for one in asked
        if one.recounted is False or (one.votes is not None and one.votes.disputed)
    ]
    unseen = [one for one in asked if one.recounted is None]
    done = sum(one.recounted is True for one in asked)
    facts: dict[str, str | int] = {"n": done, "of": len(asked)}
    title = N_("The counts hold when counted again")
    said = N_("{n} of {of} published bundles gave the same result to the verifier.")
    if differs:
        todo = N_("Do not go live: report it with this file.")
        return Finding("recounted", Level.STOP, title, said, todo, facts, _titles(differs))
    if unseen:
        todo = N_(
            "There was no bundle in time for these. Rehearse again, more slowly or with a smaller audience."
        )
        return Finding("recounted", Level.LOOK, title, said, todo, facts, _titles(unseen))
    return Finding("recounted", Level.OK, title, said, "", facts)


# --- what surrounds it ---


def _source(day: Rehearsed) -> Finding:
    title = N_("What was rehearsed")
    if day.ground.copied:
        said = N_("A copy of the expo's own database; the expo itself was only read.")
        return Finding("source", Level.OK, title, said)
    said = N_("The schedule alone: there was no database to copy.")
    todo = N_(
        "Rehearse from the expo's data folder once it has one, so that what was changed at the desk is in it."
    )
    return Finding("source", Level.LOOK, title, said, todo)


def _streams(day: Rehearsed) -> Finding:
    missing = day.ground.streamless
    facts: dict[str, str | int] = {"n": len(day.sessions) - len(missing), "of": len(day.sessions)}
    title, said = N_("Streams are configured"), N_("{n} of {of} sessions can be watched online.")
    if missing:
        todo = N_("Give these a stream on the page Streams, unless they are for the hall alone.")
        return Finding("streams", Level.LOOK, title, said, todo, facts, missing)
    return Finding("streams", Level.OK, title, said, "", facts)


def _teams(day: Rehearsed) -> Finding:
    title = N_("Every team has somebody")
    if day.ground.teamless:
        said = N_("Entities on the stage without a member, an invitation or an open pass: {n}.")
        todo = N_("Make passes for these teams on the page Passes, or invite them.")
        return _missing("teams", title, said, todo, day.ground.teamless)
    return Finding(
        "teams", Level.OK, title, N_("Every entity on the stage has somebody in its team.")
    )


def _presenters(day: Rehearsed) -> Finding:
    title = N_("Every entity has a presenter")
    if day.ground.presenterless:
        said = N_("Entities on the stage without a presenter or an open pass for one: {n}.")
        todo = N_("Make a presenter's pass for these on the page Passes: it opens the console.")
        return _missing("presenters", title, said, todo, day.ground.presenterless)
    return Finding("presenters", Level.OK, title, N_("Every entity on the stage has a presenter."))


def _translations(day: Rehearsed) -> Finding:
    title = N_("Everything is worded in Arabic and English")
    paths = tuple(Text(ar=one, en=one) for one in day.ground.unfinished)
    if paths:
        said = N_("Texts of this day that are missing in one language: {n}.")
        todo = N_("Word these on the desk or in the schedule.")
        return _missing("translations", title, said, todo, paths)
    if day.ground.samples:
        said = N_("Worded in both languages; invented samples among the initiatives: {n}.")
        todo = N_("Put the teams' own initiatives in their places.")
        facts: dict[str, str | int] = {"n": day.ground.samples}
        return Finding("translations", Level.LOOK, title, said, todo, facts)
    return Finding("translations", Level.OK, title, N_("Every text of this day is there in both."))


def _disk(day: Rehearsed) -> Finding:
    ground = day.ground
    least = max(LEAST_FREE, _GROWTH * ground.size)
    facts: dict[str, str | int] = {
        "free": ground.free // _MEGABYTE,
        "least": least // _MEGABYTE,
        "size": ground.size // _MEGABYTE,
    }
    title = N_("There is room on the disk")
    said = N_("{free} MB are free; the database of this rehearsal has {size} MB.")
    todo = N_("Make room where the expo's data lies: at least {least} MB.")
    if ground.free < least:
        return Finding("disk", Level.STOP, title, said, todo, facts)
    if ground.free < max(ROOMY, least):
        return Finding("disk", Level.LOOK, title, said, todo, facts)
    return Finding("disk", Level.OK, title, said, "", facts)


def _clock(day: Rehearsed) -> Finding:
    ground = day.ground
    facts: dict[str, str | int] = {"ms": abs(ground.clock_ms)}
    title = N_("The machine keeps time")
    todo = N_("Let the machine keep time by NTP, and rehearse again.")
    if ground.clock_behind:
        said = N_("This machine's clock shows an earlier time than the expo has on record.")
        return Finding("clock", Level.STOP, title, said, todo, facts)
    said = N_("Its clock was moved by {ms} ms while the rehearsal ran.")
    for level, most in ((Level.STOP, CLOCK_STOP_MS), (Level.LOOK, CLOCK_LOOK_MS)):
        if abs(ground.clock_ms) >= most:
            return Finding("clock", level, title, said, todo, facts)
    return Finding("clock", Level.OK, title, said, "", facts)


def _missing(check: str, title: str, said: str, todo: str, names: tuple[Text, ...]) -> Finding:
    return Finding(check, Level.LOOK, title, said, todo, {"n": len(names)}, names)


def _votes(day: Rehearsed) -> Sequence[Votes]:
    return [one.votes for one in day.sessions if one.votes is not None]


def _told_wrong(votes: Votes) -> bool:
    return votes.told != votes.counted + votes.held


def _titles(sessions: Iterable[Played]) -> tuple[Text, ...]:
    return tuple(one.title for one in sessions)


_CHECKS: Final[tuple[Callable[[Rehearsed], Finding], ...]] = (
    _source,
    _sessions,
    _contests,
    _time,
    _after,
    _counted,
    _dropouts,
    _published,
    _recounted,
    _streams,
    _teams,
    _presenters,
    _translations,
    _disk,
    _clock,
)
OUTCOMES: Final = MappingProxyType(
    {
        Outcome.HELD: N_("held, with its vote"),
        Outcome.RAN: N_("ran, asks nothing"),
        Outcome.PASSED: N_("over or called off before"),
        Outcome.BROKEN: N_("stopped"),
    }
)
"""What each outcome is called."""
LEVELS: Final = MappingProxyType(
    {Level.OK: N_("ok"), Level.LOOK: N_("look"), Level.STOP: N_("stop")}
)
"""What each level is called."""
