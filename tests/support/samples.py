"""Counted contests with their samples, for tests of the figures beside a result."""

from collections.abc import Iterable, Mapping, Sequence

from tests.support.clock import Clock
from tests.support.contests import contest
from tests.support.elections import ranking_of
from voting.analysis.figures import Counted, analysis_of
from voting.analysis.sample import Sample, Sampling
from voting.analysis.values import Analysis
from voting.contests import Contest
from voting.methods.lot import provisional
from voting.methods.rankings import Ranking
from voting.methods.tally import Line, Tally
from voting.results import freeze

Votes = Mapping[str, Mapping[str, int]]
Cast = tuple[str, Ranking]
"""Electorate and ranking."""


def tracker(n: int) -> str:
    """The tracker of the n-th voter."""
    return f"{n:016d}"


def sampled(
    options: Sequence[str],
    electorates: Sequence[str],
    ballots: Iterable[Cast],
    own: tuple[str, ...] = (),
) -> Sample:
    """The sample of these ballots, in this order."""
    sampling = Sampling(options, electorates)
    for n, (electorate, ranking) in enumerate(ballots):
        sampling.add(tracker(n), electorate, ranking, own)
    return sampling.sample()


def cast_by(votes: Votes) -> list[Cast]:
    """``{"employees": {"a>b": 3}}`` ballot by ballot."""
    return [
        (who, ranking_of(text))
        for who, ballots in votes.items()
        for text, times in ballots.items()
        for _ in range(times)
    ]


def counted(votes: Votes, of: Contest | None = None, own: tuple[str, ...] = ()) -> Counted:
    """A frozen contest and the ballots it was counted from."""
    asked, ballots = of or contest(), cast_by(votes)
    options, groups = [one.id for one in asked.options], [one.id for one in asked.electorates]
    tally = Tally(options, groups, ballots=True)
    for n, (who, ranking) in enumerate(ballots, start=1):
        tally.apply(Line(n, f"v{n}", who, 1, ranking, own))
    result = freeze(asked, tally, position=len(ballots) + 1, at=Clock()())
    sample = sampled(options, groups, ballots, own)
    return Counted(asked, result, sample, provisional(options))


def analysed(votes: Votes, of: Contest | None = None, own: tuple[str, ...] = ()) -> Analysis:
    """The public figures of a contest with these ballots."""
    return analysis_of(counted(votes, of, own))
