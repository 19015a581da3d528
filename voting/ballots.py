"""What a person may say: a cast checked against its contest becomes a ballot. Pure.

There is one kind of ballot so far: a ranking of distinct options, best first, at most K of them.
Source: counting page 1.3.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from expo.errors import N_, Refusal
from expo.identity.people import Person, PersonId
from expo.words import clean, latin_digits, whole_number
from voting.contests import Contest
from voting.protocol import Cast

RANK_FIELD: Final = "rank-"
"""Start of a form field's name; the option's id follows."""
_PLACE_DIGITS: Final = 3
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_TRACKER_BYTES: Final = 10  # 80 bits: 16 characters, beyond guessing and beyond chance repetition
_TAGS_AT_HAND: Final = 16_384  # of those who asked or voted last; about 6 MB
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


class UnknownOption(Refusal):
    """The contest does not have this option; ``option`` names it."""

    code = N_("unknown-option")
    status = 422


class DuplicateOption(Refusal):
    """An option stands twice in the ranking; ``option`` names it."""

    code = N_("duplicate-option")
    status = 422


class TooManyRanked(Refusal):
    """The ranking is longer than ``most``; ``ranked`` is how long it is."""

    code = N_("too-many-ranked")
    status = 422


class SamePlace(Refusal):
    """Two options were given one place; ``place`` names it."""

    code = N_("same-place")
    status = 422


class UnreadablePlace(Refusal):
    """What stands in a field for a place is no whole number; ``found`` repeats it."""

    code = N_("unreadable-place")
    status = 422


class IdConflict(Refusal):
    """A ballot with this id was accepted before, from somebody else or saying something else."""

    code = N_("id-conflict")
    status = 409


class Ballot(msgspec.Struct, frozen=True):
    """An admitted answer on its way to the record.

    ``own`` are the options this person abstains on; ``arrived_at`` is the server's stamp, in whole
    milliseconds.
    """

    id: str
    contest: str
    person: PersonId
    electorate: str
    ranking: tuple[str, ...]
    own: tuple[str, ...]
    arrived_at: datetime
    nonce: str | None = None
    held: str | None = None
    """Why it is held for review (a `voting.holds` kind); None: it counts."""


def admit(cast: Cast, contest: Contest, person: Person, electorate: str, at: datetime) -> Ballot:
    """The ballot this cast is, if the contest can hold it.

    Args:
        cast: What was sent; its contest is this one.
        contest: Any phase: whether it is open is asked elsewhere.
        person: Who casts; its entity decides what is own.
        electorate: Id of the group the person votes in.
        at: When it arrived.

    Raises:
        UnknownOption: An option is not one of the contest's.
        DuplicateOption: An option stands twice.
        TooManyRanked: It is longer than the contest's K.
    """
    ranking = cast.ranking
    known = {option.id for option in contest.options}
    if len(known.intersection(ranking)) != len(ranking):
        raise _misfit(ranking, known)
    if len(ranking) > contest.rules.max_ranked:
        raise TooManyRanked(most=contest.rules.max_ranked, ranked=len(ranking))
    own = own_options(contest, person)
    return Ballot(
        cast.id, contest.id, person.id, electorate, ranking, own, whole_ms(at), cast.nonce
    )


def _misfit(ranking: tuple[str, ...], known: set[str]) -> Refusal:
    """What is wrong with a ranking that has an option twice, or one the contest has not."""
    for place, option in enumerate(ranking):
        if option not in known:
            return UnknownOption(option=clean(option))
        if option in ranking[:place]:
            return DuplicateOption(option=option)
    raise AssertionError(ranking)


def own_options(contest: Contest, person: Person) -> tuple[str, ...]:
    """The options this person abstains on: those of the person's own entity."""
    if contest.rules.own != "abstain" or person.entity is None:
        return ()
    return tuple(option.id for option in contest.options if option.entity == person.entity)


def ranking_in(fields: Mapping[str, str]) -> tuple[str, ...]:
    """The ranking a form holds: ``rank-<option id>`` is the option's place; empty means left out.

    Gaps between places are closed. Digits may be Arabic.

    Raises:
        UnreadablePlace: A place is not a whole number from 1.
        SamePlace: Two options have one place.
    """
    places: dict[int, str] = {}
    for name, value in fields.items():
        text = value.strip()
        if not name.startswith(RANK_FIELD) or not text:
            continue
        place = _place(text)
        if not place:
            raise UnreadablePlace(found=clean(value)[:20])
        if place in places:
            raise SamePlace(place=place)
        places[place] = name.removeprefix(RANK_FIELD)
    return tuple(option for _, option in sorted(places.items()))


def places_in(fields: Mapping[str, str]) -> dict[str, int]:
    """What a form holds as far as it can be read, to be shown again: option id → place.

    Unlike in `ranking_in`, two options may have one place.
    """
    return {
        name.removeprefix(RANK_FIELD): place
        for name, value in fields.items()
        if name.startswith(RANK_FIELD) and (place := _place(value.strip()))
    }


def _place(text: str) -> int:
    """The place a text names; 0 when it names none."""
    return whole_number(text, _PLACE_DIGITS) or 0


def whole_ms(at: datetime) -> datetime:
    """The instant without its microseconds: what a stamp on record looks like."""
    return at - timedelta(microseconds=at.microsecond % 1000)


@lru_cache(maxsize=_TAGS_AT_HAND)
def tag_of(secret: bytes, person: str) -> str:
    """How the record names a person in one contest: unlinkable without the contest's secret."""
    return hmac.digest(secret, person.encode(), "sha256").hex()


def tracker_of(secret: bytes, tag: str) -> str:
    """What a voter finds the own ballot by, the same across re-votes; 16 characters."""
    digest = hmac.digest(secret, b"tracker\0" + tag.encode(), "sha256")
    number = int.from_bytes(digest[:_TRACKER_BYTES], "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def tracker_in(typed: str) -> str | None:
    """The tracker somebody typed, however it was grouped and whatever was misread; None for none."""
    signs = filter(str.isalnum, latin_digits(typed[:64]))  # also without what copying adds
    text = "".join(signs).upper().translate(_MISREAD)
    return text if len(text) == 16 and set(text) <= set(_ALPHABET) else None


def shuffled(options: Iterable[str], seed: str) -> tuple[str, ...]:
    """The options in an order of their own for each seed, to spread the advantage of standing first."""
    return tuple(
        sorted(options, key=lambda option: hashlib.sha256(f"{seed}\0{option}".encode()).digest())
    )
