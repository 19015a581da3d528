"""Text as the fonts beside this file can set it. Pure.

A sign the fonts lack would stop a tagged PDF, so what cannot be set is told apart here: ornaments
(emoji, control and format marks) are left out, spaces become plain, a letter takes its compatible
form where it has one and else stands as a lozenge. Vowel marks of Arabic are left out as newspapers
do: readers of PDF files put them, and the letters under them, into the wrong place when text is
searched or copied (decision 0033). Everything else in Arabic and English passes unchanged.
"""

import re
import unicodedata
from itertools import chain
from typing import Final

_RANGES: Final = (
    "20-7E A0-AC AE-17E 18F 192 19D 1A0-1A1 1AF-1B0 1C4-1D4 1E6-1E7 1EA-1EB 1F1-1F3 1FA-21B 22A-22D "
    "230-233 237 259 272 2BB-2BC 2BE-2BF 2C6-2C8 2CC 2D8-2DD 300-304 306-30C 30F 311-312 31B "
    "323-324 326-328 32E 331 335 394 3A9 3BC 3C0 60C 61B 61F 621-63A 640-656 660-671 6A1 6A4 6BA "
    "1E08-1E09 1E0C-1E0F 1E14-1E17 1E1C-1E1D 1E20-1E21 1E24-1E25 1E2A-1E2B 1E2E-1E2F 1E36-1E37 "
    "1E3A-1E3B 1E42-1E49 1E4C-1E53 1E5A-1E5B 1E5E-1E69 1E6C-1E6F 1E78-1E7B 1E80-1E85 1E8E-1E8F "
    "1E92-1E93 1E97 1E9E 1EA0-1EF9 2010 2012-2015 2018-201A 201C-201E 2020-2022 2026 2030 2033 "
    "2039-203A 2044 2070 2074-2079 2080-2089 20A1 20A3-20A4 20A6-20A7 20A9 20AB-20AD 20B1-20B2 20B5 "
    "20B9-20BA 20BC-20BD 2113 2116 2122 2126 212E 215B-215E 2202 2205-2206 220F 2211-2212 2215 "
    "2219-221A 221E 222B 2248 2260 2264-2265 25CA FD3E-FD3F"
)
_ISOLATES: Final = "\u2066\u2067\u2068\u2069"  # keep a name's direction to itself; never drawn


def _letters_of(ranges: str) -> frozenset[str]:
    pairs = ((part.partition("-")[0], part.rpartition("-")[2]) for part in ranges.split())
    return frozenset(
        chain.from_iterable(map(chr, range(int(a, 16), int(b, 16) + 1)) for a, b in pairs)
    )


LETTERS: Final = _letters_of(_RANGES)
"""Every sign of the fonts; a test compares it with them."""
VOWEL_MARKS: Final = frozenset(map(chr, [*range(0x64B, 0x653), 0x656, 0x670]))
UNKNOWN: Final = "\u25ca"
_LOOKALIKES: Final = {
    "ک": "ك", "ی": "ي", "ے": "ي", "ہ": "ه", "ھ": "ه", "ۀ": "ه", "ە": "ه", "گ": "ك", "پ": "ب",
    "چ": "ج", "ژ": "ز", "٪": "%", "٫": ",", "٬": ",", "۔": ".",
}  # fmt: skip
"""Letters of Persian and Urdu, which the fonts lack, as Arabic writes their sounds."""
_LONGEST_WORD: Final = 28  # signs; Arabic and English have none longer
_LONG_WORD: Final = re.compile(rf"\S{{{_LONGEST_WORD}}}(?=\S)")
_MAY_BREAK: Final = "\u200b"
_LONGEST: Final = 2000  # signs of one string; a page of them is more than anybody reads


def settable(text: str) -> str:
    """The text with nothing in it that the fonts lack, and no word too long for a line."""
    return _LONG_WORD.sub(lambda found: found[0] + _MAY_BREAK, unbroken(text))


def unbroken(text: str) -> str:
    """As `settable`, for addresses: nothing is put into a long word."""
    composed = unicodedata.normalize("NFC", text)[:_LONGEST]
    return " ".join("".join(map(_settable, composed)).split())


def _settable(sign: str) -> str:
    if sign in VOWEL_MARKS:
        return ""
    if sign in LETTERS or sign in _ISOLATES:
        return sign
    if sign in _LOOKALIKES:
        return _LOOKALIKES[sign]
    category = unicodedata.category(sign)
    if category[0] == "Z" or sign in "\t\r\n":
        return " "
    compatible = unicodedata.normalize("NFKC", sign)
    if compatible != sign and all(one in LETTERS for one in compatible):
        return compatible
    return UNKNOWN if category[0] in "LN" else ""
