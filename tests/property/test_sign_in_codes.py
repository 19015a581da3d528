"""A code is good once, for ten minutes and five tries, whatever is done with it in which order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expo.identity.signin.codes import (
    AGAIN_AFTER,
    CODE_STAYS,
    LINK_STAYS,
    MOST_TRIES,
    Asked,
    CodeExpired,
    CodeSpent,
    CodeUnreadable,
    CodeUsed,
    CodeWrong,
    LinkExpired,
    LinkUnknown,
    LinkUsed,
    Standing,
    code_mark,
    code_of,
    followed,
    link_token,
    mailbox_mark,
    may_end,
    tried,
    typed_code,
)

START = datetime(2017, 4, 17, 5, 0, tzinfo=UTC)
SECRETS = ("nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m", "older-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m")
CODE = "042137"
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def asked(secret: str = SECRETS[0]) -> Asked:
    return Asked(
        id="a1",
        device="d",
        mailbox=mailbox_mark("a@b.example", secret),
        address="a@b.example",
        code_mark=code_mark("a1", CODE, secret),
        link_mark="l",
        then="/en/",
        asked_at=START,
    )


@given(
    st.lists(
        st.tuples(st.sampled_from([CODE, "111111", "042138"]), st.integers(0, 300)), max_size=12
    )
)
def test_no_order_of_tries_opens_it_twice_too_late_or_after_five_wrong_ones(
    steps: list[tuple[str, int]],
) -> None:
    one, now, wrong, opened = asked(), START, 0, 0

    for code, seconds in steps:
        now += timedelta(seconds=seconds)
        before, (one, refusal) = one, tried(one, code, SECRETS, now)
        if refusal is None:
            opened += 1
            assert code == CODE
            assert now < START + CODE_STAYS
            assert wrong < MOST_TRIES
        elif isinstance(refusal, CodeWrong):
            wrong += 1
            assert refusal.facts == {"left": MOST_TRIES - wrong}
            assert code != CODE
        elif isinstance(refusal, CodeSpent):
            wrong += int(before.standing(now) is Standing.SENT)
            assert wrong == MOST_TRIES
        else:
            assert isinstance(refusal, CodeExpired | CodeUsed)
            assert one == before
        assert one.tries == wrong <= MOST_TRIES

    assert opened <= 1


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        f" {CODE}\n",
        "042 137",
        "042-137",
        "042\u2011137",
        "٠٤٢١٣٧",
        CODE.translate(PERSIAN),
        f"\u2068{CODE.translate(EASTERN)}\u2069",
        "\u200f042\u00a0137",
        "０４２１３７",
        "0.4.2.1.3.7",
    ],
)
def test_code_is_read_however_it_is_written(typed: str) -> None:
    assert typed_code(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "04213", "0421377", "O42137", "04213a", "-42137", "+042137", "0x4213", "1e5",
        "042137\0", "①②③④⑤", "०४२१३७", "0" * 10_000, "٠" * 7, "\ud800", "42137.0e",
    ],
)  # fmt: skip
def test_what_is_no_code_takes_no_try(typed: str) -> None:
    with pytest.raises(CodeUnreadable):
        typed_code(typed)


@given(st.text(max_size=80))
def test_whatever_is_typed_is_six_digits_or_refused(typed: str) -> None:
    try:
        code = typed_code(typed)
    except CodeUnreadable:
        return
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()


@given(st.integers(0, 999_999))
def test_every_number_has_its_code(number: int) -> None:
    assert int(typed_code(code_of(number))) == number


def test_older_secret_knows_its_codes_until_it_is_taken_out() -> None:
    old = asked(SECRETS[1])

    assert tried(old, CODE, SECRETS, START)[1] is None
    assert isinstance(tried(old, CODE, SECRETS[:1], START)[1], CodeWrong)


def test_mark_of_a_code_is_no_other_letters() -> None:
    assert code_mark("a1", CODE, SECRETS[0]) != code_mark("a2", CODE, SECRETS[0])
    assert code_mark("a1", CODE, SECRETS[0]) != code_mark("a1", CODE, SECRETS[1])


def test_link_is_good_twenty_minutes_and_once() -> None:
    one = asked()
    used, _ = tried(one, CODE, SECRETS, START)

    assert followed(one, START + LINK_STAYS - timedelta(seconds=1)) == one
    with pytest.raises(LinkExpired):
        followed(one, START + LINK_STAYS)
    with pytest.raises(LinkUsed):
        followed(used, START)
    with pytest.raises(LinkUnknown):
        followed(None, START)


def test_another_letter_may_be_asked_for_after_half_a_minute() -> None:
    waits = [asked().wait(START + timedelta(seconds=s)) for s in (0, 29.5, 30, 31)]

    assert waits == [int(AGAIN_AFTER.total_seconds()), 1, 0, 0]


@pytest.mark.parametrize("tail", ["", ".", ">", ")", "\u2069", "\u200f.", ",\n"])
def test_what_a_mail_program_takes_along_does_not_break_a_link(tail: str) -> None:
    assert link_token("5579prRIPd_-k.oojf81.3qac82rA" + tail) == "5579prRIPd_-k.oojf81.3qac82rA"


@pytest.mark.parametrize("token", ["abc-", "abc_", "abc."])
def test_token_that_a_mail_program_might_cut_is_not_used(token: str) -> None:
    assert not may_end(token)
