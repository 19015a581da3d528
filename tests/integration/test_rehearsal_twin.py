"""A whole day held in a twin of the expo: nothing of the expo moves, and the report says what was found."""

import asyncio
import errno
import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from command import twin_source
from command.common import ROOT
from command.parser import main
from expo.db import SQLITE_FILE
from expo.identity.people import Person
from expo.rights import Role
from expo.web import translations
from expo.words import Text
from sessions.cues import Status
from sessions.orders import Kind, Order
from sessions.rehearsal.desk import Desk
from sessions.rehearsal.late_viewers import Viewer
from tests.support.finals import WITH_FINAL
from tests.support.schedules import SCHEDULE
from tests.support.show import running
from tests.support.stagehouse import STAGED
from tests.support.whole import ORGANISER, whole
from voting.contests import Phase

HLS = 'streams: [{provider: hls, url: "https://cdn.example.org/live.m3u8"}]'
TOLD = "The twin is still there to be looked at. Ctrl+C ends it.\n"
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
def test_report_that_cannot_be_written_in_the_end_loses_nothing_and_ends_with_one(
    tmp_path: Path,
    schedule: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(_path: Path, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    report = tmp_path / "report.json"
    asked = ("rehearse", "--day", "1", "--schedule", str(schedule), "--report", str(report))

    assert main([*asked, *FAST]) == 1
    told = capsys.readouterr()
    assert told.err == f"{report}: No space left on device\n"
    assert "Readiness for day 1" in told.out
    assert "ended before" not in told.out


@pytest.mark.timeout(180)
def test_kept_twin_is_there_for_its_owner_alone(
    tmp_path: Path, schedule: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("rehearse", "--day", "1", "--schedule", str(schedule), "--keep", *FAST)

    assert main(asked) == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if "is kept in" in one)
    folder = Path(line.split(" kept in ")[1].split(":")[0])
    try:
        assert (folder / SQLITE_FILE).is_file()
        assert folder.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(folder)


@pytest.mark.timeout(180)
def test_expo_in_the_middle_of_a_vote_goes_on_while_its_copy_is_rehearsed(
    tmp_path: Path, schedule: Path
) -> None:
    report = tmp_path / "report.json"
    asked = ("rehearse", "--day", "1", "--schedule", str(schedule), "--report", str(report))
    with running(STAGED) as show:
        show.order(Kind.READY, "water")
        show.open("water")

        assert main([*asked, "--data", str(show.folder), *FAST]) == 0

        assert show.contest("water").phase is Phase.OPEN
        assert show.ballots("water") == 0
    told = json.loads(report.read_text())
    assert [one["outcome"] for one in told["sessions"]] == ["passed", "ran"]
    assert levels(report)["sessions"] == "look"


@pytest.mark.timeout(180)
def test_final_has_the_winners_of_days_nobody_has_held(tmp_path: Path) -> None:
    file, report = tmp_path / "final.yaml", tmp_path / "report.json"
    file.write_text(WITH_FINAL)
    asked = ("rehearse", "--day", "2", "--schedule", str(file), "--report", str(report))

    assert main([*asked, *FAST]) == 0
    (final,) = json.loads(report.read_text())["sessions"]
    assert (final["session"], final["outcome"]) == ("final", "held")
    assert final["recounted"]


@pytest.mark.timeout(180)
def test_grace_follows_the_delays_where_a_session_is_streamed(tmp_path: Path) -> None:
    file, report = tmp_path / "streamed.yaml", tmp_path / "report.json"
    file.write_text(
        STAGED.replace("        initiatives: [leak", f"        {HLS}\n        initiatives: [leak")
    )
    asked = ("rehearse", "--day", "1", "--schedule", str(file), "--report", str(report))

    assert main([*asked, *FAST]) == 0
    votes = json.loads(report.read_text())["sessions"][0]["votes"]
    assert votes["grace"] >= 40
    assert votes["near"] > 20
    assert votes["short"] == 0
    assert levels(report)["time"] == "ok"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("people", ["1", "36"])
def test_vote_that_counts_nothing_is_held_and_published_all_the_same(
    tmp_path: Path, people: str
) -> None:
    file, report = tmp_path / "held.yaml", tmp_path / "report.json"
    file.write_text("voting:\n  holds: [{kind: network, most: 1, up_to: B}]\n" + SCHEDULE)
    asked = ("rehearse", "--day", "1", "--schedule", str(file), "--report", str(report))

    assert main([*asked, "--speed", "100000", "--audience", people]) == 0
    water = json.loads(report.read_text())["sessions"][0]
    votes = water["votes"]
    assert water["published"]
    assert water["recounted"]
    assert votes["counted"] == 1
    assert votes["told"] == votes["counted"] + votes["held"]
    assert levels(report)["counted"] == ("look" if votes["held"] else "ok")


@pytest.mark.timeout(180)
def test_served_twin_says_what_it_is_on_pages_and_in_exports(schedule: Path) -> None:
    asked = ("rehearse", "--day", "1", "--schedule", str(schedule), "--serve", *FAST)
    command = [sys.executable, str(ROOT / "run.py"), *asked]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = list(iter(process.stdout.readline, TOLD))
        site = next(found[1] for line in lines if (found := re.search(r"(http://\S+)/en/$", line)))
        with httpx2.Client(base_url=site, trust_env=False, timeout=30) as http:
            page, calendar, frab = (
                http.get(path).text for path in ("/en/", "/schedule.ics", "/schedule.json")
            )
        process.send_signal(signal.SIGINT)

        assert process.wait(30) == 0
    assert "تجربة · Rehearsal" in page
    assert "Rehearsal · Fair" in page
    marked = ("تجربة · معرض", "Rehearsal · Fair")
    assert any(one in calendar for one in marked)
    assert json.loads(frab)["schedule"]["conference"]["title"] in marked


@pytest.mark.timeout(60)
def test_rehearsal_that_is_interrupted_says_so(schedule: Path) -> None:
    asked = ("rehearse", "--day", "1", "--schedule", str(schedule), "--serve", "--speed", "1")
    command = [sys.executable, str(ROOT / "run.py"), *asked]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if "/pass/" in line)
        process.send_signal(signal.SIGINT)

        assert process.wait(30) == 1
        assert "ended before the day was over" in process.stdout.read()


async def test_order_that_somebody_forestalls_is_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, schedule=STAGED) as house:
        show = house.expo.show
        act = show.act
        await house.order(Kind.START, "water")

        async def forestalled(actor: Person, order: Order) -> None:
            monkeypatch.setattr(show, "act", act)
            version = show.progress("water").version
            await act(ORGANISER, Order(Kind.MINUTES, version, session="water", by=2))
            await act(actor, order)

        monkeypatch.setattr(show, "act", forestalled)
        await Desk(show, house.expo.voting).end("water")

        assert show.status("water") is Status.ENDED


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
