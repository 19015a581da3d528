"""The files a contest's result is given out in: their names, and what of the contest they are made of. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import msgspec

from voting.contests import Contest
from voting.exchange.ballots_csv import CsvSheet
from voting.exchange.cvr_writing import CvrSheet
from voting.exchange.opened import Asked, Opened, Sheet, Status, Voters
from voting.exchange.tally_sheet import TallySheet
from voting.methods.rankings import Ranking
from voting.results import shares_of

KINDS: Final = MappingProxyType(
    {
        "sawt.json": "application/json",
        "ballots.csv": "text/csv; charset=utf-8",
        "ballots.soi": "text/plain; charset=utf-8",
        "ballots.soc": "text/plain; charset=utf-8",
        "ballots.blt": "text/plain; charset=utf-8",
        "cvr.json": "application/json",
        "tally.txt": "text/plain; charset=utf-8",
        "result.csv": "text/csv; charset=utf-8",
        "result.json": "application/json",
    }
)
"""File name → media type. ``ballots.soc`` is there where every ballot ranks everything."""
SHEETS: Final[Mapping[str, Callable[[Asked], Sheet]]] = MappingProxyType(
    {"ballots.csv": CsvSheet, "cvr.json": CvrSheet, "tally.txt": TallySheet}
)
"""The files that are written ballot by ballot."""
RESULTS: Final = frozenset({"result.csv", "result.json"})
"""The files that are made of the result alone."""

Row = tuple[str, str, str, str, str]
"""A ballot of the record: tracker, electorate, ranking and own options as JSON, status."""

_STATUS: Final[dict[str, Status]] = {"counted": "counted", "quarantined": "held", "void": "void"}
_SAYINGS_AT_HAND: Final = 4_096  # crowds say few different things
_ranking = lru_cache(maxsize=_SAYINGS_AT_HAND)(msgspec.json.Decoder(Ranking).decode)
_ids = lru_cache(maxsize=_SAYINGS_AT_HAND)(msgspec.json.Decoder(tuple[str, ...]).decode)


def asked_of(contest: Contest) -> Asked:
    """What a contest asked of whom."""
    voters = (
        Voters(share, group.name, is_sealed=group.audit == "sealed")
        for share, group in zip(shares_of(contest), contest.electorates, strict=True)
    )
    return Asked(
        id=contest.id,
        title=contest.title,
        options=tuple(option.id for option in contest.options),
        names=tuple(option.title for option in contest.options),
        voters=tuple(voters),
        method=contest.rules.method,
        on=contest.closed_at.date() if contest.closed_at else None,
    )


def opened(rows: Iterable[Row], asked: Asked) -> list[Opened]:
    """The ballots of these rows, without those of sealed electorates."""
    shown = {one.share.id for one in asked.open_voters}
    return [
        Opened(tracker, electorate, _ranking(ranking), _ids(own), _STATUS[status])
        for tracker, electorate, ranking, own, status in rows
        if electorate in shown
    ]


def lines_of(sheet: Sheet, ballots: Sequence[Opened]) -> str:
    """What stands on a sheet for these ballots."""
    return "".join(map(sheet.one, ballots))
