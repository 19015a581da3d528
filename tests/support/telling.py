"""What frames tell of a result, and whether one told it before its cue: a grep of everything that was sent.

What can be ranked is public: names and ids stand in the contest's own order, the same in every frame.
Order, places and scores are secret until their place is revealed. So a frame may name options in lists
that have that order, and places that have been revealed; nothing else in it may name an option, and no
rank or support may stand in it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

_OWN: Final = frozenset({"receipt", "refused", "mine"})
_OWN_WORDS: Final = frozenset({"ranking", "own"})
"""What a voter's own ballot says stands there, in the frames that answer that voter alone."""
_SCORES: Final = re.compile(rb'"(rank|support|wins|draws|losses|score|by_lot)":')


class Secret(msgspec.Struct, frozen=True):
    """One option of a contest: its names, and the epoch of the cue that revealed its place."""

    contest: str
    id: str
    names: tuple[str, ...]
    revealed: int


@dataclass
class Heard:
    """Every different frame of public and stage sockets, with the epoch in which it was first heard.

    An epoch begins right before the press of a reveal.
    """

    epoch: int = 0
    count: int = 0
    first: dict[bytes, int] = field(default_factory=dict)

    def take(self, raw: bytes) -> dict[str, Any]:
        """Note a frame, and give it decoded."""
        self.count += 1
        self.first.setdefault(raw, self.epoch)
        frame: dict[str, Any] = msgspec.json.decode(raw)
        return frame


def leaks(
    first: Mapping[bytes, int], secrets: Sequence[Secret], orders: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """What was told too early, frame by frame.

    Args:
        first: Frames with their epochs.
        secrets: Every option of every contest.
        orders: Each contest's own order of its options' ids.
    """
    known = set(map(tuple, orders.values()))
    for raw, epoch in first.items():
        frame = msgspec.json.decode(raw)
        own = _OWN_WORDS if frame["type"] in _OWN else frozenset()
        hidden = [one for one in secrets if one.revealed > epoch]
        rest = msgspec.json.encode(_without(frame, {one.id for one in hidden}, known, own))
        if found := _SCORES.search(rest):
            yield f"epoch {epoch}: {found[0].decode()} in {rest[:400].decode()}"
        for one in hidden:
            for name in (one.id, *one.names):
                if msgspec.json.encode(name)[1:-1] in rest:
                    yield f"epoch {epoch}: {name} in {rest[:400].decode()}"


def _without(value: Any, hidden: set[str], known: set[tuple[str, ...]], own: frozenset[str]) -> Any:
    """The frame without a voter's own words, lists of options in their own order, and revealed places."""
    if isinstance(value, dict):
        return {
            name: _without(one, hidden, known, own)
            for name, one in value.items()
            if name not in own and not (name == "options" and _ids(one) in known)
        }
    if isinstance(value, list):
        return [_without(one, hidden, known, own) for one in value if not _is_revealed(one, hidden)]
    return value


def _ids(options: Any) -> tuple[str, ...]:
    return tuple(one["id"] if isinstance(one, dict) else one for one in options)


def _is_revealed(value: Any, hidden: set[str]) -> bool:
    if not (isinstance(value, dict) and "ids" in value and "rank" in value):
        return False
    return not set(value["ids"]) & hidden
