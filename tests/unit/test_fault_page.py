"""The page of fault runs names tests that exist, and says truly which of them `make test` leaves out."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

import pytest

from tests.floor_plan.python_files import ROOT

ROWS: Final = (
    *("D1", "D2", "D5", "D6", "X2", "X3", "X4", "X5", "R2", "R3", "R4", "R5", "R6"),
    *("M1", "M2", "M3", "A1", "A2", "A3", "A4"),
)
"""Every run that has to be on the page."""


class Run(NamedTuple):
    """One row of the page: names of tests."""

    short: set[str]
    mutants: set[str]
    long: set[str]


def on_the_page() -> dict[str, Run]:
    """Row -> its tests."""
    found = {}
    for line in (ROOT / "docs/FAULTS.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"[A-Z]\d", cells[0]):
            found[cells[0]] = Run(*(set(re.findall(r"`(test_\w+)`", cell)) for cell in cells[2:5]))
    return found


@cache
def in_the_suite() -> dict[str, bool]:
    """Test -> whether only `make nightly` runs it."""
    return {
        name: is_nightly
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for name, is_nightly in _tests_in(ast.parse(path.read_text()))
    }


def _tests_in(module: ast.Module) -> Iterator[tuple[str, bool]]:
    marks = [
        node.value
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    for node in module.body:
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            every = [*marks, *node.decorator_list]
            yield node.name, any(_says_nightly(mark) for mark in every)


def _says_nightly(mark: ast.expr) -> bool:
    """A test whose parameters alone are nightly has a short form too."""
    marks = mark.elts if isinstance(mark, ast.List) else [mark]
    return "pytest.mark.nightly" in map(ast.unparse, marks)


def test_every_run_is_on_the_page() -> None:
    assert set(ROWS) - set(on_the_page()) == set()


@pytest.mark.parametrize("row", on_the_page())
def test_run_names_tests_that_exist_and_run_when_it_says(row: str) -> None:
    run, suite = on_the_page()[row], in_the_suite()

    assert (run.short | run.mutants | run.long) - set(suite) == set()
    assert run.short
    assert {name for name in run.short if suite[name]} == set()
    assert {name for name in run.long if not suite[name]} == set()


@pytest.mark.parametrize("row", ROWS)
def test_run_has_a_mutant_in_the_everyday_suite(row: str) -> None:
    run, suite = on_the_page()[row], in_the_suite()

    assert {name for name in run.mutants if not suite[name]}


def test_name_that_is_no_test_is_found_out() -> None:
    assert "test_name_that_is_no_test" not in in_the_suite()
    assert in_the_suite()["test_name_that_is_no_test_is_found_out"] is False
