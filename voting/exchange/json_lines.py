r"""JSON from strangers: strict parsing, and the line on which a value stands. Pure.

The parser of the standard library forgets where values stood, so a refusal walks the text again
along the path of what is wrong. That walk only happens once per refused file.
"""

import json
import re
from collections import Counter
from json.decoder import JSONDecodeError, JSONDecoder
from typing import Any, Final, NoReturn

from expo.errors import N_
from voting.exchange.ballot_file import FileUnreadable, line_at

Step = str | int

NOT_JSON: Final = N_("the text is not JSON")
TOO_DEEP: Final = N_("the values are nested too deep")
KEY_TWICE: Final = N_("a key stands twice in one object")
NOT_FINITE: Final = N_("a number is not finite")
LONG_NUMBER: Final = N_("a number has too many digits")

_MAX_DIGITS: Final = 40
_PATH_STEP: Final = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]|(\[\.\.\.\])")
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = JSONDecoder(parse_int=len, parse_constant=str)  # values are only skipped


class _Odd(Exception):
    """A value that is JSON to some parsers and not to us: the reason, and its text in the file."""

    def __init__(self, reason: str, needle: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.needle = needle


def parsed(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        FileUnreadable: It is not JSON, repeats a key, is nested too deep, or holds NaN, infinity or
            a number of absurd length.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except JSONDecodeError as error:
        raise FileUnreadable(error.lineno, NOT_JSON, error.msg) from None
    except RecursionError:
        raise FileUnreadable(1, TOO_DEEP) from None
    except _Odd as odd:
        first = text.find(odd.needle)
        second = text.find(odd.needle, first + 1) if odd.reason == KEY_TWICE else -1
        offset = max(0, first, second)
        raise FileUnreadable(line_at(text, offset), odd.reason, odd.needle) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = next(key for key, n in times.items() if n > 1)
        raise _Odd(KEY_TWICE, json.dumps(twice, ensure_ascii=False))
    return found


def _constant(name: str) -> NoReturn:
    raise _Odd(NOT_FINITE, name)


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _Odd(LONG_NUMBER, digits)
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _Odd(NOT_FINITE, digits)
    return value


def steps_of(path: str) -> tuple[Step, ...]:
    """The steps of a path such as ``$.ballots[3].count``; ends before a step it cannot name."""
    steps: list[Step] = []
    for found in _PATH_STEP.finditer(path):
        key, index, unnamed = found.groups()
        if unnamed:
            break
        steps.append(key if key is not None else int(index))
    return tuple(steps)


def line_of(text: str, steps: tuple[Step, ...]) -> int:
    """The line of the value at the end of a path, or of the last one on it that is there.

    A number in the path also finds the n-th member of an object.
    """
    at = _skip(text, 0)
    for step in steps:
        inside = _member(text, at, step)
        if inside is None:
            break
        at = inside
    return line_at(text, at)


def _member(text: str, at: int, step: Step) -> int | None:
    """Where the member of the object or array at ``at`` starts."""
    opening = text[at]
    if opening not in "{[":
        return None
    at = _skip(text, at + 1)
    number = 0
    while text[at] not in "}]":
        key: Step = number
        if opening == "{":
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)  # past the colon
            key = step if isinstance(step, int) and step == number else name
        if key == step:
            return at
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        at = _skip(text, at + 1) if text[at] == "," else at
        number += 1
    return None


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
