"""Documents are part of the product: what they name exists, and what must be named is."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.floor_plan.python_files import PACKAGES, ROOT, name_of, sources

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
PARTS = [
    "**Context.**",
    "**Decision.**",
    "**Price we accept.**",
    "**What would change our mind.**",
]

# The words the code and the pages lean on; the glossary may hold more.
TERMS = [
    "expo",
    "session",
    "slot",
    "entity",
    "initiative",
    "sample",
    "programme",
    "board",
    "contest",
    "option",
    "electorate",
    "ballot",
    "ranking",
    "cast",
    "withdraw",
    "turnout",
    "tally",
    "result",
    "reveal",
    "grace",
    "hidden",
    "refusal",
    "fault",
    "record",
    "position",
    "rank",
    "receipt",
    "tracker",
    "ledger",
    "cue",
    "stage",
    "screen",
    "rehearsal",
    "room",
    "frame",
    "pass",
    "visit",
    "person",
    "visitor",
    "organiser",
    "assurance",
]


def glossary() -> dict[str, list[str]]:
    """Word -> Arabic, meaning, never."""
    lines = (ROOT / "docs/GLOSSARY.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return {word: rest for word, *rest in rows[2:]}


def table_of_dependencies() -> set[str]:
    page = (ROOT / "docs/decisions/0011-each-dependency-earns-its-place.md").read_text()
    return set(re.findall(r"^\| ([a-z][a-z0-9-]+) \|", page, re.MULTILINE)) - {"package"}


@pytest.mark.parametrize("term", TERMS)
def test_term_is_in_the_glossary(term: str) -> None:
    assert term in glossary()


def test_every_term_has_its_arabic_and_its_meaning() -> None:
    unworded = [
        word
        for word, (arabic, meaning, _) in glossary().items()
        if not re.search("[\u0621-\u064a]", arabic) or not meaning
    ]

    assert unworded == []


def test_no_class_or_module_is_called_by_a_word_we_do_not_use() -> None:
    never = {name for row in glossary().values() for name in re.findall(r"`(\w+)`", row[2])}
    offenders = [
        f"{name_of(path)}: {name}"
        for path in sources(*PACKAGES)
        for name in _names_defined(path)
        if never & set(re.findall(r"[A-Z][a-z]*", name))
    ]

    assert never
    assert offenders == []


def _names_defined(path: Path) -> list[str]:
    classes = [n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ClassDef)]
    return [*classes, "".join(part.capitalize() for part in path.stem.split("_"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
    dead = [t for t in targets if "://" not in t and not (path.parent / t).exists()]

    assert dead == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_make_targets_named_in_documents_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    commands = re.findall(r"(?:`|^ {4})make ((?:[a-z-]+ ?)+)", path.read_text(), re.MULTILINE)
    named = {word for command in commands for word in re.split(r"\s{2,}", command)[0].split()}

    assert named - targets == set()


def test_every_listed_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()

    for target in ("run", "test", "check", "bench", "lock", "messages", "clean", "nightly"):
        assert re.search(rf"^{target}:.* ## \w", makefile, re.MULTILINE), target


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:4] for path in DECISIONS] == [
        f"{n:04}" for n in range(1, len(DECISIONS) + 1)
    ]


@pytest.mark.parametrize("path", DECISIONS, ids=name_of)
def test_decision_says_context_choice_price_and_doubt_on_one_page(path: Path) -> None:
    text = path.read_text()

    assert text.startswith(f"# {path.name[:4]} · ")
    assert [part for part in PARTS if part not in text] == []
    assert len(text.splitlines()) <= 60


def test_each_dependency_has_earned_its_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[\[<>=;~ ]", line)[0] for line in project["dependencies"]}

    assert table_of_dependencies() == declared


def test_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == "[Unreleased]"
