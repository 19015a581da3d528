"""Cells that a spreadsheet would run as a formula, made harmless and back again. Pure.

Source: OWASP, CSV injection: a cell that begins with one of these characters is a formula, whatever
the quotes around it. The apostrophe in front is what spreadsheets themselves write for text.
"""

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_APOSTROPHE: Final = "'"


def guarded(cell: str) -> str:
    """The cell, so that no spreadsheet runs it; `unguarded` gives the same text back."""
    begins = cell.lstrip(_APOSTROPHE)
    return _APOSTROPHE + cell if begins.startswith(_FORMULA) or begins != cell else cell


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `guarded` put in front."""
    begins = cell.removeprefix(_APOSTROPHE)
    if begins != cell and (begins.startswith((_APOSTROPHE, *_FORMULA))):
        return begins
    return cell
