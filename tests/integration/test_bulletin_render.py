"""PDF files and cards of bulletins by the real engine, read back by readers that share no code with it."""

import contextlib
from collections import Counter
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfReader

from expo.errors import NotFound
from expo.web.translations import catalogue
from expo.words import LANGUAGES, Language, Text
from sessions.bulletin import render
from sessions.bulletin.edition import Edition
from sessions.bulletin.render import Typesetter, TypesettingFailed
from sessions.bulletin.type.cards import SIZES, Shape
from sessions.bulletin.type.letters import LETTERS, VOWEL_MARKS
from sessions.bulletin.type.sheet import Sheet, sheet
from sessions.bulletin.type.wording import Wording
from tests.floor_plan.python_files import ROOT
from tests.support.pdf_words import words_of
from tests.support.printed_editions import contest, edition

ZONE = ZoneInfo("Asia/Dubai")
HOSTILE = "#panic() *b* _i_ $x$ `c` <l> @r \\ // [x] {y} \u202e\u0000 🚌 漢 " + "ط" * 400


@pytest.fixture
def typesetter() -> Typesetter:
    return Typesetter("https://expo.example.ae", ZONE)


def sheet_of(found: Edition, language: Language) -> Sheet:
    says = Wording(language, catalogue(language), "https://expo.example.ae", ZONE)
    return sheet(found, says, str)


def lines_of(made: Sheet) -> list[str]:
    """Every line a reader must find, whole."""
    parts = [
        line
        for part in made.contests
        for line in (
            part.title, part.summary, part.ledger,
            *(text for place in part.places for text in (place.title, place.below)),
            *(text for group in part.groups for text in (group.name, group.status)),
            *(said.replace("\u2068", "").replace("\u2069", "") for said in part.said),
        )
    ]  # fmt: skip
    labels = [text for key, text in made.labels.items() if key not in {"how", "not-held"}]
    corrected = [made.correction.title, made.correction.text] if made.correction else []
    return [line for line in (made.heading, *made.when, *corrected, *parts, *labels) if line]


def read_by_pdfium(document: bytes) -> str:
    """All text in reading order, one space between words, isolates left out."""
    with contextlib.closing(pypdfium2.PdfDocument(document)) as pages:
        found = [pages[at].get_textpage().get_text_range() for at in range(len(pages))]
    return " ".join(" ".join(found).split()).replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_text_read_from_a_pdf_equals_what_was_written(
    typesetter: Typesetter, language: Language
) -> None:
    corrected = Text(
        "صححت ثلاث بطاقات، والترتيب لم يتغير.", "Three ballots; the order is unchanged."
    )
    found = edition(contest(), contest((), contest_id="none", ballots=0), correction=corrected)
    document = await typesetter.pdf(found, language)
    lines = lines_of(sheet_of(found, language))
    read = read_by_pdfium(document)
    assert [line for line in lines if line not in read] == []
    written = Counter(word for line in lines for word in line.split())
    assert written - Counter(words_of(document)) == Counter()


async def test_a_pdf_is_tagged_and_names_itself(typesetter: Typesetter) -> None:
    reader = PdfReader(BytesIO(await typesetter.pdf(edition(), "ar")))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "ar"
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == "نتائج اليوم الأول · معرض الابتكار التجريبي"
    assert reader.xmp_metadata is not None
    assert b"pdfuaid:part" in root["/Metadata"].get_data()


@pytest.mark.parametrize("shape", ["square", "wide"])
@pytest.mark.parametrize("language", ["ar", "en"])
async def test_cards_have_the_size_of_their_shape(
    typesetter: Typesetter, shape: Shape, language: Language
) -> None:
    contest_id = "transport" if (shape == "wide") == (language == "ar") else None
    made = await typesetter.card(edition(), contest_id, shape, language)
    assert Image.open(BytesIO(made)).size == SIZES[shape]


async def test_the_same_edition_gives_the_same_bytes(typesetter: Typesetter) -> None:
    assert await typesetter.pdf(edition(), "ar") == await typesetter.pdf(edition(), "ar")
    first = await typesetter.card(edition(), None, "wide", "ar")
    assert first == await typesetter.card(edition(), None, "wide", "ar")


async def test_hostile_words_stay_words(typesetter: Typesetter) -> None:
    hostile = contest((1, 1, 1, 1, 1), title=Text(HOSTILE, HOSTILE))
    found = edition(*[hostile] * 12, correction=Text(HOSTILE, ""))
    for language in LANGUAGES:
        words = words_of(await typesetter.pdf(found, language))
        assert "panic" in "".join(words)
        shape: Shape = "wide" if language == "ar" else "square"
        made = await typesetter.card(found, "transport", shape, language)
        assert Image.open(BytesIO(made)).size == SIZES[shape]


async def test_every_letter_we_let_through_is_in_every_weight(typesetter: Typesetter) -> None:
    every = "".join(sorted(LETTERS - VOWEL_MARKS))
    every = " ".join(every[at : at + 20] for at in range(0, len(every), 20))
    found = edition(contest(title=Text(every, every)))
    assert await typesetter.pdf(found, "en")  # a tagged PDF is refused when a letter has no shape


async def test_a_contest_of_another_day_has_no_card(typesetter: Typesetter) -> None:
    with pytest.raises(NotFound):
        await typesetter.card(edition(), "elsewhere", "wide", "en")


async def test_what_cannot_be_set_is_a_fault(
    typesetter: Typesetter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "_SECONDS", 0.001)
    with pytest.raises(TypesettingFailed):
        await typesetter.pdf(edition(), "ar")
    monkeypatch.undo()
    monkeypatch.setattr(render, "_PROGRAM", ROOT / "no-such-program.py")
    with pytest.raises(TypesettingFailed):
        await typesetter.pdf(edition(), "ar")


def test_the_licence_lies_beside_the_fonts() -> None:
    folder = ROOT / "sessions/bulletin/type"
    assert "SIL Open Font License, Version 1.1" in (folder / "OFL.txt").read_text()
    assert sum(font.stat().st_size for font in folder.glob("*.ttf")) < 600_000
