"""A fleet that tests of one module share while they only look, and one of its own for each that breaks something."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.support.fleet import Fleet, fleet
from tests.support.postgres import Cluster
from tests.support.show import MORNING


@pytest.fixture(scope="module")
def postgres_url_of_module(postgres_cluster: Cluster) -> Iterator[str]:
    """A fresh database for the tests of one module."""
    url = postgres_cluster.fresh()
    yield url
    postgres_cluster.drop(url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing(postgres_url_of_module: str) -> AsyncIterator[Fleet]:
    """Two nodes on one record behind nginx, for tests that change nothing."""
    async with fleet(at=MORNING, database_url=postgres_url_of_module, has_nats=False) as found:
        yield found


@pytest.fixture
async def two(postgres_url: str) -> AsyncIterator[Fleet]:
    """Two nodes on one PostgreSQL with a cluster of NATS between them, behind nginx."""
    async with fleet(at=MORNING, database_url=postgres_url) as found:
        yield found
