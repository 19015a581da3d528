"""Whatever is pressed in whatever order, a contest goes along its table and nowhere else."""

from hypothesis import given
from hypothesis import strategies as st

from voting.contests import IllegalMove, Move, Phase, after, moves_from

ORDER = list(Phase)
REACHED_BY_BALLOTS = {Phase.OPEN, Phase.PAUSED, Phase.CLOSING}


@given(st.lists(st.sampled_from(Move), max_size=40))
def test_phase_never_leaves_its_graph(pressed: list[Move]) -> None:
    phase = Phase.DRAFT
    for move in pressed:
        try:
            following = after(phase, move)
        except IllegalMove:
            assert move not in moves_from(phase)
            continue
        assert move in moves_from(phase)
        back_to_open = {phase, following} == {Phase.OPEN, Phase.PAUSED}
        assert back_to_open or ORDER.index(following) >= ORDER.index(phase)
        phase = following


@given(st.lists(st.sampled_from(Move), max_size=40))
def test_nothing_leads_back_to_taking_ballots_once_it_is_closed(pressed: list[Move]) -> None:
    phase, was_closed = Phase.DRAFT, False
    for move in pressed:
        try:
            phase = after(phase, move)
        except IllegalMove:
            continue
        was_closed = was_closed or phase is Phase.CLOSED
        assert not (was_closed and phase in REACHED_BY_BALLOTS)


def test_every_phase_but_the_last_can_be_left_and_reached() -> None:
    reached = {Phase.DRAFT}
    for phase in Phase:
        for move in moves_from(phase):
            reached.add(after(phase, move))

    assert reached == set(Phase) - {Phase.AMENDED}  # amending comes with the bulletin
    assert {phase for phase in Phase if not moves_from(phase)} == {Phase.PUBLISHED, Phase.AMENDED}
