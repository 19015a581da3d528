"""The installed libraries are at least those in which known holes are closed.

Source: reliability, table 3.1. An audit program without its data says "no known vulnerabilities"
whatever is installed, so the floor is written down here.
"""

import re
import sqlite3
import sys
from importlib.metadata import version

import pytest

OLDEST = {
    "starlette": "1.10",  # CVE-2026-48710 host header, CVE-2025-62727 ranges; max_body_size on routes
    "python-multipart": "0.0.30",  # CVE-2026-53539 and -53538: quadratic parsing
    "h11": "0.16.0",  # CVE-2025-43859: chunked smuggling
    "jinja2": "3.1.6",  # CVE-2025-27516: the sandbox and xmlattr series
    "pillow": "12.2",  # CVE-2026-42308 and others; it decodes what strangers bring
    "uvicorn": "0.54",  # the protocol classes our guards and fan-out were written for
    "websockets": "17.4",  # the asyncio interface of the audience and the tests
}


def as_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@pytest.mark.parametrize(("package", "oldest"), OLDEST.items())
def test_library_is_new_enough(package: str, oldest: str) -> None:
    assert as_numbers(version(package)) >= as_numbers(oldest)


def test_sqlite_has_the_wal_reset_fix() -> None:
    assert sqlite3.sqlite_version_info >= (3, 51, 3)


def test_python_is_new_enough() -> None:
    assert sys.version_info >= (3, 11)
