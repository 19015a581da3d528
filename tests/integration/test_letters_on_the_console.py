"""Without a mail server a rehearsal reads its letters out on the terminal; a real expo never does."""

import asyncio
import re
import sys
from pathlib import Path

import httpx2
import pytest

from command.child import free_port
from tests.support.roles import stranger
from tests.support.show import ROOT

ADDRESS = "mariam@authority.example"
NOW = ("--now", "2017-04-17T08:40:00+04:00")


async def said_by(folder: Path, *arguments: str) -> str:
    """Everything a server says from its start to its end, while somebody asks for a letter."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "run.py"), "serve", "--data", str(folder), "--port", str(port), *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={"LANG": "en_GB.UTF-8"},
    )  # fmt: skip
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(60):
            while b"Ctrl+C" not in said:
                said += await process.stdout.readline()
            async with stranger(f"http://127.0.0.1:{port}") as client:
                answer = await client.post("/en/sign-in", data={"address": ADDRESS})
                assert isinstance(answer, httpx2.Response)
                assert answer.status_code == 303
            process.terminate()
            said += await process.stdout.read()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return said.decode()


@pytest.mark.timeout(120)
async def test_rehearsal_reads_letters_out(tmp_path: Path) -> None:
    said = await said_by(tmp_path, *NOW)

    assert ADDRESS in said
    assert re.search(r"Your code is \d{6}$", said, re.MULTILINE)
    assert re.search(r"^ +http\S+/en/sign-in/link/\S+$", said, re.MULTILINE)


@pytest.mark.timeout(120)
async def test_real_expo_tells_that_a_letter_waits_and_nothing_of_what_it_says(
    tmp_path: Path,
) -> None:
    said = await said_by(tmp_path)

    assert "A letter waits in the outbox" in said
    assert ADDRESS not in said
    assert "Your code is" not in said
    assert "/sign-in/link/" not in said
