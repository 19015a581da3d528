"""Bytes from a browser as a frame, strictly: no unknown field, no key twice, no text that is none. Pure."""

import json
from typing import Any, Final

import msgspec

from voting.protocol import AskMine, Cast


class Unreadable(ValueError):
    """The bytes are no frame a client may send."""


class _Tagged(msgspec.Struct):
    type: str = ""


_tagged = msgspec.json.Decoder(_Tagged)
_frame: Final[msgspec.json.Decoder[Cast | AskMine]] = msgspec.json.Decoder(Cast | AskMine)
_cast = msgspec.json.Decoder(Cast)


def kind_of(raw: bytes) -> str | None:
    """What a frame says it is; None when the bytes are no JSON object."""
    try:
        return _tagged.decode(raw).type
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def frame_in(raw: bytes) -> Cast | AskMine:
    """The frame these bytes are.

    Raises:
        Unreadable: They are none.
    """
    try:
        frame = _frame.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable from error
    _check_keys(raw, frame)
    return frame


def cast_in(raw: bytes) -> Cast:
    """The cast a request's body is; its ``type`` may be left out.

    Raises:
        Unreadable: It is none.
    """
    try:
        cast = _cast.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable from error
    _parse_once(raw)  # without its type a key too many would not be seen by counting
    return cast


def _check_keys(raw: bytes, frame: Cast | AskMine) -> None:
    """Refuse an object that has a key twice: two readers could take it for two different ballots.

    Every text stands between two quotes, so one count clears nearly every frame: a key too many
    would be two quotes too many. Only what does not add up is parsed a second time.
    """
    if raw.count(b'"') != _quotes(frame) or b"\\" in raw:
        _parse_once(raw)


def _parse_once(raw: bytes) -> None:
    try:
        json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error


def _quotes(frame: Cast | AskMine) -> int:
    """How many quotes the frame has where each of its keys stands once and nothing is escaped."""
    if isinstance(frame, AskMine):
        return 2 * 4
    return 2 * (len(frame.ranking) + (7 if frame.nonce is None else 9))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable
    return found
