"""The pulse of this process: one timer, four times a second, that notes how late it came.

A loop that is late for its timer is late for everybody. Once a second the parts are asked for their
counters, so that a page can tell of the last minute without anybody keeping statistics.
"""

import asyncio
import gc
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic, perf_counter
from typing import Any, Final

from expo.load.figures import HISTORY, Minute, Moment, Sample, minute
from expo.load.histogram import SECONDS, Histogram
from expo.load.machine import cpu_seconds
from expo.wire import beat

_BEATS: Final = round(1 / beat.SECONDS)


class Pulse:
    """One per process.

    Args:
        sample: Asks the parts for their counters; called once a second, so it must be cheap.
    """

    def __init__(self, sample: Callable[[], Sample]) -> None:
        self._sample = sample
        self._moments: deque[Moment] = deque(maxlen=HISTORY + 1)
        self._collecting = 0.0
        self.lag_seconds = Histogram(SECONDS)
        """How late the timer came, each time."""
        self.connections_peak = 0
        """The most connections at once since start, as seen once a second."""
        self.ballots_peak = 0
        """The most ballots recorded in one second since start."""
        self.collections = 0
        """Garbage collections since start."""
        self.collection_seconds = 0.0
        """How long they stopped the process, together."""
        self.collection_max = 0.0
        """The longest of them, in seconds."""

    @property
    def minute(self) -> Minute:
        """The last minute."""
        return minute(tuple(self._moments))

    async def run(self) -> None:
        """Beat until cancelled."""
        gc.callbacks.append(self._collected)
        self._take(())
        try:
            while True:
                self._take([await self._beat() for _ in range(_BEATS)])
        finally:
            gc.callbacks.remove(self._collected)

    async def _beat(self) -> float:
        now = monotonic()
        due = beat.next_beat(now)
        await asyncio.sleep(due - now)
        late = max(0.0, monotonic() - due)
        self.lag_seconds.add(late)
        return late

    def _take(self, late: Sequence[float]) -> None:
        sample = self._sample()
        self.connections_peak = max(self.connections_peak, sample.connections)
        if self._moments:
            before = self._moments[-1]
            grown = sample.recorded - before.sample.recorded
            passed = max(1.0, monotonic() - before.at)  # a late second holds more than its own
            self.ballots_peak = max(self.ballots_peak, round(grown / passed))
        mean = sum(late) / len(late) if late else 0.0
        worst = max(late, default=0.0)
        self._moments.append(Moment(monotonic(), sample, cpu_seconds(), mean, worst))

    def _collected(self, phase: str, _info: dict[str, Any]) -> None:
        if phase == "start":
            self._collecting = perf_counter()
            return
        took = perf_counter() - self._collecting
        self.collections += 1
        self.collection_seconds += took
        self.collection_max = max(self.collection_max, took)
