"""Small helpers to write an election down in a test, and Hypothesis strategies for random ones."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from hypothesis import strategies as st

from voting.methods import pairwise
from voting.methods.group_tally import GroupTally, group_of
from voting.methods.lot import provisional
from voting.methods.outcome import Election
from voting.methods.rankings import Pattern, Ranking
from voting.methods.tally import Line, Pile, Status, Tally
from voting.methods.tally import recount as recount_of_piles
from voting.methods.weights import Share

Ballots = Mapping[str, int]
STATUSES: tuple[Status, ...] = ("counted", "counted", "counted", "quarantined")
HELD = ("device", "network", "burst")


def ranking_of(text: str) -> Ranking:
    """``A > B=C`` as a ranking."""
    ranks = [tuple(part.split("=")) for part in text.replace(" ", "").split(">") if part]
    return tuple(rank[0] if len(rank) == 1 else rank for rank in ranks)


def patterns_of(electorate: str, ballots: Ballots) -> tuple[Pattern, ...]:
    """``{"A > B": 3}`` as patterns."""
    return tuple(Pattern(electorate, ranking_of(text), n) for text, n in ballots.items())


def plain(
    options: str | Sequence[str], ballots: Ballots, lot: Sequence[str] | None = None
) -> Election:
    """An election of one electorate; options ``"ABC"`` or a list."""
    return weighted(options, {"all": (Share("all", 1), ballots)}, lot)


def weighted(
    options: str | Sequence[str],
    groups: Mapping[str, tuple[Share, Ballots]],
    lot: Sequence[str] | None = None,
) -> Election:
    """An election of several electorates."""
    ids = tuple(options)
    patterns = {name: patterns_of(name, ballots) for name, (_, ballots) in groups.items()}
    tallies: list[GroupTally] = [group_of(ids, name, found) for name, found in patterns.items()]
    combined = pairwise.combine(ids, tallies, [share for share, _ in groups.values()])
    everybody = tuple(pattern for found in patterns.values() for pattern in found)
    return Election(combined, tuple(lot) if lot else provisional(ids), everybody)


OPTIONS = ("a", "b", "c", "d", "e")
ELECTORATES = ("employees", "teams", "customers")


@st.composite
def strict_rankings(draw: st.DrawFn, options: Sequence[str] = OPTIONS) -> Ranking:
    """A ranking as voters send it: distinct, possibly short, possibly empty."""
    order = draw(st.permutations(options))
    return tuple(order[: draw(st.integers(0, len(options)))])


@st.composite
def loose_rankings(draw: st.DrawFn, options: Sequence[str] = OPTIONS) -> Ranking:
    """A ranking as files hold it: some neighbours share a rank."""
    strict = draw(strict_rankings(options))
    ranks: list[tuple[str, ...]] = []
    for option in strict:
        if ranks and draw(st.integers(0, 3)) == 0:
            ranks[-1] = (*ranks[-1], str(option))
        else:
            ranks.append((str(option),))
    return tuple(rank[0] if len(rank) == 1 else rank for rank in ranks)


@st.composite
def logs(draw: st.DrawFn, most: int = 25, *, own: bool = True) -> list[Line]:
    """A log: few voters, so that many vote again, move, withdraw, are held and decided about."""
    lines: list[Line] = []
    latest: dict[str, Line] = {}
    for position in range(1, draw(st.integers(0, most)) + 1):
        voter = draw(st.sampled_from("uvwxyz"))
        before = latest.get(voter)
        if before is not None and before.status == "quarantined" and draw(st.booleans()):
            line = decided(before, position, draw(st.sampled_from(["counted", "void"])))
        else:
            status: Status = draw(st.sampled_from(STATUSES))
            line = Line(
                position,
                voter,
                draw(st.sampled_from(ELECTORATES)),
                before.revision + 1 if before else 1,
                draw(strict_rankings()),
                own=(draw(st.sampled_from(OPTIONS)),) if own and draw(st.booleans()) else (),
                status=status,
                replaces=before.position if before else None,
                why=draw(st.sampled_from(HELD)) if status == "quarantined" else None,
            )
        lines.append(line)
        latest[voter] = line
    return lines


def decided(held: Line, position: int, status: Status) -> Line:
    """What two people made of a held ballot: the same line, with another status."""
    why = "automated" if status == "void" else "review"
    return msgspec.structs.replace(
        held, position=position, status=status, replaces=held.position, why=why
    )


def recount(options: Sequence[str], electorates: Sequence[str], lines: Iterable[Line]) -> Tally:
    """The tally of the latest line of each voter, whatever the lines say they replace."""
    latest: dict[str, Line] = {}
    for line in lines:
        known = latest.get(line.voter)
        if known is None or known.position < line.position:
            latest[line.voter] = line
    return recount_of_piles(options, electorates, map(pile_of, latest.values()))


def pile_of(one: Line) -> Pile:
    """This line alone."""
    revised = one.revision > 1
    said = (one.electorate, one.ranking, one.own, one.status, one.why)
    return Pile(*said, revised, 1, one.position)
