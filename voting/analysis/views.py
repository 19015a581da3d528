"""The page of one result: what charts and tables show, in the order of the result. Pure.

Everything is made from the public result and the public figures, so a template cannot show what may
not be shown. Shares are thousandths; a chart mirrors them for Arabic by itself.
"""

from collections.abc import Mapping, Sequence

import msgspec

from expo.words import Text
from voting.analysis.values import Analysis, Figure, Flips, Gap, Part, Places, Reason
from voting.contests import Contest, Electorate
from voting.methods.outcome import Ranks
from voting.result_views import PairRow, ResultView, pair_rows
from voting.results import PublicElectorate, PublicResult
from voting.wording import METHOD_NAMES


class Named(msgspec.Struct, frozen=True):
    """An option as a chart and a table call it."""

    id: str
    title: Text
    short: Text


class Segment(msgspec.Struct, frozen=True):
    """A piece of a bar that is a thousand long."""

    label: str
    start: int
    share: int


class Gone(msgspec.Struct, frozen=True):
    """From one line to the next: points, what each electorate added, ballots of each that take it away."""

    over: Named
    under: Named
    points: int
    by: tuple[tuple[Electorate, int], ...]
    ballots: tuple[tuple[Electorate, int], ...]


class Duel(msgspec.Struct, frozen=True):
    """The first of the result against another one: for it, for neither, for the other."""

    rival: Named
    won: int
    neither: int
    lost: int


class PlacesRow(msgspec.Struct, frozen=True):
    """Where ballots put an option, as a bar and as figures; ``mean`` in thousandths of a place."""

    option: Named
    segments: tuple[Segment, ...]
    left_out: Segment
    own: Segment
    ranked: int
    mean: int | None


class SteadyRow(msgspec.Struct, frozen=True):
    """An option in a thousand similar crowds."""

    option: Named
    rank: int
    first: int
    best: int
    worst: int


class FlipRow(msgspec.Struct, frozen=True):
    """What one electorate would need for another first place; ``most`` None: it cannot alone."""

    electorate: Electorate
    least: int | None
    most: int | None
    rival: Named | None


class PartRow(msgspec.Struct, frozen=True):
    """One electorate in the turnout and in the figures that may be shown of it."""

    electorate: Electorate
    turnout: PublicElectorate
    weighs: int | None
    """Millionths of the result that one ballot says."""
    moved: int | None
    pairs: tuple[PairRow, ...]
    places: tuple[PlacesRow, ...]
    order: tuple[tuple[int, Named], ...]
    """The order if it alone had voted; empty where it is hidden or nobody did."""


class MethodCell(msgspec.Struct, frozen=True):
    """An option's place by one method, and whether it differs from the result's."""

    rank: int
    differs: bool


class MethodsTable(msgspec.Struct, frozen=True):
    """Places by method: ``names`` are message ids, the official method first."""

    names: tuple[str, ...]
    rows: tuple[tuple[Named, tuple[MethodCell, ...]], ...]
    apart: tuple[int, ...]
    """For each further method the pairs that stand the other way round."""
    pairs: int
    do_agree: bool


class Dossier(msgspec.Struct, frozen=True):
    """Everything beside the result itself; what is missing says why in ``missing``."""

    gaps: tuple[Gone, ...]
    duels: tuple[Duel, ...]
    undecided: tuple[tuple[Named, tuple[int | None, ...]], ...]
    places: tuple[PlacesRow, ...]
    depth: int
    parts: tuple[PartRow, ...]
    steady: tuple[SteadyRow, ...]
    steady_version: str
    resamples: int
    flips: tuple[FlipRow, ...]
    leader: Named | None
    equal: tuple[tuple[int, Named], ...]
    methods: MethodsTable
    missing: Mapping[Figure, Reason]
    is_rounded: bool

    is_known: bool
    """Whether the figures beside the result could be made."""


class _Book:
    """Options and electorates of a contest by id, and the order its pages use."""

    def __init__(self, contest: Contest, result: PublicResult) -> None:
        self._options = {
            option.id: Named(option.id, option.title, option.short) for option in contest.options
        }
        self.electorates = {group.id: group for group in contest.electorates}
        self.order = tuple(option.id for option in result.options)
        self.ranks = {option.id: option.rank for option in result.options}
        self.index = {option: n for n, option in enumerate(result.ids)}

    def named(self, option: str) -> Named:
        """The option; its id where the contest does not have it any more."""
        return self._options.get(option) or Named(
            option, Text(option, option), Text(option, option)
        )

    def listed(self, ranks: Ranks) -> tuple[tuple[int, Named], ...]:
        """An order as lines with their ranks."""
        found: list[tuple[int, Named]] = []
        for shared in ranks:
            rank = len(found) + 1
            found.extend((rank, self.named(option)) for option in shared)
        return tuple(found)

    def group(self, figures: Mapping[str, int]) -> tuple[tuple[Electorate, int], ...]:
        """Figures by electorate, in the contest's order."""
        return tuple((one, figures[who]) for who, one in self.electorates.items() if who in figures)


