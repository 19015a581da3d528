"""What the staff log tells of an act has words in the reader's language, whatever wrote it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS = ROOT / "templates" / "staff" / "_log_words.html"
LINES = "expo.record"
"""Modules that write to the log import from here."""


def names_in(tree: ast.AST) -> Iterator[str]:
    """The names of facts that a module gives to the log."""
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(annotation=ast.Name("Facts"), value=ast.Dict() as told):
                yield from keys_of(told)
            case ast.AugAssign(target=ast.Name("facts"), value=ast.Dict() as told):
                yield from keys_of(told)
            case ast.Call(keywords=keywords):
                for one in keywords:
                    if one.arg == "facts" and isinstance(one.value, ast.Dict):
                        yield from keys_of(one.value)
            case ast.Assign(targets=[ast.Subscript(ast.Name("facts"), ast.Constant(str(name)))]):
                yield name


def keys_of(told: ast.Dict) -> Iterator[str]:
    """The keys of a dict that are written out."""
    yield from (one.value for one in told.keys if isinstance(one, ast.Constant))  # type: ignore[misc]  # keys of facts are strings


def written() -> dict[str, str]:
    """Every name of a fact in the product, with a file that writes it."""
    found: dict[str, str] = {}
    for folder in ("expo", "sessions", "voting"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            if f"from {LINES}" in text:
                found |= dict.fromkeys(names_in(ast.parse(text)), path.name)
    return found


def worded() -> set[str]:
    """The names that have words."""
    block = re.search(r"set FACTS = \{(.*?)\} -%\}", WORDS.read_text(), re.DOTALL)
    assert block is not None
    return set(re.findall(r'"(\w+)": _\(', block[1]))


def test_everything_the_log_tells_has_words() -> None:
    found = written()

    assert len(found) > 25
    assert {name: path for name, path in found.items() if name not in worded()} == {}


def test_what_changed_about_a_person_has_words() -> None:
    # Their names are put together while the program runs.
    changed = {"role", "electorate", "entity"}

    assert changed | {f"{name}_before" for name in changed} <= worded()
