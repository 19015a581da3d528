"""What arrives in ten seconds, gathered while it arrives and summed up as a value. Pure.

Nothing of what a ballot says goes in, and no person: only how many, of whom, how surely known and from
where. Sources leave this file as keyed marks; in the clear they are in memory for one window.
"""

import hmac
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from expo.identity.people import Assurance, Person
from voting.holds import Origin

SECONDS: Final = 10
_TOP: Final = 20  # sources of a kind that a window names; the rest is in its total
_MOST_SOURCES: Final = 50_000  # of a kind in one window; more are counted together
_QUICK_MS: Final = 2_000
_NEW_MS: Final = 300_000  # an account younger than this when it casts
_MARK: Final = 12  # hex digits of a mark: two sources of a contest share one by chance once in 2^24
_ID_HEX: Final = 11  # a person's id begins with the milliseconds of its making
_ID_LENGTH: Final = 23
_LEVELS: Final = (Assurance.DEVICE, Assurance.CONTACT, Assurance.VERIFIED)
SourceKind = Literal["device", "network", "batch"]
KINDS: Final[tuple[SourceKind, ...]] = ("device", "network", "batch")


class Source(msgspec.Struct, frozen=True):
    """One source in a window: its mark, its ballots, and the sums of its gaps (ms) for evenness.

    Gaps are not summed for devices, of which there are too many; a program has a network too.
    """

    mark: str
    n: int
    gaps: int = 0
    squares: int = 0


class Window(msgspec.Struct, frozen=True):
    """Ten seconds of one contest on one node, or on all of them together.

    ``counts`` by electorate and level; ``sources`` by kind, the most frequent first; ``known`` how many
    ballots had a source of that kind at all.
    """

    begins_ms: int
    counts: dict[str, dict[str, int]] = {}
    sources: dict[str, tuple[Source, ...]] = {}
    known: dict[str, int] = {}
    held: dict[str, int] = {}
    quick: int = 0
    timed: int = 0
    """Ballots of which it is known how long their page had been there."""
    fresh: int = 0
    """Ballots of people who were made within the last five minutes."""
    revised: int = 0

    @property
    def n(self) -> int:
        """Ballots in all."""
        return sum(sum(levels.values()) for levels in self.counts.values())

    def of(self, electorate: str) -> int:
        """Ballots of one electorate."""
        return sum(self.counts.get(electorate, {}).values())


class Gathering:
    """A window while it is open. Mutable: it belongs to the loop's thread.

    `add` runs for every ballot, so it looks nothing up twice and hashes no enumeration.
    """

    __slots__ = (
        "_batches", "_counts", "_devices", "_held", "_networks", "_young", "begins_ms", "fresh",
        "quick", "revised", "timed",
    )  # fmt: skip

    def __init__(self, begins_ms: int) -> None:
        self.begins_ms = begins_ms
        self._counts: dict[str, list[int]] = {}
        self._devices: dict[str, int] = {}
        self._networks: dict[str, list[int]] = {}
        self._batches: dict[str, list[int]] = {}
        self._held: dict[str, int] = {}
        self._young = f"{max(0, begins_ms - _NEW_MS):0{_ID_HEX}x}"  # ids sort by time
        self.quick = self.timed = self.fresh = self.revised = 0

    def add(
        self, person: Person, electorate: str, origin: Origin, at_ms: int, why: str | None
    ) -> None:
        """Count one arrival in."""
        counts = self._counts.get(electorate)
        if counts is None:
            counts = self._counts[electorate] = [0] * len(_LEVELS)
        counts[_place(person.assurance)] += 1
        if (device := origin.device) and (
            device in self._devices or len(self._devices) < _MOST_SOURCES
        ):
            self._devices[device] = self._devices.get(device, 0) + 1
        if origin.network:
            _count(self._networks, origin.network, at_ms)
        if origin.batch:
            _count(self._batches, origin.batch, at_ms)
        if why is not None:
            self._held[why] = self._held.get(why, 0) + 1
        if origin.opened_ms is not None:
            self.timed += 1
            self.quick += at_ms - origin.opened_ms < _QUICK_MS
        if person.id > self._young and len(person.id) == _ID_LENGTH:
            self.fresh += 1

    def window(self, key: bytes) -> Window:
        """What has come in so far, with marks for its sources."""
        counts = {
            electorate: {level.value: n for level, n in zip(_LEVELS, found, strict=True) if n}
            for electorate, found in self._counts.items()
        }
        sources = {
            "device": {one: [n, 0, 0, 0] for one, n in self._devices.items()},
            "network": self._networks,
            "batch": self._batches,
        }
        return Window(
            begins_ms=self.begins_ms,
            counts=counts,
            sources={kind: _top(kind, found, key) for kind, found in sources.items()},
            known={kind: sum(one[0] for one in f.values()) for kind, f in sources.items()},
            held=dict(self._held),
            quick=self.quick,
            timed=self.timed,
            fresh=self.fresh,
            revised=self.revised,
        )


