"""What a batch of ballots does to one contest's record: the rule the writer follows. Pure.

Under the contest's lock the outcome depends on nothing but the head, the lines already there and
the ballots in order of arrival, so it can be tried without a database.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from expo.errors import Refusal
from voting.ballots import Ballot, IdConflict, tag_of, tracker_of
from voting.contests import Contest
from voting.eligibility import check_window, running
from voting.ledger.records import derived_nonce, to_base64url
from voting.stations import place, station_of


class Head(msgspec.Struct, frozen=True):
    """The locked head of a contest's log: its state, its secret, and how many lines the log has.

    Where the contest has several logs, of one of its stations; ``position`` is the last one taken
    only where there is one log.
    """

    contest: Contest
    secret: bytes
    position: int
    station: int = 0

    def following(self, taken: int = 0) -> int:
        """The position of the next line of this log, after so many more."""
        return place(self.station, self.position + taken + 1, self.contest.stations)


class Kept(msgspec.Struct, frozen=True):
    """One accepted ballot as it stands in the record; ``voter`` is a tag, never a person."""

    contest: str
    position: int
    ballot_id: str
    voter: str
    electorate: str
    revision: int
    ranking: tuple[str, ...]
    own: tuple[str, ...]
    tracker: str
    accepted_at: datetime
    nonce: str | None = None
    status: str = "counted"
    replaces: int | None = None
    """Position of the same voter's line before this one; None for the first."""
    why: str | None = None
    """Why it is held, released or void."""

    @property
    def is_held(self) -> bool:
        """Whether it waits for review and is in no count."""
        return self.status == "quarantined"


class Latest(msgspec.Struct, frozen=True):
    """How often a voter has cast so far, where the last is, and the tracker given the first time."""

    voter: str
    revision: int
    tracker: str
    position: int


Answer = Kept | Refusal
"""To one ballot: its line on record, with the nonce that opens it, or why there is none."""


class Settled(msgspec.Struct, frozen=True):
    """The answer to each ballot in order, and the lines to append (positions follow the head's)."""

    answers: tuple[Answer, ...]
    lines: tuple[Kept, ...]


def settle(
    head: Head,
    ballots: Sequence[Ballot],
    known: Iterable[Kept],
    current: Iterable[Kept | Latest],
    voters: Sequence[str] | None = None,
) -> Settled:
    """Decide on a batch.

    A ballot id that is on record is answered as it was the first time, even after the close: the
    answer may have been lost on its way. Only then does the clock have a say.

    Args:
        head: Of the contest all ballots are for.
        ballots: In order of arrival.
        known: The lines on record whose id is one of the batch's.
        current: How each voter of the batch stands; those who never cast left out.
        voters: The tag of each ballot's person, where the caller has made them already.
    """
    by_id = {line.ballot_id: line for line in known}
    latest: dict[str, Kept | Latest] = {line.voter: line for line in current}
    answers: list[Answer] = []
    lines: list[Kept] = []
    window = running(head.contest)
    if voters is None:
        voters = [tag_of(head.secret, ballot.person) for ballot in ballots]
    for ballot, voter in zip(ballots, voters, strict=True):
        try:
            line = _repeated(by_id.get(ballot.id), ballot, voter)
            if line is None:
                if window is None or not window[0] <= ballot.arrived_at <= window[1]:
                    check_window(head.contest, ballot.arrived_at)
                line = _line(head, ballot, voter, latest.get(voter), len(lines))
                by_id[ballot.id] = latest[voter] = line
                lines.append(line)
        except Refusal as refusal:
            answers.append(refusal)
        else:
            answers.append(opened(line, head.secret))
    return Settled(tuple(answers), tuple(lines))


def at_the_ends(logs: Sequence[Head], lines: Sequence[Kept]) -> list[tuple[Head, tuple[Kept, ...]]]:
    """These lines at the end of their voters' logs, each replacing the line it stood at before.

    Args:
        logs: The heads of all logs of one contest, in order of station.
        lines: In any order; at most one of a voter.
    """
    found = []
    for log in logs:
        mine = [line for line in lines if station_of(line.voter, len(logs)) == log.station]
        moved = tuple(
            msgspec.structs.replace(line, position=log.following(n), replaces=line.position)
            for n, line in enumerate(mine)
        )
        if moved:
            found.append((log, moved))
    return found


def opened(line: Kept, secret: bytes) -> Kept:
    """The line with its nonce, also where none was sent with the ballot.

    Args:
        line: As it is on record.
        secret: Of its contest.
    """
    if line.nonce is not None:
        return line
    nonce = derived_nonce(secret, line.tracker, line.revision)
    return msgspec.structs.replace(line, nonce=to_base64url(nonce))


def _repeated(line: Kept | None, ballot: Ballot, voter: str) -> Kept | None:
    """The line this ballot was accepted as before, if it was.

    Raises:
        IdConflict: The id was used by somebody else, or for another answer.
    """
    if line is None:
        return None
    if (line.voter, line.ranking, line.nonce) != (voter, ballot.ranking, ballot.nonce):
        raise IdConflict
    return line


def _line(head: Head, ballot: Ballot, voter: str, before: Kept | Latest | None, taken: int) -> Kept:
    return Kept(
        contest=ballot.contest,
        position=head.following(taken),
        ballot_id=ballot.id,
        voter=voter,
        electorate=ballot.electorate,
        revision=before.revision + 1 if before else 1,
        ranking=ballot.ranking,
        own=ballot.own,
        tracker=before.tracker if before else tracker_of(head.secret, voter),
        accepted_at=ballot.arrived_at,
        nonce=ballot.nonce,
        status="quarantined" if ballot.held else "counted",
        replaces=before.position if before else None,
        why=ballot.held,
    )
