"""Nothing is stored that is not told: the inventory against the schema itself."""

import importlib
from pathlib import Path

from expo.db import Row
from expo.identity.privacy.inventory import TABLES, by_purpose
from expo.identity.privacy.values import Kind
from expo.web import translations
from tests.floor_plan.python_files import PACKAGES, ROOT, module_of, name_of


def schema() -> dict[str, frozenset[str]]:
    """Every table of the product with its columns."""
    for top in PACKAGES:
        for path in sorted(Path(ROOT, top).rglob("tables.py")):
            importlib.import_module(module_of(name_of(path)))
    return {name: frozenset(table.columns.keys()) for name, table in Row.metadata.tables.items()}


def test_every_table_has_an_entry_and_every_entry_a_table() -> None:
    assert set(TABLES) == set(schema())


def test_every_column_has_an_entry_and_every_entry_a_column() -> None:
    told = {name: frozenset(table.names) for name, table in TABLES.items()}

    assert told == schema()


def test_no_column_is_told_twice() -> None:
    twice = [one.name for one in TABLES.values() if len(set(one.names)) != len(one.names)]

    assert twice == []


def test_what_belongs_to_a_person_and_what_an_erasure_leaves_are_columns() -> None:
    strange = [
        (table.name, name)
        for table in TABLES.values()
        for name in (*(name for _, name in table.own), *(name for name, _ in table.wiped or ()))
        if name not in table.names
    ]

    assert strange == []


def test_whatever_is_personal_and_not_a_log_of_work_can_be_erased_by_whoever_it_is_about() -> None:
    kept = {
        one.name for one in TABLES.values() if one.is_personal and (not one.own or one.wiped == ())
    }

    # Logs hold no names; texts belong to whoever published them; an appeal knows no person.
    assert kept == {
        "staff_log",
        "proposal_events",
        "proposals",
        "catalogue_initiative",
        "programme_session",
        "appeal",
    }


def test_nobody_is_handed_a_secret_or_a_mark() -> None:
    for table in TABLES.values():
        for one in table.columns:
            if one.kind in {Kind.SECRET, Kind.MARK}:
                assert not set(one.names) & set(table.told)


def test_every_word_of_it_is_in_arabic_too() -> None:
    translations.load()
    catalogue = translations.catalogue("ar")
    words = {
        text
        for table in TABLES.values()
        for text in (table.why, table.until, table.seen_by, *(one.what for one in table.columns))
    }
    same = [text for text in words if catalogue.gettext(text) == text]

    assert same == []


def test_page_shows_every_table_once() -> None:
    shown = [table.name for _, tables in by_purpose() for table in tables]

    assert sorted(shown) == sorted(TABLES)
