"""Results in sentences."""

import re

from tests.support.elections import plain, weighted
from voting import wording
from voting.methods import borda, irv, ranked_pairs, schulze
from voting.methods.outcome import Election
from voting.methods.registry import METHODS, outcomes
from voting.methods.weights import Share
from voting.wording import Counted, Sentence, how_sentences, other_methods, result_sentences


def said(election: Election) -> tuple[Sentence, ...]:
    return result_sentences(ranked_pairs.count(election))


def test_clear_result_names_first_and_second() -> None:
    assert said(plain("ABC", {"A > B > C": 1})) == (
        Sentence(wording.BEAT_ALL, {"a": ("A",)}),
        Sentence(wording.BEAT_ALL_BUT, {"a": ("B",), "others": ("A",)}),
    )


def test_two_options_need_one_sentence() -> None:
    assert said(plain("AB", {"A": 1})) == (Sentence(wording.BEAT_ALL, {"a": ("A",)}),)


def test_single_option_needs_no_sentence() -> None:
    assert said(plain("A", {"A": 1})) == ()


def test_second_that_only_drew_is_not_praised() -> None:
    sentences = said(plain("ABC", {"A > B > C": 2, "A > C > B": 2}))

    assert [s.message for s in sentences] == [wording.BEAT_ALL, wording.JOINT]


def test_first_that_drew_once_is_called_unbeaten() -> None:
    assert said(plain("ABC", {"B > A > C": 1, "A > C > B": 1})) == (
        Sentence(wording.UNBEATEN, {"a": ("A",)}),
    )


def test_circle_of_three_names_what_was_set_aside() -> None:
    sentences = said(plain("ABC", {"A > B > C": 40, "B > C > A": 35, "C > A > B": 25}))

    assert sentences == (
        Sentence(wording.CIRCLE_OF_THREE, {"a": ("A",), "b": ("B",), "c": ("C",)}),
    )


def test_circle_of_four_lists_its_members() -> None:
    ballots = {"A > B > C > D": 9, "B > C > D > A": 8, "C > D > A > B": 6, "D > A > B > C": 5}

    sentences = wording.circles(ranked_pairs.count(plain("ABCD", ballots)))

    longest = max(sentences, key=lambda s: len(s.options.get("circle", ())))
    assert longest.message == wording.CIRCLE_OF_MORE
    circle = longest.options["circle"]
    assert (circle[-1], circle[0]) == (longest.options["a"][0], longest.options["b"][0])


def test_every_circle_told_is_a_circle() -> None:
    ballots = {"A > C > B > E > D": 5, "A > D > E > C > B": 5, "B > E > D > A > C": 8}
    more = {"C > A > B > E > D": 3, "C > A > E > B > D": 7, "C > B > A > D > E": 2}
    rest = {"D > C > E > B > A": 7, "E > B > A > D > C": 8}
    outcome = ranked_pairs.count(plain("ABCDE", ballots | more | rest))
    index = outcome.combined.options.index

    told = wording.circles(outcome)

    assert len(told) == sum(not step.locked for step in outcome.trace)
    for sentence in told:
        named = sentence.options
        circle = named.get("circle") or (*named["a"], *named["b"], *named["c"])
        for winner, loser in zip(circle, (*circle[1:], circle[0]), strict=True):
            assert outcome.combined.margins[index(winner)][index(loser)] > 0


def test_level_circle_says_that_an_order_decided() -> None:
    sentences = said(
        plain("ABC", {"A > B > C": 2, "B > C > A": 2, "C > A > B": 2, "A=C > B": 1, "B > A=C": 1})
    )

    assert sentences[0].message == wording.LEVEL_CIRCLE


def test_joint_rank_or_lot() -> None:
    outcome = ranked_pairs.count(plain("ABC", {"A > B": 1, "B > A": 1}, lot="ABC"))

    assert result_sentences(outcome) == (
        Sentence(wording.JOINT, {"options": ("A", "B")}, numbers={"rank": 1}),
    )
    assert result_sentences(outcome, one_name=True) == (
        Sentence(wording.BY_LOT, {"options": ("A", "B")}),
    )


def test_head_to_head_winner_passed_over_is_told() -> None:
    outcome = borda.count(plain("ABC", {"A > B > C": 3, "B > C > A": 2}))

    assert result_sentences(outcome)[0] == Sentence(wording.LOST_LEAD, {"a": ("A",), "b": ("B",)})


def test_no_votes_yet() -> None:
    assert said(plain("AB", {})) == (Sentence(wording.NO_VOTES),)


