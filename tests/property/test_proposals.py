"""Whatever happens to a proposal: it never leaves its table, and no form can break a content."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expo.catalogue.proposals.checks import Step, problems, untranslated
from expo.catalogue.proposals.entries import entered, shown
from expo.catalogue.proposals.revisions import changes
from expo.catalogue.proposals.states import FINAL, PUBLIC, State, WrongMove, move, moves_from
from expo.catalogue.proposals.values import Content

NAMES = [
    *(f"{name}-{code}" for name in ("title", "short", "summary", "problem", "needed", "service-1", "service-6", "image-1") for code in ("ar", "en")),
    "life_stage", "stage-1", "stage-2", "stage-5", "stage-9", "member-1-name", "member-8-name", "member-9-name",
    "member-1-speaks", "member-1-consents", "access_note", "need-seat", "image-1-id", "image-1-remove", "version",
]  # fmt: skip
TYPED = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [
            "2017-01-01",
            "31/12/2016",
            "٠١-٠١-٢٠١٧",
            "new-baby",
            "on",
            "\u202e\u2066\u200f",
            "\r\n\r\n",
            "{{7*7}}",
        ]
    ),
)
FIELDS = st.dictionaries(st.sampled_from(NAMES), TYPED, max_size=len(NAMES))


@given(st.lists(st.sampled_from(list(State)), max_size=30))
def test_no_walk_leaves_the_table(wanted: list[State]) -> None:
    here = State.DRAFT
    was_public = False
    for there in wanted:
        if there in moves_from(here):
            here = move(here, there, "a reason").to
        else:
            with pytest.raises(WrongMove):
                move(here, there, "a reason")
        was_public |= here in PUBLIC
        if here in FINAL:
            assert moves_from(here) == frozenset()
        if was_public:
            assert here in PUBLIC or here is State.WITHDRAWN


@given(st.lists(st.tuples(st.sampled_from(list(Step)), FIELDS), max_size=4))
def test_any_form_gives_a_content_that_is_stored_shown_and_checked(
    forms: list[tuple[Step, dict[str, str]]],
) -> None:
    content = Content()
    for step, fields in forms:
        content = entered(step, fields, content).content

        stored = msgspec.json.decode(msgspec.json.encode(content), type=Content)
        assert stored == content
        assert entered(step, shown(step, content), content).content == content
    found = problems(content, date(2017, 4, 17))
    assert len(set(found and [(one.field, one.code) for one in found])) == len(found)
    assert all(one.step in Step for one in untranslated(content))


@given(FIELDS, FIELDS)
def test_a_revision_tells_of_every_public_text_that_differs(
    one: dict[str, str], other: dict[str, str]
) -> None:
    before = entered(Step.IDEA, one, Content()).content
    after = entered(Step.IDEA, other, Content()).content

    told = {change.field: change for change in changes(before, after)}

    for name in ("title", "short", "summary"):
        assert (name in told) is (getattr(before, name) != getattr(after, name))
    assert (told == {}) is (before == after)
