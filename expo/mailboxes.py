"""Addresses of mailboxes: read strictly, written one way. Pure.

Only what people are given by providers passes: no quoted names, no comments, no address literals
(RFC 5321 allows them, nobody has one, and mail servers read them differently).
"""

import re
import unicodedata
from typing import Final

from expo.words import latin_digits

LONGEST: Final = 254
"""Characters of an address in a mail transaction (RFC 5321 4.5.3.1.3)."""
_LONGEST_NAME: Final = 64
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})  # providers to whom dots mean nothing


def mailbox(typed: str) -> str | None:
    """The address somebody meant, in lower case with its host in ASCII; None if there is none.

    Spaces round it, full-width letters and Arabic digits do not matter.
    """
    if len(typed) > 4 * LONGEST:
        return None
    plain = latin_digits(unicodedata.normalize("NFKC", typed)).strip()
    name, at, host = plain.rpartition("@")
    if not at or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        return None
    try:
        host = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    found = f"{name.lower()}@{host}"
    return found if _HOST.fullmatch(host) and len(found) <= LONGEST else None


def owner(address: str) -> str:
    """What all spellings of one mailbox have in common, for "one person, one ballot".

    Args:
        address: As `mailbox` gives it. What stands behind a plus is the owner's own note to
            themselves, and some providers ignore dots.
    """
    name, _, host = address.partition("@")
    name = name.partition("+")[0] or name
    if host in _DOTLESS:
        name, host = name.replace(".", ""), "gmail.com"
    return f"{name}@{host}"
