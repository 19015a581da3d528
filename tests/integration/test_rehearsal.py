"""Serving and rehearsing as the commands do it, in the test's own process."""

import argparse
import asyncio
import contextlib
import json
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from command import rehearse, serve
from command.assembly import Expo
from command.child import free_port
from command.parser import main, parser
from expo.web import translations
from sessions.rehearsal.door import Door, TurnedAway
from sessions.rehearsal.report import Report
from tests.support.stagehouse import STAGED

MORNING = "2017-04-17T08:34+04:00"
SECOND = "2017-04-17T09:20+04:00"


def options(*arguments: str) -> argparse.Namespace:
    return parser().parse_args(arguments)


class Serving:
    """A server started as `serve` starts it, and what it printed."""

    def __init__(self, url: str, out: str) -> None:
        self.url = url
        self.printed = out
        self.links = dict(re.findall(r"^  (\S.*?)\s+(http\S+)$", out, re.MULTILINE))

    @property
    def organiser(self) -> str:
        return str(next(link for name, link in self.links.items() if name.startswith("Organiser")))


@contextlib.asynccontextmanager
async def serving(
    folder: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> AsyncIterator[Serving]:
    """A server in this loop; it has been asked to stop, by signal, and has stopped with 0."""
    translations.language.set("en")
    port = free_port()
    data = folder / "data"
    data.mkdir(exist_ok=True)
    asked = options("serve", "--port", str(port), "--data", str(data), *more)
    running = asyncio.create_task(serve._serve(asked, data, Expo))
    printed = ""
    while "Ctrl+C" not in printed and not running.done():
        await asyncio.sleep(0.02)
        printed += capsys.readouterr().out
    if running.done():
        running.result()
    try:
        yield Serving(f"http://127.0.0.1:{port}", printed)
    finally:
        signal.raise_signal(signal.SIGTERM)
        assert await running == 0


@pytest.mark.timeout(180)
async def test_rehearsal_has_a_past_an_audience_and_a_director(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        serving(tmp_path, capsys, "--now", SECOND, "--audience", "9") as there,
        httpx2.AsyncClient(base_url=there.url, trust_env=False, timeout=30) as http,
        Door(there.url) as door,
    ):
        assert len(there.links) == 5
        published = (await http.get("/results/day/1.json")).json()
        page = await http.get("/en/")
        assert page.status_code == 200
        cookies = await door.redeem(there.organiser.removeprefix(there.url))
        told = await metrics(http, cookies)
        while not re.search(r"^sawt_viewers 1\d\.0$", told, re.MULTILINE):  # nine and the director
            told = await metrics(http, cookies)
        ready = await http.get("/readyz")

    assert len(published["results"]) == 1
    assert published["results"][0]["result"]["ballots"] > 100
    assert re.search(r'^sawt_ballots\{contest="\S+"\} \d{2,}\.0$', told, re.MULTILINE)
    assert "sawt_ballots_waiting 0.0" in told
    assert ready.json()["parts"]["database"] == {"state": "ok"}


async def metrics(http: httpx2.AsyncClient, cookies: str) -> str:
    answer = await http.get("/metrics", headers={"cookie": cookies})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.timeout(180)
async def test_second_start_goes_on_where_the_first_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAWT_PUBLIC_URL", "http://expo.test:8000")
    async with serving(tmp_path, capsys) as there, Door(there.url) as door:
        await door.redeem(there.organiser.removeprefix("http://expo.test:8000"))
        assert "█" in there.printed or "▄" in there.printed  # the address as a QR code
    async with serving(tmp_path, capsys) as again:
        assert list(again.links) == ["Viewer"]  # an organiser is in; and this is no rehearsal


@pytest.mark.timeout(180)
async def test_rehearsal_in_a_kept_folder_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--now", SECOND, "--audience", "2")
    days = []
    for _ in range(2):
        async with (
            serving(tmp_path, capsys, *more) as there,
            httpx2.AsyncClient(base_url=there.url, trust_env=False, timeout=30) as http,
        ):
            days.append((await http.get("/results/day/1.json")).json())

    assert len(days[0]["results"]) == 1
    assert days[1] == days[0]


@pytest.mark.timeout(180)
async def test_crowd_at_an_address_has_every_electorate_with_an_organiser(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule = tmp_path / "schedule.yaml"
    schedule.write_text(STAGED)
    more = ("--schedule", str(schedule), "--now", MORNING)
    async with serving(tmp_path, capsys, *more) as there, Door(there.url) as door:
        cookies = await door.redeem(there.organiser.removeprefix(there.url))
        (link,) = await door.passes(cookies, "organiser", 1)
        asked = options("rehearse", there.url, "--viewers", "7", "--organiser", there.url + link)
        report = await watched(there, cookies, asked, None)
        told = capsys.readouterr().out
        with pytest.raises(TurnedAway) as used:
            await rehearse._there(asked, None)

    assert told == f"7 synthetic people go to {there.url}. Ctrl+C ends it.\n"
    assert report.connected >= 7
    assert used.value.code == "pass-used"


@pytest.mark.timeout(180)
async def test_crowd_is_no_larger_than_the_ballots_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(tmp_path, capsys) as there, Door(there.url) as door:
        cookies = await door.redeem(there.organiser.removeprefix(there.url))
        asked = options("rehearse", there.url, "--viewers", "7", "--seconds", "60")
        report = await watched(there, cookies, asked, [("a", "b"), ("b",)])

    assert report.connected == 2


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("more", "told"), [([], "Connections: "), (["--json"], '"connected"')])
async def test_crowd_goes_home_after_so_many_seconds_and_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], told: str
) -> None:
    async with serving(tmp_path, capsys) as there:
        arguments = ["rehearse", there.url, "--viewers", "2", "--seconds", "1", *more]

        assert await asyncio.to_thread(main, arguments) == 0
        assert told in capsys.readouterr().out


