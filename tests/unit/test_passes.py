"""Tokens that cannot be forged, and codes that can be typed."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expo.passes import (
    ALPHABET,
    CODE_LENGTH,
    Claim,
    PassExpired,
    PassUnknown,
    join_codes,
    normalised,
    opened,
    signed,
)

NOW = datetime(2017, 4, 17, 5, 20, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=1)
SECRET, OTHER = "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m", "mB7v-Xc0_lK9jH6gF3dS1aP5oI8uY2tR4eW"
NONCE = "AbCdEfGhIjKlMnOpQrSt_-"


def test_token_opens_to_what_was_signed() -> None:
    token = signed(NONCE, UNTIL, (SECRET,))

    assert opened(token, (SECRET,), NOW) == Claim(NONCE, UNTIL)


def test_token_of_the_old_secret_still_opens_while_it_is_listed() -> None:
    token = signed(NONCE, UNTIL, (SECRET,))

    assert opened(token, (OTHER, SECRET), NOW).nonce == NONCE
    with pytest.raises(PassUnknown):
        opened(token, (OTHER,), NOW)


def test_token_ends_at_its_expiry() -> None:
    token = signed(NONCE, UNTIL, (SECRET,))

    opened(token, (SECRET,), UNTIL - timedelta(seconds=1))
    with pytest.raises(PassExpired) as caught:
        opened(token, (SECRET,), UNTIL)

    assert caught.value.facts == {"expired_at": UNTIL.isoformat()}


def test_no_single_changed_character_opens() -> None:
    token = signed(NONCE, UNTIL, (SECRET,))

    for at, letter in enumerate(token):
        for other in {"A", "z", "0", "."} - {letter}:
            with pytest.raises(PassUnknown):
                opened(token[:at] + other + token[at + 1 :], (SECRET,), NOW)


@pytest.mark.parametrize("length", range(0, 60, 7))
def test_truncated_token_does_not_open(length: int) -> None:
    with pytest.raises(PassUnknown):
        opened(signed(NONCE, UNTIL, (SECRET,))[:length], (SECRET,), NOW)


@given(st.text(max_size=300))
def test_anything_else_does_not_open(text: str) -> None:
    with pytest.raises(PassUnknown):
        opened(text, (SECRET,), NOW)


def test_token_is_safe_in_a_path_and_short_enough_for_a_phone_to_read() -> None:
    token = signed(secrets.token_urlsafe(16), UNTIL, (SECRET,))

    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert len(token) <= 80


@given(st.sets(st.text(min_size=1, max_size=20), max_size=40))
def test_join_codes_are_distinct_typeable_and_the_same_again(targets: set[str]) -> None:
    codes = join_codes(SECRET, targets)

    assert set(codes.values()) == targets
    assert all(len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) for code in codes)
    assert join_codes(SECRET, sorted(targets, reverse=True)) == codes
    assert all(normalised(code) == code for code in codes)


def test_join_codes_of_another_expo_differ() -> None:
    targets = [f"session-{n}" for n in range(8)]

    assert set(join_codes(SECRET, targets)) != set(join_codes(OTHER, targets))


def test_alphabet_has_no_letters_that_look_alike() -> None:
    assert set("0O1IL") & set(ALPHABET) == set()
    assert len(ALPHABET) == len(set(ALPHABET)) == 31


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("K7Q4", "K7Q4"),
        ("k7q4", "K7Q4"),
        (" k7 q4\n", "K7Q4"),
        ("K7-Q4", "K7Q4"),
        ("K7–Q4", "K7Q4"),
        ("K٧Q٤", "K7Q4"),
        ("K۷Q۴", "K7Q4"),
        ("Ｋ７Ｑ４", "K7Q4"),
        ("K7Q", None),
        ("K7Q44", None),
        ("K0Q4", None),
        ("KOQ4", None),
        ("", None),
        ("قققق", None),
        ("K7Q4" * 3000, None),
        ("' OR", None),
        ("K7Q4\0", None),
    ],
)
def test_typed_code_is_understood_however_it_is_written(typed: str, code: str | None) -> None:
    assert normalised(typed) == code
