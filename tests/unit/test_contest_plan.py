"""What a session asks the audience, and when it can be asked."""

import msgspec
import pytest

from sessions.contest_plan import NotReady, check, contests_of, is_same_question, problem
from tests.support.schedules import programme
from tests.support.shows import contest
from voting.contests import Phase


def test_each_session_with_initiatives_asks_one_contest() -> None:
    found = contests_of(programme())

    assert [(one.id, one.subject, one.href, one.day) for one in found] == [
        ("water", "water", "/session/water", 1)
    ]
    assert [(one.id, one.href, one.entity_name.en) for one in found[0].options] == [
        ("leak", "/initiative/leak", "Water"),
        ("meter", "/initiative/meter", "Water"),
    ]
    assert [group.id for group in found[0].electorates] == ["employees", "customers"]
    assert (found[0].phase, found[0].rules.max_ranked) == (Phase.DRAFT, 2)


def test_question_stays_the_same_whatever_phase_it_is_in() -> None:
    draft = contest(Phase.DRAFT)

    assert is_same_question(draft, contest(Phase.CLOSED))
    assert not is_same_question(draft, msgspec.structs.replace(draft, options=draft.options[:1]))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"options": ()}, "too-few-options"),
        ({"options": contest().options[:1]}, "too-few-options"),
        ({"options": contest().options * 7}, "too-many-options"),
        ({"electorates": ()}, "no-electorate"),
    ],
)
def test_contest_is_ready_only_when_its_checks_are_green(
    changes: dict[str, object], expected: str | None
) -> None:
    draft = msgspec.structs.replace(contest(Phase.DRAFT), **changes)

    assert problem(draft) == expected
    if expected is None:
        check(draft)
    else:
        with pytest.raises(NotReady) as refused:
            check(draft)
        assert refused.value.facts == {"problem": expected}
