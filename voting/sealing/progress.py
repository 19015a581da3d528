"""How far the sealing of ledgers is, as the last look found it: what metrics and readiness ask. Pure.

It is kept in memory, so asking reads no database; and it grows older by itself, so looks that fail or
never end do not hide that somebody waits.
"""

from collections.abc import Collection


class Progress:
    """Of the follower of one process; all instants are those of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self.is_here = False
        """Whether this process is the one that seals."""
        self.looks = 0
        """Whole looks since start."""
        self.look_seconds = 0.0
        """How long the last of them took, sealing included."""
        self.lost: frozenset[str] = frozenset()
        """Contests of whose ledgers nothing is sealed: their key cannot be opened."""
        self._looked_at = 0.0
        self._waiting: dict[str, tuple[int, float]] = {}

    @property
    def lines(self) -> int:
        """Lines of the record that are in no ledger yet."""
        return sum(lines for lines, _ in self._waiting.values())

    def oldest_seconds(self, now: float) -> float:
        """How long the oldest of them has been waiting."""
        return max((now - since for _, since in self._waiting.values()), default=0.0)

    def age_seconds(self, now: float) -> float:
        """Since everything was last looked at; 0 where another process does it."""
        return now - self._looked_at if self.is_here else 0.0

    # --- told by the follower ---

    def begin(self, now: float) -> None:
        """This process seals from now on."""
        self.is_here, self._looked_at = True, now

    def end(self) -> None:
        """Another process seals; what waits is for it to say."""
        self.is_here, self.lost = False, frozenset()
        self._waiting.clear()

    def growing(self, contests: Collection[str]) -> None:
        """These ledgers may still grow; of others nothing waits any more."""
        self.lost &= frozenset(contests)
        for gone in self._waiting.keys() - set(contests):
            del self._waiting[gone]

    def waits(self, contest_id: str, lines: int, since: float) -> None:
        """So many lines of a contest wait, the oldest since then."""
        self._waiting[contest_id] = lines, since

    def sealed(self, contest_id: str) -> None:
        """Nothing of it waits."""
        self._waiting.pop(contest_id, None)
        self.lost -= {contest_id}

    def key_lost(self, contest_id: str) -> None:
        """Its key cannot be opened."""
        self.lost |= {contest_id}

    def looked(self, now: float, took: float) -> None:
        """Everything has been looked at."""
        self.looks += 1
        self._looked_at, self.look_seconds = now, took
