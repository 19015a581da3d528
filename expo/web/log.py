"""Logs that keep secrets and stay readable under attack.

Addresses carry tokens (``/pass/<token>``, links of letters, receipts) and query strings; neither reaches a log line
(F8). A message that repeats is written once and then counted (F18), control characters are escaped,
and production writes one JSON object a line.
"""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, Final, TextIO

from typing_extensions import override

_SECRET_PATH: Final = re.compile(
    r"(/(?:pass|overlay/[^/\s?#\"']+|receipt|invitation|sign-in/link|badge|at)/)[^\s/?#\"']+",
    re.IGNORECASE,
)
_QUERY: Final = re.compile(r"(/[^\s?\"']*)\?[^\s\"']*")
_COOKIE: Final = re.compile(r"(sawt_(?:visit|device)=)[^\s;\"']+")
_DETAIL: Final = re.compile(r"(DETAIL:)[^\n]*")  # PostgreSQL quotes the values of a row it refuses
_CONTROL: Final = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
_PLAIN_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_MAX_KEYS: Final = 1_000  # different messages remembered; beyond it the memory starts anew


def redacted(text: str) -> str:
    """The text without tokens in paths, query strings, cookies of ours and values of rows."""
    text = _DETAIL.sub(r"\1 …", text)
    text = _SECRET_PATH.sub(r"\1…", text)
    text = _QUERY.sub(r"\1?…", text)
    return _COOKIE.sub(r"\1…", text)


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class Once(logging.Filter):
    """Lets a message through once per window; the next one says how many were left out.

    Args:
        window_seconds: How long the same message (before its arguments are filled in) stays silent.
        burst: How many of them pass before that.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        window_seconds: float = 10.0,
        burst: int = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._window = window_seconds
        self._burst = burst
        self._clock = clock
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the record; critical ones always are."""
        if record.levelno >= logging.CRITICAL:
            return True
        key = (record.name, record.levelno, str(record.msg)[:200])
        now = self._clock()
        since, count = self._seen.get(key, (now, 0))
        if now - since >= self._window:
            record.left_out = max(0, count - self._burst)
            since, count = now, 0
        if len(self._seen) >= _MAX_KEYS:
            self._seen.clear()
        self._seen[key] = (since, count + 1)
        return count < self._burst


class Lines(logging.Formatter):
    """One line a record: text for a terminal, JSON for a machine.

    Args:
        is_json: Which of the two.
        node: Name of this node, where machines gather the lines of several.
    """

    def __init__(self, *, is_json: bool, node: str = "") -> None:
        super().__init__()
        self._is_json = is_json
        self._node = {"node": node} if node else {}

    @override
    def format(self, record: logging.LogRecord) -> str:
        """The line, redacted and without control characters."""
        facts = {k: v for k, v in vars(record).items() if k not in _PLAIN_FIELDS and v}
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "at": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            **self._node,
            "logger": record.name,
            "message": _escaped(redacted(record.getMessage())),
            **{key: _clean(value) for key, value in facts.items()},
        }
        trace = _trace(record)
        if self._is_json:
            return json.dumps(line | ({"traceback": trace} if trace else {}), ensure_ascii=False)
        extra = "".join(f" {key}={line[key]}" for key in facts)
        text = f"{line['at']} {line['level']} {line['logger']}: {line['message']}{extra}"
        return f"{text}\n{trace}".rstrip()


def _trace(record: logging.LogRecord) -> str:
    """The traceback, each line set in: what an error quotes can look like no line of the log."""
    if not record.exc_info or not record.exc_info[0]:
        return ""
    whole = redacted("".join(traceback.format_exception(*record.exc_info)))
    return "\n".join(f"  {_escaped(line)}" for line in whole.rstrip().split("\n"))


def _clean(value: object) -> object:
    return value if isinstance(value, int | float) else _escaped(redacted(str(value)))


def configure(
    *, is_json: bool, node: str = "", level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Send all logs to one stream, guarded; call it once, in the entry point."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines(is_json=is_json, node=node))
    handler.addFilter(Once())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "websockets", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)  # at INFO they log addresses (F8)
