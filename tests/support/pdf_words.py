"""The words of a PDF by the letter of the standard: its own maps of glyphs, its own marks.

Unlike readers for people it guesses nothing: what a glyph stands for is in ``ToUnicode``, what a
stretch of glyphs stands for in ``ActualText``, and a stretch set from right to left is marked
``ReversedChars`` (ISO 32000-1, 14.8.2.3.3 and 14.9.4). The order of words on a line is not asked for.
"""

import re
from io import BytesIO
from typing import Any, Final

from pypdf import PdfReader
from pypdf.generic import ContentStream

_PAIR: Final = re.compile(r"<([0-9A-F]{4})> <([0-9A-F]+)>")


def words_of(document: bytes) -> list[str]:
    """Every word on every page; a stretch that its marks keep together is one word."""
    reader = PdfReader(BytesIO(document))
    return [
        word
        for page in reader.pages
        for stretch in _stretches(ContentStream(page.get_contents(), reader), _fonts(page))
        for word in stretch.split()
    ]


def _fonts(page: Any) -> dict[str, dict[int, str]]:
    fonts = page["/Resources"].get("/Font", {})
    return {name: _map(font.get_object()["/ToUnicode"].get_data()) for name, font in fonts.items()}


def _map(cmap: bytes) -> dict[int, str]:
    return {
        int(glyph, 16): bytes.fromhex(text).decode("utf-16-be")
        for glyph, text in _PAIR.findall(cmap.decode())
    }


def _stretches(stream: ContentStream, fonts: dict[str, dict[int, str]]) -> list[str]:
    """Text between the marks, each stretch in the order in which it is read."""
    found: list[str] = []
    marks: list[tuple[bool, str | None, list[str]]] = [(False, None, [])]
    font: dict[int, str] = {}
    for operands, operator in stream.operations:
        match operator:
            case b"Tf":
                font = fonts[operands[0]]
            case b"Tj":
                marks[-1][2].extend(_shown([operands[0]], font))
            case b"TJ":
                marks[-1][2].extend(_shown(operands[0], font))
            case b"BMC" | b"BDC":
                marks.append((operands[0] == "/ReversedChars", _actual(operands), []))
            case b"EMC":
                is_reversed, actual, glyphs = marks.pop()
                text = actual or "".join(reversed(glyphs) if is_reversed else glyphs)
                is_part = actual is not None and marks[-1][1] is None
                (marks[-1][2] if is_part else found).append(text)
    return ["".join(marks[0][2]), *found]


def _actual(operands: list[Any]) -> str | None:
    if len(operands) < 2 or "/ActualText" not in operands[1]:
        return None
    said = operands[1]["/ActualText"]
    return str(said)


def _shown(pieces: list[Any], font: dict[int, str]) -> list[str]:
    codes = [
        getattr(piece, "original_bytes", piece)
        for piece in pieces
        if not isinstance(piece, int | float)
    ]
    return [
        font[int.from_bytes(code[at : at + 2])] for code in codes for at in range(0, len(code), 2)
    ]