def _place(level: Assurance) -> int:
    if level is Assurance.DEVICE:
        return 0
    return 1 if level is Assurance.CONTACT else 2


def mark_of(key: bytes, kind: str, source: str) -> str:
    """How a source is called outside memory; empty for none. Unlinkable without the contest's key."""
    if not source:
        return ""
    return hmac.digest(key, f"{kind}\0{source}".encode(), "sha256").hex()[:_MARK]


def begins(at_ms: int) -> int:
    """When the window of this instant begins."""
    return at_ms - at_ms % (SECONDS * 1000)


def merged(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Windows of several nodes as those of one, by time.

    A source's gaps add up as if each node were a queue of its own, which is what it is.
    """
    by_time: dict[int, list[Window]] = {}
    for window in windows:
        by_time.setdefault(window.begins_ms, []).append(window)
    return tuple(_together(at, by_time[at]) for at in sorted(by_time))


def _together(at: int, windows: Sequence[Window]) -> Window:
    if len(windows) == 1:
        return windows[0]
    counts: dict[str, dict[str, int]] = {}
    for window in windows:
        for electorate, levels in window.counts.items():
            counts[electorate] = _sum([counts.get(electorate, {}), levels])
    return Window(
        begins_ms=at,
        counts=counts,
        sources={kind: _joined([one.sources.get(kind, ()) for one in windows]) for kind in KINDS},
        known=_sum([one.known for one in windows]),
        held=_sum([one.held for one in windows]),
        quick=sum(one.quick for one in windows),
        timed=sum(one.timed for one in windows),
        fresh=sum(one.fresh for one in windows),
        revised=sum(one.revised for one in windows),
    )


def _sum(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, n in one.items():
            total[name] = total.get(name, 0) + n
    return total


def _joined(found: Sequence[Sequence[Source]]) -> tuple[Source, ...]:
    by_mark: dict[str, Source] = {}
    for one in (source for sources in found for source in sources):
        known = by_mark.get(one.mark, Source(one.mark, 0))
        by_mark[one.mark] = Source(
            one.mark, known.n + one.n, known.gaps + one.gaps, known.squares + one.squares
        )
    return tuple(sorted(by_mark.values(), key=lambda one: (-one.n, one.mark)))


def _count(found: dict[str, list[int]], source: str, at_ms: int) -> None:
    known = found.get(source)
    if known is None:
        if len(found) >= _MOST_SOURCES:
            return
        found[source] = [1, at_ms, 0, 0]
        return
    gap = at_ms - known[1]
    known[0] += 1
    known[1] = at_ms
    known[2] += gap
    known[3] += gap * gap


def _top(kind: str, found: dict[str, list[int]], key: bytes) -> tuple[Source, ...]:
    best = sorted(found.items(), key=lambda one: -one[1][0])[:_TOP]
    return tuple(
        Source(mark_of(key, kind, source), n, gaps, squares)
        for source, (n, _, gaps, squares) in best
    )
