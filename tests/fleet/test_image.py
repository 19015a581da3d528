"""What the Dockerfile copies is enough to run: no more of the checkout is needed."""

import shutil
import subprocess
import sys
from pathlib import Path

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


def test_image_can_serve_publish_and_migrate(tmp_path: Path) -> None:
    there = image(tmp_path / "sawt")
    data = tmp_path / "data"
    data.mkdir()  # the image has it
    for arguments in (
        ("run.py", "check"),
        ("run.py", "migrate", "--data", str(data)),
        ("run.py", "invite", "organiser", "--data", str(data)),
        ("-m", "deploy.front", "statics", str(tmp_path / "statics")),
        ("-m", "tools.burst"),
    ):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=there,
            env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    assert (data / "sawt.sqlite3").exists()
    assert list((tmp_path / "statics/static").iterdir())
