"""``schedule.yaml`` as text ⇄ ``Programme``; every mistake is told at once, with line and path.

Times are written ``08:30`` or ``8:30`` and are local to the zone of the file; everything else is
as strict as the rules allow. Text in, values or problems out: nothing here opens a file. Pure.

Source: reliability F14 and catalogue C.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from sessions import programme_rules, schedule_days, schedule_sections
from sessions.programme import Programme
from sessions.programme_drafts import ProgrammeDraft
from sessions.schedule_fields import Form, Notes, Place
from sessions.schedule_nodes import Node, Problem, ScheduleProblems, read
from sessions.schedule_sections import ELECTORATES, MOST_ENTITIES, MOST_INITIATIVES

D = TypeVar("D")
V = TypeVar("V")

MOST_TOLD: Final = 200  # problems told at once; more only scroll the first ones away


def parse(text: bytes) -> Programme:
    """The programme this text describes.

    Raises:
        ScheduleProblems: With every mistake found, in the order of lines; at most ``MOST_TOLD``
            and then one that says how many more there are.
    """
    return of_tree(*read(text))


def of_tree(tree: Node, problems: Sequence[Problem]) -> Programme:
    """The programme this tree describes, whatever it was read from.

    Raises:
        ScheduleProblems: As `parse`, with the problems met while the tree was made.
    """
    notes = Notes(problems)
    programme = _programme(Form(Place("", tree), notes))
    if notes.problems or programme is None:
        raise ScheduleProblems(told(notes.problems))
    return programme


def check(text: bytes) -> tuple[Problem, ...]:
    """Every mistake in this text; none when it is a programme."""
    try:
        parse(text)
    except ScheduleProblems as found:
        return found.problems
    return ()


def told(problems: list[Problem]) -> tuple[Problem, ...]:
    """Each problem once, by line, and not more than anybody reads."""
    once = {(p.line, p.path, p.code, tuple(sorted(p.facts.items()))): p for p in problems}
    ordered = sorted(once.values(), key=lambda p: (p.line, p.path, p.code))
    if len(ordered) <= MOST_TOLD:
        return tuple(ordered)
    more = Problem(ordered[MOST_TOLD].line, "", "more-problems", {"more": len(ordered) - MOST_TOLD})
    return (*ordered[:MOST_TOLD], more)


def _programme(form: Form) -> Programme | None:
    notes = form.notes
    head = schedule_sections.head(form.form("expo"))
    ways = schedule_sections.voting(form.form("voting", required=False))
    groups = _each(form, "electorates", len(ELECTORATES), schedule_sections.electorate)
    entities = _each(form, "entities", MOST_ENTITIES, schedule_sections.entity)
    proposals = _each(form, "initiatives", MOST_INITIATIVES, schedule_sections.initiative)
    zone = ZoneInfo(head.timezone) if head.timezone else None
    places = form.items("days", schedule_days.MOST_DAYS)
    days = [schedule_days.day(place, n + 1, zone, notes) for n, place in enumerate(places)]
    form.done()
    for key in ("electorates", "entities", "days"):
        if form.is_empty_list(key):
            form.tell(key, "empty-list")
    draft = ProgrammeDraft(
        entities=tuple(one for one, _ in entities),
        initiatives=tuple(one for one, _ in proposals),
        electorates=tuple(one for one, _ in groups),
        days=tuple(one.draft for one in days),
        has_entities=bool(entities),
        has_initiatives=bool(proposals) or form.is_empty_list("initiatives"),
        method=ways.method,
    )
    for finding in islice(programme_rules.check(draft), MOST_TOLD + 1):
        notes.tell(finding.path, finding.code, **finding.facts)
    if notes.problems:
        return None
    return Programme(
        id=head.id,
        title=head.title,
        organiser=head.organiser,
        edition=head.edition,
        timezone=head.timezone,
        channels=head.channels,
        voting=ways,
        days=tuple(one.day for one in days if one.day),
        entities=tuple(one for _, one in entities if one),
        initiatives=tuple(one for _, one in proposals if one),
        electorates=tuple(one for _, one in groups if one),
    )


def _each(
    form: Form, key: str, most: int, reader: Callable[[Place, Notes], tuple[D, V | None]]
) -> list[tuple[D, V | None]]:
    return [reader(place, form.notes) for place in form.items(key, most)]
