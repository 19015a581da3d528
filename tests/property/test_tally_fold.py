"""The running tally equals the recount, however the log arrives."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.support.elections import ELECTORATES, OPTIONS, logs
from voting.methods.tally import Line, Snapshot, Tally, recount


@given(logs(), st.data())
def test_fold_equals_recount_for_every_slicing(log: list[Line], data: st.DataObject) -> None:
    running = Tally(OPTIONS, ELECTORATES)
    left = log
    while left:
        cut = data.draw(st.integers(1, len(left)))
        running.apply_all(left[:cut])
        left = left[cut:]
        stored = msgspec.json.encode(running.snapshot())
        running = Tally.from_snapshot(msgspec.json.decode(stored, type=Snapshot))

    assert running == recount(OPTIONS, ELECTORATES, log)


@given(logs(), st.data())
def test_fold_equals_recount_for_every_order_and_repetition(
    log: list[Line], data: st.DataObject
) -> None:
    repeated = log + data.draw(st.lists(st.sampled_from(log)) if log else st.just([]))

    running = recount(OPTIONS, ELECTORATES, data.draw(st.permutations(repeated)))

    assert running == recount(OPTIONS, ELECTORATES, log)


@given(logs())
def test_tally_depends_on_latest_line_of_each_voter_only(log: list[Line]) -> None:
    latest = {line.voter: line for line in log}

    running = recount(OPTIONS, ELECTORATES, log)

    fresh = recount(OPTIONS, ELECTORATES, latest.values())
    assert running.groups() == fresh.groups()
    assert sorted(map(repr, running.patterns())) == sorted(map(repr, fresh.patterns()))


@given(logs())
def test_known_line_is_no_news(log: list[Line]) -> None:
    running = recount(OPTIONS, ELECTORATES, log)
    before = running.snapshot()

    news = [running.apply(line) for line in log]

    assert news == [False] * len(log)
    assert running.snapshot() == before


@given(logs())
def test_withdrawing_every_ballot_leaves_empty_matrices(log: list[Line]) -> None:
    running = recount(OPTIONS, ELECTORATES, log)
    voters = {line.voter: line for line in log}
    for number, (voter, line) in enumerate(voters.items(), start=len(log) + 1):
        running.apply(Line(number, voter, line.electorate, line.revision + 1, ()))

    empty = Tally(OPTIONS, ELECTORATES).groups()
    assert [(g.n, g.above, g.placed, g.abstained) for g in running.groups()] == [
        (g.n, g.above, g.placed, g.abstained) for g in empty
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
        assert group.n + group.quarantined + group.withdrawn == len(mine)
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
