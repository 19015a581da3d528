"""A published edition as files: canonical JSON, the signed note about it, and a spreadsheet. Pure.

Each address is permanent: the bytes behind it never change. The note says which bytes those are, under
the name ``<host>/bulletin``, so whoever holds the expo's public key can tell a bulletin from a copy that
was altered. Source: counting page 4.4 (signed notes).
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from sessions.bulletin.edition import Edition, EditionContest
from voting.downloads import cell, spreadsheet

VERSION: Final = 1
"""Of the JSON's form."""
_KIND: Final = "sawt-bulletin/v1"
_HEADER: Final = (
    "day", "version", "contest", "title_ar", "title_en", "method", "ballots", "rank", "option_ar",
    "option_en", "entity_ar", "entity_en", "sample", "wins", "draws", "losses", "support_percent",
)  # fmt: skip


def plain(edition: Edition) -> dict[str, object]:
    """The edition as plain JSON values, for canonical encoding."""
    found: dict[str, object] = {"v": VERSION, **msgspec.to_builtins(edition)}
    return found


def read(value: object) -> Edition:
    """The edition such plain values stand for.

    Raises:
        msgspec.ValidationError: They stand for none.
    """
    return msgspec.convert(value, Edition)


def permanent(day: int, version: int) -> str:
    """Where the files of a version are: this path with an ending."""
    return f"/bulletin/day/{day}/v{version}"


def signer_name(public_url: str) -> str:
    """The name under which bulletins of this site are signed."""
    return f"{urlsplit(public_url).netloc}/bulletin"


def note_text(address: str, body: bytes) -> str:
    """What is signed: the address of the JSON, and the hash of its bytes.

    Args:
        address: Of the JSON file, whole.
        body: Its bytes.
    """
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return f"{_KIND}\n{address}\n{digest}\n"


def as_csv(edition: Edition) -> bytes:
    """The edition's rankings, one row per option; opens in a spreadsheet in Arabic too."""
    rows = [row for contest in edition.contests for row in _rows(edition, contest)]
    return spreadsheet(_HEADER, rows)


def _rows(edition: Edition, contest: EditionContest) -> Iterable[Sequence[object]]:
    for place in contest.places:
        texts = (place.title.ar, place.title.en, place.entity.ar, place.entity.en)
        yield (
            edition.day,
            edition.version,
            cell(contest.id),
            cell(contest.title.ar),
            cell(contest.title.en),
            contest.method,
            contest.ballots,
            place.rank,
            *map(cell, texts),
            "yes" if place.is_sample else "no",
            place.wins,
            place.draws,
            place.losses,
            f"{place.support // 10}.{place.support % 10}",
        )
