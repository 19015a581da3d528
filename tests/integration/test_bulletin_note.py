"""The signed note of a bulletin, checked word for word as the guide says."""

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from expo.rights import Role
from tests.support.bulletins import press, published_contest, reviewed
from tests.support.whole import whole

_GUIDE = Path("docs/VERIFY.md").read_text()
_VERSION = "/bulletin/day/1/v1"


async def test_note_is_checked_as_the_guide_says(tmp_path: Path) -> None:
    program = re.search(r"<<'END'\n(.*?)\n    END\n", _GUIDE, re.DOTALL)
    assert program is not None
    async with whole(tmp_path) as house:
        await published_contest(house)
        organiser, _ = await reviewed(house)
        await press(organiser, "publish")
        nobody = await house.person(Role.PUBLIC)
        note = (await nobody.get(f"{_VERSION}.note")).content
        key = (await nobody.get("/ledger/keys.json")).json()["keys"][-1]["bulletin"]

    def told(said: bytes) -> subprocess.CompletedProcess[str]:
        (tmp_path / "v1.note").write_bytes(said)
        shutil.copy("voting/verify/verify.py", tmp_path)
        return subprocess.run(
            [sys.executable, "-B", "-", "v1.note", key], cwd=tmp_path, capture_output=True, text=True,
            input=textwrap.dedent(program[1]), check=False, timeout=60,
        )  # fmt: skip

    assert told(note).stdout == f"['sawt-bulletin/v1', '{house.url}{_VERSION}.json']\n"
    assert "its signature does not hold" in told(note.replace(b"/v1.json", b"/v2.json")).stderr
