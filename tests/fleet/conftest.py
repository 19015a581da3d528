"""A fleet that tests of one module share while they only look, and one of its own for each that breaks something."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.fleet import Fleet, fleet
from tests.support.postgres import Cluster
from tests.support.show import MORNING


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing(postgres_cluster: Cluster) -> AsyncIterator[Fleet]:
    """Two nodes on one record behind nginx, for tests that change nothing."""
    url = postgres_cluster.fresh()
    async with fleet(at=MORNING, database_url=url, has_nats=False) as found:
        yield found
    postgres_cluster.drop(url)


@pytest.fixture
async def alone() -> AsyncIterator[Fleet]:
    """One node on a file behind nginx."""
    async with fleet(at=MORNING, size=1) as found:
        yield found


@pytest.fixture
async def two(postgres_url: str) -> AsyncIterator[Fleet]:
    """Two nodes on one PostgreSQL with a cluster of NATS between them, behind nginx."""
    async with fleet(at=MORNING, database_url=postgres_url) as found:
        yield found
