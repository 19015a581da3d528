"""The commands on a PostgreSQL that is away, unfit, too new, or shared by nodes: one sentence each."""

import asyncio
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

import command.common
from command.child import free_port
from command.common import ROOT
from command.parser import main
from expo.web import translations
from migrations.upgrade import is_at_head
from tests.support.postgres import PASSWORD, Cluster

SECRET = "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"
MORNING = "2017-04-17T09:20+04:00"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A terminal that speaks English, and the secret that nodes share; logs as they were after."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("SAWT_SECRET_KEY", SECRET)
    before = translations.language.set("en")
    yield
    translations.language.reset(before)
    root.handlers[:], root.level = handlers, level


def serve(folder: Path) -> list[str]:
    """The arguments of a node that would serve."""
    return ["serve", "--data", str(folder), "--port", str(free_port())]


def test_server_out_of_reach_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"postgresql+psycopg://sawt:hunter2@127.0.0.1:{free_port()}/sawt"
    monkeypatch.setenv("SAWT_DATABASE_URL", url)
    monkeypatch.setattr(command.common, "_PAUSES", (0.01, 0.01))

    with pytest.raises(SystemExit) as end:
        main(serve(tmp_path))

    told = capsys.readouterr().err
    assert str(end.value.code).startswith("The database cannot be reached: connection failed: ")
    assert told.count("The database cannot be reached") == 2
    assert "hunter2" not in told + str(end.value.code)


def test_wrong_password_is_told_without_it(
    tmp_path: Path,
    postgres_cluster: Cluster,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SAWT_DATABASE_URL", postgres_url.replace(PASSWORD, "hunter2"))
    monkeypatch.setattr(command.common, "_PAUSES", ())

    with pytest.raises(SystemExit, match="password authentication failed") as end:
        main(serve(tmp_path))

    assert "hunter2" not in str(end.value.code)
    assert str(postgres_cluster.port) in str(end.value.code)


@pytest.mark.parametrize(
    "setting", ["synchronous_commit = off", "default_transaction_read_only = on"]
)
def test_server_that_cannot_keep_the_promises_is_refused(
    tmp_path: Path,
    postgres_cluster: Cluster,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres_cluster.execute(f"ALTER DATABASE {name} SET {setting}")
    monkeypatch.setenv("SAWT_DATABASE_URL", postgres_url)

    assert main(serve(tmp_path)) == 1

    told = capsys.readouterr().err
    assert re.fullmatch(r"PostgreSQL runs with \w+=\w+; \w+ is needed\.\n", told), told


def test_database_of_a_newer_version_is_left_alone(
    tmp_path: Path,
    postgres_cluster: Cluster,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres_cluster.execute("UPDATE alembic_version SET version_num = '9999_future'", name)
    monkeypatch.setenv("SAWT_DATABASE_URL", postgres_url)

    for arguments in (serve(tmp_path), ["migrate", "--data", str(tmp_path)]):
        assert main(arguments) == 1
        assert capsys.readouterr().err == (
            "The database belongs to a newer version of Sawt (revision 9999_future): "
            "start that version.\n"
        )


def test_missing_secret_is_named_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SAWT_SECRET_KEY")
    monkeypatch.setenv("SAWT_DATABASE_URL", "postgresql+psycopg://sawt:hunter2@127.0.0.1/sawt")

    assert main(serve(tmp_path)) == 1

    told = capsys.readouterr().err
    assert told.startswith("SAWT_SECRET_KEY: found nothing, while SAWT_DATABASE_URL names a server")
    assert "hunter2" not in told


def test_node_with_another_secret_is_refused_and_a_change_of_secret_is_not(
    tmp_path: Path,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new, wrong = SECRET[::-1], "pL4m-Xk7_vB2wQ9sZ1tR6yN3cH8gJ5fD0aEu"
    monkeypatch.setenv("SAWT_DATABASE_URL", postgres_url)
    invite = ["invite", "screen", "--data", str(tmp_path)]

    ends = []
    for secret in (SECRET, f"{new},{SECRET}", wrong, new):
        monkeypatch.setenv("SAWT_SECRET_KEY", secret)
        ends.append(main(invite))

    assert ends == [0, 0, 1, 0]
    told = capsys.readouterr().err
    assert told.startswith("SAWT_SECRET_KEY: found a secret that no node of this expo has used")
    assert wrong not in told


def test_migrate_and_invite_work_on_a_server(
    tmp_path: Path,
    empty_postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SAWT_DATABASE_URL", empty_postgres_url)

    assert main(["migrate", "--data", str(tmp_path)]) == 0
    assert is_at_head(empty_postgres_url)
    assert main(["invite", "organiser", "--data", str(tmp_path), "--count", "2"]) == 0

    assert len(re.findall(r"/pass/\S+", capsys.readouterr().out)) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(240)
async def test_nodes_that_start_together_make_one_expo_and_tell_one_link(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    environ = {
        "SAWT_DATABASE_URL": empty_postgres_url,
        "SAWT_SECRET_KEY": SECRET,
        "LANG": "en",
        "PATH": "/usr/bin:/bin",
    }
    ports = [free_port() for _ in range(3)]
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, str(ROOT / "run.py"), "serve", "--now", MORNING),
            *("--data", str(tmp_path / str(port)), "--port", str(port)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environ,
        )
        for port in ports
    ]
    try:
        links = [await _first_link(process) for process in processes]
        async with httpx2.AsyncClient(trust_env=False) as client:
            for port in ports:
                ready = await client.get(f"http://127.0.0.1:{port}/readyz")
                assert ready.status_code == 200
            site = f"http://127.0.0.1:{ports[1]}"
            headers = {"origin": site, "accept-language": "en"}
            used = [await client.post(f"{site}/en{links[0]}", headers=headers) for _ in range(2)]
            cookies = dict(client.cookies)
        async with httpx2.AsyncClient(trust_env=False, cookies=cookies) as client:
            control = await client.get(f"http://127.0.0.1:{ports[0]}/en/staff/control")
    finally:
        for process in processes:
            process.terminate()
        ends = [(await process.communicate())[1] for process in processes]

    assert len(set(links)) == 1
    assert [answer.status_code for answer in used] == [303, 303]
    assert control.status_code == 200
    assert [process.returncode for process in processes] == [0, 0, 0], ends


async def _first_link(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(120):
        async for line in process.stdout:
            if found := re.search(r"Organiser, once\s+http://[^/]+(/pass/\S+)", line.decode()):
                return found[1]
    raise AssertionError((await process.communicate())[1].decode())
