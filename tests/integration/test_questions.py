"""Questions of the audience on a whole expo: asked, moderated by two, sent, answered, kept; and attacked."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from expo.rights import Role
from sessions.orders import Kind
from sessions.questions.values import Act, Desk, Question, QuestionClaimed, Reason, State
from sessions.reactions.values import Kind as Reaction
from tests.support.stagehouse import SECRET
from tests.support.whole import ORGANISER, PROGRAM, Whole, whole

BASE = "/en/session/khda"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    """An expo with its first session on the stage."""
    async with whole(tmp_path) as found:
        await found.order(Kind.START, "khda")
        yield found


async def ask(client: httpx2.AsyncClient, text: str) -> httpx2.Response:
    """Ask as a script does."""
    return await client.post(f"{BASE}/questions", data={"text": text}, headers=PROGRAM)


async def desk(house: Whole) -> Desk:
    """The queue as it is now."""
    return await house.expo.production.questions.desk("khda")


async def asked(house: Whole, text: str, name: str = "") -> Question:
    """A question of some customer, waiting."""
    answer = await ask(await house.person(Role.CUSTOMER, name), text)
    assert answer.status_code == 200, answer.text
    return next(one.question for one in (await desk(house)).waiting if one.question.text == text)


async def act(
    client: httpx2.AsyncClient, what: Act, question: Question, **more: str
) -> httpx2.Response:
    """Press a button of the desk."""
    fields = {
        "session": "khda",
        "act": what.value,
        "question": question.id,
        "version": str(question.version),
    }
    return await client.post("/en/staff/questions", data=fields | more, headers=PROGRAM)


async def found(house: Whole, question: Question) -> Question:
    """The question as it is now."""
    now = await desk(house)
    every = (*now.waiting, *now.shown, *now.sent, *now.done)
    return next(one.question for one in every if one.question.id == question.id)


async def test_question_goes_from_a_phone_over_the_desk_to_everybody(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    questions = house.expo.production.questions
    async with house.ear("/live/khda") as ear:
        one = await asked(house, "When does it start?")
        assert questions.public("khda").questions == ()

        assert (await act(moderator, Act.PUBLISH, one)).status_code == 200
        while not (frame := await ear.frame("questions"))["questions"]:
            pass
        assert frame["questions"] == [
            {"id": one.id, "text": "When does it start?", "supports": 1, "state": "shown"}
        ]
        assert "author" not in str(frame)

    other = await house.person(Role.EMPLOYEE)
    support = f"{BASE}/questions/{one.id}/support"
    for _ in range(2):
        answer = await other.post(support, data={"on": "yes"}, headers=PROGRAM)
        told = answer.json()
        assert (told["own"], told["supported"]) == ([], [one.id])
        assert told["state"]["questions"][0]["supports"] == 2
    assert questions.public("khda").questions[0].supports == 2
    await other.post(support, data={"on": "no"}, headers=PROGRAM)
    assert questions.public("khda").questions[0].supports == 1

    await act(moderator, Act.SEND, await found(house, one))
    assert [one.text for one in questions.for_presenter("khda")] == ["When does it start?"]
    await act(moderator, Act.SCREEN, await found(house, one))
    shown = house.expo.show.stage().question
    assert shown is not None
    assert (shown.text, shown.supports) == ("When does it start?", 1)
    await act(moderator, Act.ANSWER, await found(house, one))
    assert house.expo.show.stage().question is None
    assert questions.for_presenter("khda") == ()


async def test_merged_questions_share_supporters_and_undo_parts_them(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    first = await asked(house, "Who pays for it?", "a")
    second = await asked(house, "Who bears the cost?", "b")
    await act(moderator, Act.PUBLISH, first)
    await (await house.person(Role.CUSTOMER, "b")).post(
        f"{BASE}/questions/{first.id}/support", headers=PROGRAM, data={"on": "yes"}
    )
    supports = house.expo.production.questions.public

    await act(moderator, Act.MERGE, second, into=first.id)

    assert supports("khda").questions[0].supports == 2  # b asked one and supported the other: once
    await act(moderator, Act.UNDO, await found(house, second))
    assert (await found(house, second)).state is State.WAITING
    assert supports("khda").questions[0].supports == 2
    answer = await act(moderator, Act.MERGE, await found(house, second), into=second.id)
    assert answer.json()["code"] == "cannot-merge"


async def test_two_moderators_never_hold_the_same_card(house: Whole) -> None:
    ones = [await house.person(Role.MODERATOR, name) for name in ("m1", "m2")]
    for n in range(5):
        question = await asked(house, f"Question number {n}?", f"c{n}")
        claims = await asyncio.gather(*(act(one, Act.CLAIM, question) for one in ones))
        assert sorted(one.status_code for one in claims) == [200, 409]
        loser = ones[0] if claims[0].status_code == 409 else ones[1]
        refused = await act(loser, Act.PUBLISH, question)
        assert refused.json()["code"] == QuestionClaimed.code
        assert refused.json()["facts"]["holder"]

    mine = [one.question.claimed_by for one in (await desk(house)).waiting]
    assert len([one for one in mine if one]) <= 2  # one card each, the last
    house.pass_time(seconds=61)
    last = (await desk(house)).waiting[-1].question
    answers = [await act(one, Act.CLAIM, last) for one in ones]
    assert [one.status_code for one in answers] == [200, 409]  # it had run out for both


async def test_declined_with_a_reason_is_told_to_the_asker_alone(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    one = await asked(house, "Call me: 050 1234567?")
    await act(moderator, Act.DECLINE, one, reason=Reason.PERSONAL.value)

    own = (await (await house.person(Role.CUSTOMER)).get(f"{BASE}/questions/mine")).json()["own"]
    assert [(one["state"], one["reason"]) for one in own] == [("declined", "personal")]
    page = await (await house.person(Role.EMPLOYEE)).get(f"{BASE}/questions")
    assert "050" not in page.text
    answer = await (await house.person(Role.EMPLOYEE)).post(
        f"{BASE}/questions/{one.id}/support", data={"on": "yes"}, headers=PROGRAM
    )
    assert answer.json()["code"] == "question-gone"


async def test_stale_and_conflicting_presses_are_answered_with_what_happened(
    house: Whole,
) -> None:
    moderator = await house.person(Role.MODERATOR)
    one = await asked(house, "Is it free?")
    await act(moderator, Act.PUBLISH, one)

    for what in (Act.PUBLISH, Act.DECLINE, Act.SEND):
        answer = await act(moderator, what, one)
        assert (answer.status_code, answer.json()["code"]) == (409, "question-moved")
    assert (await act(moderator, Act.CLAIM, await found(house, one))).status_code == 409


async def test_hostile_texts_are_refused(house: Whole) -> None:
    customer = await house.person(Role.CUSTOMER)
    for text, code in (
        ("", "question-too-short"),
        ("\u202e\u200b ??", "question-too-short"),
        ("x" * 241, "question-too-long"),
        ("\x00 What?", "bad-request"),
        ("?" * 5000, "question-too-short"),
    ):
        assert (await ask(customer, text)).json()["code"] == code, text[:20]
    for fields in ({"act": "publish"}, {"act": "nuke", "question": "x"}, {"question": "y" * 99}):
        moderator = await house.person(Role.MODERATOR)
        answer = await moderator.post("/en/staff/questions", data=fields, headers=PROGRAM)
        assert answer.json()["code"] == "bad-request"
    assert (await desk(house)).waiting == ()


async def test_markup_and_directions_stay_text_on_every_page(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    evil = "<script>alert(1)</script> \"'>& متى؟"
    one = await asked(house, evil)
    await act(moderator, Act.PUBLISH, one)
    answer = "<img src=x onerror=alert(1)>\n\u202etxt"
    await house.expo.production.questions.answer(ORGANISER, one.id, answer)

    for path in (f"{BASE}/questions", "/en/questions", "/ar/questions", "/en/staff/questions"):
        text = (await moderator.get(path)).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text


async def test_pace_and_number_are_bounded_per_person(house: Whole) -> None:
    customer = await house.person(Role.CUSTOMER)
    codes = [(await ask(customer, f"Question {n}?")).json().get("code") for n in range(4)]
    assert codes == [None, None, None, "questions-enough"]
    assert (await ask(customer, "question 1")).json()["code"] == "question-asked-already"

    moderator = await house.person(Role.MODERATOR)
    for one in (await desk(house)).waiting:
        await act(moderator, Act.PUBLISH, one.question)
    assert (await ask(customer, "Another one?")).json()["code"] == "too-fast"


async def test_refused_questions_are_counted_before_anything_is_locked(house: Whole) -> None:
    customer = await house.person(Role.CUSTOMER)
    assert (await ask(customer, "When does it open?")).status_code == 200
    codes = [(await ask(customer, "when does it open")).json()["code"] for _ in range(30)]
    assert codes[0] == "question-asked-already"
    assert codes[-1] == "too-fast"


async def test_closed_session_takes_none_and_the_desk_may_open_it(house: Whole) -> None:
    moderator, customer = await house.person(Role.MODERATOR), await house.person(Role.CUSTOMER)
    later = "/en/session/dewa/questions"
    refused = await customer.post(later, data={"text": "Already?"}, headers=PROGRAM)
    assert refused.json()["code"] == "questions-closed"

    await moderator.post("/en/staff/questions", data={"session": "dewa", "room": "open"})
    taken = await customer.post(later, data={"text": "Already?"}, headers=PROGRAM)
    assert taken.status_code == 200
    unknown = await customer.post("/en/session/nowhere/questions", data={"text": "Hm?"})
    assert unknown.status_code == 404


async def test_question_that_is_sent_back_takes_nobodys_place(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    first, second = [await asked(house, f"{one} question?") for one in ("First", "Second")]
    for one in (first, second):
        await act(moderator, Act.PUBLISH, one)

    await act(moderator, Act.SEND, await found(house, first))
    await act(moderator, Act.RECALL, await found(house, first))
    await act(moderator, Act.SEND, await found(house, second))
    await act(moderator, Act.UNDO, await found(house, first))

    places = [it.question.place for it in (await desk(house)).sent]
    assert len(set(places)) == 2
    await act(moderator, Act.EARLIER, await found(house, first))
    assert (await desk(house)).sent[0].question.id == first.id


async def test_desk_of_a_session_that_has_gone_closes_no_others_questions(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    questions = house.expo.production.questions
    assert questions.is_open("khda")
    for gone in ({"session": "nowhere"}, {}):
        answer = await moderator.post("/en/staff/questions", data={"room": "close", **gone})
        assert answer.status_code == 404
    assert questions.is_open("khda")


async def test_form_without_scripts_comes_back_with_what_was_typed(house: Whole) -> None:
    customer = await house.person(Role.CUSTOMER)
    long = await customer.post(f"{BASE}/questions", data={"text": "y" * 300})
    assert long.status_code == 422
    assert "y" * 300 in long.text
    good = await customer.post(f"{BASE}/questions", data={"text": "Is it open?"})
    assert (good.status_code, good.headers["location"]) == (303, f"{BASE}/questions")
    assert "appears after review" in (await customer.get(f"{BASE}/questions")).text


async def test_team_answers_its_own_sessions_alone_and_everybody_reads_it(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    one = await asked(house, "كم رسوم الخدمة؟")
    await act(moderator, Act.PUBLISH, one)
    fields = {"question": one.id, "answer": "مئة درهم.\nThe fee is 100 dirhams."}

    stranger = await house.person(Role.TEAM)  # of another entity
    assert (await stranger.post("/en/team/questions", data=fields)).status_code == 403
    team = await house.person(Role.TEAM, "khda", entity="khda")
    assert "كم رسوم" in (await team.get("/en/team/questions")).text
    assert (await team.post("/en/team/questions", data=fields)).status_code == 303

    reader = await house.person(Role.PUBLIC)
    page = (await reader.get("/ar/questions", params={"q": "رسوم 100"})).text
    assert "مئة درهم" in page
    assert "مئة درهم" not in (await reader.get("/en/questions", params={"q": "parking"})).text
    assert "مئة درهم" in (await reader.get(f"{BASE}/questions")).text


async def test_two_of_a_team_never_overwrite_each_others_answer_unseen(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    one = await asked(house, "What does it cost?")
    await act(moderator, Act.PUBLISH, one)
    first = await house.person(Role.TEAM, "a", entity="khda")
    second = await house.person(Role.TEAM, "b", entity="khda")
    path, fields = "/en/team/questions", {"question": one.id, "seen": ""}
    assert (await first.post(path, data={**fields, "answer": "100 dirhams."})).status_code == 303

    late = await second.post(path, data={**fields, "answer": "Nothing at all."})
    assert late.status_code == 409
    assert "100 dirhams." in late.text
    assert "Nothing at all." in late.text  # what was typed is still there
    seen = re.findall(r'name="seen" value="([^"]+)"', late.text)
    again = {"question": one.id, "seen": seen[0], "answer": "Nothing at all."}
    assert (await second.post(path, data=again)).status_code == 303


async def test_answer_to_a_question_that_went_is_not_lost(house: Whole) -> None:
    one = await asked(house, "What does it cost?")  # waiting: nobody may read it
    team = await house.person(Role.TEAM, "a", entity="khda")
    fields = {"question": one.id, "answer": "100 <dirhams>."}
    gone = await team.post("/en/team/questions", data=fields)
    assert gone.status_code == 404
    assert "100 &lt;dirhams&gt;." in gone.text


async def test_reactions_reach_the_presenter_as_counts_of_nobody(house: Whole) -> None:
    reactions = house.expo.production.reactions
    client = await house.person(Role.CUSTOMER, "a")
    for one in (await house.person(Role.CUSTOMER, "b"), client):
        for _ in range(2):
            answer = await one.post(f"{BASE}/reactions", data={"kind": "clear"}, headers=PROGRAM)
            assert answer.status_code == 200
    await reactions.gather()

    assert dict(reactions.felt("khda").counts)[Reaction.CLEAR] == 4
    assert (await client.post(f"{BASE}/reactions", data={"kind": "boo"})).status_code == 400
    codes = [
        (
            await client.post(f"{BASE}/reactions", data={"kind": "clear"}, headers=PROGRAM)
        ).status_code
        for _ in range(4)
    ]
    assert 429 in codes
    idle = await client.post("/en/session/dewa/reactions", data={"kind": "clear"}, headers=PROGRAM)
    assert idle.json()["code"] == "nothing-on-stage"
    await reactions.gather()
    house.pass_time(minutes=2)
    await reactions.gather()
    assert dict(reactions.felt("khda").counts)[Reaction.CLEAR] == 0


async def test_postgresql_merges_claims_and_counts_alike(tmp_path: Path, postgres_url: str) -> None:
    environ = {"SAWT_DATABASE_URL": postgres_url, "SAWT_SECRET_KEY": SECRET}
    async with whole(tmp_path, environ) as house:
        await house.order(Kind.START, "khda")
        ones = [await house.person(Role.MODERATOR, name) for name in ("m1", "m2")]
        first = await asked(house, "Who pays for it?", "a")
        second = await asked(house, "Who bears the cost?", "b")
        claims = await asyncio.gather(*(act(one, Act.CLAIM, first) for one in ones))
        assert sorted(one.status_code for one in claims) == [200, 409]

        await act(ones[0], Act.PUBLISH, second)
        await act(ones[1], Act.PUBLISH, second)
        winner = ones[0] if claims[0].status_code == 200 else ones[1]
        await act(winner, Act.MERGE, first, into=second.id)
        assert house.expo.production.questions.public("khda").questions[0].supports == 2
        await (await house.person(Role.CUSTOMER, "a")).post(
            f"{BASE}/reactions", data={"kind": "clear"}, headers=PROGRAM
        )
        await house.expo.production.reactions.gather()
        felt = house.expo.production.reactions.felt("khda")
        assert dict(felt.counts)[Reaction.CLEAR] == 1
