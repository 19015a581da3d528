"""How often one device may try something: token buckets, bounded in number. Pure.

A bucket hangs on a device or a visit, never on an address: a hall shares one address.
"""

from datetime import datetime
from typing import Final

from expo.errors import N_, Refusal

MOST_BUCKETS: Final = 20_000  # about 5 MB; beyond it the longest unused bucket is forgotten


class TooFast(Refusal):
    """More tries than a person makes; ``retry_after_ms`` says when the next is welcome."""

    code = N_("too-fast")
    status = 429


class Budget:
    """Tries per device, refilled steadily.

    Args:
        burst: Tries at once.
        seconds: Until one spent try is given back.
        most: Devices remembered.
    """

    def __init__(self, *, burst: int, seconds: float, most: int = MOST_BUCKETS) -> None:
        self._burst = float(burst)
        self._seconds = seconds
        self._most = most
        self._buckets: dict[str, tuple[float, datetime]] = {}  # the longest unused first

    def __len__(self) -> int:
        """How many devices are remembered."""
        return len(self._buckets)

    def spend(self, device: str, now: datetime) -> None:
        """Take one try from this device's bucket.

        Raises:
            TooFast: The bucket is empty.
        """
        buckets = self._buckets
        left, since = buckets.pop(device, (self._burst, now))
        if now > since:
            left += (now - since).total_seconds() / self._seconds
            if left > self._burst:
                left = self._burst
        is_enough = left >= 1.0
        buckets[device] = (left - 1.0 if is_enough else left, now)
        if len(buckets) > self._most:
            del buckets[next(iter(buckets))]
        if not is_enough:
            raise TooFast(retry_after_ms=max(1, round((1.0 - left) * self._seconds * 1000)))
