"""A count that goes on from stored figures is the count of the whole log; odd figures are not used."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.elections import ELECTORATES, OPTIONS, logs, recount
from voting.methods.rankings import UnreadableLine
from voting.methods.tally import Line, Tally
from voting.snapshots.stored import VERSION, Stored, Unusable, stored, tally_in


def restored(tally: Tally, position: int) -> Tally:
    """What another node has of this tally."""
    return tally_in(stored("s1", position, tally), OPTIONS, ELECTORATES, position)


def went_on(tally: Tally, log: list[Line], lines: list[Line]) -> None:
    """Fold lines, looking up in the log what has been forgotten."""
    wanted = tally.missing(lines)
    tally.recall(line for line in log if line.position in wanted)
    tally.apply_all(lines)


@given(logs(), st.data())
def test_going_on_from_stored_figures_equals_folding_from_line_one(
    log: list[Line], data: st.DataObject
) -> None:
    whole, running, left = Tally(OPTIONS, ELECTORATES), Tally(OPTIONS, ELECTORATES), log
    while left:
        cut = data.draw(st.integers(1, len(left)))
        went_on(running, log, left[:cut])
        whole.apply_all(left[:cut])
        left = left[cut:]
        assert running.groups() == whole.groups()
        if data.draw(st.booleans()):
            running = restored(running, running.position)

    assert running == recount(OPTIONS, ELECTORATES, log)
    assert running.ballots == whole.ballots


@given(logs(), st.data())
def test_lines_that_are_in_the_figures_change_nothing(log: list[Line], data: st.DataObject) -> None:
    running = restored(recount(OPTIONS, ELECTORATES, log), len(log))
    before = running.figures()

    again = data.draw(st.lists(st.sampled_from(log)) if log else st.just([]))

    assert running.missing(again) == ()
    assert [running.apply(line) for line in again] == [False] * len(again)
    assert running.figures() == before


@given(logs())
def test_what_was_forgotten_must_be_recalled_first(log: list[Line]) -> None:
    running = restored(recount(OPTIONS, ELECTORATES, log), len(log))
    before = running.figures()
    for voter, line in {line.voter: line for line in log}.items():
        new = Line(
            len(log) + 1, voter, line.electorate, line.revision + 1, (), replaces=line.position
        )
        assert running.missing([new]) == (line.position,)
        with pytest.raises(UnreadableLine):
            running.apply(new)
    assert running.figures() == before


@given(logs(), st.data())
def test_any_changed_byte_makes_a_snapshot_unusable(log: list[Line], data: st.DataObject) -> None:
    good = stored("s1", len(log) or 1, recount(OPTIONS, ELECTORATES, log))
    text = good.value.encode()
    place = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.integers(0, 127).filter(lambda one: one != text[place]))
    forged = bytes([*text[:place], byte, *text[place + 1 :]]).decode()

    with pytest.raises(Unusable):
        tally_in(msgspec.structs.replace(good, value=forged), OPTIONS, ELECTORATES, 1_000)


def test_snapshot_of_something_else_is_unusable() -> None:
    lines = [Line(1, "v", "teams", 1, ("a", "b"))]
    good = stored("s1", 2, recount(OPTIONS, ELECTORATES, lines))
    assert tally_in(good, OPTIONS, ELECTORATES, 2).ballots == 1

    for odd in (
        msgspec.structs.replace(good, version=VERSION + 1),
        msgspec.structs.replace(good, position=1),
        msgspec.structs.replace(good, contest="s2"),
        msgspec.structs.replace(good, value=""),
        msgspec.structs.replace(good, value="[" * 100_000),
        msgspec.structs.replace(good, value="{}"),
        msgspec.structs.replace(good, value="\x00"),
    ):
        with pytest.raises(Unusable):
            tally_in(odd, OPTIONS, ELECTORATES, 2)
    with pytest.raises(Unusable):
        tally_in(good, OPTIONS[::-1], ELECTORATES, 2)
    with pytest.raises(Unusable):
        tally_in(good, OPTIONS, ELECTORATES[:2], 2)
    with pytest.raises(Unusable):
        tally_in(good, OPTIONS, ELECTORATES, 1)


def test_figures_that_do_not_fit_together_are_refused() -> None:
    figures = recount(OPTIONS, ELECTORATES, [Line(1, "v", "teams", 1, ("a", "b"))]).figures()
    group = next(one for one in figures.groups if one.id == "teams")

    for odd in (
        msgspec.structs.replace(group, n=2),
        msgspec.structs.replace(group, n=-1),
        msgspec.structs.replace(group, withdrawn=-1),
        msgspec.structs.replace(group, above=group.above[1:]),
        msgspec.structs.replace(group, placed=tuple(row[1:] for row in group.placed)),
        msgspec.structs.replace(group, above=((1, *group.above[0][1:]), *group.above[1:])),
    ):
        with pytest.raises(UnreadableLine):
            Tally.from_figures(msgspec.structs.replace(figures, groups=(odd,)))
    with pytest.raises(UnreadableLine):
        Tally.from_figures(msgspec.structs.replace(figures, groups=(group, group)))
    with pytest.raises(UnreadableLine):
        Tally.from_figures(msgspec.structs.replace(figures, position=-1))


def test_stored_snapshot_is_small_whatever_the_number_of_voters() -> None:
    lines = [Line(n, f"v{n}", "customers", 1, OPTIONS) for n in range(1, 5_001)]

    text: Stored = stored("s1", 5_000, recount(OPTIONS, ELECTORATES, lines))

    assert len(text.value) < 2_500