def dossier(contest: Contest, result: PublicResult, analysis: Analysis | None) -> Dossier:
    """What the page shows beside the result; without figures its turnout and the other methods."""
    book = _Book(contest, result)
    parts = _parts(
        contest, result, book, {one.id: one for one in analysis.parts} if analysis else {}
    )
    methods = _methods(result, book, analysis.distances if analysis else {})
    if analysis is None:
        return Dossier(
            (), (), (), (), 0, parts, (), "", 0, (), None, (), methods, {}, result.is_rounded,
            is_known=False,
        )  # fmt: skip
    stability = analysis.stability
    return Dossier(
        gaps=tuple(_gone(gap, book) for gap in analysis.gaps),
        duels=_duels(result, analysis, book),
        undecided=_undecided(analysis, book),
        places=_places(analysis.places, book),
        depth=max((len(one.places) for one in analysis.places), default=0),
        parts=parts,
        steady=_steady(analysis, book),
        steady_version=stability.version if stability else "",
        resamples=stability.resamples if stability else 0,
        flips=_flips(analysis.flips, book),
        leader=book.named(analysis.flips.leader) if analysis.flips else None,
        equal=book.listed(analysis.equal) if analysis.equal else (),
        methods=methods,
        missing=analysis.missing,
        is_rounded=analysis.is_rounded,
        is_known=True,
    )


def top(view: ResultView) -> int:
    """How many lines of the result are its first three places, shared ones included."""
    return sum(row.rank <= 3 for row in view.rows)


def _gone(gap: Gap, book: _Book) -> Gone:
    return Gone(
        book.named(gap.over),
        book.named(gap.under),
        gap.points,
        book.group(gap.by),
        book.group(gap.ballots),
    )


def _duels(result: PublicResult, analysis: Analysis, book: _Book) -> tuple[Duel, ...]:
    """The first against all the others, in shares of all ballots; empty while that is not told."""
    if not analysis.undecided or len(book.order) < 2 or len(result.ranks[0]) > 1:
        return ()
    first, *others = book.order
    a = book.index[first]
    found = []
    for other in others:
        b = book.index[other]
        neither, share = analysis.undecided[a][b], result.preferred[a][b]
        won = 0 if share is None else ((1000 - neither) * share + 500) // 1000
        lost = max(0, 1000 - neither - won)
        found.append(Duel(book.named(other), won, neither, lost))
    return tuple(found)


def _undecided(analysis: Analysis, book: _Book) -> tuple[tuple[Named, tuple[int | None, ...]], ...]:
    if not analysis.undecided:
        return ()
    places = [book.index[option] for option in book.order]
    return tuple(
        (
            book.named(option),
            tuple(None if a == b else analysis.undecided[a][b] for b in places),
        )
        for option, a in zip(book.order, places, strict=True)
    )


def _places(places: Sequence[Places], book: _Book) -> tuple[PlacesRow, ...]:
    by_id = {one.id: one for one in places}
    return tuple(_places_row(by_id[option], book) for option in book.order if option in by_id)


def _places_row(one: Places, book: _Book) -> PlacesRow:
    found, start = [], 0
    for place, share in enumerate(one.places, start=1):
        share_left = min(share, 1000 - start)
        found.append(Segment(str(place), start, share_left))
        start += share_left
    left_out = min(one.left_out, 1000 - start)
    own = min(one.own, 1000 - start - left_out)
    return PlacesRow(
        book.named(one.id),
        tuple(found),
        Segment("", start, left_out),
        Segment("", start + left_out, own),
        one.ranked,
        one.mean,
    )


def _steady(analysis: Analysis, book: _Book) -> tuple[SteadyRow, ...]:
    if analysis.stability is None:
        return ()
    found = {one.id: one for one in analysis.stability.options}
    return tuple(
        SteadyRow(book.named(option), book.ranks[option], one.first, one.best, one.worst)
        for option in book.order
        if (one := found.get(option))
    )


def _flips(flips: Flips | None, book: _Book) -> tuple[FlipRow, ...]:
    if flips is None:
        return ()
    least = {bound.electorate: bound for bound in flips.least}
    most = {bound.electorate: bound for bound in flips.most}
    found = []
    for who, electorate in book.electorates.items():
        if who not in most and who not in flips.unable:
            continue
        bound = most.get(who)
        found.append(
            FlipRow(
                electorate,
                least[who].ballots if who in least else None,
                bound.ballots if bound else None,
                book.named(bound.rival) if bound else None,
            )
        )
    return tuple(found)


def _parts(
    contest: Contest, result: PublicResult, book: _Book, parts: Mapping[str, Part]
) -> tuple[PartRow, ...]:
    found = []
    for turnout in result.electorates:
        electorate, part = book.electorates.get(turnout.id), parts.get(turnout.id)
        if electorate is None:
            continue
        preferred = part.preferred if part else None
        found.append(
            PartRow(
                electorate,
                turnout,
                part.weighs if part else None,
                part.moved if part else None,
                pair_rows(contest, result, preferred) if preferred else (),
                _places(part.places, book) if part else (),
                book.listed(turnout.ranks or ()),
            )
        )
    return tuple(found)


def _methods(result: PublicResult, book: _Book, distances: Mapping[str, int]) -> MethodsTable:
    others = [name for name in result.methods if name != result.method]
    ranked = {name: dict(_ranks(result.methods[name])) for name in others}
    rows = []
    for option in book.order:
        here = book.ranks[option]
        there = (ranked[name].get(option, here) for name in others)
        cells = (MethodCell(here, differs=False), *(MethodCell(n, n != here) for n in there))
        rows.append((book.named(option), cells))
    first = set(result.ranks[0]) if result.ranks else set()
    return MethodsTable(
        names=tuple(METHOD_NAMES[name] for name in (result.method, *others)),
        rows=tuple(rows),
        apart=tuple(distances.get(name, 0) for name in others) if distances else (),
        pairs=len(book.order) * (len(book.order) - 1) // 2,
        do_agree=all(set(result.methods[name][0]) == first for name in others if first),
    )


def _ranks(ranks: Ranks) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for shared in ranks:
        rank = len(found) + 1
        found.extend((option, rank) for option in shared)
    return found
