"""A published result as the page shows it: ranking, electorates, pairs, and the words for it. Pure.

The page hands in the language and its catalogue; nothing here knows a request. Figures come from
the public form of a result only, so a template cannot show what may not be shown.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
from babel.lists import format_list

from expo.words import LOCALES, Language, Text, isolated, number
from voting.contests import Contest, Electorate
from voting.held_results import WithHeld
from voting.methods.outcome import Ranks
from voting.results import PublicElectorate, PublicOption, PublicResult
from voting.wording import METHOD_NAMES, Sentence

Translate = Callable[[str], str]
_PLACE: Final = re.compile(r"\{(\w+)\}")


class ResultRow(msgspec.Struct, frozen=True):
    """One option in the result; ``support`` in thousandths; ``shared`` when others have its rank."""

    rank: int
    shared: bool
    id: str
    title: Text
    short: Text
    entity_name: Text
    href: str
    sample: bool
    wins: int
    draws: int
    losses: int
    support: int


class RankView(msgspec.Struct, frozen=True):
    """One place in an order: the options that share it."""

    rank: int
    titles: tuple[Text, ...]


class ElectorateView(msgspec.Struct, frozen=True):
    """One electorate: turnout always, its own order unless suppressed (``ranks`` null).

    ``share`` is what it said of the result in thousandths; ``missing`` are the ballots it was
    short of.
    """

    electorate: Electorate
    ballots: int
    revised: int
    withdrawn: int
    share: int
    status: str
    needed: int
    missing: int
    ranks: tuple[RankView, ...] | None


class PairCell(msgspec.Struct, frozen=True):
    """Row against column: thousandths preferring the row, null where nobody has a preference.

    ``against`` marks a result that contradicts the printed order (part of a circle).
    """

    share: int | None
    against: bool
    is_self: bool


class PairRow(msgspec.Struct, frozen=True):
    """One option against every other one, in the order of the result."""

    id: str
    title: Text
    short: Text
    cells: tuple[PairCell, ...]


class MethodView(msgspec.Struct, frozen=True):
    """What another method would say; ``name`` is a message id, without effect on the result."""

    id: str
    name: str
    is_official: bool
    agrees: bool
    ranks: tuple[RankView, ...]


class WithHeldView(msgspec.Struct, frozen=True):
    """What the held ballots would change; no ranks where they are too few to be shown."""

    changes_first: bool
    ranks: tuple[RankView, ...]


class ResultView(msgspec.Struct, frozen=True):
    """A published result. ``said``, ``how`` and ``compared`` are whole sentences in the language.

    ``method`` is a message id. Without any counted ballot ``rows`` is empty.
    """

    contest: Contest
    method: str
    ballots: int
    rows: tuple[ResultRow, ...]
    electorates: tuple[ElectorateView, ...]
    pairs: tuple[PairRow, ...]
    methods: tuple[MethodView, ...]
    said: tuple[str, ...]
    how: tuple[str, ...]
    compared: tuple[str, ...]
    is_rounded: bool
    frozen_at: datetime
    held: tuple[tuple[str, int], ...]
    """Ballots nobody decided about, by reason."""
    void: tuple[tuple[str, int], ...]
    with_held: WithHeldView | None

    @property
    def waiting(self) -> int:
        """Ballots of electorates that did not reach their minimum: they count for nothing."""
        return sum(one.ballots for one in self.electorates if one.status == "waiting")

    @property
    def counted(self) -> int:
        """Ballots that made the result."""
        return self.ballots - self.waiting


def result_view(
    contest: Contest, result: PublicResult, language: Language, translate: Translate
) -> ResultView:
    """The result page's part about one contest."""
    return ResultView(
        contest=contest,
        method=METHOD_NAMES[result.method],
        ballots=result.ballots,
        rows=tuple(_row(contest, result, option) for option in result.options),
        electorates=tuple(
            _electorate(contest, group, one)
            for one in result.electorates
            if (group := contest.electorate(one.id))
        ),
        pairs=pair_rows(contest, result, result.preferred),
        methods=_methods(contest, result),
        said=tuple(told(one, contest, language, translate) for one in result.said),
        how=tuple(told(one, contest, language, translate) for one in result.how),
        compared=tuple(told(one, contest, language, translate) for one in result.compared),
        is_rounded=result.is_rounded,
        frozen_at=result.frozen_at,
        held=tuple(result.held.items()),
        void=tuple(result.void.items()),
        with_held=_with_held(contest, result.with_held),
    )


