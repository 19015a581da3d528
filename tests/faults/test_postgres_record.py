"""A PostgreSQL that is stopped, killed, full or held loses no acknowledged ballot (D8)."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg
import pytest
from typing_extensions import override

from expo.db import Busy, RawPostgres
from tests.support.contests import House, cast, contest, house, person
from tests.support.killing import check, desk
from tests.support.postgres import Cluster
from voting import store
from voting.postgres_store import PostgresRecord
from voting.writer import Writer

ROUNDS = 3
_HOLD: Final = "SELECT id FROM contest WHERE id = %s FOR UPDATE"
_CUT: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'sawt ballots' AND datname = current_database()"
)


def name_in(url: str) -> str:
    """The database's name."""
    return url.rpartition("/")[2]


def _raw_of(there: House) -> RawPostgres:
    """The writer's own connection, once it has written; between batches nobody uses it."""
    record = there.writer._record
    assert isinstance(record, PostgresRecord)
    assert record._raw is not None
    return record._raw


async def _outlived(
    folder: Path,
    cluster: Cluster,
    break_it: Callable[[], None],
    rounds: int,
    program: str = "killed_desk",
) -> None:
    url = cluster.fresh()
    async with desk(folder, 0, url, program=program) as voters:
        for _ in range(rounds):
            await voters.casts(100)
            await asyncio.to_thread(break_it)
            await asyncio.to_thread(cluster.start)
        await voters.casts(100)  # voting came back by itself
    await check(folder, voters.acknowledged, url=url)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("how", ["abort", "crash"])
async def test_acknowledged_ballots_outlive_the_server(
    tmp_path: Path, own_cluster: Cluster, how: str
) -> None:
    await _outlived(tmp_path, own_cluster, getattr(own_cluster, how), ROUNDS)


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
async def test_acknowledged_ballots_outlive_the_server_thirty_times(
    tmp_path: Path, own_cluster: Cluster
) -> None:
    await _outlived(tmp_path, own_cluster, own_cluster.crash, 30)


@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_commit_that_is_not_written_down_is_found_out(
    tmp_path: Path, own_cluster: Cluster
) -> None:
    with pytest.raises(AssertionError):
        await _outlived(tmp_path, own_cluster, own_cluster.crash, 6, "forgetful_desk")


class Interrupted(PostgresRecord):
    """Loses its connection once: just before the commit is sent, or before its answer is heard."""

    is_after = False
    _is_over = False

    @override
    def _commit(self, raw: RawPostgres) -> None:
        if self._is_over:
            super()._commit(raw)
            return
        self._is_over = True
        if self.is_after:
            super()._commit(raw)
            raw.pgconn.finish()
            raise psycopg.OperationalError
        with psycopg.connect(self._database.dsn or "", autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [raw.info.backend_pid])
        super()._commit(raw)


@pytest.mark.parametrize("is_after", [False, True])
async def test_commit_without_an_answer_is_not_acknowledged_and_sending_again_tells_the_truth(
    tmp_path: Path, postgres_url: str, *, is_after: bool
) -> None:
    async with house(tmp_path, url=postgres_url) as there:
        await there.open()
        record = Interrupted(there.database)
        record.is_after = is_after
        there.voting.writer = Writer(there.database, there.notifier, record)
        writing = asyncio.create_task(there.voting.writer.run())
        sent = cast("abc")

        with pytest.raises(Busy):
            await there.voting.cast(person(), sent, there.clock())
        async with there.database.read() as tx:
            before, _ = await store.lines(tx, "s1", 0, 10)
        there.clock.move(seconds=1)
        receipt = await there.voting.cast(person(), sent, there.clock())

        assert before == int(is_after)
        assert receipt.revision == 1
        async with there.database.read() as tx:
            assert (await store.lines(tx, "s1", 0, 10))[0] == 1
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def test_connection_that_broke_between_batches_costs_nobody_an_error(
    tmp_path: Path, postgres_cluster: Cluster, postgres_url: str
) -> None:
    async with house(tmp_path, url=postgres_url) as there:
        await there.open()
        await there.vote(person("p1"))
        postgres_cluster.execute(_CUT, name_in(postgres_url))

        assert (await there.vote(person("p1"))).revision == 2


