"""What is odd about the ballots of the last minutes, told by when and from where they came. Pure.

A signal holds nothing: it makes people look. Every window is compared with the ten minutes before it;
minutes after a call to vote on air are not what is usual, and a rush then is what was asked for.
Source: counting page 5.2.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from voting.integrity.statistics import binomial_tail, evenness, g_test, mad, median
from voting.integrity.windows import KINDS, SECONDS, SourceKind, Window

UNLIKELY: Final = 1e-6
CALL_SECONDS: Final = 60
_BASELINE: Final = 600 // SECONDS  # windows
_FEWEST_WINDOWS: Final = 6  # of a baseline; with fewer nothing is usual yet
_FEWEST_BALLOTS: Final = 50  # before it, for a share to be known
_FEWEST_HITS: Final = 20  # in a window; fewer are no rush, however unusual
_FEWEST_FROM_SOURCE: Final = 10
_EVEN: Final = 0.1  # spread over mean of the gaps; people are near 1
_WIDTHS: Final = 6.0  # MADs above the median
_TIMED: Final[tuple[SourceKind, ...]] = ("network", "batch")  # sources whose gaps are known
_POISSON_MAD: Final = 0.6745  # MAD of a normal distribution of width 1


class SignalKind(StrEnum):
    """What is odd."""

    BURST = "burst"
    CONCENTRATION = "concentration"
    QUICK = "quick"
    FRESH = "fresh"
    REVISED = "revised"
    EVEN = "even"


class Signal(msgspec.Struct, frozen=True):
    """One odd thing in one window.

    ``n`` of ``of`` ballots; ``usual`` is what the baseline made one expect. ``likelihood`` is how often
    chance alone brings as much; None where no such figure belongs to the signal.
    """

    kind: SignalKind
    begins_ms: int
    n: int
    of: int
    usual: float
    likelihood: float | None = None
    electorate: str | None = None
    source: SourceKind | None = None
    mark: str | None = None

    @property
    def begins_at(self) -> datetime:
        """When the window began."""
        return datetime.fromtimestamp(self.begins_ms / 1000, UTC)


def filled(windows: Iterable[Window], first_ms: int, last_ms: int) -> tuple[Window, ...]:
    """Every window from one instant to another, empty ones too: silence is part of what is usual.

    Args:
        windows: Those in which something came.
        first_ms: Begin of the first.
        last_ms: Begin of the last.
    """
    known = {window.begins_ms: window for window in windows}
    return tuple(known.get(at) or Window(at) for at in range(first_ms, last_ms + 1, SECONDS * 1000))


def signals(
    windows: Sequence[Window], calls: Sequence[int], electorates: Sequence[str]
) -> tuple[Signal, ...]:
    """Everything odd, the latest first.

    Args:
        windows: Of one contest, without gaps, in order of time.
        calls: When the audience was called to vote on air, in milliseconds.
        electorates: Of the contest.
    """
    found: list[Signal] = []
    for place, window in enumerate(windows):
        before = windows[max(0, place - _BASELINE) : place]
        found += _bursts(window, before, calls, electorates)
        found += _concentrations(window, before)
        found += _shares(window, before)
        found += _even(window)
    return tuple(sorted(found, key=lambda one: -one.begins_ms))


def is_called(window: Window, calls: Sequence[int]) -> bool:
    """Whether the window lies in the minute after a call to vote."""
    ends = window.begins_ms + SECONDS * 1000
    return any(call < ends and window.begins_ms < call + CALL_SECONDS * 1000 for call in calls)


def threshold(counts: Sequence[int]) -> float:
    """More ballots than this in a window are a rush, by what windows usually hold.

    Where hardly anything varies, the width is at least that of people who come at random.
    """
    middle = median(counts)
    width = max(mad(counts), _POISSON_MAD * math.sqrt(middle))
    return max(float(_FEWEST_HITS), middle + _WIDTHS * width)


def content_alarm(burst: Sequence[int], rest: Sequence[int]) -> bool:
    """Whether the first choices of a burst differ from those of the rest: a hint, never a reason.

    Args:
        burst: First choices by option.
        rest: The same of all other ballots.
    """
    return g_test(burst, rest) < UNLIKELY


def _bursts(
    window: Window, before: Sequence[Window], calls: Sequence[int], electorates: Sequence[str]
) -> Iterator[Signal]:
    usual = [one for one in before if not is_called(one, calls)]
    if len(usual) < _FEWEST_WINDOWS or is_called(window, calls):
        return
    for electorate in electorates:
        n = window.of(electorate)
        counts = [one.of(electorate) for one in usual]
        if n > threshold(counts):
            yield Signal(
                SignalKind.BURST, window.begins_ms, n, window.n, median(counts),
                electorate=electorate,
            )  # fmt: skip


def _concentrations(window: Window, before: Sequence[Window]) -> Iterator[Signal]:
    for kind in KINDS:
        trials = window.known.get(kind, 0)
        earlier = sum(one.known.get(kind, 0) for one in before)
        suspects = [s for s in window.sources.get(kind, ()) if s.n >= _FEWEST_FROM_SOURCE]
        if not suspects or earlier < _FEWEST_BALLOTS:
            continue
        counts: dict[str, int] = {}
        for source in (s for one in before for s in one.sources.get(kind, ())):
            counts[source.mark] = counts.get(source.mark, 0) + source.n
        for source in suspects:
            share = (counts.get(source.mark, 0) + 1) / (earlier + len(counts) + 1)
            likelihood = binomial_tail(source.n, trials, share)
            if likelihood < UNLIKELY:
                yield Signal(
                    SignalKind.CONCENTRATION, window.begins_ms, source.n, trials, share * trials,
                    likelihood, source=kind, mark=source.mark,
                )  # fmt: skip


def _shares(window: Window, before: Sequence[Window]) -> Iterator[Signal]:
    """Kinds of ballots that are a greater part than before."""
    parts = (
        (SignalKind.QUICK, "quick", "timed"),
        (SignalKind.FRESH, "fresh", "n"),
        (SignalKind.REVISED, "revised", "n"),
    )
    for kind, part, whole in parts:
        hits, trials = getattr(window, part), getattr(window, whole)
        earlier = sum(getattr(one, whole) for one in before)
        if hits <= _FEWEST_HITS or earlier < _FEWEST_BALLOTS:
            continue
        share = (sum(getattr(one, part) for one in before) + 1) / (earlier + 2)
        likelihood = binomial_tail(hits, trials, share)
        if likelihood < UNLIKELY:
            yield Signal(kind, window.begins_ms, hits, trials, share * trials, likelihood)


def _even(window: Window) -> Iterator[Signal]:
    for kind in _TIMED:
        for source in window.sources.get(kind, ()):
            gaps = source.n - 1
            if gaps >= _FEWEST_HITS and evenness(gaps, source.gaps, source.squares) < _EVEN:
                yield Signal(
                    SignalKind.EVEN, window.begins_ms, source.n, window.known.get(kind, 0),
                    source.gaps / gaps, source=kind, mark=source.mark,
                )  # fmt: skip
