"""Ballots that stand on lines of their own, in a table or on a sheet, put together. Pure."""

from collections.abc import Mapping

from voting.exchange.ballot_file import (
    BAD_NUMBER,
    BallotFile,
    FileGroup,
    FileUnreadable,
    ranking_fault,
)
from voting.exchange.opened import Opened
from voting.methods.rankings import Pattern, Ranking
from voting.methods.weights import MAX_WEIGHT, InvalidShares, Share, checked


class Gathered:
    """The ballots of a file that are read one after the other. Mutable: it belongs to one reader.

    Args:
        options: Ids in order.
        names: In the same order.
    """

    def __init__(self, options: tuple[str, ...], names: tuple[str, ...]) -> None:
        self._options, self._names = options, names
        self._known = frozenset(options)
        self._shares: dict[str, tuple[int, Share]] = {}
        self._said: dict[str, dict[tuple[Ranking, tuple[str, ...]], int]] = {}

    def has(self, electorate: str) -> bool:
        """Whether it is known what this electorate says."""
        return electorate in self._shares

    def share(self, electorate: str) -> Share:
        """What it says."""
        return self._shares[electorate][1]

    def tell(self, share: Share, line: int) -> None:
        """What an electorate says, and where that stands."""
        self._shares[share.id] = line, share
        self._said[share.id] = {}

    def take(self, ballot: Opened, line: int) -> None:
        """One more ballot; one that does not count is only looked at.

        Raises:
            FileUnreadable: It cannot have been cast.
        """
        for said in (ballot.ranking, ballot.own):
            fault = ranking_fault(said, self._known)
            if fault is not None:
                raise FileUnreadable(line, *fault)
        if ballot.counts:
            said_here = self._said[ballot.electorate]
            key = ballot.ranking, ballot.own
            said_here[key] = said_here.get(key, 0) + 1

    def file(self, title: str = "", method: str = "") -> BallotFile:
        """The election; without any electorate it is one of nobody.

        Raises:
            FileUnreadable: The electorates cannot be weighed.
        """
        if not self._shares:
            self.tell(Share("all", 1), 1)
        try:
            shares = checked([share for _, share in self._shares.values()])
        except InvalidShares as error:
            line, _ = self._shares.get(str(error.facts["electorate"]), (1, None))
            reason = str(error.facts["reason"])
            raise FileUnreadable(line, reason, error.facts["electorate"]) from None
        groups = tuple(FileGroup(share, self._patterns(share.id)) for share in shares)
        return BallotFile(self._options, self._names, groups, title, method)

    def _patterns(self, electorate: str) -> tuple[Pattern, ...]:
        said = self._said[electorate].items()
        return tuple(Pattern(electorate, ranking, n, own) for (ranking, own), n in said)


def ranking_of(places: Mapping[str, int]) -> Ranking:
    """The ranking of options with their places; equal places share a rank, gaps do not matter."""
    levels: dict[int, list[str]] = {}
    for option, place in places.items():
        levels.setdefault(place, []).append(option)
    ranked = (levels[place] for place in sorted(levels))
    return tuple(level[0] if len(level) == 1 else tuple(level) for level in ranked)


def share_of(electorate: str, figures: tuple[str, str, str], line: int) -> Share:
    """What an electorate says, from three written numbers.

    Raises:
        FileUnreadable: One is no whole number.
    """
    for figure in figures:
        if not (figure.isascii() and figure.isdigit() and len(figure) <= len(str(MAX_WEIGHT))):
            raise FileUnreadable(line, BAD_NUMBER, figure)
    return Share(electorate, *map(int, figures))
