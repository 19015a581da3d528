"""The groups in which the suite runs hold every test file, and none twice."""

from collections.abc import Iterator
from pathlib import Path

from tests.floor_plan.python_files import ROOT
from tools.run_tests import GROUPS, paths_of

ON_SEVERAL_NODES = "browser-fleet"
"""Runs files of another group once more."""


def _files(group: str) -> Iterator[Path]:
    for name in paths_of(group):
        path = ROOT / name
        yield from (path,) if path.is_file() else path.glob("test_*.py")


def test_every_file_is_in_one_group() -> None:
    found = [path for group in GROUPS if group != ON_SEVERAL_NODES for path in _files(group)]

    assert sorted(found) == sorted((ROOT / "tests").rglob("test_*.py"))


def test_no_group_is_empty() -> None:
    assert [group for group in GROUPS if not list(_files(group))] == []
