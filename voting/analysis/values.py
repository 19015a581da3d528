"""The figures a result page tells beside the result, as values that may be published. Pure.

`Analysis` is public as a whole: what `voting.results.suppressed` hides is not in it, and where exact
figures of the whole would give a hidden electorate away they are rounded or left out; ``missing`` says
which and why. Nothing in it decides anything. Source: counting page 4.6 and 6.
"""

from datetime import datetime
from typing import Literal

import msgspec

from voting.analysis.flips import Bound
from voting.analysis.stability import Stability
from voting.methods.outcome import Ranks

Figure = Literal["places", "gaps", "ballots", "stability", "flips", "equal"]
Reason = Literal["few", "rounded", "method", "shared", "alone"]
"""Why a figure is missing: fewer than K_PUBLIC ballots; it would give a hidden electorate away; the
method needs each single ballot for it; the first place is shared; there is nothing to compare with."""
Shares = tuple[tuple[int | None, ...], ...]


class Gap(msgspec.Struct, frozen=True):
    """From one line of the result to the next one.

    ``points`` is the margin in thousandths of all weighted ballots, ``by`` what each shown electorate
    added to it, ``ballots`` how many of each electorate would have to be turned round to take it away.
    """

    over: str
    under: str
    points: int
    by: dict[str, int]
    ballots: dict[str, int]


class Places(msgspec.Struct, frozen=True):
    """Where ballots put an option, in thousandths of all; ``mean`` in thousandths of a place."""

    id: str
    places: tuple[int, ...]
    left_out: int
    own: int
    ranked: int
    mean: int | None


class Part(msgspec.Struct, frozen=True):
    """One electorate: what a ballot of it weighs in millionths of the result; the rest unless hidden.

    ``moved`` is its share of all movement in thousandths, ``preferred`` as in the public result.
    """

    id: str
    weighs: int
    moved: int | None = None
    preferred: Shares | None = None
    places: tuple[Places, ...] = ()


class Flips(msgspec.Struct, frozen=True):
    """Bounds of the ballots that would have to differ, or come in, for another first place.

    ``least`` is empty where no such bound is known; ``unable`` are electorates that cannot do it
    alone, however many they are.
    """

    leader: str
    least: tuple[Bound, ...]
    most: tuple[Bound, ...]
    unable: tuple[str, ...]


class Analysis(msgspec.Struct, frozen=True):
    """What the page says beside the result; matrices by ``ids``, the contest's own order."""

    contest: str
    position: int
    frozen_at: datetime
    method: str
    ids: tuple[str, ...]
    is_rounded: bool
    gaps: tuple[Gap, ...]
    undecided: tuple[tuple[int, ...], ...]
    """Thousandths of the weighted ballots that prefer neither of the two."""
    places: tuple[Places, ...]
    parts: tuple[Part, ...]
    stability: Stability | None
    flips: Flips | None
    equal: Ranks | None
    """The order if every counted ballot weighed the same."""
    distances: dict[str, int]
    """Pairs that stand the other way round under another method."""
    missing: dict[Figure, Reason]
    v: int = 1
