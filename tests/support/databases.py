"""Which database a test stands on: a file in its folder, or a PostgreSQL database of its own.

Houses ask `url_in` for the database of their folder; opening one again in the same folder is a
restart. `pytest --database postgresql` runs everything on PostgreSQL; tests marked `each_database`
run on both by themselves, those marked `sqlite_only` never leave the file.
"""

import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from expo.db import sqlite_url
from migrations.upgrade import migrate
from tests.support.postgres import Cluster

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"


class _Chosen:
    """What the running test stands on."""

    def __init__(self) -> None:
        self.cluster: Cluster | None = None
        self.made: dict[Path, str] = {}


_chosen: Final = _Chosen()


def url_in(folder: Path) -> str:
    """The address of this folder's database at the newest revision, made when it is not there."""
    cluster = _chosen.cluster
    if cluster is None:
        if not (folder / "sawt.sqlite3").exists():
            shutil.copy(_empty() / "sawt.sqlite3", folder / "sawt.sqlite3")
        return sqlite_url(folder)
    if folder not in _chosen.made:
        _chosen.made[folder] = cluster.fresh()
    return _chosen.made[folder]


@pytest.fixture(scope="session", autouse=True)
def databases(request: pytest.FixtureRequest) -> Iterator[None]:
    """What houses stand on that are shared by several tests."""
    if request.config.getoption("--database") == POSTGRESQL:
        _chosen.cluster = request.getfixturevalue("postgres_cluster")
    yield
    _chosen.cluster = None


@pytest.fixture(autouse=True)
def database_kind(request: pytest.FixtureRequest, databases: None) -> Iterator[str]:
    """`SQLITE` or `POSTGRESQL`."""
    kind: str = getattr(request, "param", request.config.getoption("--database"))
    if request.node.get_closest_marker("sqlite_only") and kind != SQLITE:
        pytest.skip("looks into the SQLite file itself")
    before = _chosen.cluster
    _chosen.cluster = None if kind == SQLITE else request.getfixturevalue("postgres_cluster")
    try:
        yield kind
    finally:
        _drop_those_in(request.node.funcargs.get("tmp_path"))
        _chosen.cluster = before


def _drop_those_in(folder: Path | None) -> None:
    """Drop what this test made; houses of several tests stay until the cluster goes."""
    for one, url in tuple(_chosen.made.items()):
        if folder is not None and _chosen.cluster and one.is_relative_to(folder):
            _chosen.cluster.drop(url)
            del _chosen.made[one]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that says what tests stand on."""
    parser.addoption(
        "--database",
        choices=(SQLITE, POSTGRESQL),
        default=SQLITE,
        help="what every house in the tests stands on",
    )
    parser.addoption(
        "--fleet",
        action="store_true",
        help="browser tests: two nodes on one PostgreSQL behind nginx, with NATS between them",
    )


def pytest_configure(config: pytest.Config) -> None:
    """A fleet stands on PostgreSQL."""
    if config.getoption("--fleet"):
        config.option.database = POSTGRESQL


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test that says so run on each database."""
    marked = metafunc.definition.get_closest_marker("each_database")
    if marked and metafunc.config.getoption("--database") == SQLITE:
        alone = metafunc.definition.get_closest_marker("sqlite_only")
        kinds = (SQLITE,) if alone else (SQLITE, POSTGRESQL)
        metafunc.parametrize("database_kind", kinds, indirect=True)


@cache
def _empty() -> Path:
    """A folder with a migrated database, made once: migrating takes as long as twenty tests."""
    folder = Path(tempfile.mkdtemp(prefix="sawt-empty-"))
    migrate(sqlite_url(folder))
    return folder
