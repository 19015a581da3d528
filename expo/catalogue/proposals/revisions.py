"""What changed between two contents of a published proposal, as everybody may see it. Pure.

Names, access needs and what a picture's file holds are left out: a revision is never erased.
"""

from typing import Final

from expo.catalogue.proposals.values import EMPTY, Change, Content
from expo.words import LANGUAGES, Text

TEXTS: Final = (
    "title",
    "short",
    "summary",
    "problem",
    "proposal",
    "benefit",
    "evidence",
    "needed",
)
"""Fields of the content that are text in both languages, in the order they are read."""
_QUIET: Final = ("members", "images")
"""That they changed is said; how is not."""


def changes(before: Content, after: Content) -> tuple[Change, ...]:
    """Every change the public is told of, in reading order; empty where there is none."""
    found = [
        Change(name, old, new)
        for name in TEXTS
        if (old := getattr(before, name)) != (new := getattr(after, name))
    ]
    for name, old, new in (
        ("life_stage", _stage(before), _stage(after)),
        ("services", _services(before), _services(after)),
        ("model_stages", _model(before), _model(after)),
    ):
        if old != new:
            found.append(Change(name, old, new))
    found += [Change(name) for name in _QUIET if _shown(before, name) != _shown(after, name)]
    return tuple(found)


def _shown(content: Content, name: str) -> object:
    return content.named if name == "members" else content.images


def _stage(content: Content) -> Text:
    value = content.life_stage.value if content.life_stage else ""
    return Text(ar=value, en=value) if value else EMPTY


def _services(content: Content) -> Text:
    lines = {code: "\n".join(getattr(one, code) for one in content.services) for code in LANGUAGES}
    return Text(ar=lines["ar"], en=lines["en"])


def _model(content: Content) -> Text:
    lines = "\n".join(f"{one.stage}: {one.finished_on}" for one in content.model_stages)
    return Text(ar=lines, en=lines)
