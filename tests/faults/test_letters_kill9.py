"""A server killed while a mail server had a letter and had not answered: one second copy, and it says so."""

import asyncio
import contextlib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from command.child import Child, free_port
from tests.support.postbox import postbox
from tests.support.roles import stranger
from tests.support.show import ROOT

ADDRESS = "mariam@authority.example"
NOW = datetime(2017, 4, 17, 4, 40, tzinfo=UTC)


def kept_in(folder: Path) -> tuple[str, int, str]:
    """State, doubts and text of the one letter there is."""
    with closing(sqlite3.connect(folder / "sawt.sqlite3")) as database:
        ((state, doubts, text),) = database.execute("SELECT state, doubts, text FROM letters")
    return state, doubts, text


@pytest.mark.timeout(180)
async def test_letter_in_the_air_when_the_server_dies_arrives_once_more_and_no_oftener(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postbox() as box:
        for name, value in box.environ.items():
            monkeypatch.setenv(name, value)
        box.silence = 60.0  # it takes the letter at once, and says so much later
        child = Child(tmp_path, ROOT / "schedule.yaml", free_port(), NOW)
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(child.close)
            stack.push_async_callback(child.kill)
            await child.start()
            async with stranger(child.url) as client:
                answer = await client.post("/en/sign-in", data={"address": ADDRESS})
            await asyncio.to_thread(box.wait_for, 1)
            await child.kill()
            before = kept_in(tmp_path)
            box.silence = 0.0
            await child.start()
            await asyncio.to_thread(box.wait_for, 2)
            async with asyncio.timeout(20):
                while kept_in(tmp_path)[0] != "sent":  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.05)

        assert answer.status_code == 303
        assert before[:2] == ("leaving", 0)
        assert kept_in(tmp_path) == ("sent", 1, "")
        assert len(box.letters) == 2
        assert len({one["Message-ID"] for one in box.letters}) == 1
