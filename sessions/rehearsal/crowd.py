"""Who the synthetic audience is and how it behaves: all from one seed, so a run can be repeated. Pure."""

import random
from collections.abc import Sequence
from typing import Final

import msgspec

_HABITS_PER_HUNDRED: Final = {"revises": 22, "withdraws": 2, "drops": 18, "late": 4, "silent": 12}
_TASTE: Final = 1.0  # spread of a person's own taste, beside the common opinion of spread 1.0


class Habit(msgspec.Struct, frozen=True):
    """How one person takes part; times are seconds.

    ``drops`` means the connection is cut between casting and the answer once; ``late`` means
    waiting for the end of voting before casting; ``silent`` people only watch.
    """

    decides_after: float
    revises_after: float | None
    withdraws: bool
    drops: bool
    late: bool
    silent: bool


class Dice:
    """Numbers for one purpose: the same seed and purpose give the same numbers."""

    def __init__(self, seed: int, *purpose: object) -> None:
        self._random = random.Random(f"{seed}:{purpose}")  # noqa: S311 - play, not secrets

    def share(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def taste(self) -> float:
        """A number around 0, standard deviation 1."""
        return self._random.gauss(0, 1)

    def between(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return self._random.randint(low, high)


def habit(seed: int, member: int, pace: float = 1.0) -> Habit:
    """How one member behaves.

    Args:
        seed: Of the whole crowd.
        member: Number of the member.
        pace: Seconds are divided by it: 1 for a show, more for a test.
    """
    dice = Dice(seed, "habit", member)
    lot = {name: dice.share() * 100 < percent for name, percent in _HABITS_PER_HUNDRED.items()}
    decides = (4 + 90 * dice.share() ** 2) / pace
    return Habit(
        decides_after=decides,
        revises_after=(5 + 40 * dice.share()) / pace if lot["revises"] else None,
        withdraws=lot["withdraws"],
        drops=lot["drops"],
        late=lot["late"],
        silent=lot["silent"],
    )


def ranking(
    seed: int, member: int, options: Sequence[str], longest: int, attempt: int = 0
) -> tuple[str, ...]:
    """What one member thinks of these options, best first: common opinion plus own taste.

    Args:
        seed: Of the whole crowd.
        member: Number of the member.
        options: Ids of what can be ranked.
        longest: Most options a ranking may hold; people often stop earlier.
        attempt: Grows by one with each change of mind.
    """
    own = Dice(seed, "taste", member, attempt, tuple(options))
    liking = {
        option: Dice(seed, "opinion", option).taste() + _TASTE * own.taste() for option in options
    }
    best_first = sorted(options, key=lambda option: -liking[option])
    most = min(longest, len(best_first))
    return tuple(best_first[: own.between(min(2, most), most)])
