import msgspec
import pytest

from tests.support.elections import recount
from voting.methods.lot import provisional
from voting.methods.outcome import election_of
from voting.methods.pairwise import reference_order
from voting.methods.rankings import UnreadableLine
from voting.methods.registry import METHODS
from voting.methods.tally import Line, Tally
from voting.methods.weights import Share

OPTIONS = ("a", "b", "c")


def line(position: int, ranking: str, /, **changes: object) -> Line:
    plain = Line(position, "v", "all", position, tuple(ranking))
    return msgspec.structs.replace(plain, **changes)


def test_ballot_is_counted_by_pair_and_rank() -> None:
    group = recount(OPTIONS, ["all"], [line(1, "ca")]).groups()[0]

    assert group.n == 1
    assert group.above == ((0, 1, 0), (0, 0, 0), (1, 1, 0))
    assert group.placed == ((0, 1, 0, 0), (0, 0, 0, 1), (1, 0, 0, 0))


def fold(electorates: list[str], *lines: Line, ballots: bool = False) -> Tally:
    """The running count of this log."""
    tally = Tally(OPTIONS, electorates, ballots=ballots)
    tally.apply_all(lines)
    return tally


def test_revote_takes_the_old_ballot_out_exactly() -> None:
    voted_twice = fold(["all"], line(1, "ab"), line(2, "cb", replaces=1))

    once = recount(OPTIONS, ["all"], [line(2, "cb")])
    assert voted_twice == once
    assert voted_twice.groups()[0].revised == 1


def test_earlier_line_does_not_undo_a_later_one() -> None:
    tally = fold(["all"], line(5, "cb", revision=1))

    assert tally.apply(line(3, "ab")) is False
    assert tally.apply(line(5, "ab")) is False
    assert tally == recount(OPTIONS, ["all"], [line(5, "cb", revision=1)])


def test_voter_who_changes_electorate_leaves_the_first() -> None:
    tally = fold(["all", "team"], line(1, "ab"), line(2, "ab", electorate="team", replaces=1))

    assert [group.n for group in tally.groups()] == [0, 1]


def test_withdrawn_and_quarantined_ballots_stand_apart() -> None:
    tally = fold(
        ["all"],
        line(1, "ab"),
        line(2, "", voter="w", revision=1),
        line(3, "ab", voter="q", revision=1, status="quarantined", why="burst"),
    )

    group = tally.groups()[0]
    assert (group.n, group.withdrawn, group.quarantined) == (1, 1, 1)
    assert tally.ballots == 1
    assert group.held == {"burst": 1}
    tally.apply(line(4, "ab", voter="q", revision=1, replaces=3, why="review"))
    assert (tally.ballots, tally.groups()[0].quarantined) == (2, 0)


def test_own_option_moves_the_others_up() -> None:
    tally = recount(OPTIONS, ["all"], [line(1, "abc", own=("a",))])

    group = tally.groups()[0]
    assert group.n == 1
    assert group.abstained == (1, 0, 0)
    assert group.above == ((0, 0, 0), (0, 0, 1), (0, 0, 0))
    assert group.placed == ((0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0))
    assert tally.patterns()[0].ranking == ("b", "c")


def test_ballot_of_own_options_only_stays_in_the_number_of_ballots() -> None:
    tally = recount(OPTIONS, ["all"], [line(1, "a", own=("a",))])

    assert tally.groups()[0].n == 1
    assert tally.groups()[0].above == ((0, 0, 0),) * 3


@pytest.mark.parametrize(
    "bad",
    [
        line(2, "ax", replaces=1),
        line(2, "aa", replaces=1),
        line(2, "a", electorate="other", replaces=1),
        line(2, "", ranking=("a", ()), replaces=1),
        line(2, "", ranking=("a", ("b", "a")), replaces=1),
        line(2, "a"),
        line(2, "a", voter="w", replaces=1),
    ],
)
def test_unreadable_line_leaves_the_tally_as_it_was(bad: Line) -> None:
    tally = fold(["all"], line(1, "ab"))
    before = tally.figures()

    with pytest.raises(UnreadableLine):
        tally.apply(bad)

    assert tally.figures() == before
    assert tally.apply(line(2, "ba", replaces=1))


@pytest.mark.parametrize("options", [(), ("a", "a")])
def test_tally_needs_options_once_each(options: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="at least one option"):
        Tally(options, ["all"])


def test_tally_differs_from_another_and_from_other_things() -> None:
    one = recount(OPTIONS, ["all"], [line(1, "ab")])

    assert one != recount(OPTIONS, ["all"], [line(1, "ba")])
    assert one != "tally"


def test_tally_of_figures_has_no_ballots_to_give() -> None:
    tally = fold(["all"], line(1, "ab"))

    with pytest.raises(ValueError, match="not ballots"):
        tally.patterns()
    with pytest.raises(ValueError, match="not ballots"):
        tally.own_ballots()


def test_running_tally_is_an_election() -> None:
    tally = fold(["all"], line(1, "ab"), line(2, "ba", voter="w", revision=1), ballots=True)

    live = election_of(tally, [Share("all", 1)])
    final = election_of(tally, [Share("all", 1)], ballots=True)

    assert METHODS["ranked_pairs"](live).ranks[1] == ("c",)
    assert set(METHODS["irv"](final).ranks[0]) == {"a", "b"}


def test_lot_must_hold_every_option_once() -> None:
    combined = election_of(Tally(OPTIONS, ["all"]), [Share("all", 1)]).combined

    assert reference_order(combined, provisional(OPTIONS))
    for lot in (("a", "b"), ("a", "b", "b"), ("a", "b", "x")):
        with pytest.raises(ValueError, match="every option once"):
            reference_order(combined, lot)
