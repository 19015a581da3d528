"""The synthetic crowd: repeatable from its seed, various enough to be of use, and faster on demand."""

from sessions.rehearsal.crowd import Dice, habit, ranking

OPTIONS = ("a", "b", "c", "d", "e")


def test_same_seed_gives_the_same_people() -> None:
    assert [habit(1, n) for n in range(50)] == [habit(1, n) for n in range(50)]
    assert [ranking(1, n, OPTIONS, 5) for n in range(50)] == [
        ranking(1, n, OPTIONS, 5) for n in range(50)
    ]


def test_another_seed_gives_other_people() -> None:
    assert [habit(1, n) for n in range(50)] != [habit(2, n) for n in range(50)]


def test_crowd_has_every_kind_of_person() -> None:
    people = [habit(2017, n) for n in range(300)]

    assert any(one.revises_after is not None for one in people)
    assert any(one.withdraws for one in people)
    assert any(one.late for one in people)
    assert 0 < sum(one.silent for one in people) < 100
    assert 0 < sum(one.drops for one in people) < 150


def test_pace_divides_the_waiting() -> None:
    slow, fast = habit(1, 7), habit(1, 7, pace=10)

    assert fast.decides_after == slow.decides_after / 10
    assert slow.decides_after >= 4


def test_rankings_are_strict_and_no_longer_than_allowed() -> None:
    for member in range(100):
        found = ranking(1, member, OPTIONS, 3)

        assert 2 <= len(found) <= 3
        assert len(set(found)) == len(found)
        assert set(found) <= set(OPTIONS)


def test_second_thoughts_differ_sooner_or_later() -> None:
    first = [ranking(1, n, OPTIONS, 5, attempt=0) for n in range(20)]

    assert first != [ranking(1, n, OPTIONS, 5, attempt=1) for n in range(20)]


def test_crowd_has_a_common_opinion() -> None:
    firsts = [ranking(3, n, OPTIONS, 5)[0] for n in range(400)]

    assert max(firsts.count(option) for option in OPTIONS) > 400 / len(OPTIONS) * 1.3


def test_single_option_can_be_ranked() -> None:
    assert ranking(1, 1, ("only",), 1) == ("only",)


def test_dice_stay_in_their_bounds() -> None:
    dice = Dice(1, "test")

    assert all(0 <= dice.share() < 1 for _ in range(100))
    assert {dice.between(1, 3) for _ in range(100)} == {1, 2, 3}
    assert abs(sum(dice.taste() for _ in range(2_000)) / 2_000) < 0.1
