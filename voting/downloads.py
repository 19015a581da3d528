"""A day's published results as files: canonical JSON, and CSV that a spreadsheet cannot run. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from expo.words import Text
from voting.contests import Contest
from voting.results import PublicResult, canonical

Published = tuple[Contest, PublicResult]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")  # what spreadsheets take for a formula
_HEADER: Final = (
    "contest", "title_ar", "title_en", "method", "ballots", "rank", "option", "option_ar",
    "option_en", "entity_ar", "entity_en", "sample", "wins", "draws", "losses", "support_percent",
)  # fmt: skip


class OptionFile(msgspec.Struct, frozen=True):
    """An option in the download."""

    id: str
    title: Text
    entity: str
    entity_name: Text
    sample: bool


class ElectorateFile(msgspec.Struct, frozen=True):
    """An electorate in the download."""

    id: str
    name: Text
    assurance: str


class ContestFile(msgspec.Struct, frozen=True):
    """A contest in the download: what was asked of whom, and the public result."""

    contest: str
    title: Text
    sample: bool
    own: str
    max_ranked: int
    options: tuple[OptionFile, ...]
    electorates: tuple[ElectorateFile, ...]
    result: PublicResult


class DayFile(msgspec.Struct, frozen=True):
    """All published results of a day."""

    day: int
    results: tuple[ContestFile, ...]
    v: int = 1


def day_json(day: int, published: Iterable[Published]) -> bytes:
    """The day's published results; the same bytes each time they are asked for."""
    return canonical(DayFile(day, tuple(_contest_file(*one) for one in published)))


def contest_json(contest: Contest, result: PublicResult) -> bytes:
    """The published result of one contest."""
    return canonical(_contest_file(contest, result))


def day_csv(published: Iterable[Published]) -> bytes:
    """The day's published rankings, one row per option; opens in a spreadsheet in Arabic too."""
    return spreadsheet(_HEADER, [row for one in published for row in _rows(*one)])


def spreadsheet(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV with a byte order mark, without which spreadsheets garble Arabic.

    Args:
        header: What the columns are called.
        rows: Their cells; texts of people made safe by `cell`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def cell(value: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _rows(contest: Contest, result: PublicResult) -> Iterable[Sequence[object]]:
    for figures in result.options:
        option = contest.option(figures.id)
        title = option.title if option else Text(figures.id, figures.id)
        entity = option.entity_name if option else Text("", "")
        texts = (title.ar, title.en, entity.ar, entity.en)
        yield (
            cell(contest.id),
            cell(contest.title.ar),
            cell(contest.title.en),
            result.method,
            result.ballots,
            figures.rank,
            cell(figures.id),
            *map(cell, texts),
            "yes" if option and option.sample else "no",
            figures.wins,
            figures.draws,
            figures.losses,
            f"{figures.support // 10}.{figures.support % 10}",
        )


def _contest_file(contest: Contest, result: PublicResult) -> ContestFile:
    return ContestFile(
        contest=contest.id,
        title=contest.title,
        sample=contest.sample,
        own=contest.rules.own,
        max_ranked=contest.rules.max_ranked,
        options=tuple(
            OptionFile(one.id, one.title, one.entity, one.entity_name, one.sample)
            for one in contest.options
        ),
        electorates=tuple(
            ElectorateFile(one.id, one.name, one.assurance.value) for one in contest.electorates
        ),
        result=result,
    )
