"""A ballot file as a programme that can be served, and its ballots as people can cast them."""

import json
from typing import Any

import pytest

from sessions.rehearsal.election import NotRehearsable, programme_for, strict_ballots
from sessions.schedule_dump import dump
from sessions.schedule_file import parse
from tests.support.schedules import programme
from voting.exchange import files
from voting.exchange.ballot_file import BallotFile

ELECTORATES = programme().electorates


def file_of(candidates: list[str], ballots: list[Any], **more: Any) -> BallotFile:
    data = {"candidates": candidates, "ballots": ballots, **more}
    return files.read("made-up.json", json.dumps(data).encode())


def one(*said: Any, count: int = 1) -> dict[str, Any]:
    return {"count": count, "ranking": list(said)}


def test_strict_ballots_leave_shared_ranks_and_empty_ones_out() -> None:
    file = file_of(["a", "b", "c"], [one("b", "a", count=2), one(["a", "b"], "c"), one(), one("c")])

    assert strict_ballots(file) == [("c02", "c01"), ("c02", "c01"), ("c03",)]


def test_file_without_a_strict_ballot_cannot_be_rehearsed() -> None:
    with pytest.raises(NotRehearsable) as refusal:
        strict_ballots(file_of(["a", "b"], [one(["a", "b"])]))

    assert refusal.value.facts == {"reason": "no-strict-ballots"}


@pytest.mark.parametrize("size", [1, 13])
def test_too_few_or_too_many_candidates_cannot_be_rehearsed(size: int) -> None:
    names = [f"n{number}" for number in range(size)]

    with pytest.raises(NotRehearsable) as refusal:
        programme_for(file_of(names, [one(names[0])]), ELECTORATES)

    assert refusal.value.facts == {"reason": "candidates"}


def test_candidates_become_initiatives_of_one_session() -> None:
    file = file_of(["a", "b"], [one("a")], candidate_names={"a": "Ann\u202e", "b": "B" * 500})

    found = programme_for(file, ELECTORATES, minutes=30)

    (session,) = found.sessions
    assert session.initiatives == ("c01", "c02")
    assert session.minutes == 30
    assert found.initiatives[0].title.en == "Ann"
    assert len(found.initiatives[1].title.ar) < 500
    assert found.electorates == ELECTORATES
    assert found.voting.max_ranked == 2


def test_programme_of_an_election_is_a_schedule_without_mistakes() -> None:
    file = file_of(["a", "b", "c"], [one("a")])
    made = programme_for(file, ELECTORATES)

    assert parse(dump(made).encode()) == made
