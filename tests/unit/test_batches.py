"""What a batch does to a log, decided without a database."""

from datetime import timedelta

import msgspec

from tests.support.clock import Clock
from tests.support.contests import cast, contest, person
from voting.ballots import Ballot, IdConflict, admit, tag_of
from voting.batches import Head, Kept, settle
from voting.contests import Phase
from voting.eligibility import ContestClosed

AT = Clock()()
SECRET = b"s" * 32
OPEN = msgspec.structs.replace(
    contest(), phase=Phase.OPEN, opened_at=AT, closes_at=AT + timedelta(minutes=10)
)
HEAD = Head(OPEN, SECRET, 40)


def ballot(voter: str, ranking: str, ballot_id: str | None = None, *, later: int = 0) -> Ballot:
    """An admitted ballot of a customer."""
    sent = cast(ranking, ballot_id=ballot_id)
    return admit(sent, OPEN, person(voter), "customers", AT + timedelta(seconds=later))


def test_positions_follow_the_head_and_revisions_the_voter() -> None:
    settled = settle(HEAD, [ballot("u", "ab"), ballot("v", "b"), ballot("u", "ba")], [], [])

    assert [(line.position, line.revision) for line in settled.lines] == [(41, 1), (42, 1), (43, 2)]
    assert settled.lines[0].voter == settled.lines[2].voter == tag_of(SECRET, "u")
    assert settled.lines[0].tracker == settled.lines[2].tracker != settled.lines[1].tracker


def test_ballot_twice_in_one_batch_is_one_line_and_two_equal_answers() -> None:
    sent = ballot("u", "ab")

    settled = settle(HEAD, [sent, sent], [], [])

    assert len(settled.lines) == 1
    assert settled.answers[0] == settled.answers[1]
    assert isinstance(settled.answers[0], Kept)


def test_id_is_bound_to_voter_answer_and_nonce() -> None:
    first = ballot("u", "ab")
    others = [
        ballot("v", "ab", first.id),
        ballot("u", "ba", first.id),
        msgspec.structs.replace(first, nonce="n" * 43),
    ]

    settled = settle(HEAD, [first, *others], [], [])

    assert [type(answer) for answer in settled.answers[1:]] == [IdConflict] * 3
    assert len(settled.lines) == 1


def test_what_is_on_record_is_answered_from_there_and_goes_on_from_there() -> None:
    kept = settle(HEAD, [ballot("u", "ab")], [], []).lines[0]
    old = msgspec.structs.replace(kept, revision=7, tracker="T" * 16)
    again = ballot("u", "ab", kept.ballot_id, later=3_600)

    settled = settle(HEAD, [again, ballot("u", "c")], [old], [old])

    answer = settled.answers[0]
    assert isinstance(answer, Kept)
    assert (answer.revision, answer.accepted_at, answer.tracker) == (7, AT, "T" * 16)
    assert [(line.revision, line.tracker) for line in settled.lines] == [(8, "T" * 16)]


def test_late_ballot_leaves_no_line_and_stops_nobody() -> None:
    settled = settle(HEAD, [ballot("u", "a", later=611), ballot("v", "b", later=610)], [], [])

    assert isinstance(settled.answers[0], ContestClosed)
    assert [line.position for line in settled.lines] == [41]
