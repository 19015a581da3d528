"""Addresses of mailboxes as people type them, and what is no address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expo.mailboxes import mailbox, owner


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" Maha.Ali@Example.AE ", "maha.ali@example.ae"),
        ("m@دبي.امارات", "m@xn--ngbn6f.xn--mgbaam7a8h"),
        ("user١٢@example.com", "user12@example.com"),
        ("ｍ＠example.com", "m@example.com"),
        ("m+expo@example.com.", "m+expo@example.com"),
        ("o'brien@example.co.uk", "o'brien@example.co.uk"),
    ],
)
def test_address_is_written_one_way(typed: str, meant: str) -> None:
    assert mailbox(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "", "maha", "@example.ae", "maha@", "maha@localhost", "maha@example", "a b@example.ae",
        '"maha"@example.ae', "maha@[127.0.0.1]", "maha@127.0.0.1", "a..b@example.ae",
        ".a@example.ae", "maha@exa_mple.ae", "maha@-example.ae", "maha@example..ae",
        "a@b@example.ae ,c@d.ae", "maha@example.ae\r\nBcc: x@y.ae", "maha\0@example.ae",
        "\u202emaha@example.ae", "x" * 65 + "@example.ae", "m@" + "a." * 130 + "ae", "م@example.ae",
        "m@" + "x" * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_none(typed: str) -> None:
    assert mailbox(typed) is None


@given(st.text(max_size=300))
def test_what_passes_is_plain_and_stays_as_it_is(typed: str) -> None:
    found = mailbox(typed)
    if found is not None:
        assert found.isascii()
        assert not set(found) & set(' \r\n\0"<>(),:;[]\\')
        assert mailbox(found) == found


def test_spellings_of_one_mailbox_have_one_owner() -> None:
    assert owner("maha+expo@example.ae") == owner("maha@example.ae")
    assert owner("m.a.h.a+1@googlemail.com") == owner("maha@gmail.com")
    assert owner("m.aha@example.ae") != owner("maha@example.ae")
    assert owner("+x@example.ae") == "+x@example.ae"
