"""The three steps as forms: what is kept, what is told, what is only flagged."""

from datetime import date

import msgspec
import pytest

from expo.catalogue.pictures.kinds import Kind, NotAPicture, kind_of, refused
from expo.catalogue.proposals.checks import Step, problems, untranslated
from expo.catalogue.proposals.entries import entered, shown
from expo.catalogue.proposals.revisions import changes
from expo.catalogue.proposals.states import State
from expo.catalogue.proposals.values import (
    Content,
    Image,
    LifeStage,
    Member,
    Need,
    Proposal,
    ProposalId,
)
from expo.catalogue.proposals.views import proposal_view
from expo.catalogue.values import ModelStage
from expo.words import Text
from tests.support.proposals import WHOLE
from tests.support.show import MORNING

TODAY = date(2017, 4, 17)


def codes(content: Content) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in problems(content, TODAY)]


def test_whole_content_has_no_problem_and_nothing_untranslated() -> None:
    assert codes(WHOLE) == []
    assert untranslated(WHOLE) == ()


def test_empty_draft_is_told_everything_in_the_order_of_the_steps() -> None:
    found = problems(Content(), TODAY)

    assert [one.about for one in found] == [
        "title", "short", "summary", "life_stage",
        "problem", "proposal", "benefit", "evidence", "needed", "model_stages", "model_stages",
        "members",
    ]  # fmt: skip
    assert [one.step for one in found] == sorted((one.step for one in found), key=list(Step).index)


def test_one_language_is_enough_and_the_other_is_flagged() -> None:
    content = msgspec.structs.replace(WHOLE, title=Text(ar="", en="Bills"))

    assert codes(content) == []
    assert [(one.field, one.language) for one in untranslated(content)] == [("title-ar", "ar")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"short": Text(ar="ا" * 19, en="")}, ("short-ar", "text-too-long")),
        ({"benefit": Text(ar="", en="x" * 1201)}, ("benefit-en", "text-too-long")),
        ({"model_stages": ()}, ("stage-1", "stage-missing")),
        ({"model_stages": (ModelStage(1, TODAY),)}, ("stage-2", "stage-missing")),
        (
            {"model_stages": (ModelStage(1, TODAY), ModelStage(2, date(2017, 4, 18)))},
            ("stage-2", "stage-in-future"),
        ),
        (
            {"model_stages": (ModelStage(1, TODAY), ModelStage(2, date(2017, 1, 1)))},
            ("stage-2", "stage-before-earlier"),
        ),
        ({"members": (Member("Mona"),)}, ("member-1-speaks", "speaker-missing")),
        ({"members": (Member("Mona", speaks=True),)}, ("member-1-consents", "consent-missing")),
        ({"members": (Member("", "Lead", speaks=True, consents=True),)}, ("member-1-name", "name-missing")),
        ({"members": (Member("M" * 81, speaks=True, consents=True),)}, ("member-1-name", "text-too-long")),
        ({"access_note": "x" * 401}, ("access_note", "text-too-long")),
        ({"services": (Text(ar="", en="x" * 81),)}, ("service-1-en", "text-too-long")),
        ({"images": (Image("a", 9, 9, Text(ar="", en="A door")),)}, ("image-1-ar", "alt-missing")),
    ],
)  # fmt: skip
def test_each_rule_is_told_at_its_field(change: dict[str, object], told: tuple[str, str]) -> None:
    assert told in codes(msgspec.structs.replace(WHOLE, **change))


def test_a_step_touches_its_own_fields_alone() -> None:
    for step in Step:
        emptied = entered(step, {}, WHOLE).content
        again = entered(step, shown(step, WHOLE), emptied).content

        assert emptied != WHOLE
        assert again == WHOLE


@pytest.mark.parametrize(
    "typed", ["2017-01-10", "10/1/2017", "١٠/٠١/٢٠١٧", "10.01.2017", "۱۰-۱-۲۰۱۷"]
)
def test_dates_are_read_in_any_digits(typed: str) -> None:
    read = entered(Step.IMPACT, {"stage-1": typed}, Content())

    assert read.faults == ()
    assert read.content.model_stages == (ModelStage(1, date(2017, 1, 10)),)


@pytest.mark.parametrize(
    "typed", ["2017-02-30", "soon", "0000-01-01", "10/1/17", "2017-1-1-1", "-1"]
)
def test_what_is_no_date_is_told_and_the_old_one_kept(typed: str) -> None:
    read = entered(Step.IMPACT, {"stage-1": typed}, WHOLE)

    assert [one.code for one in read.faults] == ["stage-no-date"]
    assert read.content.finished_on(1) == WHOLE.finished_on(1)