async def watched(
    there: Serving, cookies: str, asked: argparse.Namespace, ballots: rehearse.Ballots | None
) -> Report:
    """What a crowd has to tell when it is interrupted as soon as everybody is there."""
    size = min(asked.viewers, len(ballots)) if ballots else asked.viewers
    going = asyncio.create_task(rehearse._there(asked, ballots))
    async with httpx2.AsyncClient(base_url=there.url, trust_env=False, timeout=30) as http:
        while f"sawt_viewers {size}.0" not in await metrics(http, cookies):
            assert not going.done()
    going.cancel()
    return await going


@pytest.mark.timeout(240)
def test_rehearsal_without_an_address_holds_a_contest_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ballots = tmp_path / "lunch.json"
    said = [
        {"count": 18, "ranking": ["soup", "salad"]},
        {"count": 12, "ranking": ["salad"]},
    ]
    ballots.write_text(json.dumps({"candidates": ["soup", "salad"], "ballots": said}))

    assert main(["rehearse", "--ballots", str(ballots), "--pace", "200", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["contest"]["ballots"] == 30
    assert told["contest"]["everybody_answered"]
    assert sorted(told["contest"]["ranking"]) == [["c01"], ["c02"]]
    assert told["voters"] == 30


@pytest.mark.parametrize("url", ["here", "ftp://example.org", "http://"])
def test_what_is_no_address_is_told(url: str) -> None:
    translations.language.set("en")
    with pytest.raises(SystemExit) as end:
        main(["rehearse", url])

    assert str(end.value.code) == f"{url} is no address of a server: it begins with http://."


def test_address_where_nobody_answers_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en")

    assert main(["rehearse", f"http://127.0.0.1:{free_port()}", "--viewers", "1"]) == 1
    assert capsys.readouterr().err.startswith("The server did not let us in: ")


def test_wrong_ballot_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en")
    file = tmp_path / "lunch.json"
    with pytest.raises(SystemExit) as end:
        main(["rehearse", "--ballots", str(file)])
    assert str(end.value.code) == f"{file}: No such file or directory"

    file.write_text("{")
    assert main(["rehearse", "--ballots", str(file)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
