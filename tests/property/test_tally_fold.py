"""The running tally equals the recount, however the log arrives."""

from collections import Counter

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.elections import ELECTORATES, OPTIONS, logs, pile_of, recount
from voting.methods.rankings import UnreadableLine
from voting.methods.tally import Line, Pile, Tally
from voting.methods.tally import recount as recount_of_piles


@given(logs(), st.data())
def test_fold_equals_recount_for_every_slicing(log: list[Line], data: st.DataObject) -> None:
    running = Tally(OPTIONS, ELECTORATES, ballots=data.draw(st.booleans()))
    left = log
    while left:
        cut = data.draw(st.integers(1, len(left)))
        running.apply_all(left[:cut])
        left = left[cut:]
        assert running == recount(OPTIONS, ELECTORATES, log[: len(log) - len(left)])


@given(logs(), st.data())
def test_fold_equals_recount_whatever_comes_again(log: list[Line], data: st.DataObject) -> None:
    running = Tally(OPTIONS, ELECTORATES)
    for number, line in enumerate(log):
        running.apply(line)
        running.apply_all(data.draw(st.lists(st.sampled_from(log[: number + 1]), max_size=3)))

    assert running == recount(OPTIONS, ELECTORATES, log)


@given(logs(), st.data())
def test_recount_equals_itself_for_every_order_and_any_parts_of_piles(
    log: list[Line], data: st.DataObject
) -> None:
    latest = list({line.voter: line for line in log}.values())
    same: dict[Pile, int] = Counter(
        msgspec.structs.replace(pile_of(line), position=0) for line in latest
    )
    piles = [msgspec.structs.replace(one, times=times) for one, times in same.items()]
    halves = [msgspec.structs.replace(one, times=one.times - 1) for one in piles]
    ones = [msgspec.structs.replace(one, times=1, position=len(log)) for one in piles]

    again = recount_of_piles(OPTIONS, ELECTORATES, data.draw(st.permutations(halves + ones)))

    assert again == recount(OPTIONS, ELECTORATES, log)
    assert again.own_ballots() == sum(
        line.status == "counted" and bool(line.ranking) and bool(line.own) for line in latest
    )


@given(logs())
def test_tally_depends_on_latest_line_of_each_voter_only(log: list[Line]) -> None:
    running = Tally(OPTIONS, ELECTORATES, ballots=True)
    running.apply_all(log)

    fresh = recount(OPTIONS, ELECTORATES, {line.voter: line for line in log}.values())
    assert running == fresh
    assert sorted(map(repr, running.patterns())) == sorted(map(repr, fresh.patterns()))


@given(logs(), st.data())
def test_line_that_replaces_something_else_is_not_taken(
    log: list[Line], data: st.DataObject
) -> None:
    """Another voter's line, one that is replaced already, one to come, or none where there is one."""
    again = [line for line in log if line.replaces is not None]
    assume(again)
    line = data.draw(st.sampled_from(again))
    wrong = data.draw(st.none() | st.integers(1, len(log) + 1).filter(line.replaces.__ne__))
    running = Tally(OPTIONS, ELECTORATES)
    running.apply_all(log[: line.position - 1])
    before = running.figures()

    with pytest.raises(UnreadableLine):
        running.apply(msgspec.structs.replace(line, replaces=wrong))

    assert running.figures() == before


def test_memory_does_not_grow_with_voters() -> None:
    running = Tally(OPTIONS, ELECTORATES)
    for first in range(1, 30_001, 1_000):
        lines = [Line(n, f"v{n}", "teams", 1, OPTIONS) for n in range(first, first + 1_000)]
        running.apply_all(lines)

    assert len(running._at_hand) < 10_000
    late = Line(30_001, "v5", "teams", 2, (), replaces=5)
    assert running.missing([late]) == (5,)
    running.recall([Line(5, "v5", "teams", 1, OPTIONS)])
    assert running.apply(late)
    assert running.ballots == 29_999


@given(logs())
def test_known_line_is_no_news(log: list[Line]) -> None:
    running = Tally(OPTIONS, ELECTORATES)
    running.apply_all(log)
    before = running.figures()

    news = [running.apply(line) for line in log]

    assert news == [False] * len(log)
    assert running.figures() == before


@given(logs())
def test_withdrawing_every_ballot_leaves_empty_matrices(log: list[Line]) -> None:
    running = Tally(OPTIONS, ELECTORATES)
    running.apply_all(log)
    voters = {line.voter: line for line in log}
    for number, (voter, line) in enumerate(voters.items(), start=len(log) + 1):
        empty = Line(number, voter, line.electorate, line.revision + 1, (), replaces=line.position)
        running.apply(empty)

    nothing = Tally(OPTIONS, ELECTORATES).groups()
    assert [(g.n, g.above, g.placed, g.abstained) for g in running.groups()] == [
        (g.n, g.above, g.placed, g.abstained) for g in nothing
    ]
    assert sum(group.withdrawn for group in running.groups()) == len(voters)


@given(logs())
def test_counts_add_up(log: list[Line]) -> None:
    running = recount(OPTIONS, ELECTORATES, log)
    latest = {line.voter: line for line in log}.values()

    for group in running.groups():
        mine = [line for line in latest if line.electorate == group.id]
        counted = [line for line in mine if line.status == "counted" and line.ranking]
        assert group.n == len(counted)
        assert group.quarantined == sum(line.status == "quarantined" for line in mine)
        void = sum(line.status == "void" for line in mine)
        assert group.n + group.quarantined + group.withdrawn + void == len(mine)
        assert (sum(group.held.values()), sum(group.void.values())) == (group.quarantined, void)
        assert group.revised == sum(line.revision > 1 for line in mine)
        only_own = sum(set(line.ranking) <= set(line.own) for line in counted)
        assert sum(row[0] for row in group.placed) == group.n - only_own
        for a, row in enumerate(group.above):
            assert sum(group.placed[a]) + group.abstained[a] == group.n
            assert row[a] == 0
            assert all(row[b] + group.above[b][a] <= group.n for b in range(len(OPTIONS)))


@given(logs(own=False))
def test_own_option_neither_gains_nor_loses(log: list[Line]) -> None:
    own = [msgspec.structs.replace(line, own=("a",)) for line in log]

    with_own = recount(OPTIONS, ELECTORATES, own)

    without = recount(OPTIONS, ELECTORATES, log)
    for kept, group in zip(with_own.groups(), without.groups(), strict=True):
        assert kept.n == group.n
        assert kept.abstained == (group.n, 0, 0, 0, 0)
        assert kept.above[0] == (0,) * 5
        assert [row[0] for row in kept.above] == [0] * 5
        assert [row[1:] for row in kept.above[1:]] == [row[1:] for row in group.above[1:]]
