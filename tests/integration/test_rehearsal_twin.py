"""A whole day held in a twin of the expo: nothing of the expo moves, and the report says what was found."""

import asyncio
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from command import twin_source
from command.parser import main
from expo.copying import FILE, NotCopied, copied, made_unreachable
from expo.rights import Role
from expo.web import translations
from expo.words import Text
from sessions.rehearsal.late_viewers import Viewer
from tests.support.stagehouse import STAGED
from tests.support.whole import whole

FAST = ("--speed", "100000", "--audience", "36")


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A terminal that speaks English, and somebody's own settings that no twin may heed."""
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("SAWT_SMTP_URL", "smtp://mail.example:25")
    monkeypatch.setenv("SAWT_PUBLIC_URL", "https://expo.example")
    before = translations.language.set("en")
    yield
    translations.language.reset(before)


@pytest.fixture
def schedule(tmp_path: Path) -> Path:
    """The small schedule as a file."""
    file = tmp_path / "small.yaml"
    file.write_text(STAGED)
    return file


async def prepared(folder: Path) -> Path:
    """The data folder of a small expo that is not running, with a team's pass and a person in it."""
    data = folder / "data"
    data.mkdir()
    async with whole(data, schedule=STAGED) as house:
        await house.person(Role.TEAM, entity="water")
        await house.person(Role.CUSTOMER)
    return data


def everything_in(folder: Path) -> dict[str, str]:
    """Every file with the hash of its bytes."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def levels(report: Path) -> dict[str, str]:
    """Each check of a report in JSON with its level."""
    return {one["check"]: one["level"] for one in json.loads(report.read_text())["checks"]}


@pytest.mark.timeout(180)
def test_whole_day_is_held_in_a_copy_and_the_expo_is_only_read(
    tmp_path: Path, schedule: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, report = asyncio.run(prepared(tmp_path)), tmp_path / "report.json"
    before = everything_in(data)

    asked = ("rehearse", "--day", "1", "--data", str(data), "--report", str(report), *FAST)
    code = main([*asked, "--schedule", str(schedule)])

    told = json.loads(report.read_text())
    (water, talk) = told["sessions"]
    found = levels(report)
    assert code == 0, found
    assert everything_in(data) == before
    assert found.pop("disk") in ("ok", "look")  # as the machine is
    assert {name for name, level in found.items() if level == "look"} == {
        "time",  # no stream, so nobody's delay gives the vote more grace
        "streams",
        "presenters",
    }
    assert "stop" not in found.values()
    assert (water["outcome"], talk["outcome"]) == ("held", "ran")
    votes = water["votes"]
    assert votes["told"] == votes["counted"] > 20
    assert votes["late"] > 0
    assert votes["late_accepted"] == 0
    assert votes["dropped"] == votes["returned"] > 0
    assert votes["doubled"] > 0
    assert votes["absent"] > 0
    assert votes["near"] > 0
    assert votes["short"] == 0
    assert water["published"]
    assert water["recounted"]
    out = capsys.readouterr().out
    assert "Readiness for day 1 · First" in out
    assert "2/2 Talk" in out


@pytest.mark.timeout(180)
def test_without_a_database_the_schedule_is_rehearsed(
    tmp_path: Path, schedule: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    asked = ("rehearse", "--day", "1", "--schedule", str(schedule), "--report", str(report))

    assert main([*asked, *FAST]) == 0
    assert levels(report)["source"] == "look"
    assert capsys.readouterr().out.count("  look  ") >= 3


@pytest.mark.timeout(180)
def test_what_would_harm_a_vote_ends_with_one(
    tmp_path: Path, schedule: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = Viewer.cast

    async def always_acknowledged(self: Viewer, attempt: int) -> dict[str, object]:
        answer = await cast(self, attempt)
        return {**answer, "type": "receipt"} if attempt == 2 else answer

    monkeypatch.setattr(Viewer, "cast", always_acknowledged)
    report = tmp_path / "report.json"
    asked = ("rehearse", "--day", "1", "--schedule", str(schedule), "--report", str(report))

    assert main([*asked, *FAST]) == 1
    assert levels(report)["after"] == "stop"


@pytest.mark.timeout(180)
def test_kept_twin_knows_nobodys_address_and_lets_nobody_in(
    tmp_path: Path, schedule: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("rehearse", "--day", "1", "--schedule", str(schedule), "--keep", *FAST)

    assert main(asked) == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if "is kept in" in one)
    folder = Path(line.split(" kept in ")[1].split(":")[0])
    try:
        assert (folder / FILE).is_file()
        assert folder.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(folder)


async def test_copy_of_an_expo_at_work_is_whole_and_leaves_it_alone(tmp_path: Path) -> None:
    data, target = tmp_path / "data", tmp_path / "copy.sqlite3"
    data.mkdir()
    async with whole(data, schedule=STAGED) as house:
        await house.person(Role.CUSTOMER)
        copied(data / FILE, target)
        await house.person(Role.CUSTOMER, "another")
        assert await house.position("water") == 0

    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM visits").fetchone()[0] == 1


async def test_copy_is_made_unreachable(tmp_path: Path) -> None:
    data, target = await prepared(tmp_path), tmp_path / "copy.sqlite3"
    copied(data / FILE, target)

    made_unreachable(target)

    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT count(*) FROM visits").fetchone() == (0,)
        assert copy.execute("SELECT count(*) FROM persons").fetchone()[0] > 1
    assert not (data / f"{FILE}-wal").exists()


def test_what_is_no_database_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)

    with pytest.raises(NotCopied):
        copied(tmp_path / FILE, tmp_path / "copy.sqlite3")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--day", "9"), "There is no day 9: this expo has 1, 2."),
        (("--day", "2"), "Day 2 has no session to rehearse yet."),
        (("--day", "0"), "There is no day 0: this expo has 1, 2."),
        (
            ("--day", "1", "--audience", "0"),
            "A rehearsal of a day needs an audience of at least one.",
        ),
        (("--day", "1", "--data", "nowhere"), "There is no folder nowhere."),
        (
            ("--day", "1", "--report", "report.pdf"),
            "The report report.pdf must end in .json or .html.",
        ),
        (
            ("--day", "1", "--report", "nowhere/report.json"),
            "The report nowhere/report.json cannot be written there.",
        ),
        (("--day", "1", "--json"), "--json does not go together with --day."),
        (("http://expo.example", "--day", "1"), "URL does not go together with --day."),
        (("--keep",), "--keep is for the rehearsal of a day: give --day too."),
        (("--report", "r.json"), "--report is for the rehearsal of a day: give --day too."),
    ],
)
def test_hostile_arguments_are_told_before_anything_is_done(
    arguments: tuple[str, ...], told: str, schedule: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(schedule.parent)
    with pytest.raises(SystemExit) as end:
        main(["rehearse", *arguments, "--schedule", str(schedule)])

    assert str(end.value.code) == told
    assert [one.name for one in schedule.parent.iterdir()] == [schedule.name]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--day", "-1"),
        ("--day", "first"),
        ("--day", "1", "--speed", "-3"),
        ("--day", "1", "--speed", "nan"),
        ("--day", "1", "--audience", "many"),
        ("--day", "1", "--port", "70000"),
    ],
)
def test_numbers_that_are_none_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["rehearse", *arguments])

    assert end.value.code == 2


def test_title_carries_the_mark_once() -> None:
    title = Text(ar="معرض", en="Fair")
    marked = twin_source.marked(title)

    assert (marked.ar, marked.en) == ("تجربة · معرض", "Rehearsal · Fair")
    assert twin_source.marked(marked) == marked
