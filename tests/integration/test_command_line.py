"""The commands that serve nobody, as somebody at a terminal meets them."""

import json
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from command.child import Child, NotStarted, free_port
from command.common import ROOT
from command.parser import main
from expo.passes import fingerprint
from expo.web import translations
from sessions.exchange.writing import as_xml
from tests.support.ballot_files import JSON
from tests.support.schedule_files import telling
from tests.support.schedules import SCHEDULE, changed, line_of, programme


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A terminal that speaks English, without settings of somebody's own."""
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    before = translations.language.set("en")
    yield
    translations.language.reset(before)


def ended(*arguments: str) -> tuple[int, str]:
    """Exit status and last words of a command that ends with a sentence."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    code = end.value.code
    return (1, code) if isinstance(code, str) else (int(code or 0), "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "http"],
        ["serve", "--now", "tomorrow"],
        ["serve", "--now", "2017-04-17T09:20"],
        ["serve", "--audience", "-1"],
        ["rehearse", "--viewers", "1000000"],
        ["rehearse", "--pace", "0"],
        ["rehearse", "--seconds", "soon"],
        ["invite", "public", "--data", "x"],
        ["count"],
    ],
)
def test_arguments_nobody_understands_end_with_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)

    assert end.value.code == 2
    assert "usage: run.py" in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])

    told = capsys.readouterr().out
    assert end.value.code == 0
    for command in (
        "serve",
        "check",
        "count",
        "rehearse",
        "invite",
        "publish",
        "obs",
        "settings",
        "migrate",
    ):
        assert command in told


# --- check ---


def test_good_schedule_is_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text(SCHEDULE)

    assert main(["check", str(file)]) == 0
    told = capsys.readouterr().out
    assert told == f"{file}: no mistakes. Sessions: 2. Initiatives: 2.\n"


def test_shipped_schedule_is_checked_when_none_is_named() -> None:
    assert main(["check"]) == 0


def test_schedule_of_other_software_is_checked_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "schedule.xml"
    file.write_bytes(as_xml(telling(programme())))

    assert main(["check", str(file), "--hall", "Stage"]) == 0
    assert "Sessions: 2." in capsys.readouterr().out

    file.write_bytes(file.read_bytes().replace(b"00:45", b"soon"))
    assert ended("check", str(file)) == (1, "")
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2
    assert all(re.match(rf"{file}:[0-9]+: duration: ", line) for line in told)


def test_every_mistake_is_told_with_file_line_and_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = changed(('ends: "09:15"', 'ends: "08:15"'), ("id: roads", "id: water"))
    file = tmp_path / "schedule.yaml"
    file.write_text(text)

    assert ended("check", str(file)) == (1, "")

    told = capsys.readouterr().out.splitlines()
    assert len(told) >= 2
    assert all(line.startswith(f"{file}:") for line in told)
    where = f"{file}:{line_of(text, '08:15')}: days[0].sessions[0]"
    assert any(line.startswith(where) for line in told), told


def test_missing_file_is_named(tmp_path: Path) -> None:
    status, told = ended("check", str(tmp_path / "nowhere.yaml"))

    assert status == 1
    assert told == f"{tmp_path / 'nowhere.yaml'}: No such file or directory"


# --- count ---


def test_count_as_json_has_exactly_these_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lunch.json"
    file.write_text(json.dumps(JSON))

    assert main(["count", str(file), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert list(told) == [
        "method",
        "ballots",
        "candidates",
        "ranking",
        "condorcet_winner",
        "pairwise",
    ]
    assert (told["method"], told["ballots"], told["ranking"]) == (
        "ranked_pairs",
        2,
        [["a"], ["b"]],
    )


def test_count_for_people_is_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "lunch.json"
    file.write_text(json.dumps(JSON))

    assert main(["count", str(file), "--method", "borda"]) == 0
    assert "Borda" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "method"),
    [
        ("lunch.json", "{", None),
        ("lunch.xyz", "{}", None),
        ("lunch.json", json.dumps(JSON), "dice"),
    ],
)
def test_file_that_cannot_be_counted_is_told_in_a_sentence(
    tmp_path: Path, name: str, text: str, method: str | None
) -> None:
    file = tmp_path / name
    file.write_text(text)

    status, told = ended("count", str(file), *(["--method", method] if method else []))

    assert status == 1
    assert told.startswith(f"{file}: ")
    assert "\n" not in told


def test_ballot_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert ended("count", str(tmp_path / "no.json"))[1].endswith("No such file or directory")


# --- settings, migrate, invite ---


def test_settings_are_told_without_the_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"
    monkeypatch.setenv("SAWT_SECRET_KEY", secret)

    assert main(["settings"]) == 0

    told = capsys.readouterr().out
    assert "SAWT_MODE=demo" in told
    assert secret not in told


def test_wrong_setting_ends_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAWT_MODE", "party")

    assert main(["settings"]) == 1
    assert "SAWT_MODE" in capsys.readouterr().err


def test_migrate_brings_a_new_folder_to_head(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", "--data", str(tmp_path / "data")]) == 0
    assert capsys.readouterr().out == "The database is at the newest revision.\n"
    with closing(sqlite3.connect(tmp_path / "data" / "sawt.sqlite3")) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    assert {"contest_line", "visits"} <= tables


def test_invite_prints_links_that_are_on_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--electorate", "employees", "--count", "2", "--port", "8123", "--label", "press"]

    assert main(["invite", "employee", "--data", str(tmp_path), *asked]) == 0

    links = capsys.readouterr().out.split()
    assert len(links) == 2
    assert all(link.startswith("http://127.0.0.1:8123/pass/") for link in links)
    with closing(sqlite3.connect(tmp_path / "sawt.sqlite3")) as database:
        kept = database.execute("SELECT role, electorate, label FROM passes").fetchall()
    assert kept == [("employee", "employees", "press")] * 2
    assert fingerprint(links[0]) not in str(kept)


def test_invitation_for_an_expo_that_is_not_there_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere" / "at-all"

    with pytest.raises(SystemExit, match=f"There is no folder {folder}"):
        main(["invite", "organiser", "--data", str(folder)])

    assert not folder.exists()


def test_invitation_that_makes_no_sense_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["invite", "employee", "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err.strip() != ""


# --- before serving ---


def test_taken_port_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        status, told = ended("serve", "--port", port, "--data", str(tmp_path / "data"))

    assert (status, told) == (1, f"Port {port} is taken or not allowed: choose another.")
    assert list((tmp_path / "data").iterdir()) == []


def test_address_of_another_machine_is_told() -> None:
    assert ended("serve", "--host", "192.0.2.1", "--port", "0")[1] == (
        "This machine has no address 192.0.2.1."
    )


def test_name_that_is_no_address_is_told() -> None:
    assert ended("serve", "--host", "no.such.host.invalid", "--port", "0")[1] == (
        "This machine has no address no.such.host.invalid."
    )


def test_schedule_with_mistakes_is_not_served(tmp_path: Path) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text("expo: 1\n")

    assert ended("serve", "--schedule", str(file), "--port", "0") == (1, "")


def test_arabic_terminal_is_answered_in_arabic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "ar_AE.UTF-8")
    file = tmp_path / "lunch.json"
    file.write_text(json.dumps(JSON))

    assert main(["count", str(file)]) == 0
    assert "طريقة الاحتساب" in capsys.readouterr().out


@pytest.mark.timeout(60)
async def test_server_that_cannot_start_is_not_waited_for(tmp_path: Path) -> None:
    child = Child(tmp_path, tmp_path / "nowhere.yaml", free_port(), datetime.now(UTC))
    with pytest.raises(NotStarted):
        _ = child.pid
    assert await child.terminate() == 0  # there is nothing to end

    with pytest.raises(NotStarted):
        await child.start()

    await child.kill()  # it has ended already
    child.close()
    assert "nowhere.yaml: No such file or directory" in (tmp_path / "server.log").read_text()


@pytest.mark.timeout(60)
def test_run_py_is_the_same_program() -> None:
    command = [sys.executable, str(ROOT / "run.py"), "check"]
    done = subprocess.run(command, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
