"""Elections to be written in every form and read back, and how to compare what came of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hypothesis import strategies as st

from expo.words import Text
from tests.support.elections import OPTIONS, loose_rankings, strict_rankings
from voting.counting import election_in
from voting.exchange import (
    ballots_csv,
    blt_writing,
    cvr_writing,
    preflib_writing,
    sawt_json_writing,
    tally_sheet,
)
from voting.exchange.ballot_file import BallotFile, FileGroup
from voting.exchange.opened import Asked, Opened, Piles, Sheet, Voters
from voting.methods.outcome import Election
from voting.methods.pairwise import Combined
from voting.methods.rankings import Pattern
from voting.methods.registry import outcomes
from voting.methods.weights import Share

Write = Callable[[Asked, BallotFile], str]

WRITERS: Final[Mapping[str, Write]] = MappingProxyType(
    {
        "x.json": sawt_json_writing.write,
        "x.toi": lambda asked, file: preflib_writing.write(asked, file, kind="toi"),
        "x.blt": blt_writing.write,
        "x.csv": lambda asked, file: written(ballots_csv.CsvSheet(asked), ballots_in(file)),
        "x.txt": lambda asked, file: written(tally_sheet.TallySheet(asked), ballots_in(file)),
        "cvr.json": lambda asked, file: written(cvr_writing.CvrSheet(asked), ballots_in(file)),
    }
)
"""File name → the text of an election in that form."""


def asked_in(file: BallotFile, contest: str = "election") -> Asked:
    """A file that was read, as something that can be written in every other form."""
    return Asked(
        id=contest,
        title=Text(file.title, file.title),
        options=file.options,
        names=tuple(Text(name, name) for name in file.names),
        voters=tuple(Voters(group.share) for group in file.groups),
        method=file.method,
    )


def ballots_in(file: BallotFile, trackers: Iterable[str] = ()) -> Iterator[Opened]:
    """Its ballots one by one; those for whom no tracker is left have none."""
    codes = iter(trackers)
    for group in file.groups:
        for pattern in group.patterns:
            for _ in range(pattern.count):
                yield Opened(next(codes, ""), group.share.id, pattern.ranking, pattern.own)


def written(sheet: Sheet, ballots: Iterable[Opened]) -> str:
    """A whole sheet."""
    return "".join((sheet.begin(), *(sheet.one(ballot) for ballot in ballots), sheet.end()))


@st.composite
def ballot_files(draw: st.DrawFn) -> BallotFile:
    """A file with electorates of any say, shared ranks, and people who abstain on own options."""
    names = draw(st.sampled_from([("all",), ("staff", "public"), ("employees", "teams", "x y")]))
    groups = tuple(_group(draw, name) for name in names)
    if names == ("all",) and draw(st.booleans()):
        groups = (FileGroup(Share("all", 1), groups[0].patterns),)
    method = draw(st.sampled_from(["", "ranked_pairs", "schulze", "borda", "irv"]))
    ids = OPTIONS if draw(st.booleans()) else ("1", "2", "3", "4", "5")
    renamed = dict(zip(OPTIONS, ids, strict=True))
    titles = draw(st.sampled_from([ids, ("حساء", 'A "B" \\ C', "=1+1", "-x", "e, f: g")]))
    return BallotFile(ids, titles, tuple(_named(one, renamed) for one in groups), "T", method)


def _group(draw: st.DrawFn, name: str) -> FileGroup:
    full = draw(st.integers(1, 6))
    share = Share(name, draw(st.integers(1, 5)), full, draw(st.integers(0, min(2, full))))
    patterns = draw(
        st.lists(
            st.builds(
                Pattern,
                st.just(name),
                st.one_of(strict_rankings(), loose_rankings()),
                st.integers(1, 3),
                st.sampled_from([(), (), (), ("a",), ("c", "d")]),
            ),
            max_size=5,
        )
    )
    return FileGroup(share, tuple(patterns))


def _named(group: FileGroup, names: Mapping[str, str]) -> FileGroup:
    def new(pattern: Pattern) -> Pattern:
        ranking = tuple(
            names[rank] if isinstance(rank, str) else tuple(names[one] for one in rank)
            for rank in pattern.ranking
        )
        own = tuple(names[one] for one in pattern.own)
        return Pattern(pattern.electorate, ranking, pattern.count, own)

    return FileGroup(group.share, tuple(map(new, group.patterns)))


def by_number(file: BallotFile) -> BallotFile:
    """The same with numbers for ids, as a form has it that knows no others."""
    names = {option: str(n) for n, option in enumerate(file.options, start=1)}
    groups = tuple(_named(group, names) for group in file.groups)
    return BallotFile(tuple(names.values()), file.names, groups, file.title, file.method)


def figures(file: BallotFile) -> tuple[object, ...]:
    """Everything a count of this file says; electorates without a ballot say nothing."""
    election: Election = election_in(file)
    combined: Combined = election.combined
    groups = tuple(
        (group.id, group.n, group.coefficient) for group in combined.electorates if group.n
    )
    methods = (
        {name: (found.order, found.ranks) for name, found in outcomes(election).items()}
        if combined.total
        else {}
    )
    return (file.options, combined.support, combined.firsts, combined.total, groups, methods)


def asked_of(options: Sequence[str], *voters: Voters, method: str = "ranked_pairs") -> Asked:
    """A contest about these options."""
    titles = tuple(Text(f"خيار {one}", f"Option {one}") for one in options)
    title = Text("مسابقة", "A contest")
    return Asked("demo", title, tuple(options), titles, voters, method)


def file_of(asked: Asked, ballots: Iterable[Opened]) -> BallotFile:
    """The election these ballots are."""
    piles = Piles(asked)
    for ballot in ballots:
        piles.take(ballot)
    return piles.file()
