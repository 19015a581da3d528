"""What sheets and cards say, before anything is set."""

import unicodedata
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from expo.web.translations import catalogue
from expo.words import Language, Text
from sessions.bulletin.edition import EditionGroup
from sessions.bulletin.type import letters
from sessions.bulletin.type.cards import contest_card, day_card
from sessions.bulletin.type.letters import settable, unbroken
from sessions.bulletin.type.sheet import sheet
from sessions.bulletin.type.wording import Wording
from tests.support.printed_editions import contest, edition

ZONE = ZoneInfo("Asia/Dubai")


def says(language: Language) -> Wording:
    return Wording(language, catalogue(language), "https://expo.example.ae", ZONE)


@given(some.text(max_size=300))
def test_anything_becomes_what_the_fonts_have(text: str) -> None:
    allowed = letters.LETTERS | set("\u200b\u2066\u2067\u2068\u2069 ") - letters.VOWEL_MARKS
    assert set(settable(text)) <= allowed
    assert max(map(len, settable(text).replace("\u200b", " ").split()), default=0) <= 28


def test_arabic_and_english_pass_unchanged_but_for_vowel_marks() -> None:
    said = "الإمارات: «نقل» أذكى 24/7 (3.5%) – Smarter “transport”, #1 & <b> *x* $y$ @z"
    assert settable(said) == said
    assert settable("منصّة مُوحَّدة") == "منصة موحدة"


def test_what_cannot_be_set_is_left_out_or_marked() -> None:
    assert settable("bus 🚌 \u202eevil\u0000\n two") == "bus evil two"
    assert settable("漢字") == letters.UNKNOWN * 2
    assert settable("ﻻ ﬁ") == unicodedata.normalize("NFKC", "ﻻ ﬁ")
    assert unbroken("a" * 60) == "a" * 60


def test_a_card_shows_the_first_three_places() -> None:
    card = contest_card(edition(), contest(), "square", says("en"))
    assert [row.rank for row in card.rows] == ["1", "2", "3"]
    assert [row.is_first for row in card.rows] == [True, False, False]
    assert card.more == ""
    assert card.status == "Final result"
    assert card.count == "1,281 ballots counted"  # three are of a group too small
    assert card.address == "expo.example.ae/en/results/transport"


def test_a_card_of_a_published_result_never_calls_it_a_draft() -> None:
    draft = msgspec.structs.replace(edition(), published_at=None)
    assert contest_card(draft, contest(), "wide", says("en")).status == "Draft, not published"
    alone = msgspec.structs.replace(draft, version=0)
    assert contest_card(alone, contest(), "wide", says("en")).status == "Final result"


def test_a_card_says_how_many_more_are_level() -> None:
    card = contest_card(edition(), contest((1, 2, 3, 3, 3, 3)), "wide", says("en"))
    assert [row.rank for row in card.rows] == ["1", "2", "3", "3"]
    assert card.more == "and 2 more at the same place"
    assert "shared place" in card.rows[2].below


@pytest.mark.parametrize(
    ("ballots", "why"), [(0, "no ballot was counted"), (3, "too few ballots counted")]
)
def test_a_card_without_a_ranking_says_why(ballots: int, why: str) -> None:
    card = contest_card(edition(), contest((), ballots=ballots), "square", says("en"))
    assert card.rows == ()
    assert why in card.nothing


def test_a_card_of_a_day_names_winners_and_ties() -> None:
    all_ = [contest((1, 1, 3)), contest(()), *[contest(contest_id=f"c{n}") for n in range(6)]]
    card = day_card(edition(*all_), "square", says("en"))
    assert card.rows[0].title.count(" + ") == 1
    assert card.rows[0].below == "2 initiatives share the first place"
    assert card.rows[1].support == ""
    assert card.more == "and 4 more contests"


def test_a_long_name_is_cut_at_a_word_on_a_card() -> None:
    long = contest(title=Text("كلمة " * 60, "word " * 60))
    title = contest_card(edition(long), long, "square", says("en")).title
    assert title.endswith("word…")
    assert len(title) <= 97


def test_a_sheet_says_support_as_finely_as_the_page() -> None:
    plain = contest()
    places = tuple(msgspec.structs.replace(one, support=947) for one in plain.places)
    fine = msgspec.structs.replace(plain, places=places)
    found = sheet(edition(fine), says("en"), lambda _: "")
    assert {one.support for one in found.contests[0].places} == {"94.7%"}


def test_ballots_of_groups_below_their_minimum_are_not_called_counted() -> None:
    groups = (EditionGroup("few", Text("قلة", "Few"), 4, 0, "waiting"),)
    few = msgspec.structs.replace(contest(), ballots=24, groups=groups)
    assert contest_card(edition(few), few, "wide", says("en")).count == "20 ballots counted"
    assert "4 not counted" in sheet(edition(few), says("en"), lambda _: "").contests[0].summary


def test_a_correction_is_told_with_the_version_it_replaces() -> None:
    made = sheet(edition(correction=Text("تصحيح", "Seven ballots more.")), says("en"), str)
    assert made.correction is not None
    assert made.correction.title == "Correction: this version replaces version 1"
    assert made.when == (
        "Monday 17 April 2017",
        "Published Monday 17 April 2017 · 18:30 · Version 2",
    )


def test_a_root_stands_in_groups_of_four() -> None:
    part = sheet(edition(), says("ar"), str).contests[0]
    assert len(part.root) == 16
    assert part.address == "https://expo.example.ae/ar/results/transport"
