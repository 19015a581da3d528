"""A card as ``card.typ`` draws it: one contest's first places, or the winners of a day. Pure."""

from itertools import groupby
from typing import Final, Literal

import msgspec

from expo.errors import N_
from sessions.bulletin.edition import Edition, EditionContest, EditionPlace
from sessions.bulletin.type.wording import Wording

Shape = Literal["square", "wide"]
SIZES: Final[dict[Shape, tuple[int, int]]] = {"square": (1080, 1080), "wide": (1200, 630)}
"""Pixels: the two shapes that social services show whole."""
_FIRST_PLACES: Final = 3
_LONGEST_NAME: Final = 96  # signs; a longer one would make every row too small to read
_MOST_ROWS: Final[dict[Shape, int]] = {"square": 4, "wide": 4}
_MOST_WINNERS: Final[dict[Shape, int]] = {"square": 4, "wide": 3}


class Row(msgspec.Struct, frozen=True, rename="kebab"):
    """A place, or a contest with its winner (``rank`` empty, ``above`` its title)."""

    title: str
    rank: str = ""
    above: str = ""
    below: str = ""
    support: str = ""
    thousandths: int = 0
    is_first: bool = False


class Card(msgspec.Struct, frozen=True):
    """A whole card; ``nothing`` is said where there are no rows, ``more`` what did not fit."""

    shape: Shape
    language: str
    expo: str
    day: str
    status: str
    title: str
    rows: tuple[Row, ...]
    nothing: str
    more: str
    count: str
    address: str


def contest_card(edition: Edition, contest: EditionContest, shape: Shape, says: Wording) -> Card:
    """One contest: its first three places, a fourth where it is level with the third."""
    best = [place for place in contest.places if place.rank <= _FIRST_PLACES]
    shown = best[: _MOST_ROWS[shape]]
    return Card(
        shape=shape,
        language=says.language,
        expo=says.name(edition.expo),
        day=says.day(edition),
        status=_status(edition, says),
        title=_short(says.title(contest)),
        rows=tuple(_row(place, says) for place in shown),
        nothing="" if shown else says.nothing(contest),
        more=_more_level(len(best) - len(shown), says),
        count=says.ballots(contest.counted),
        address=says.shown_address(contest.href),
    )


def day_card(edition: Edition, shape: Shape, says: Wording) -> Card:
    """Every contest of the edition with who won it, as many as fit."""
    most = _MOST_WINNERS[shape]
    shown = edition.contests[:most]
    count = sum(contest.counted for contest in edition.contests)
    return Card(
        shape=shape,
        language=says.language,
        expo=says.name(edition.expo),
        day=says.day(edition),
        status=_status(edition, says, corrected=N_("Corrected")),
        title=_short(says.name(edition.heading) or says.day(edition)),
        rows=tuple(_winner(contest, says) for contest in shown),
        nothing="" if shown else says.phrase(N_("There are no results yet.")),
        more=_more_contests(len(edition.contests) - len(shown), says),
        count=says.ballots(count),
        address=says.home(edition),
    )


def _short(name: str) -> str:
    """The name, cut at a word where it is long for a card."""
    if len(name) <= _LONGEST_NAME:
        return name
    kept, _, _ = name[:_LONGEST_NAME].rpartition(" ")
    return f"{kept or name[:_LONGEST_NAME]}…"


def _status(edition: Edition, says: Wording, corrected: str = N_("Corrected result")) -> str:
    if edition.published_at is None and not edition.is_result:
        return says.phrase(N_("Draft, not published"))
    if edition.correction is not None:
        return says.phrase(corrected)
    return says.phrase(N_("Final result"))


def _row(place: EditionPlace, says: Wording) -> Row:
    tags = [_short(says.name(place.entity))]
    if place.is_shared:
        tags.append(says.phrase(N_("shared place")))
    if place.is_sample:
        tags.append(says.phrase(N_("Sample")))
    return Row(
        title=_short(says.name(place.title)),
        rank=says.number(place.rank),
        below=" · ".join(tag for tag in tags if tag),
        support=says.support(place.support),
        thousandths=place.support,
        is_first=place.rank == 1,
    )


def _winner(contest: EditionContest, says: Wording) -> Row:
    if not contest.places:
        return Row(says.nothing(contest), above=_short(says.title(contest)))
    _, first = next(groupby(contest.places, lambda place: place.rank))
    winners = list(first)
    titles = " + ".join(_short(says.name(place.title)) for place in winners[:2])
    single = len(winners) == 1
    below = [_short(says.name(winners[0].entity)) if single else _shared(len(winners), says)]
    if any(place.is_sample for place in winners):
        below.append(says.phrase(N_("Sample")))
    return Row(
        titles,
        above=_short(says.title(contest)),
        below=" · ".join(below),
        support=says.support(winners[0].support),
        thousandths=winners[0].support,
        is_first=True,
    )


def _shared(n: int, says: Wording) -> str:
    return says.counted(
        says.catalogue.ngettext(
            "{n} initiative shares the first place", "{n} initiatives share the first place", n
        ),
        n,
    )


def _more_level(n: int, says: Wording) -> str:
    if n <= 0:
        return ""
    return says.counted(
        says.catalogue.ngettext(
            "and {n} more at the same place", "and {n} more at the same place", n
        ),
        n,
    )


def _more_contests(n: int, says: Wording) -> str:
    if n <= 0:
        return ""
    return says.counted(
        says.catalogue.ngettext("and {n} more contest", "and {n} more contests", n), n
    )
