"""What a programme still lacks for a day: streams, teams, presenters, wording in both languages. Pure."""

import re
from collections.abc import Collection, Iterator
from typing import Final

import msgspec

from expo.words import Text
from sessions.programme import Day, Programme

_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_LETTER: Final = re.compile(r"[^\W\d_]")


def streamless(day: Day) -> tuple[Text, ...]:
    """The sessions of a day that can be watched nowhere but in the hall."""
    return tuple(one.title for one in day.sessions if not one.streams)


def without(programme: Programme, day: Day, has: Collection[str]) -> tuple[Text, ...]:
    """The names of the entities on this day's stage that are not among these ids."""
    ids = dict.fromkeys(one.entity for one in day.sessions if one.entity)
    found = (programme.entity(one) for one in ids if one not in has)
    return tuple(one.name for one in found if one is not None)


def unfinished(programme: Programme, day: Day) -> tuple[str, ...]:
    """Paths of what visitors of this day read that is missing in one language, or the same in both."""
    shown = {one for session in day.sessions for one in session.initiatives}
    entities = {one.entity for one in day.sessions}
    kept = msgspec.structs.replace(
        programme,
        days=(day,),
        entities=tuple(one for one in programme.entities if one.id in entities),
        initiatives=tuple(one for one in programme.initiatives if one.id in shown),
    )
    return tuple(path for path, text in _texts(kept, "") if _is_unfinished(text))


def samples(programme: Programme, day: Day) -> int:
    """How many of the day's initiatives are invented ones."""
    shown = {one for session in day.sessions for one in session.initiatives}
    return sum(one.sample for one in programme.initiatives if one.id in shown)


def _texts(value: object, path: str) -> Iterator[tuple[str, Text]]:
    if isinstance(value, Text):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple):
        for n, one in enumerate(value, 1):
            yield from _texts(one, f"{path}.{getattr(one, 'id', n)}")


def _is_unfinished(text: Text) -> bool:
    if not text.ar.strip() or not text.en.strip():
        return True
    is_word = _LETTER.search(text.en) is not None
    return is_word and _ARABIC.search(text.ar) is None
