"""``run.py publish``: reviewed bulletins only, beside a running server."""

import asyncio
from pathlib import Path

import pytest

from command.parser import main
from expo.rights import Role
from tests.support.bulletins import local, press, published_contest, reviewed, shown, until
from tests.support.whole import Whole, whole

# The command finds its database by the folder.
pytestmark = pytest.mark.sqlite_only


async def published(house: Whole, day: int = 1, *more: str) -> int:
    """What the command ends with."""
    where = ["--data", str(house.folder), "--port", house.url.rpartition(":")[2]]
    now = ["--now", house.clock().isoformat()]
    arguments = ["publish", "--day", str(day), *where, *now, *more]
    return await asyncio.to_thread(main, arguments)


async def test_only_what_two_people_reviewed_is_published_and_the_server_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    async with whole(tmp_path) as house:
        nobody, organiser = await house.person(Role.PUBLIC), await house.person(Role.ORGANISER)
        assert await published(house, 2) == 1
        assert "Day 2 has no bulletin" in capsys.readouterr().err
        await press(organiser, "begin")
        assert await published(house) == 1
        assert "it is still a draft and has not been reviewed" in capsys.readouterr().err
        await published_contest(house, ballots=3)
        await reviewed(house)

        assert await published(house) == 0

        assert f"{house.url}/en/bulletin/day/1" in capsys.readouterr().out

        async def is_out() -> bool:
            return (await nobody.get("/en/bulletin/day/1")).status_code == 200

        await until(house, is_out)
        assert await published(house) == 1
        assert "it is published; what is wrong in it is corrected" in capsys.readouterr().err


async def test_every_reason_is_told_and_an_embargo_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    async with whole(tmp_path) as house:
        await reviewed(house, embargo=local(house, hours=3))
        await house.open()

        assert await published(house) == 1

        told = capsys.readouterr().err
        assert "its result has not been published" in told
        await house.closed()
        organiser, officer = await house.person(Role.ORGANISER), await house.person(Role.OFFICER)
        await shown(house)
        await press(organiser, "back")
        await press(organiser, "send")
        await press(officer, "review")
        assert await published(house) == 0
        assert "appears at 2017-04-17" in capsys.readouterr().out
        nobody = await house.person(Role.PUBLIC)
        assert (await nobody.get("/en/bulletin/day/1")).status_code == 404
