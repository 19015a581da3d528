"""An edition from the results of a day as the database has them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from expo.words import LANGUAGES, Language, Text
from sessions.bulletin.checks import Standing
from sessions.bulletin.edition import (
    Edition,
    EditionContest,
    EditionGroup,
    EditionPlace,
    GroupStatus,
    NotHeld,
)
from sessions.bulletin.values import Bulletin
from voting.contests import Contest
from voting.result_views import ElectorateView, ResultRow, ResultView, Translate, result_view
from voting.results import PublicResult, public

Root = tuple[int, str]
"""Size and root, in hexadecimal, of a contest's ledger."""
_STATUSES: Final[Mapping[str, GroupStatus]] = {
    "counted": "counted",
    "waiting": "waiting",
    "without-weight": "without-weight",
}
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Frame(msgspec.Struct, frozen=True):
    """What an edition says besides results: the expo's title and the day's date."""

    expo: Text
    on: date | None


def edition_of(
    bulletin: Bulletin,
    frame: Frame,
    contests: tuple[EditionContest, ...],
    not_held: tuple[NotHeld, ...],
) -> Edition:
    """The bulletin's edition, not published yet."""
    words = bulletin.words
    return Edition(
        kind="day",
        day=bulletin.day,
        version=bulletin.version,
        expo=frame.expo,
        heading=words.heading,
        published_at=None,
        correction=words.correction if bulletin.is_correction else None,
        replaces=bulletin.version - 1 if bulletin.is_correction else None,
        contests=contests,
        introduction=words.introduction,
        on=frame.on,
        not_held=not_held,
    )


def contests_of(
    standings: Sequence[Standing],
    roots: Mapping[str, Root],
    translate: Mapping[Language, Translate],
) -> tuple[EditionContest, ...]:
    """The contests with a published result, in the order in which they were opened.

    Args:
        standings: Of one day.
        roots: Of the contests that have a ledger.
        translate: The catalogue of each language.
    """
    shown = [one for one in standings if one.is_shown]
    shown.sort(key=lambda one: (one.contest.opened_at or _NEVER, one.contest.id))
    return tuple(
        contest_of(one.contest, public(one.result), roots.get(one.contest.id, (0, "")), translate)
        for one in shown
        if one.result is not None
    )


def not_held_of(standings: Sequence[Standing]) -> tuple[NotHeld, ...]:
    """The contests of the day that were never opened, by id."""
    return tuple(
        NotHeld(one.contest.id, one.contest.title, one.contest.day)
        for one in standings
        if not one.was_held
    )


def contest_of(
    contest: Contest,
    result: PublicResult,
    root: Root,
    translate: Mapping[Language, Translate],
) -> EditionContest:
    """One contest with its published result."""
    views = {one: result_view(contest, result, one, translate[one]) for one in LANGUAGES}
    view: ResultView = views[LANGUAGES[0]]
    return EditionContest(
        id=contest.id,
        title=contest.title,
        href=f"/results/{contest.id}",
        day=contest.day,
        ballots=result.ballots,
        method=result.method,
        said={one: views[one].said if view.rows else () for one in LANGUAGES},
        places=tuple(map(_place, view.rows)),
        groups=tuple(map(_group, view.electorates)),
        root=root[1],
        size=root[0],
        stayed_held=sum(result.held.values()),
    )


def is_same(
    edition: Edition, contests: tuple[EditionContest, ...], not_held: tuple[NotHeld, ...]
) -> bool:
    """Whether the results are still those of the edition; ledgers may have grown by decisions."""
    return not_held == edition.not_held and list(map(bare, contests)) == list(
        map(bare, edition.contests)
    )


def bare(contest: EditionContest) -> EditionContest:
    """The contest without what no result depends on: the ledger's end, and the words of the catalogue."""
    return msgspec.structs.replace(contest, root="", size=0, said={})


def _place(row: ResultRow) -> EditionPlace:
    return EditionPlace(
        rank=row.rank,
        is_shared=row.shared,
        title=row.title,
        entity=row.entity_name,
        support=row.support,
        wins=row.wins,
        draws=row.draws,
        losses=row.losses,
        is_sample=row.sample,
    )


def _group(view: ElectorateView) -> EditionGroup:
    return EditionGroup(
        id=view.electorate.id,
        name=view.electorate.name,
        ballots=view.ballots,
        share=view.share,
        status=_STATUSES[view.status],
    )
