"""Several runs of the same work on several servers, in turn, so that a slow minute hits all of them."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

import msgspec

from bench import peers
from bench.measures import Spread, ratio, spread
from bench.peers import Absent, Server
from bench.programs import Failed

T = TypeVar("T")


class Results(Generic[T]):
    """What each server showed in each run; None for a run that failed."""

    def __init__(self) -> None:
        self.found: dict[str, list[T | None]] = {}
        self.reasons: dict[str, str] = {}
        """Why a server has no figures, or fewer."""

    def one(self, name: str, attribute: str) -> Spread | None:
        """The spread of a figure of one server."""
        return spread(_figures(self.found.get(name, ()), attribute))

    def over(self, name: str, other: str, attribute: str) -> Spread | None:
        """The spread of the ratio of two servers, each ratio within one run."""
        mine, theirs = self.found.get(name, ()), self.found.get(other, ())
        pairs = zip(_figures(mine, attribute), _figures(theirs, attribute), strict=False)
        return spread(ratio(*pair) for pair in pairs)

    def why(self, *names: str) -> str:
        """Why one of these servers has no figures; empty when they have."""
        return next((self.reasons[name] for name in names if name in self.reasons), "")


def repeat(
    names: Sequence[str],
    runs: int,
    work: Callable[[Server], T],
    *,
    start: Callable[[str], AbstractContextManager[Server]] | None = None,
) -> Results[T]:
    """The work on a fresh server of each name, in turn, so many times."""
    results: Results[T] = Results()
    for run in range(runs):
        for name in names:
            if results.reasons.get(name, "").startswith("not run"):
                continue
            results.found.setdefault(name, []).append(_once(results, name, run, work, start))
    return results


def _once(
    results: Results[T],
    name: str,
    run: int,
    work: Callable[[Server], T],
    start: Callable[[str], AbstractContextManager[Server]] | None,
) -> T | None:
    began = time.monotonic()
    try:
        with start(name) if start else peers.PEERS[name]() as server:
            found = work(server)
    except Absent as absent:
        results.reasons[name] = str(absent)
        return None
    except (Failed, OSError, msgspec.MsgspecError) as error:
        results.reasons[name] = f"run {run + 1} failed: {error}"
        print(f"{name}: {error}", file=sys.stderr)
        return None
    print(f"  {name} run {run + 1}: {time.monotonic() - began:.0f} s {found}", file=sys.stderr)
    return found


def _figures(found: Sequence[Any], attribute: str) -> list[float | None]:
    return [None if one is None else getattr(one, attribute) for one in found]