async def test_full_disk_acknowledges_nothing_and_recovers(
    tmp_path: Path, postgres_cluster: Cluster, postgres_url: str
) -> None:
    name = name_in(postgres_url)
    async with house(tmp_path, url=postgres_url) as there:
        await there.open()
        postgres_cluster.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$",
            name,
        )
        postgres_cluster.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON contest_line EXECUTE FUNCTION full_disk()",
            name,
        )
        sent = cast("abc")
        with pytest.raises(Busy):
            await there.voting.cast(person(), sent, there.clock())
        postgres_cluster.execute("DROP TRIGGER full_disk ON contest_line", name)

        assert (await there.voting.cast(person(), sent, there.clock())).revision == 1


async def test_contest_that_somebody_holds_is_busy_soon_and_nothing_is_lost(
    tmp_path: Path, postgres_url: str
) -> None:
    async with house(tmp_path, url=postgres_url) as there:
        await there.open()
        sent = cast("abc")
        async with there.database.write() as tx:
            await store.lock(tx, ["s1"])
            async with asyncio.timeout(8):
                with pytest.raises(Busy):
                    await there.voting.cast(person(), sent, there.clock())

        assert (await there.voting.cast(person(), sent, there.clock())).revision == 1


async def test_statement_that_takes_too_long_is_busy(
    tmp_path: Path, postgres_cluster: Cluster, postgres_url: str
) -> None:
    name = name_in(postgres_url)
    async with house(tmp_path, url=postgres_url) as there:
        await there.open()
        await there.vote(person("p1"))
        raw = _raw_of(there)
        raw.execute("SET statement_timeout = 50")
        raw.commit()
        postgres_cluster.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " PERFORM pg_sleep(5); RETURN NEW; END $$",
            name,
        )
        postgres_cluster.execute(
            "CREATE TRIGGER slow BEFORE INSERT ON contest_line EXECUTE FUNCTION slow()", name
        )
        with pytest.raises(Busy):
            await there.vote(person("p2"))
        postgres_cluster.execute("DROP TRIGGER slow ON contest_line", name)

        assert (await there.vote(person("p2"))).revision == 1


async def test_deadlock_with_somebody_who_locks_in_another_order_is_tried_again(
    tmp_path: Path, postgres_url: str
) -> None:
    async with house(tmp_path, url=postgres_url) as there:
        await there.open(contest("s1"))
        await there.open(contest("s2"))
        with psycopg.connect(there.database.dsn or "") as other:
            other.execute(_HOLD, ["s2"])
            both = asyncio.gather(*[there.vote(person(), contest=one) for one in ("s1", "s2")])
            await _held(there, "s1")
            with contextlib.suppress(psycopg.errors.DeadlockDetected):  # one of the two is told
                await asyncio.to_thread(other.execute, _HOLD, ["s1"])
            other.rollback()

        assert [receipt.revision for receipt in await both] == [1, 1]


async def _held(there: House, contest_id: str) -> None:
    """Wait until another transaction holds this contest's head."""
    asked = _HOLD + " SKIP LOCKED"
    async with await psycopg.AsyncConnection.connect(
        there.database.dsn or "", autocommit=True
    ) as looking:
        async with asyncio.timeout(5):
            while await (await looking.execute(asked.encode(), [contest_id])).fetchall():  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.02)


async def test_connection_commits_durably_whatever_the_role_is_used_to(
    tmp_path: Path, postgres_cluster: Cluster, postgres_url: str
) -> None:
    name = name_in(postgres_url)
    postgres_cluster.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    postgres_cluster.execute(f"ALTER DATABASE {name} SET timezone = 'Asia/Dubai'")
    postgres_cluster.execute(
        f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"
    )
    async with house(tmp_path, url=postgres_url) as there:
        await there.open()
        receipt = await there.vote(person())
        raw = _raw_of(there)
        said = raw.execute(
            "SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')"
        ).fetchone()
        raw.rollback()

        assert said == ("on", "read committed")
        assert (
            await there.voting.cast(person(), cast("abc", ballot_id=receipt.id), there.clock())
            == receipt
        )