def groups(small: int, weights: tuple[int, int] = (1, 1)) -> Election:
    return weighted(
        "AB",
        {
            "many": (Share("many", weights[0], 20, 5), {"A": 30}),
            "few": (Share("few", weights[1], 20, 5), {"B": small} if small else {}),
        },
    )


def messages(sentences: tuple[Sentence, ...]) -> list[str]:
    return [sentence.message for sentence in sentences]


def test_how_it_was_counted_follows_the_settings() -> None:
    outcome = ranked_pairs.count(groups(30))

    plainly = how_sentences(outcome, Counted("ranked_pairs"))

    assert messages(plainly) == [
        wording.HOW["ranked_pairs"],
        wording.OMITTED,
        wording.EQUAL_SHARES,
        wording.TIE_RULE,
    ]
    own = how_sentences(outcome, Counted("ranked_pairs", own_ballots=7))
    assert Sentence(wording.OWN_COUNT, numbers={"count": 7}) in own


def test_chains_have_their_own_tie_rule() -> None:
    outcome = schulze.count(plain("AB", {"A": 1}))

    assert messages(how_sentences(outcome, Counted("schulze"))) == [
        wording.HOW["schulze"],
        wording.OMITTED,
        wording.EQUAL_VOTES,
        wording.TIE_RULE_OF_CHAINS,
    ]


def test_unequal_weights_are_told_as_parts() -> None:
    sentences = how_sentences(borda.count(groups(30, (34, 66))), Counted("borda"))

    parts = [s for s in sentences if s.message == wording.FIXED_SHARE]
    assert [s.numbers for s in parts] == [
        {"weight": 34, "whole": 100},
        {"weight": 66, "whole": 100},
    ]


def test_small_group_is_told_what_its_ballots_weigh() -> None:
    sentences = how_sentences(borda.count(groups(7)), Counted("borda"))

    assert (
        Sentence(wording.SMALL_GROUP, electorates={"electorate": ("few",)}, numbers={"full": 20})
        in sentences
    )


def test_waiting_group_is_told_with_what_it_needs() -> None:
    outcome = borda.count(groups(3))

    for closed, message in ((False, wording.NOT_YET), (True, wording.NOT_COUNTED)):
        assert how_sentences(outcome, Counted("borda", closed=closed))[-2:] == (
            Sentence(
                message,
                electorates={"electorate": ("few",)},
                numbers={"count": 3, "needed": 5},
            ),
            Sentence(wording.PASSED_ON, electorates={"electorate": ("few",)}),
        )


def test_nobody_inherits_while_nobody_counts() -> None:
    outcome = borda.count(
        weighted("AB", {"a": (Share("a", 1, 5, 5), {"A": 1}), "b": (Share("b", 0), {"B": 9})})
    )

    waiting = wording.waiting_sentences(outcome.combined.electorates, closed=False)
    assert messages(waiting) == [wording.NOT_YET]


def test_other_methods_agree_or_name_their_first() -> None:
    agreeing = outcomes(plain("AB", {"A": 1}))
    apart = outcomes(plain("ABC", {"A > B > C": 3, "B > C > A": 2}))
    empty = outcomes(plain("AB", {}))

    assert other_methods(agreeing["ranked_pairs"], agreeing) == (Sentence(wording.ALL_AGREE),)
    assert other_methods(apart["ranked_pairs"], apart) == (
        Sentence(
            wording.OTHER_FIRST,
            {"options": ("B",)},
            phrases={"method": wording.METHOD_NAMES["borda"]},
        ),
    )
    assert other_methods(empty["ranked_pairs"], empty) == ()


def test_every_placeholder_has_its_fact() -> None:
    elections = [
        plain("ABC", {"A > B > C": 40, "B > C > A": 35, "C > A > B": 25}),
        plain("ABC", {"A > B > C": 1}),
        plain("ABC", {"A > B": 1, "B > A": 1}),
        groups(3, (1, 2)),
        groups(7),
        groups(0),
    ]
    for election in elections:
        for outcome in outcomes(election).values():
            for sentence in (
                *result_sentences(outcome),
                *result_sentences(outcome, one_name=True),
                *how_sentences(outcome, Counted(outcome.method, own_ballots=1)),
                *other_methods(outcome, outcomes(election)),
            ):
                facts = {
                    *sentence.options,
                    *sentence.electorates,
                    *sentence.numbers,
                    *sentence.phrases,
                }
                assert facts == set(re.findall(r"\{(\w+)\}", sentence.message))


def test_every_method_has_name_and_explanation() -> None:
    assert set(wording.METHOD_NAMES) == set(wording.HOW) == set(METHODS)
    assert irv.METHOD in METHODS
