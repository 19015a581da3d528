"""QR codes as one SVG path: capital short addresses, dark on white, four modules of quiet zone."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

_INK = "#07181C"


@lru_cache(maxsize=256)
def svg(text: str, *, label: str = "", border: int = 4) -> str:
    """A scalable QR code with error correction M.

    Args:
        text: What the code holds; upper-case addresses need the fewest modules.
        label: What a screen reader says; empty when the address stands beside it in text.
        border: Quiet zone in modules; the standard asks for four.

    Drawing takes longer than the rest of a page, and the same few are drawn again and again: kept.

    Source: ISO/IEC 18004.
    """
    code = QRCode(error_correction=ERROR_CORRECT_M, border=border)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    size = len(rows)
    squares = "".join(
        f"M{x} {y}h{length}v1H{x}z" for y, row in enumerate(rows) for x, length in _runs(row)
    )
    role = f'role="img" aria-label="{_attribute(label)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg class="qr" viewBox="0 0 {size} {size}" shape-rendering="crispEdges" {role}>'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="{_INK}" d="{squares}"/></svg>'
    )


def _runs(row: Sequence[bool | None]) -> Iterator[tuple[int, int]]:
    """Where dark modules stand side by side: column and length; one rectangle for each."""
    column = 0
    for dark, run in groupby(row, bool):
        length = len(list(run))
        if dark:
            yield column, length
        column += length


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def for_terminal(text: str) -> str:
    """A QR code of block characters, two modules a line, dark on light whatever the theme."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=2)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    blocks = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    return "\n".join(
        "".join(blocks[upper, lower] for upper, lower in zip(rows[y], rows[y + 1], strict=True))
        for y in range(0, len(rows), 2)
    )
