"""The three steps as forms: fields of a page into the content, and the content into fields. Pure.

Nothing a person typed is refused for being wrong: what can be kept is kept, the rest is told as
problems and stays on the page. Only the parts of the step at hand are touched.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

import msgspec

from expo.catalogue.proposals.checks import Problem, Step
from expo.catalogue.proposals.values import (
    MOST_MEMBERS,
    MOST_SERVICES,
    Content,
    Image,
    LifeStage,
    Member,
    Need,
)
from expo.catalogue.values import LAST_STAGE, ModelStage
from expo.words import LANGUAGES, Text, clean, latin_digits, on_one_line

Fields = Mapping[str, str]

LAST_FIELD: Final = "end"
"""Name of the last field of each form; without it the form was cut off."""
_KEPT_BODY: Final = (
    20_000  # characters kept of a long text; above the limit it is a problem already
)
_KEPT_LINE: Final = 1_000  # the same of everything else
_ISO: Final = re.compile("([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DAY_FIRST: Final = re.compile("([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


class Entered(msgspec.Struct, frozen=True):
    """A content with a step's fields in it, and what in them could not be read."""

    content: Content
    faults: tuple[Problem, ...] = ()


def entered(step: Step, fields: Fields, content: Content) -> Entered:
    """The content after somebody filled in a step.

    Args:
        step: Which form it is.
        fields: As posted; a field that is missing counts as empty.
        content: What was there.
    """
    return _READERS[step](fields, content)


def shown(step: Step, content: Content) -> dict[str, str]:
    """The fields of a step as the page shows them; a box that is not ticked is left out."""
    return dict(_WRITERS[step](content))


def with_image(content: Content, image: Image) -> Content:
    """The content with one picture more."""
    return msgspec.structs.replace(content, images=(*content.images, image))


def new_alt(fields: Fields) -> Text:
    """What the picture that comes with this form shows."""
    return _text(fields, "image-new")


# --- fields into content ---


def _idea(fields: Fields, content: Content) -> Entered:
    services = (_text(fields, f"service-{n}") for n in range(1, MOST_SERVICES + 1))
    return Entered(
        msgspec.structs.replace(
            content,
            title=_text(fields, "title"),
            short=_text(fields, "short"),
            summary=_text(fields, "summary"),
            life_stage=_life_stage(fields.get("life_stage", "")),
            services=tuple(one for one in services if one.ar or one.en),
        )
    )


def _impact(fields: Fields, content: Content) -> Entered:
    stages: list[ModelStage] = []
    faults: list[Problem] = []
    for stage in range(1, LAST_STAGE + 1):
        typed = _line(fields, f"stage-{stage}")
        finished_on = _date(typed)
        if typed and finished_on is None:
            facts: dict[str, str | int] = {"stage": stage}
            about = "model_stages"
            faults.append(Problem(Step.IMPACT, f"stage-{stage}", about, "stage-no-date", facts))
            finished_on = content.finished_on(stage)
        if finished_on is not None:
            stages.append(ModelStage(stage, finished_on))
    changed = msgspec.structs.replace(
        content,
        problem=_body(fields, "problem"),
        proposal=_body(fields, "proposal"),
        benefit=_body(fields, "benefit"),
        evidence=_body(fields, "evidence"),
        needed=_body(fields, "needed"),
        model_stages=tuple(stages),
    )
    return Entered(changed, tuple(faults))


def _people(fields: Fields, content: Content) -> Entered:
    members = (_member(fields, f"member-{n}") for n in range(1, MOST_MEMBERS + 1))
    return Entered(
        msgspec.structs.replace(
            content,
            members=tuple(one for one in members if one != Member("")),
            access_needs=tuple(need for need in Need if f"need-{need.value}" in fields),
            access_note=clean(fields.get("access_note", ""))[:_KEPT_LINE],
            images=tuple(_images(fields, content)),
        )
    )


def _member(fields: Fields, row: str) -> Member:
    return Member(
        name=_line(fields, f"{row}-name"),
        work=_line(fields, f"{row}-work"),
        speaks=f"{row}-speaks" in fields,
        consents=f"{row}-consents" in fields,
    )


def _images(fields: Fields, content: Content) -> Iterator[Image]:
    """The pictures that are there, by their ids, without those ticked to be removed."""
    rows = {fields.get(f"image-{n}-id"): f"image-{n}" for n in range(1, len(content.images) + 1)}
    for image in content.images:
        row = rows.get(image.id)
        if row is None:
            yield image
        elif f"{row}-remove" not in fields:
            yield msgspec.structs.replace(image, alt=_text(fields, row))


def _text(fields: Fields, name: str) -> Text:
    return Text(ar=_line(fields, f"{name}-ar"), en=_line(fields, f"{name}-en"))


def _body(fields: Fields, name: str) -> Text:
    return Text(
        **{code: clean(fields.get(f"{name}-{code}", ""))[:_KEPT_BODY] for code in LANGUAGES}
    )


def _line(fields: Fields, name: str) -> str:
    return on_one_line(fields.get(name, ""))[:_KEPT_LINE]


def _life_stage(value: str) -> LifeStage | None:
    return LifeStage(value) if value in set(LifeStage) else None


def _date(typed: str) -> date | None:
    """The day, written as a browser sends it or day first, in any digits; None for anything else."""
    plain = latin_digits(typed)
    parts = None
    if found := _ISO.fullmatch(plain):
        parts = (int(found[1]), int(found[2]), int(found[3]))
    elif found := _DAY_FIRST.fullmatch(plain):
        parts = (int(found[3]), int(found[2]), int(found[1]))
    try:
        return date(*parts) if parts else None
    except ValueError:
        return None


# --- content into fields ---


def _idea_fields(content: Content) -> Iterator[tuple[str, str]]:
    for name in ("title", "short", "summary"):
        yield from _both(name, getattr(content, name))
    yield "life_stage", content.life_stage.value if content.life_stage else ""
    for n, service in enumerate(content.services, 1):
        yield from _both(f"service-{n}", service)


def _impact_fields(content: Content) -> Iterator[tuple[str, str]]:
    for name in ("problem", "proposal", "benefit", "evidence", "needed"):
        yield from _both(name, getattr(content, name))
    for one in content.model_stages:
        yield f"stage-{one.stage}", one.finished_on.isoformat()


def _people_fields(content: Content) -> Iterator[tuple[str, str]]:
    for n, member in enumerate(content.members, 1):
        yield f"member-{n}-name", member.name
        yield f"member-{n}-work", member.work
        ticked = (("speaks", member.speaks), ("consents", member.consents))
        yield from ((f"member-{n}-{name}", "on") for name, is_ticked in ticked if is_ticked)
    yield from ((f"need-{need.value}", "on") for need in content.access_needs)
    yield "access_note", content.access_note
    for n, image in enumerate(content.images, 1):
        yield f"image-{n}-id", image.id
        yield from _both(f"image-{n}", image.alt)


def _both(name: str, text: Text) -> Iterator[tuple[str, str]]:
    yield from ((f"{name}-{code}", getattr(text, code)) for code in LANGUAGES)


_READERS: Final[Mapping[Step, Callable[[Fields, Content], Entered]]] = MappingProxyType(
    {Step.IDEA: _idea, Step.IMPACT: _impact, Step.PEOPLE: _people}
)
_WRITERS: Final[Mapping[Step, Callable[[Content], Iterator[tuple[str, str]]]]] = MappingProxyType(
    {Step.IDEA: _idea_fields, Step.IMPACT: _impact_fields, Step.PEOPLE: _people_fields}
)
