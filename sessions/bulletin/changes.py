"""What a corrected edition says differently from the one it replaces: old beside new. Pure."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from expo.errors import N_
from expo.words import Text, number
from sessions.bulletin.edition import Edition, EditionContest

What = Literal[
    "heading", "introduction", "added", "removed", "ballots", "rank", "support", "not-held"
]

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "heading": N_("Heading"),
        "introduction": N_("Introduction"),
        "added": N_("Result added"),
        "removed": N_("Result taken out"),
        "ballots": N_("Ballots counted"),
        "rank": N_("Place"),
        "support": N_("Average support"),
        "not-held": N_("Not held"),
    }
)
"""What each kind of change is called."""


class Change(msgspec.Struct, frozen=True):
    """One difference; ``about`` is the contest or the initiative, empty for the bulletin itself.

    ``old`` and ``new`` are texts ready to be shown, empty where there was, or is, nothing.
    """

    what: What
    about: Text
    old: Text
    new: Text


_NOTHING: Final = Text("", "")


def changes(old: Edition, new: Edition) -> tuple[Change, ...]:
    """Everything the new edition says differently, the words first, then contest by contest."""
    return (*_words(old, new), *_contests(old, new), *_not_held(old, new))


def _words(old: Edition, new: Edition) -> Iterator[Change]:
    if old.heading != new.heading:
        yield Change("heading", _NOTHING, old.heading, new.heading)
    if old.introduction != new.introduction:
        yield Change("introduction", _NOTHING, old.introduction, new.introduction)


def _contests(old: Edition, new: Edition) -> Iterator[Change]:
    for before in old.contests:
        after = new.contest(before.id)
        if after is None:
            yield Change("removed", before.title, before.title, _NOTHING)
        else:
            yield from _contest(before, after)
    for after in new.contests:
        if old.contest(after.id) is None:
            yield Change("added", after.title, _NOTHING, after.title)


def _contest(old: EditionContest, new: EditionContest) -> Iterator[Change]:
    if old.ballots != new.ballots:
        yield Change("ballots", new.title, _number(old.ballots), _number(new.ballots))
    before = {one.title: one for one in old.places}
    for place in new.places:
        known = before.get(place.title)
        if known is None:
            yield Change("rank", place.title, _NOTHING, _number(place.rank))
            continue
        if known.rank != place.rank:
            yield Change("rank", place.title, _number(known.rank), _number(place.rank))
        if known.support != place.support:
            yield Change("support", place.title, _share(known.support), _share(place.support))


def _not_held(old: Edition, new: Edition) -> Iterator[Change]:
    before, after = {one.id for one in old.not_held}, {one.id for one in new.not_held}
    yield from (
        Change("not-held", one.title, _NOTHING, one.title)
        for one in new.not_held
        if one.id not in before
    )
    yield from (
        Change("not-held", one.title, one.title, _NOTHING)
        for one in old.not_held
        if one.id not in after and new.contest(one.id) is None
    )


def _number(value: int) -> Text:
    return _both(lambda language: number(value, language))


def _share(thousandths: int) -> Text:
    text = f"{thousandths // 10}.{thousandths % 10}%"
    return Text(text, text)


def _both(said: Callable[[Literal["ar", "en"]], str]) -> Text:
    return Text(said("ar"), said("en"))
