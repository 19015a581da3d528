"""Where a page may lead next, which language is meant, how a refusal is worded."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from expo.errors import BadRequest
from expo.passes import PassExpired
from expo.web import translations
from expo.web.forms import safe_next
from expo.web.pages import error_response
from expo.web.sentences import sentence_for, worded
from expo.web.visiting import language_of, preferred

DEFAULT = "/ar/"


@pytest.mark.parametrize(
    "address",
    ["/ar/", "/en/session/dewa-1", "/ar/day/2?x=1&y=%D8%B9", "/en/join?next=/en/", "/v/K7Q4"],
)
def test_own_path_is_followed(address: str) -> None:
    assert safe_next(address, DEFAULT) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "ar",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/ar/%0d%0aSet-Cookie:x=1",
        "/ar/\r\nSet-Cookie: x=1",
        "/ar/\tx",
        " /ar/",
        "/ar/ x",
        "/./evil",
        "/../evil",
        "/.//evil.example",
        "/%2e%2e/evil",
        "/%2Fevil.example",
        "/%5Cevil.example",
        "/ar//evil.example",
        "/ar/#x",
        "/ar/\u2028",
        "/" + "a" * 600,
    ],
)
def test_anything_a_browser_could_read_as_elsewhere_is_not(address: str | None) -> None:
    assert safe_next(address, DEFAULT) == DEFAULT


@given(st.text(max_size=200))
def test_next_is_always_a_path_of_this_site(address: str) -> None:
    found = safe_next(address, DEFAULT)

    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))
    assert found.isprintable()


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "ar"),
        ("ar", "ar"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("en;q=0.5, ar;q=0.9", "ar"),
        ("ar;q=0.3,en;q=0.4", "en"),
        ("en, ar", "ar"),
        ("fr, de", "ar"),
        ("*", "ar"),
        ("en;q=0", "ar"),
        ("en;q=x", "ar"),
        ("en" * 4000, "ar"),
        ("a" * 8192, "ar"),
        ("\x00;;;,,,q=", "ar"),
    ],
)
def test_language_is_what_the_browser_likes_best_and_arabic_in_doubt(
    accept: str, language: str
) -> None:
    assert preferred(accept) == language


@pytest.mark.parametrize(
    ("path", "query", "language"),
    [
        ("/en/day/1", b"lang=ar", "en"),
        ("/ar", b"", "ar"),
        ("/v/K7Q4", b"lang=en", "en"),
        ("/v/K7Q4", b"lang=fr", "ar"),
        ("/english/", b"", "ar"),
    ],
)
def test_path_outweighs_the_query_and_the_query_the_browser(
    path: str, query: bytes, language: str
) -> None:
    scope = {"type": "http", "path": path, "query_string": query, "headers": []}

    assert language_of(scope) == language


def test_instant_in_a_sentence_is_told_in_the_zone_of_the_expo() -> None:
    token = translations.language.set("en")
    try:
        problem = PassExpired(expired_at="2017-04-17T06:00:00+00:00")
        said = sentence_for(problem, ZoneInfo("Asia/Dubai"))
    finally:
        translations.language.reset(token)

    assert "10:00:00" in said


def test_fact_cannot_reorder_or_expand_in_the_sentence() -> None:
    said = worded("{what}", {"what": "{code}\u202e<b>"})

    assert said == "\u2068{code}\u202e<b>\u2069"
    assert sentence_for(BadRequest(what="x"))


def test_error_page_without_anything_to_stand_on_still_answers_in_both_languages() -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "state": {}}

    answer = error_response(Request(scope), 500, "server-error", incident="c0ffee00")

    text = bytes(answer.body).decode()
    assert answer.status_code == 500
    assert "c0ffee00" in text
    assert "حدث خطأ عندنا" in text
    assert "Something went wrong on our side" in text
