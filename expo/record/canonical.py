"""Values as the one sequence of bytes that may stand for them, so that anybody hashes the same. Pure.

A restricted profile of RFC 8785 (JCS): objects with ASCII keys, arrays, strings in NFC, whole numbers below
2^53, true, false, null; no fractions. Within it the standard library's JSON, sorted and tight, is RFC
8785 byte for byte. Numbers that may be greater are written as decimal strings. Source: counting page 4.2.
"""

import json
import unicodedata
from collections.abc import Iterable
from typing import Any, Final, NoReturn

SAFE: Final = 2**53
"""Whole numbers below this are the same in every JSON reader."""


class NotCanonical(ValueError):
    """A value has no canonical bytes, or bytes are not the canonical ones of any value."""


def encode(value: object) -> bytes:
    """The canonical bytes of a value made of dict, list, tuple, str, int, bool and None.

    Raises:
        NotCanonical: Something in it is outside the profile.
    """
    _check(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        msg = "a string holds half a character"
        raise NotCanonical(msg) from error


def decode(data: bytes) -> Any:
    """The value these bytes are the canonical form of.

    Raises:
        NotCanonical: They are no JSON, or the same value is written otherwise.
    """
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        msg = "this is no JSON"
        raise NotCanonical(msg) from error
    if encode(value) != data:
        msg = "the same value is written otherwise in canonical form"
        raise NotCanonical(msg)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a key stands twice in one object"
        raise NotCanonical(msg)
    return found


def _refuse(text: str) -> NoReturn:
    msg = f"{text[:20]} is no whole number"
    raise NotCanonical(msg)


def _check(value: object) -> None:
    """Refuse what is outside the profile.

    Nothing deeper than the reader's own limit can come here: `json` refuses it first.
    """
    match value:
        case None | bool():
            return
        case int():
            _check_number(value)
        case str():
            if not unicodedata.is_normalized("NFC", value):
                msg = "a string is not in NFC"
                raise NotCanonical(msg)
        case dict():
            _check_keys(value)
            _check_all(value.values())
        case list() | tuple():
            _check_all(value)
        case _:
            msg = f"{type(value).__name__} has no canonical form"
            raise NotCanonical(msg)


def _check_all(values: Iterable[object]) -> None:
    for value in values:
        _check(value)


def _check_number(number: int) -> None:
    if not -SAFE < number < SAFE:
        msg = "a number is too great; it has to be a decimal string"
        raise NotCanonical(msg)


def _check_keys(value: dict[Any, Any]) -> None:
    if not all(isinstance(key, str) and key.isascii() for key in value):
        msg = "a key is not ASCII"
        raise NotCanonical(msg)
