"""What the Dockerfile copies is enough to run: no more of the checkout is needed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.floor_plan.python_files import ROOT


def image(folder: Path) -> Path:
    """A folder with what the Dockerfile copies from the checkout, and nothing else."""
    for line in (ROOT / "deploy/Dockerfile").read_text().splitlines():
        words = line.split()
        if words[:1] != ["COPY"] or "--from" in line:
            continue
        *sources, target = words[1:]
        for source in sources:
            there = folder / target / (Path(source).name if target.endswith("/") else "")
            there.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, there, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, there)
    return folder


def run(there: Path, *arguments: str) -> None:
    """A Python of ours in the image; it succeeds."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=there,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"


def test_image_has_every_module_and_the_programme(tmp_path: Path) -> None:
    run(image(tmp_path), "run.py", "check")


@pytest.mark.nightly
def test_image_can_migrate_invite_publish_and_compile(tmp_path: Path) -> None:
    there, data = image(tmp_path / "sawt"), tmp_path / "data"
    data.mkdir()  # the image has it

    run(there, "run.py", "migrate", "--data", str(data))
    run(there, "run.py", "invite", "organiser", "--data", str(data))
    run(there, "-m", "deploy.front", "statics", str(tmp_path / "statics"))
    run(there, "-m", "tools.burst")

    assert (data / "sawt.sqlite3").exists()
    assert list((tmp_path / "statics/static").iterdir())
