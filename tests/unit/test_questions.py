"""What can become of a question of the audience, and what its text may be."""

from datetime import UTC, datetime, timedelta

import pytest

from sessions.cues import Status
from sessions.questions import rules
from sessions.questions.protocol import MOST_SHOWN, public_state
from sessions.questions.values import (
    LONGEST,
    Act,
    CannotMerge,
    Counted,
    Question,
    QuestionMoved,
    QuestionTooLong,
    QuestionTooShort,
    Reason,
    State,
    UndoTooLate,
)

NOON = datetime(2017, 4, 17, 8, 0, tzinfo=UTC)


def question(number: int = 1, state: State = State.WAITING, text: str = "When?") -> Question:
    """A question asked in order of its number."""
    name = f"q{number}"
    return Question(
        name, "khda", text, "ali", NOON + timedelta(seconds=number), state=state, root=name
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  When does\n\n it   start? ", "When does it start?"),
        ("متى\u202e تبدأ\u200b الخدمة؟", "متى تبدأ الخدمة؟"),
        ("Cafe\u0301 opens?", "Caf\u00e9 opens?"),
        ("Zalgo" + "\u0301" * 40 + " text?", "Zalg\u00f3\u0301\u0301\u0301\u0301 text?"),
        ("👩\u200d👩\u200d👧 family office?", "👩\u200d👩\u200d👧 family office?"),
        ("\x00\x1b[31mred?", "[31mred?"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_wording_is_one_clean_line(typed: str, kept: str) -> None:
    assert rules.wording(typed) == kept


@pytest.mark.parametrize("typed", ["", "  \n ", "??!", "\u202e\u200b\ufeff", "؟؟", "ab", "..a.."])
def test_text_without_words_is_no_question(typed: str) -> None:
    with pytest.raises(QuestionTooShort):
        rules.wording(typed)


def test_longest_question_is_taken_and_one_more_is_not() -> None:
    assert len(rules.wording("a" * LONGEST)) == LONGEST
    with pytest.raises(QuestionTooLong) as refused:
        rules.wording("a" * (LONGEST + 1))
    assert refused.value.facts == {"most": LONGEST}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("When does it start?", "when does it start"),
        ("متى تبدأ الخدمة؟", "متى تبدا الخدمه"),
        ("هل الخدمةُ مجّانية؟", "هل الخدمة مجانية ؟"),
        ("Room 12?", "room ١٢"),
    ],
)
def test_gist_tells_the_same_in_other_clothes(one: str, other: str) -> None:
    assert rules.gist(one) == rules.gist(other)


def test_signs_point_at_links_and_at_what_may_be_a_persons() -> None:
    assert rules.signs("See https://evil.example now") == (Reason.LINK,)
    assert rules.signs("Call me at ٠٥٠ ١٢٣ ٤٥٦٧") == (Reason.PERSONAL,)
    assert rules.signs("me@mail.example or bit.ly/x") == (Reason.LINK, Reason.PERSONAL)
    assert rules.signs("Is it open in 2018?") == ()


def test_every_act_is_possible_exactly_where_the_table_says() -> None:
    for act, (possible, to) in rules.MOVES.items():
        for state in State:
            before = question(state=state)
            if state not in possible:
                with pytest.raises(QuestionMoved):
                    rules.moved(before, act, by="mod", at=NOON, into="q2")
                continue
            after = rules.moved(before, act, by="mod", at=NOON, into="q2", place=4)
            assert after.state is to
            assert after.version == before.version + 1
            assert (after.reason is not None) == (to is State.DECLINED)
            assert (after.into is not None) == (to is State.MERGED)
            assert (after.place != 0) == (to is State.SENT)


def test_undo_brings_everything_back_within_ten_seconds_for_whoever_acted() -> None:
    sent = rules.moved(question(state=State.SHOWN), Act.SEND, by="mod", at=NOON, place=7)
    declined = rules.moved(sent, Act.DECLINE, by="mod", at=NOON, reason=Reason.UNCLEAR)

    back = rules.undone(declined, by="mod", at=NOON + timedelta(seconds=10))

    assert (back.state, back.place, back.reason) == (State.SENT, 7, None)
    with pytest.raises(UndoTooLate):
        rules.undone(declined, by="mod", at=NOON + timedelta(seconds=11))
    with pytest.raises(UndoTooLate):
        rules.undone(declined, by="another", at=NOON)
    with pytest.raises(UndoTooLate):
        rules.undone(back, by="mod", at=NOON)


def test_nothing_is_merged_into_itself_or_into_what_is_gone() -> None:
    one = question(1)
    for target in (None, one, question(2, State.DECLINED), question(2, State.MERGED)):
        with pytest.raises(CannotMerge):
            rules.check_merge(one, target)
    rules.check_merge(one, question(2, State.SHOWN))


def test_session_takes_questions_while_it_is_on_unless_the_desk_says_otherwise() -> None:
    assert rules.is_open(None, Status.LIVE)
    assert not rules.is_open(None, Status.SCHEDULED)
    assert not rules.is_open(False, Status.LIVE)
    assert rules.is_open(True, Status.SCHEDULED)
    assert not rules.is_open(True, Status.CANCELLED)


def test_alike_names_the_earliest_open_question_that_says_the_same() -> None:
    first, second = question(1, State.SHOWN, "When?"), question(2, text="when")
    other, gone = question(3, text="Who pays?"), question(4, State.DECLINED, "Who pays")

    assert rules.alike((second, other, gone, first)) == {"q2": "q1"}


def test_public_state_holds_published_questions_alone_the_most_supported_first() -> None:
    states = [*State, State.SHOWN]
    counted = tuple(Counted(question(n, state), n) for n, state in enumerate(states))

    told = public_state("khda", 3, counted, is_open=True)

    assert [one.id for one in told.questions] == ["q6", "q2", "q1", "q3"]
    assert {one.state for one in told.questions} == {"shown", "sent", "answered"}


def test_public_state_is_bounded_and_says_how_many_more_there_are() -> None:
    counted = tuple(Counted(question(n, State.SHOWN), 0) for n in range(MOST_SHOWN + 5))

    told = public_state("khda", 1, counted, is_open=False)

    assert (len(told.questions), told.more) == (MOST_SHOWN, 5)
