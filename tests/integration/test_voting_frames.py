"""Frames about ballots over a connection: every answer, in the person's language."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from expo.identity.people import Person, Visit
from expo.words import Language
from tests.support.contests import (
    House,
    Recorder,
    cast,
    contest,
    employee,
    house,
    person,
    visit,
)
from tests.support.live import until
from voting import moves
from voting.contests import Rules
from voting.frames import VotingFrames
from voting.holds import NOWHERE, Origin
from voting.protocol import Cast

pytestmark = pytest.mark.each_database


class Caller(msgspec.Struct, frozen=True):
    """What an endpoint keeps with a connection."""

    visit: Visit
    language: Language = "en"
    origin: Origin = NOWHERE


def connected(who: Person | None, language: Language = "en") -> Recorder:
    """A viewer at whose other end somebody is."""
    return Recorder(Caller(visit(who), language))


def raw(sent: Cast) -> bytes:
    """The cast as a browser sends it."""
    return msgspec.json.encode(sent)


async def asked(there: House, viewer: Recorder, frame: bytes) -> Any:
    """The answer to a frame."""
    before = len(viewer.replies)
    frames = VotingFrames(there.voting, there.hub, ZoneInfo("Asia/Dubai"))
    assert frames.on_text(viewer, frame)
    await until(lambda: len(viewer.replies) > before)
    return json.loads(viewer.replies[-1])


async def test_cast_over_a_socket_brings_a_receipt(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        sent = cast("cab")

        answer = await asked(there, connected(person()), raw(sent))

        assert answer.pop("tracker").isalnum()
        assert len(answer.pop("leaf")) == 64
        assert len(answer.pop("nonce")) == 43
        assert answer == {
            "type": "receipt",
            "id": sent.id,
            "contest": "s1",
            "revision": 1,
            "ranking": ["c", "a", "b"],
            "accepted_at": there.clock().isoformat().replace("+00:00", "Z"),
            "status": "counted",
            "electorate": "customers",
            "own": [],
            "included_by": (there.clock() + timedelta(seconds=90))
            .isoformat()
            .replace("+00:00", "Z"),
            "proof": None,
        }


@pytest.mark.parametrize(
    ("who", "sent", "code"),
    [
        (None, cast("ab"), "join-first"),
        (employee("e1"), cast("ax"), "unknown-option"),
        (employee("e1"), cast("aa"), "duplicate-option"),
        (employee("e1"), cast("abcd"), "too-many-ranked"),
        (employee("e1"), cast("ab", contest="other"), "unknown-contest"),
        (person(electorate="jury"), cast("ab"), "not-your-electorate"),
    ],
)
async def test_refusal_names_the_ballot_and_the_reason(
    tmp_path: Path, who: Person | None, sent: Cast, code: str
) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(rules=Rules(max_ranked=3)))
        viewer = connected(who)

        answer = await asked(there, viewer, raw(sent))

        assert (answer["type"], answer["code"]) == ("refused", code)
        assert (answer["id"], answer["contest"]) == (sent.id, sent.contest)
        assert answer["message"]
        assert viewer.strikes == 0


async def test_late_ballot_is_refused_after_the_commit(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.finish()

        answer = await asked(there, connected(person()), raw(cast()))

        assert answer["code"] == "contest-closed"
        assert answer["facts"]["late_ms"] == 1_000
        assert "09:20:10" in answer["message"]
        assert there.voting.refusals("s1") == {"contest-closed": 1}


@pytest.mark.parametrize(
    "junk", [b"{", b"[]", b'{"type":"cast"}', raw(cast()).replace(b"}", b',"weight":9}')]
)
async def test_unreadable_frame_is_answered_and_counted(tmp_path: Path, junk: bytes) -> None:
    async with house(tmp_path) as there:
        viewer = connected(person())

        answers = [await asked(there, viewer, junk) for _ in range(3)]

        assert {answer["code"] for answer in answers} == {"malformed-frame"}
        assert viewer.closed is not None


async def test_frame_of_another_kind_is_left_to_others(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        viewer = connected(person())
        frames = VotingFrames(there.voting, there.hub)

        assert not frames.on_text(viewer, b'{"type":"beat","scene":"join","version":1}')
        assert (viewer.replies, viewer.strikes) == ([], 0)


async def test_mine_is_answered_and_greets(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.vote(person(), "ab")
        frames = VotingFrames(there.voting, there.hub)
        question = b'{"type":"ask-mine","contest":"%s"}'

        answer = await asked(there, connected(person()), question % b"s1")
        nobody = await asked(there, connected(None, "ar"), question % b"s1")
        nowhere = await asked(there, connected(None), question % b"nowhere")
        greeting = await frames.greeting(visit(person()), "s1", "en")

        assert answer["receipt"]["ranking"] == ["a", "b"]
        assert (answer["blocked"], answer["electorate"]) == (None, "customers")
        assert (nobody["blocked"], nobody["receipt"]) == ("join-first", None)
        assert nobody["message"]
        assert (nowhere["code"], nowhere["contest"]) == ("unknown-contest", "nowhere")
        assert [json.loads(frame) for frame in greeting] == [answer]


async def test_who_has_voted_may_see_the_order_and_who_withdraws_may_not(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(rules=Rules(max_ranked=4, visibility="after_vote")))
        frames = VotingFrames(there.voting, there.hub)
        viewer = connected(person())
        before = await frames.rooms(visit(person()), "s1")

        await asked(there, viewer, raw(cast("ab")))
        members = there.hub.members("contest.s1.voted")
        joined = await frames.rooms(visit(person()), "s1")
        await asked(there, viewer, raw(cast("")))

        assert (members, there.hub.members("contest.s1.voted")) == (1, 0)
        assert "contest.s1.voted" in joined
        assert "contest.s1.voted" not in before
        assert "contest.s1.voted" not in await frames.rooms(visit(person()), "s1")
        assert await frames.rooms(visit(), "nowhere") == ()


async def test_cast_in_the_pause_says_so(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.move("s1", moves.pause)

        assert (await asked(there, connected(person()), raw(cast())))["code"] == "contest-paused"


@pytest.mark.sqlite_only
async def test_question_to_a_broken_record_is_answered_busy(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.database.close()
        (tmp_path / "sawt.sqlite3").rename(tmp_path / "gone")

        answer = await asked(there, connected(person()), b'{"type":"ask-mine","contest":"s1"}')
        ballot = await asked(there, connected(person()), raw(cast()))

        assert (answer["code"], ballot["code"]) == ("busy", "busy")
        assert ballot["facts"]["retry_after_ms"] > 0
