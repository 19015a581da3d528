"""The same migrations on PostgreSQL: one step to the newest, once however many nodes start, kept apart."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.db import Database
from migrations.upgrade import Newer, differences, is_at_head, migrate
from tests.support.postgres import Cluster


def test_empty_database_reaches_head_and_matches_the_tables(empty_postgres_url: str) -> None:
    assert not is_at_head(empty_postgres_url)

    migrate(empty_postgres_url)

    assert is_at_head(empty_postgres_url)
    assert differences(empty_postgres_url) == []
    migrate(empty_postgres_url)


def test_nodes_that_start_together_upgrade_once(empty_postgres_url: str) -> None:
    with ThreadPoolExecutor(4) as nodes:
        list(nodes.map(migrate, [empty_postgres_url] * 4))

    assert is_at_head(empty_postgres_url)


def test_database_of_a_newer_version_is_left_alone(
    postgres_cluster: Cluster, postgres_url: str
) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres_cluster.execute("UPDATE alembic_version SET version_num = '9999_future'", name)

    with pytest.raises(Newer, match="9999_future"):
        migrate(postgres_url)


@pytest.mark.parametrize(
    "attack", ["UPDATE staff_log SET action = 'x'", "DELETE FROM staff_log", "TRUNCATE staff_log"]
)
async def test_append_only_table_refuses_to_change(postgres_url: str, attack: str) -> None:
    database = Database(postgres_url)
    line = (
        "INSERT INTO staff_log (at, actor_role, action, subject, facts) "
        "VALUES (now(), 'm', 'a', 's', '{}')"
    )
    try:
        async with database.write() as tx:
            await tx.execute(text(line))
        with pytest.raises(IntegrityError, match="append-only"):
            async with database.write() as tx:
                await tx.execute(text(attack))
    finally:
        await database.close()
