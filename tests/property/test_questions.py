"""Questions of the audience under any course of events: states stay legal, supporters count once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from expo.errors import Refusal
from sessions.questions import rules
from sessions.questions.values import OPEN, Act, Question, State

NOON = datetime(2017, 4, 17, 8, 0, tzinfo=UTC)
NAMES = tuple("abcdef")
_ACTS = st.sampled_from([*rules.MOVES, Act.UNDO])
_STEPS = st.lists(st.tuples(_ACTS, st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=40)
_SUPPORTS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 9)), max_size=60)


def _first() -> dict[str, Question]:
    return {one: Question(one, "s", f"What is {one}?", "x", NOON, root=one) for one in NAMES}


def _carried(questions: dict[str, Question], step: tuple[Act, str, str], at: datetime) -> None:
    """One act as the desk does it; refused ones change nothing."""
    act, one, other = step
    try:
        if act is Act.UNDO:
            questions[one] = rules.undone(questions[one], by="m", at=at)
        else:
            if act is Act.MERGE:
                rules.check_merge(questions[one], questions[other])
            questions[one] = rules.moved(questions[one], act, by="m", at=at, into=other, place=1)
    except Refusal:
        return


def _into(questions: Mapping[str, Question]) -> dict[str, str | None]:
    return {one.id: one.into for one in questions.values()}


@given(_STEPS, _SUPPORTS)
def test_however_questions_are_merged_each_person_supports_once(
    steps: list[tuple[Act, str, str]], supports: list[tuple[str, int]]
) -> None:
    questions = _first()
    for second, step in enumerate(steps):
        _carried(questions, step, NOON + timedelta(seconds=second))
        into = _into(questions)
        roots = rules.roots(into)
        people: dict[str, set[int]] = {}
        for one, person in supports:
            people.setdefault(roots[one], set()).add(person)

        assert set().union(*people.values()) == {person for _, person in supports}
        for name, question in questions.items():
            merged = question.state is State.MERGED
            assert merged == (question.into is not None)
            assert into[roots[name]] is None  # nobody's supporters go round in circles
            assert merged or roots[name] == name


@given(_STEPS)
def test_undo_at_once_brings_back_what_was(steps: list[tuple[Act, str, str]]) -> None:
    questions = _first()
    for step in steps:
        act, one, _other = step
        before = questions[one]
        _carried(questions, step, NOON)
        after = questions[one]
        if act is Act.UNDO or after == before:
            continue
        back = rules.undone(after, by="m", at=NOON)
        assert (back.state, back.into, back.reason, back.place) == (
            before.state,
            before.into,
            before.reason,
            before.place,
        )


@given(st.text(max_size=400))
def test_wording_is_stable_short_and_has_no_marks(typed: str) -> None:
    try:
        kept = rules.wording(typed)
    except Refusal:
        return

    assert rules.wording(kept) == kept
    assert len(kept) <= 240
    assert not set(kept) & set("\n\r\t\x00\u200e\u200f\u202a\u202e\u2066\u2069\ufeff")


@given(st.lists(st.sampled_from(["When?", "when", "Who?", "WHO", "How"]), max_size=12))
def test_alike_points_backwards_to_an_open_question(texts: list[str]) -> None:
    asked = [
        Question(str(n), "s", text, None, NOON + timedelta(seconds=n), root=str(n))
        for n, text in enumerate(texts)
    ]

    for later, earlier in rules.alike(asked).items():
        assert int(earlier) < int(later)
        assert asked[int(earlier)].state in OPEN
        assert rules.gist(texts[int(later)]) == rules.gist(texts[int(earlier)])
