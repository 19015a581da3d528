"""Two-language text, digits, dates and the cleaning of what people type. Pure.

Digits are Latin in both languages unless the event says otherwise; no library default decides
(experience page, D10). Times are always in the event's zone.
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Final, Literal, get_args

import msgspec
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from expo.errors import N_

Language = Literal["ar", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LOCALES: Final[dict[Language, str]] = {"ar": "ar_AE", "en": "en_GB"}

ERASED: Final = N_("somebody-erased")
"""Stands in logs for the name of somebody who was erased; pages have words for it."""

_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_ISOLATE: Final = "\u2069"
_UNWANTED: Final = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_MAX_COMBINING: Final = 4  # marks kept on one letter; Arabic needs two, "Zalgo" text has dozens
_EASTERN_DIGITS: Final = {ord(c): str(i % 10) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One string of content in both languages."""

    ar: str
    en: str

    def in_(self, language: Language) -> str:
        """The string in this language, or in the other where this one is empty."""
        return (self.ar or self.en) if language == "ar" else (self.en or self.ar)


def direction(language: Language) -> Literal["rtl", "ltr"]:
    """Writing direction of the language."""
    return "rtl" if language == "ar" else "ltr"


def other(language: Language) -> Language:
    """The language one can switch to."""
    return "en" if language == "ar" else "ar"


def clean(text: str) -> str:
    """What a person typed, safe to store and to show: NFC, no control or bidi marks.

    Also caps combining marks per letter and trims surrounding white space.
    """
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", _UNWANTED.sub("", text)):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MAX_COMBINING and not 0xD800 <= ord(character) <= 0xDFFF:
            kept.append(character)
    return "".join(kept).strip()


def on_one_line(text: str) -> str:
    """As `clean`, and whatever white space was in it is one space."""
    return " ".join(clean(text).split())


def isolated(text: str) -> str:
    """The text wrapped so that its direction cannot reorder a plain string around it."""
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"


def grouped(code: str) -> str:
    """A receipt number as it is read and typed: groups of four."""
    return "-".join(code[n : n + 4] for n in range(0, len(code), 4))


def latin_digits(text: str) -> str:
    """The text with Arabic-Indic and Persian digits written 0–9, for input fields."""
    return text.translate(_EASTERN_DIGITS)


def whole_number(text: str, most_digits: int) -> int | None:
    """What somebody wrote as a whole number from 0, in any of our digits; None where it is none.

    Args:
        text: As it came, e.g. from an address or a form.
        most_digits: More are none either: nobody means such a number.
    """
    digits = latin_digits(text)
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= most_digits
    return int(digits) if is_number else None


def number(value: int, language: Language) -> str:
    """Grouped whole number, e.g. ``1,284``."""
    return str(format_decimal(value, locale=LOCALES[language], numbering_system="latn"))


def percent(part: int, whole: int, language: Language, *, decimals: int = 0) -> str:
    """``part / whole`` as a percentage, rounded half up by integers; ``–`` when whole is 0."""
    if whole == 0:
        return "–"
    scale = 10**decimals
    scaled = (2 * part * 100 * scale + whole) // (2 * whole)
    whole_part, fraction = divmod(scaled, scale)
    digits = number(whole_part, language)
    return f"{digits}.{fraction:0{decimals}d}%" if decimals else f"{digits}%"


def day(value: date, language: Language) -> str:
    """Full date with weekday, e.g. ``Monday 17 April 2017`` / ``الاثنين 17 أبريل 2017``."""
    pattern = "EEEE d MMMM y"
    return latin_digits(format_date(value, pattern, locale=LOCALES[language]))


def clock_time(value: datetime, language: Language) -> str:
    """Time of day for audiences: ``10:42`` in English, ``10:42 ص`` in Arabic (local value)."""
    pattern = "h:mm a" if language == "ar" else "HH:mm"
    return latin_digits(format_time(value, pattern, locale=LOCALES[language]))


def exact_time(value: datetime) -> str:
    """``HH:MM:SS`` for rundowns and logs, the same in both languages."""
    return value.strftime("%H:%M:%S")
