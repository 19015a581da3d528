"""What every test stands on: the bundled SQLite in place, and Hypothesis that repeats itself in CI."""

import functools
import gc
import logging
import os
import sys
from collections.abc import Iterator

import httpcore2
import pytest
from hypothesis import settings

gc.disable()  # until everything is imported; see `pytest_collection_finish`

# `coverage run` has loaded the standard SQLite for its own data file by now. No file is shared with
# it, so the product may still bring its own, exactly as it does outside of tests.
for name in ("sqlite3", "sqlite3.dbapi2"):
    sys.modules.pop(name, None)

import expo  # noqa: E402, F401 - puts the bundled SQLite in place before anybody imports another

# Every client reads the machine's certificates, though hardly any speaks TLS: a tenth of a busy file's time.
httpcore2.default_ssl_context = functools.cache(httpcore2.default_ssl_context)

settings.register_profile("sawt", deadline=None)  # a busy laptop is slow, not wrong
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("nightly", deadline=None, max_examples=2_000)
settings.load_profile("ci" if os.environ.get("CI") else "sawt")

from tests.support.databases import (  # noqa: E402, F401 - hooks and fixtures for every suite
    database_kind,
    databases,
    pytest_addoption,
    pytest_configure,
    pytest_generate_tests,
)
from tests.support.nats import nats_cluster, nats_server  # noqa: E402, F401
from tests.support.postgres import (  # noqa: E402, F401 - fixtures for every suite
    empty_postgres_url,
    own_cluster,
    postgres_cluster,
    postgres_url,
)


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """A command that was run in this process leaves no handler behind: its terminal is closed by then."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in [one for one in root.handlers if one not in before]:
        root.removeHandler(handler)
    root.setLevel(level)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported by now stays: the collector need not look through it again and again."""
    gc.freeze()
    gc.enable()
