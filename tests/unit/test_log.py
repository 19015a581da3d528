"""What reaches a log line: no secrets, no floods, no control characters."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from expo.web.log import Lines, Once, configure, redacted


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("GET /ar/pass/SECRET123 HTTP", "GET /ar/pass/… HTTP"),
        ('"WebSocket /live/day?token=SECRET123" [accepted]', '"WebSocket /live/day?…" [accepted]'),
        ("https://expo.example/en/pass/SECRET?x=1", "https://expo.example/en/pass/…?…"),
        ("/en/receipt/SECRET/", "/en/receipt/…/"),
        ("GET /en/sign-in/link/SE.CR.ET HTTP", "GET /en/sign-in/link/… HTTP"),
        ("/ar/invitation/SECRET", "/ar/invitation/…"),
        ("/BADGE/SECRET /at/SECRET", "/BADGE/… /at/…"),
        ("cookie: sawt_visit=SECRET; sawt_device=SECRET", "cookie: sawt_visit=…; sawt_device=…"),
        ("why? because", "why? because"),
        ("/ar/schedule", "/ar/schedule"),
    ],
)
def test_secrets_are_taken_out_of_addresses(text: str, clean: str) -> None:
    assert redacted(text) == clean


def record(message: str = "m", level: int = logging.WARNING, *args: object) -> logging.LogRecord:
    return logging.LogRecord("a.b", level, "file", 1, message, args, None)


def test_message_that_repeats_is_left_out_and_counted() -> None:
    now = 0.0
    once = Once(window_seconds=10.0, burst=2, clock=lambda: now)

    passed = [once.filter(record("bad frame %s", logging.WARNING, n)) for n in range(50)]
    assert passed == [True, True] + [False] * 48
    assert once.filter(record("something else"))
    now = 10.0
    later = record("bad frame %s", logging.WARNING, 99)

    assert once.filter(later)
    assert vars(later)["left_out"] == 48


def test_critical_message_is_never_left_out() -> None:
    once = Once(burst=1)

    assert all(once.filter(record("dead", logging.CRITICAL)) for _ in range(10))


def test_memory_of_messages_is_bounded() -> None:
    once = Once()
    for number in range(5_000):
        once.filter(record(f"message {number}"))

    assert len(once._seen) <= 1_000


@pytest.mark.parametrize("is_json", [False, True])
def test_line_is_one_line_without_control_characters(is_json: bool) -> None:
    line = Lines(is_json=is_json).format(
        record("a\r\nINFO forged\x1b[31m %s", logging.INFO, "\u2028صوت")
    )

    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert "صوت" in line


def test_json_line_carries_the_facts() -> None:
    made = record("closed")
    made.frames = 3
    made.path = "/pass/SECRET"

    line = json.loads(Lines(is_json=True).format(made))

    assert (line["message"], line["frames"], line["path"]) == ("closed", 3, "/pass/…")
    assert line["at"].endswith("Z")
    assert "node" not in line
    assert json.loads(Lines(is_json=True, node="expo-1").format(made))["node"] == "expo-1"


def test_configured_log_writes_guarded_lines_and_silences_addresses(root: logging.Logger) -> None:
    stream = io.StringIO()
    configure(is_json=True, stream=stream)

    logging.getLogger("uvicorn.error").info("127.0.0.1 - /live?token=SECRET [accepted]")
    try:
        int("/ar/pass/SECRET")
    except ValueError:
        logging.getLogger("expo").exception("failed at /pass/SECRET")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["failed at /pass/…"]
    assert "'/ar/pass/…" in lines[0]["traceback"]
    assert "SECRET" not in stream.getvalue()
