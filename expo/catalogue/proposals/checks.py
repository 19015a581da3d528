"""What stands between a draft and being handed in, and what is merely untranslated. Pure.

Source: mission S0-11 (stages 1 and 2 of the Dubai Model are finished before an initiative enters);
experience page 5 (lengths) and T2.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from expo.catalogue.proposals.values import (
    ALT_LENGTH,
    NAME_LENGTH,
    NOTE_LENGTH,
    WORK_LENGTH,
    Content,
    Member,
)
from expo.catalogue.values import (
    BODY_LENGTH,
    ENTRY_STAGES,
    SERVICE_LENGTH,
    SHORT_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
)
from expo.errors import Fact
from expo.words import LANGUAGES, Language, Text


class Step(StrEnum):
    """The three steps of a proposal, in their order."""

    IDEA = "idea"
    IMPACT = "impact"
    PEOPLE = "people"


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend; ``field`` is the id of the form's field, ``about`` the content's."""

    step: Step
    field: str
    about: str
    code: str
    facts: dict[str, Fact] = {}


class Untranslated(msgspec.Struct, frozen=True):
    """A text that only the other language has: allowed, and said."""

    step: Step
    field: str
    about: str
    language: Language


LENGTHS: Final[dict[str, int]] = {
    "title": TITLE_LENGTH,
    "short": SHORT_LENGTH,
    "summary": SUMMARY_LENGTH,
    "problem": BODY_LENGTH,
    "proposal": BODY_LENGTH,
    "benefit": BODY_LENGTH,
    "evidence": BODY_LENGTH,
    "needed": BODY_LENGTH,
}
"""The most characters of each text in one language."""
_TEXTS: Final = {
    Step.IDEA: ("title", "short", "summary"),
    Step.IMPACT: ("problem", "proposal", "benefit", "evidence", "needed"),
}
STEP_OF: Final = {
    **{name: step for step, names in _TEXTS.items() for name in names},
    "life_stage": Step.IDEA,
    "services": Step.IDEA,
    "model_stages": Step.IMPACT,
    "members": Step.PEOPLE,
    "access_needs": Step.PEOPLE,
    "images": Step.PEOPLE,
}
"""The step in which a field of the content is written."""


def problems(content: Content, today: date) -> tuple[Problem, ...]:
    """Everything to mend before this can be handed in, in the order of the steps.

    Args:
        content: The draft.
        today: In the event's zone; a stage cannot be finished tomorrow.
    """
    return (*_idea(content), *_impact(content, today), *_people(content))


def untranslated(content: Content) -> tuple[Untranslated, ...]:
    """Every text that only one of the two languages has."""
    found = [
        Untranslated(step, f"{name}-{code}", name, code)
        for step, names in _TEXTS.items()
        for name in names
        for code in _missing(getattr(content, name))
    ]
    found += [
        Untranslated(Step.IDEA, f"service-{n}-{code}", "services", code)
        for n, service in enumerate(content.services, 1)
        for code in _missing(service)
    ]
    return tuple(found)


def _missing(text: Text) -> tuple[Language, ...]:
    """The languages this text lacks while it has another."""
    lacking = tuple(code for code in LANGUAGES if not getattr(text, code))
    return lacking if len(lacking) < len(LANGUAGES) else ()


def _idea(content: Content) -> Iterator[Problem]:
    yield from _texts(content, Step.IDEA)
    if content.life_stage is None:
        yield Problem(Step.IDEA, "life_stage", "life_stage", "choice-missing")
    for n, service in enumerate(content.services, 1):
        yield from _too_long(Step.IDEA, f"service-{n}", "services", service, SERVICE_LENGTH)


def _impact(content: Content, today: date) -> Iterator[Problem]:
    yield from _texts(content, Step.IMPACT)
    for stage in ENTRY_STAGES:
        if content.finished_on(stage) is None:
            yield _stage(stage, "stage-missing")
    earlier = date.min
    for one in content.model_stages:
        if one.finished_on > today:
            yield _stage(one.stage, "stage-in-future")
        elif one.finished_on < earlier:
            yield _stage(one.stage, "stage-before-earlier")
        earlier = max(earlier, one.finished_on)


def _stage(stage: int, code: str) -> Problem:
    return Problem(Step.IMPACT, f"stage-{stage}", "model_stages", code, {"stage": stage})


def _people(content: Content) -> Iterator[Problem]:
    if not content.members:
        yield Problem(Step.PEOPLE, "member-1-name", "members", "member-missing")
    elif not content.speakers:
        yield Problem(Step.PEOPLE, "member-1-speaks", "members", "speaker-missing")
    for n, member in enumerate(content.members, 1):
        yield from _member(f"member-{n}", member)
    yield from _line_too_long("access_note", "access_needs", content.access_note, NOTE_LENGTH)
    for n, image in enumerate(content.images, 1):
        for code in LANGUAGES:
            if not getattr(image.alt, code):
                yield Problem(Step.PEOPLE, f"image-{n}-{code}", "images", "alt-missing")
        yield from _too_long(Step.PEOPLE, f"image-{n}", "images", image.alt, ALT_LENGTH)


def _member(field: str, member: Member) -> Iterator[Problem]:
    if not member.name:
        yield Problem(Step.PEOPLE, f"{field}-name", "members", "name-missing")
    if member.speaks and not member.consents:
        facts: dict[str, Fact] = {"name": member.name}
        yield Problem(Step.PEOPLE, f"{field}-consents", "members", "consent-missing", facts)
    yield from _line_too_long(f"{field}-name", "members", member.name, NAME_LENGTH)
    yield from _line_too_long(f"{field}-work", "members", member.work, WORK_LENGTH)


def _line_too_long(field: str, about: str, line: str, most: int) -> Iterator[Problem]:
    if len(line) > most:
        yield _over(Step.PEOPLE, field, about, len(line), most)


def _texts(content: Content, step: Step) -> Iterator[Problem]:
    for name in _TEXTS[step]:
        text: Text = getattr(content, name)
        if not text.ar and not text.en:
            yield Problem(step, f"{name}-{LANGUAGES[0]}", name, "text-missing")
        yield from _too_long(step, name, name, text, LENGTHS[name])


def _too_long(step: Step, field: str, about: str, text: Text, most: int) -> Iterator[Problem]:
    for code in LANGUAGES:
        length = len(getattr(text, code))
        if length > most:
            yield _over(step, f"{field}-{code}", about, length, most)


def _over(step: Step, field: str, about: str, length: int, most: int) -> Problem:
    return Problem(step, field, about, "text-too-long", {"most": most, "over": length - most})
