"""Where the writer puts ballots: one durable transaction per batch, whatever the database. Pure.

``sqlite_store`` keeps this promise; another database needs another record behind the same one.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from voting.ballots import Ballot, tag_of
from voting.batches import Answer, Head, Kept, Latest, Settled, settle
from voting.eligibility import UnknownContest
from voting.stations import station_of


class Recorded(msgspec.Struct, frozen=True):
    """What was decided about each ballot, in order, and the contests whose logs grew."""

    answers: tuple[Answer, ...]
    grew: tuple[str, ...]


class BallotRecord(Protocol):
    """The record as the writer's thread sees it; one thread, one call at a time."""

    def record(self, ballots: Sequence[Ballot]) -> Recorded:
        """Write a batch in one transaction; returns only after the commit.

        Raises:
            Busy: Nothing may be acknowledged. Sending the same ballots again finds the truth, also
                when the answer to the commit was lost.
        """

    def close(self) -> None:
        """Give the connection back; what is in no finished transaction is gone."""


Known = Callable[[Head, Sequence[str], Sequence[str]], tuple[Iterable[Kept], Iterable[Latest]]]
"""From a held head, ballot ids and voters' tags: the lines with those ids, and who stands where."""


def decide(
    ballots: Sequence[Ballot], heads: Sequence[Head], known: Known
) -> tuple[Recorded, list[tuple[Head, Settled]]]:
    """The answers to a batch, and what to append to each log.

    Args:
        ballots: In order of arrival, of any contests.
        heads: Of the logs of those contests, held; where one is missing, the contest does not exist.
        known: Looks up what the decision needs.
    """
    answers: list[Answer] = [_UNKNOWN] * len(ballots)
    growing = []
    by_log = by_station(ballots, heads)
    for head in heads:
        places = by_log.get((head.contest.id, head.station), [])
        if not places:
            continue
        mine = [ballots[place] for place in places]
        voters = [tag_of(head.secret, ballot.person) for ballot in mine]
        found, latest = known(head, [ballot.id for ballot in mine], voters)
        settled = settle(head, mine, found, latest, voters)
        for place, answer in zip(places, settled.answers, strict=True):
            answers[place] = answer
        if settled.lines:
            growing.append((head, settled))
    grew = tuple(dict.fromkeys(head.contest.id for head, _ in growing))
    return Recorded(tuple(answers), grew), growing


def by_station(
    ballots: Sequence[Ballot], heads: Iterable[Head]
) -> dict[tuple[str, int], list[int]]:
    """Which of these ballots belong into which log, by contest and station; in order of arrival.

    Args:
        ballots: Of any contests; those of a contest that has no head here are left out.
        heads: At least one of each contest; its secret says who belongs where.
    """
    contests: dict[str, Head] = {head.contest.id: head for head in heads}
    found: dict[tuple[str, int], list[int]] = {}
    for n, ballot in enumerate(ballots):
        head = contests.get(ballot.contest)
        if head is not None:
            station = station_for(head, ballot) if head.contest.stations > 1 else 0
            found.setdefault((ballot.contest, station), []).append(n)
    return found


def station_for(head: Head, ballot: Ballot) -> int:
    """The station of whoever cast this ballot."""
    return station_of(tag_of(head.secret, ballot.person), head.contest.stations)


_UNKNOWN = UnknownContest()