def _with_held(contest: Contest, found: WithHeld | None) -> WithHeldView | None:
    if found is None:
        return None
    return WithHeldView(found.changes_first, _ranks(contest, found.ranks))


def told(sentence: Sentence, contest: Contest, language: Language, translate: Translate) -> str:
    """A sentence about a result in this language, every name isolated, lists joined as it does."""
    values: dict[str, str] = {
        name: number(value, language) for name, value in sentence.numbers.items()
    }
    for name, ids in sentence.options.items():
        values[name] = _listed([title_of(contest, one, language) for one in ids], language)
    for name, ids in sentence.electorates.items():
        values[name] = _listed([_electorate_name(contest, one, language) for one in ids], language)
    for name, phrase in sentence.phrases.items():
        values[name] = translate(phrase)
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), translate(sentence.message))


def title_of(contest: Contest, option_id: str, language: Language) -> str:
    """The option's title; its id where the contest does not have it any more."""
    option = contest.option(option_id)
    return option.title.in_(language) if option else option_id


def _electorate_name(contest: Contest, electorate_id: str, language: Language) -> str:
    electorate = contest.electorate(electorate_id)
    return electorate.name.in_(language) if electorate else electorate_id


def _listed(names: list[str], language: Language) -> str:
    return format_list([isolated(name) for name in names], locale=LOCALES[language])


def _row(contest: Contest, result: PublicResult, figures: PublicOption) -> ResultRow:
    option = contest.option(figures.id)
    nothing = Text(figures.id, figures.id)
    return ResultRow(
        rank=figures.rank,
        shared=sum(other.rank == figures.rank for other in result.options) > 1,
        id=figures.id,
        title=option.title if option else nothing,
        short=option.short if option else nothing,
        entity_name=option.entity_name if option else Text("", ""),
        href=option.href if option else "",
        sample=option.sample if option else False,
        wins=figures.wins,
        draws=figures.draws,
        losses=figures.losses,
        support=figures.support,
    )


def _electorate(contest: Contest, group: Electorate, one: PublicElectorate) -> ElectorateView:
    return ElectorateView(
        electorate=group,
        ballots=one.ballots,
        revised=one.revised,
        withdrawn=one.withdrawn,
        share=one.share,
        status=one.status,
        needed=one.needed,
        missing=max(0, one.needed - one.ballots) if one.status == "waiting" else 0,
        ranks=None if one.ranks is None else _ranks(contest, one.ranks),
    )


def _ranks(contest: Contest, ranks: Ranks) -> tuple[RankView, ...]:
    found, place = [], 1
    for shared in ranks:
        options = [contest.option(one) for one in shared]
        found.append(RankView(place, tuple(option.title for option in options if option)))
        place += len(shared)
    return tuple(found)


def pair_rows(
    contest: Contest, result: PublicResult, preferred: tuple[tuple[int | None, ...], ...]
) -> tuple[PairRow, ...]:
    """Each option against each other one, in the order of the result; shares as in ``preferred``."""
    order = [option.id for option in result.options]
    rank = {option.id: option.rank for option in result.options}
    index = {option: position for position, option in enumerate(result.ids)}
    rows = []
    for a in order:
        option = contest.option(a)
        cells = tuple(
            _cell(preferred[index[a]][index[b]], rank[a], rank[b], is_self=a == b) for b in order
        )
        title = option.title if option else Text(a, a)
        rows.append(PairRow(a, title, option.short if option else title, cells))
    return tuple(rows)


def _cell(share: int | None, rank: int, other: int, *, is_self: bool) -> PairCell:
    if is_self or share is None:
        return PairCell(None, against=False, is_self=is_self)
    against = (rank < other and share < 500) or (rank > other and share > 500)
    return PairCell(share, against=against, is_self=False)


def _methods(contest: Contest, result: PublicResult) -> tuple[MethodView, ...]:
    return tuple(
        MethodView(
            name,
            METHOD_NAMES[name],
            is_official=name == result.method,
            agrees=set(ranks[:1]) == set(result.ranks[:1]),
            ranks=_ranks(contest, ranks),
        )
        for name, ranks in result.methods.items()
    )
