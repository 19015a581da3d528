"""The house's own rules for Python files. Each scanner is first shown to bite, then let loose."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.floor_plan import python_files as floor

EVERY_FILE = floor.sources(*floor.PACKAGES)
PURE_FILES = [path for path in EVERY_FILE if not floor.is_edge(floor.name_of(path))]

# Libraries with one place each, where import-linter cannot say it by file name.
PLACES = {
    "starlette": (
        "sockets.py",
        "pages.py",
        "expo/wire/",
        "expo/web/",
        "command/assembly.py",
        "command/bulletins.py",
        "command/production.py",
        "command/publication.py",
    ),
    "websockets": ("expo/wire/", "sessions/obs/", "sessions/rehearsal/"),
    "httpx2": ("sessions/obs/", "sessions/rehearsal/", "command/", "expo/identity/oidc/"),
    "authlib": ("expo/identity/oidc/",),
    "joserfc": ("expo/identity/oidc/oidc.py",),
    "cryptography": ("expo/record/signing.py", "voting/verify/verify.py"),
    "yaml": ("sessions/schedule_*.py",),
    "icalendar": ("sessions/ical.py",),
    "itsdangerous": ("expo/passes.py",),
    "python_multipart": (),
    "markupsafe": ("expo/web/",),
    "nats": ("expo/wire/notifier_nats.py",),
    "PIL": ("expo/catalogue/pictures/render.py",),
    "typst": ("sessions/bulletin/type/render.py",),
    "aiosmtplib": ("expo/post/mail.py",),
}


@pytest.mark.parametrize(
    "source",
    [
        "async def cast(): pass",
        "def f(x): return [y async for y in x]",
        "def f(x): return (y async for y in x)",
        "import asyncio",
        "from time import monotonic",
        "import os.path",
        "from datetime import datetime\nat = datetime.now()",
        "from datetime import date\non = date.today()",
        "from random import Random\nlot = Random()",
        "from random import shuffle",
        "from uuid import uuid4",
        "from pathlib import Path",
        "import starlette.requests",
        "from sqlalchemy import select",
        "from expo.db import Database",
        "from expo import db",
        "text = open('schedule.yaml')",
        "import x\nhome = x.environ['HOME']",
    ],
)
def test_impure_line_in_a_pure_file_is_found(source: str) -> None:
    assert len(floor.impurities("voting/ballots.py", source)) >= 1


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndef f(at: datetime, now: datetime) -> bool: return at < now",
        "from random import Random\nlots = Random('contest-1')",
        "from pathlib import PurePath",
        "from expo.words import Text\nimport msgspec\nfrom babel.numbers import format_decimal",
        "def f(now): return now()",
        "import hashlib, hmac, json, io, uuid, zoneinfo",
    ],
)
def test_pure_line_in_a_pure_file_passes(source: str) -> None:
    assert floor.impurities("voting/ballots.py", source) == []


@pytest.mark.parametrize(
    "name", ["voting/store.py", "voting/tally_follower.py", "expo/wire/hub.py"]
)
def test_edge_file_is_known_by_its_name(name: str) -> None:
    assert floor.is_edge(name)


@pytest.mark.parametrize("name", ["voting/ballots.py", "voting/__init__.py", "expo/storefront.py"])
def test_any_other_file_is_pure(name: str) -> None:
    assert not floor.is_edge(name)


@pytest.mark.parametrize("path", PURE_FILES, ids=floor.name_of)
def test_pure_file_does_not_touch_the_world(path: Path) -> None:
    assert floor.impurities(floor.name_of(path), path.read_text()) == []


def test_stranger_at_the_tables_is_found() -> None:
    source = "from voting.tables import BallotRow\nfrom voting import tables"

    assert len(floor.strangers_at_tables("voting/usecases.py", source)) == 2
    assert len(floor.strangers_at_tables("sessions/store.py", source)) == 2
    assert floor.strangers_at_tables("voting/store.py", source) == []


def test_import_inside_a_function_is_found() -> None:
    assert len(floor.late_imports("a.py", "def f() -> None:\n    import json\n")) == 1


def test_vendor_out_of_place_is_found() -> None:
    source = "from starlette.requests import Request"

    assert len(floor.vendors_out_of_place("voting/usecases.py", source, PLACES)) == 1
    assert floor.vendors_out_of_place("voting/pages.py", source, PLACES) == []
    assert floor.vendors_out_of_place("expo/web/guards.py", source, PLACES) == []


@pytest.mark.parametrize("path", EVERY_FILE, ids=floor.name_of)
def test_file_keeps_to_its_room(path: Path) -> None:
    name, source = floor.name_of(path), path.read_text()

    assert [
        *floor.strangers_at_tables(name, source),
        *floor.late_imports(name, source),
        *floor.vendors_out_of_place(name, source, PLACES),
    ] == []


def test_run_py_is_imported_by_nobody() -> None:
    importers = [
        floor.name_of(path)
        for path in floor.sources(*floor.PACKAGES, "migrations", "tools", "bench")
        for _, module, _ in floor.imports(ast.parse(path.read_text()))
        if module == "run"
    ]

    assert importers == []


def test_no_file_postpones_its_annotations() -> None:
    files = floor.sources(*floor.PACKAGES, "migrations", "tools", "tests", "bench")

    assert [floor.name_of(path) for path in files if _postpones(path.read_text())] == []


def _postpones(source: str) -> bool:
    return any(module == "__future__" for _, module, _ in floor.imports(ast.parse(source)))


LONGER = {"voting/verify/verify.py": 800}
"""One file on purpose: strangers take it away alone (decision 0030)."""


def test_files_stay_small_enough_to_read() -> None:
    limits = {".py": 400, ".js": 400, ".html": 200}
    tops = [*floor.PACKAGES, "migrations", "tools", "tests", "bench", "templates"]
    files = [path for top in tops for path in (floor.ROOT / top).rglob("*") if path.is_file()]
    files += [path for path in [floor.ROOT / "run.py"] if path.exists()]
    too_long = [
        f"{floor.name_of(path)}: {lines} lines"
        for path in files
        if path.suffix in limits
        and not {"vendor", "versions", "node_modules", "__pycache__"} & set(path.parts)
        if (lines := len(path.read_text().splitlines()))
        > LONGER.get(floor.name_of(path), limits[path.suffix])
    ]

    assert too_long == []


def test_every_type_ignore_gives_its_reason() -> None:
    bare = re.compile(r"# type: ignore(?:\[[\w, -]+\])?\s*$", re.MULTILINE)
    files = floor.sources(*floor.PACKAGES, "migrations", "tools", "tests", "bench")

    assert [floor.name_of(path) for path in files if bare.search(path.read_text())] == []


def test_lock_of_the_server_is_part_of_the_lock_for_development() -> None:
    run, dev = (_pins(f"requirements/{name}.txt") for name in ("run", "dev"))

    assert run.items() - dev.items() == set()
    assert run


def test_lock_names_no_index_and_hashes_everything() -> None:
    for name in ("run", "dev"):
        text = (floor.ROOT / f"requirements/{name}.txt").read_text()

        assert "://" not in text
        assert "--index-url" not in text
        assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z])", text))


def test_lock_covers_every_declared_dependency() -> None:
    declared = tomllib.loads((floor.ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[<>=;~ ]", line)[0].lower() for line in declared}

    assert names - _pins("requirements/run.txt").keys() == set()


def _pins(name: str) -> dict[str, str]:
    text = (floor.ROOT / name).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ \\;]+)", text, re.MULTILINE))
