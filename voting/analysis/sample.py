"""The counted ballots of a contest in 256 parts by chance, so that other crowds can be drawn from them.

A ballot falls into the part that the first byte of ``SHA-256(tracker)`` names: chosen by nobody, and
the same for whoever has the published openings. Pure. Source: counting page 6.4.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from voting.methods.group_tally import GroupTally, Matrix
from voting.methods.rankings import Counts, Ranking, Said, index_of, said

BUCKETS: Final = 256
_MOST_SAYINGS: Final = 8_192  # different things said that are kept at hand; a crowd repeats itself


class Bucket(msgspec.Struct, frozen=True):
    """One part of an electorate's ballots: pairs ``above[a][b]``, and first choices by option."""

    above: Matrix
    firsts: tuple[int, ...]


class Sample(msgspec.Struct, frozen=True):
    """All counted ballots: the counts of each electorate, whole and by bucket (empty ones left out)."""

    options: tuple[str, ...]
    groups: tuple[GroupTally, ...]
    buckets: Mapping[str, Mapping[int, Bucket]]


class Sampling:
    """Takes in the counted ballots one by one. Mutable: it belongs to one count.

    Args:
        options: The contest's, in order.
        electorates: The contest's, in order.
    """

    def __init__(self, options: Sequence[str], electorates: Sequence[str]) -> None:
        self._options = tuple(options)
        self._index = index_of(options)
        self._parts: dict[str, dict[int, Counts]] = {one: {} for one in electorates}
        self._sayings: dict[tuple[Ranking, tuple[str, ...]], Said] = {}

    def add(
        self, tracker: str, electorate: str, ranking: Ranking, own: tuple[str, ...] = ()
    ) -> None:
        """Take in a counted ballot; an empty ranking is none.

        Raises:
            UnreadableLine: It does not fit the options.
            KeyError: There is no such electorate.
        """
        if not ranking:
            return
        parts = self._parts[electorate]
        bucket = bucket_of(tracker)
        counts = parts.get(bucket)
        if counts is None:
            counts = parts[bucket] = Counts(len(self._options))
        counts.add(self._said(ranking, own), 1)

    def _said(self, ranking: Ranking, own: tuple[str, ...]) -> Said:
        found = self._sayings.get((ranking, own))
        if found is None:
            if len(self._sayings) >= _MOST_SAYINGS:
                self._sayings.clear()
            found = self._sayings[ranking, own] = said(ranking, own, self._index)
        return found

    def sample(self) -> Sample:
        """Everything taken in so far."""
        buckets = {
            electorate: {place: _bucket(counts) for place, counts in sorted(parts.items())}
            for electorate, parts in self._parts.items()
        }
        groups = tuple(self._whole(electorate) for electorate in self._parts)
        return Sample(self._options, groups, buckets)

    def _whole(self, electorate: str) -> GroupTally:
        whole = Counts(len(self._options))
        for counts in self._parts[electorate].values():
            whole.take_in(counts)
        return GroupTally(electorate, whole.n, whole.above, whole.placed, tuple(whole.abstained))


def bucket_of(tracker: str) -> int:
    """The part a ballot falls into: the first byte of its tracker's SHA-256."""
    return sha256(tracker.encode()).digest()[0]


def _bucket(counts: Counts) -> Bucket:
    return Bucket(counts.above, tuple(row[0] for row in counts.placed))