def test_direction_marks_and_controls_are_gone_and_lines_are_one() -> None:
    fields = {"title-en": "Bills\u202e gpj\u0000\u2066\r\n  now", "summary-en": "  a \n b "}
    content = entered(Step.IDEA, fields, Content()).content

    assert content.title.en == "Bills gpj now"
    assert content.summary.en == "a b"


def test_lines_of_a_long_text_stay() -> None:
    content = entered(Step.IMPACT, {"problem-en": "one\r\ntwo"}, Content()).content

    assert content.problem.en == "one\ntwo"


def test_invented_choices_count_as_none() -> None:
    idea = entered(Step.IDEA, {"life_stage": "everything"}, WHOLE).content
    people = entered(Step.PEOPLE, {"need-helicopter": "on", "need-seat": "on"}, WHOLE).content

    assert idea.life_stage is None
    assert people.access_needs == (Need.SEAT,)
    assert entered(Step.IDEA, {"life_stage": "every"}, WHOLE).content.life_stage is LifeStage.EVERY


def test_a_picture_is_never_added_by_a_field() -> None:
    fields = {"image-1-id": "f" * 32, "image-1-ar": "x", "image-1-en": "x"}

    assert entered(Step.PEOPLE, fields, WHOLE).content.images == ()


def test_pictures_are_shown_and_their_words_kept() -> None:
    content = msgspec.structs.replace(WHOLE, images=(Image("a", 9, 9), Image("b", 9, 9)))
    fields = shown(Step.PEOPLE, content) | {"image-2-ar": "باب", "image-2-en": "A door"}

    images = entered(Step.PEOPLE, fields, content).content.images

    assert [one.alt.en for one in images] == ["", "A door"]
    assert fields["image-1-id"] == "a"


def test_a_picture_a_colleague_added_stays() -> None:
    content = msgspec.structs.replace(WHOLE, images=(Image("a", 9, 9), Image("b", 9, 9)))
    fields = {"image-1-id": "b", "image-1-remove": "on"}

    assert [one.id for one in entered(Step.PEOPLE, fields, content).content.images] == ["a"]


def test_revisions_tell_texts_and_hide_names() -> None:
    after = msgspec.structs.replace(
        WHOLE,
        title=Text(ar="عنوان", en="Title"),
        members=(Member("Mona", "Lead", speaks=True, consents=True),),
        access_note="A ramp",
    )
    told = changes(WHOLE, after)

    assert [one.field for one in told] == ["title", "members"]
    assert told[0].after == after.title
    assert "Mona" not in str(told[1])
    assert changes(WHOLE, WHOLE) == ()


def test_view_of_a_draft_leads_to_its_first_problem() -> None:
    proposal = Proposal(
        ProposalId("p"), "dewa", State.DRAFT, 1, msgspec.structs.replace(WHOLE, problem=Text(ar="", en="")),
        MORNING, MORNING,
    )  # fmt: skip
    view = proposal_view(proposal, TODAY)

    assert view.next_step is Step.IMPACT
    assert view.left_in("impact") == 1
    assert view.left_in("idea") == 0
    assert not view.may_submit


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "A.JPG", Kind.JPEG),
        (b"\x89PNG\r\n\x1a\n", "a.png", Kind.PNG),
        (b"RIFF\0\0\0\0WEBP", "a.webp", Kind.WEBP),
        (b"\x89PNG\r\n\x1a\n", "holiday.jpeg", Kind.PNG),
    ],
)
def test_kind_is_told_by_the_first_bytes(head: bytes, name: str, kind: Kind) -> None:
    assert kind_of(head, name) is kind


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x89PNG\r\n\x1a\n", "a.html"),
        (b"\x89PNG\r\n\x1a\n", "a.png\0.svg"),
        (b"\x89PNG\r\n\x1a\n", "gpj.exe"),
        (b"<svg xmlns=", "a.png"),
        (b"<!doctype ht", "a.jpg"),
        (b"GIF89a", "a.png"),
        (b"RIFF\0\0\0\0WAVE", "a.webp"),
        (b"", "a.png"),
        (b"\x89PNG\r\n\x1a\n", ""),
    ],
)
def test_anything_else_is_no_picture(head: bytes, name: str) -> None:
    with pytest.raises(NotAPicture):
        kind_of(head, name)


def test_a_decoder_that_says_nothing_known_found_it_broken() -> None:
    assert refused("too-many-pixels").code == "image-too-many-pixels"
    assert refused("too-small").code == "image-too-small"
    assert refused("animated").code == "image-animated"
    assert refused("anything").code == refused("").code == "image-broken"
