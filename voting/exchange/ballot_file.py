"""What a ballot file says once it has been read, and the one way it can be refused. Pure."""

import io
import re
from collections.abc import Collection, Iterator
from typing import BinaryIO, Final

import msgspec

from expo.errors import N_, Refusal
from voting.methods.rankings import Pattern, Ranking, ids_of
from voting.methods.weights import Share

MAX_BYTES: Final = 64 * 1024 * 1024
"""Largest file; the largest public elections with a line per ballot pattern are a tenth of it."""
MAX_OPTIONS: Final = 200
"""More options than any ballot; the strongest paths of so many still take only seconds."""
MAX_COUNT: Final = 1_000_000_000
"""Most ballots one line may stand for."""
MAX_ID: Final = 200
"""Longest id or name in characters."""

_SHOWN: Final = 60  # characters of the file repeated in a refusal
_WHOLE: Final = re.compile("[0-9]{1,18}", re.ASCII)

EMPTY: Final = N_("the file is empty")
TOO_LARGE: Final = N_("the file is larger than 64 MB")
NOT_UTF8: Final = N_("the text is not UTF-8")
CONTROL: Final = N_("the text holds a NUL character")
UNKNOWN_OPTION: Final = N_("an option that is not among the candidates")
OPTION_TWICE: Final = N_("an option stands twice on one ballot")
EMPTY_RANK: Final = N_("a shared rank without options")
BAD_COUNT: Final = N_("the number of ballots is not a whole number from 1 to 1,000,000,000")
BAD_NUMBER: Final = N_("a whole number is expected here")
TOO_MANY_OPTIONS: Final = N_("the number of options is not between 1 and 200")
BAD_ID: Final = N_("an id or name is empty, too long, or not valid text")


class FileUnreadable(Refusal):
    """The file is not what it says it is.

    ``line`` counts from 1; ``reason`` is a phrase to translate; ``found`` repeats a piece of the file.
    Of a folder, ``file`` is the one that is meant.
    """

    code = N_("ballot-file-unreadable")
    status = 422

    def __init__(self, line: int, reason: str, found: object = "") -> None:
        text = str(found)
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        super().__init__(line=line, reason=reason, found="".join(filter(str.isprintable, shown)))


class UnknownFileType(Refusal):
    """Nothing here reads files with this ending; ``known`` lists those that are read."""

    code = N_("unknown-ballot-file")
    status = 422


class FileGroup(msgspec.Struct, frozen=True):
    """The ballots of one electorate, equal ones together."""

    share: Share
    patterns: tuple[Pattern, ...]


class BallotFile(msgspec.Struct, frozen=True):
    """An election from a file; ``names`` follow ``options``, a file without names repeats the ids.

    ``method`` is how it says it is counted, empty where it does not.
    """

    options: tuple[str, ...]
    names: tuple[str, ...]
    groups: tuple[FileGroup, ...]
    title: str = ""
    method: str = ""


def text_of(data: bytes) -> str:
    r"""The text of a file: without byte-order mark, every line ending as ``\n``.

    Raises:
        FileUnreadable: It is empty, too large, not UTF-8, or holds NUL.
    """
    if len(data) > MAX_BYTES:
        raise FileUnreadable(1, TOO_LARGE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileUnreadable(line, NOT_UTF8, data[error.start : error.start + 1].hex()) from None
    if not text.strip():
        raise FileUnreadable(1, EMPTY)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise FileUnreadable(line_at(text, text.index("\0")), CONTROL)
    return text


def lines_of(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Each line of a file with its number, spaces around it taken away; never all of them at once.

    Otherwise as `text_of`. The file is read from its beginning, however often.

    Raises:
        FileUnreadable: It is empty, too large, not UTF-8, or holds NUL.
    """
    if file.seek(0, io.SEEK_END) > MAX_BYTES:
        raise FileUnreadable(1, TOO_LARGE)
    file.seek(0)
    text, is_empty = io.TextIOWrapper(file, "utf-8-sig"), True
    try:
        for number, line in enumerate(text, start=1):
            if "\0" in line:
                raise FileUnreadable(number, CONTROL)
            is_empty = is_empty and line.isspace()
            yield number, line.strip(" \t\n")
    except UnicodeDecodeError:
        file.seek(0)
        text_of(file.read())  # which knows the line
    finally:
        text.detach()
    if is_empty:
        raise FileUnreadable(1, EMPTY)


def line_at(text: str, offset: int) -> int:
    """The line of a character, from 1."""
    return text.count("\n", 0, offset) + 1


def whole(text: str, low: int, high: int) -> int | None:
    """The whole number a text is, within bounds; None for anything else."""
    if not _WHOLE.fullmatch(text):
        return None
    value = int(text)
    return value if low <= value <= high else None


def count_of(text: str, line: int) -> int:
    """The number of ballots a line stands for.

    Raises:
        FileUnreadable: It is not a whole number within bounds.
    """
    count = whole(text, 1, MAX_COUNT)
    if count is None:
        raise FileUnreadable(line, BAD_COUNT, text)
    return count


def is_text(text: str) -> bool:
    """Whether the text can be written out (JSON escapes can hold half a character)."""
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def ranking_fault(ranking: Ranking, known: Collection[str]) -> tuple[str, str] | None:
    """What is wrong with a ranking (reason and where), or None."""
    seen: set[str] = set()
    for rank in ranking:
        if not rank:
            return EMPTY_RANK, ""
        for option in ids_of(rank):
            if option not in known:
                return UNKNOWN_OPTION, option
            if option in seen:
                return OPTION_TWICE, option
            seen.add(option)
    return None


def plain_election(
    options: tuple[str, ...],
    names: tuple[str, ...],
    ballots: list[tuple[int, Ranking]],
    title: str,
) -> BallotFile:
    """A file without electorates: one that holds every ballot, each of the same weight."""
    share = Share("all", 1)
    patterns = tuple(Pattern(share.id, ranking, count) for count, ranking in ballots)
    return BallotFile(options, names, (FileGroup(share, patterns),), title)
