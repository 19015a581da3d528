"""The head of a ``GET`` that can be read in one way only: the one grammar of all that skips an engine. Pure.

One request in a single piece, every header well-formed (RFC 9112 section 5). Whoever reads on checks
which headers may be sent, and how often.
"""

import re
from typing import Final

LONGEST: Final = 8_192
"""Bytes of a head read here; browsers need about 700."""
_END: Final = b"\r\n\r\n"


class CleanHead:
    """The grammar for heads with so many headers at least, and a hundred at most."""

    __slots__ = ("_pattern",)

    def __init__(self, fewest: int) -> None:
        # Possessive everywhere: a head that does not match fails in one pass, whatever it is made of.
        self._pattern = re.compile(
            rb"GET (/[!-~]*+) HTTP/1\.1\r\n"
            rb"((?:[!#$%%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n){%d,100}+)" % fewest
        )

    def read(self, data: bytes) -> tuple[bytes, list[bytes], int] | None:
        """Target, header lines and size in bytes of the head ``data`` begins with, if it is clean."""
        end = data.find(_END, 0, LONGEST)
        matched = self._pattern.fullmatch(data, 0, end + 2) if end >= 0 else None
        if matched is None:
            return None
        return matched[1], matched[2].split(b"\r\n")[:-1], end + len(_END)
