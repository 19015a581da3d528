"""Parts of a programme as lists: what stands in each column, and rows back into a schedule. Pure.

A list that comes in is made into the schedule it means, and that is read as any schedule is: the
same rules, and nothing is in force before somebody has seen the difference.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from expo.lists.reading import Column, Row
from sessions.programme import Programme
from sessions.schedule_dump import Plain, plain
from sessions.schedule_nodes import write

_LANGUAGES: Final = ("ar", "en")
_STAGES: Final = ("1", "2", "3", "4", "5")
_YES: Final = frozenset({"yes", "true", "1", "نعم"})
_WHOLE: Final = re.compile("-?[0-9]{1,12}")
_PLACE: Final = re.compile(r"(?P<section>\w+)\[(?P<at>\d+)\](?:\.(?P<rest>.*))?")


class Sheet(msgspec.Struct, frozen=True):
    """One list: its section of the schedule, its columns, and how an item goes to a row and back."""

    section: str
    columns: tuple[str, ...]
    to_row: Callable[[Plain], tuple[str, ...]]
    to_item: Callable[[Row], Plain]

    @property
    def heads(self) -> tuple[Column, ...]:
        """The columns as a list is read with."""
        return tuple(Column((name,), is_needed=name == "id") for name in self.columns)


def rows_of(programme: Programme, sheet: Sheet) -> list[tuple[str, ...]]:
    """The list of what is in force."""
    return [sheet.to_row(item) for item in plain(programme)[sheet.section]]


def schedule_with(programme: Programme, sheet: Sheet, rows: Sequence[Row]) -> str:
    """The schedule in force with one section replaced by a list, as text of a ``schedule.yaml``."""
    return write(plain(programme) | {sheet.section: [sheet.to_item(row) for row in rows]})


def place_in(path: str, sheet: Sheet, rows: Sequence[Row]) -> tuple[int, str] | None:
    """Line and column of a list that a path of the schedule stands for; None for another place."""
    found = _PLACE.match(path)
    if found is None or found["section"] != sheet.section or int(found["at"]) >= len(rows):
        return None
    rest = (found["rest"] or "id").replace(".", "_")
    column = next((name for name in sheet.columns if rest.startswith(name)), rest)
    return rows[int(found["at"])].line, column


# --- entities ---


def _entity_row(item: Plain) -> tuple[str, ...]:
    return (
        item["id"],
        *_both(item, "name"),
        *_both(item, "short"),
        " ".join(item.get("links", ())),
    )


def _entity(row: Row) -> Plain:
    links = row.get("links").split()
    return {
        "id": row.get("id"),
        "name": _text(row, "name"),
        "short": _text(row, "short"),
        **({"links": links} if links else {}),
    }


# --- electorates ---


def _electorate_row(item: Plain) -> tuple[str, ...]:
    figures = (item["weight"], item["full_weight_at"], item["min"])
    expected = str(item.get("expected", ""))
    last = (item["level"], expected, item.get("audit", ""))
    return (item["id"], *_both(item, "name"), *map(str, figures), *last)


def _electorate(row: Row) -> Plain:
    figures = {name: _number(row.get(name)) for name in ("weight", "full_weight_at", "min")}
    return {
        "id": row.get("id"),
        "name": _text(row, "name"),
        **figures,
        "level": row.get("level"),
        **({"expected": _number(row.get("expected"))} if row.get("expected") else {}),
        **({"audit": row.get("audit")} if row.get("audit") else {}),
    }


# --- initiatives ---

_TEXTS: Final = ("title", "short", "summary", "problem", "proposal", "benefit")


def _initiative_row(item: Plain) -> tuple[str, ...]:
    texts = [part for name in _TEXTS for part in _both(item, name)]
    services = " ; ".join(f"{one['ar']} / {one['en']}" for one in item.get("services", ()))
    stages = [item.get("model_stages", {}).get(stage, "") for stage in _STAGES]
    return (
        item["id"],
        item["entity"],
        *texts,
        services,
        *stages,
        "yes" if item.get("sample") else "",
    )


def _initiative(row: Row) -> Plain:
    pairs = [one.partition(" / ") for one in row.get("services").split(" ; ") if one.strip()]
    services = [{"ar": ar.strip(), "en": en.strip()} for ar, _, en in pairs]
    stages = {stage: row.get(f"stage_{stage}") for stage in _STAGES if row.get(f"stage_{stage}")}
    return {
        "id": row.get("id"),
        "entity": row.get("entity"),
        **({"sample": True} if row.get("sample").casefold() in _YES else {}),
        **{name: _text(row, name) for name in _TEXTS},
        **({"services": services} if services else {}),
        **({"model_stages": stages} if stages else {}),
    }


def _both(item: Plain, name: str) -> tuple[str, str]:
    return item[name]["ar"], item[name]["en"]


def _text(row: Row, name: str) -> dict[str, str]:
    return {code: row.get(f"{name}_{code}") for code in _LANGUAGES}


def _number(typed: str) -> Any:
    """A number, or what was typed, which the schedule's own rules then refuse."""
    return int(typed) if _WHOLE.fullmatch(typed) else typed


def _pairs(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}_{code}" for name in names for code in _LANGUAGES)


SHEETS: Final = {
    sheet.section: sheet
    for sheet in (
        Sheet("entities", ("id", *_pairs("name", "short"), "links"), _entity_row, _entity),
        Sheet(
            "electorates",
            (
                "id", *_pairs("name"), "weight", "full_weight_at", "min", "level", "expected",
                "audit",
            ),
            _electorate_row,
            _electorate,
        ),
        Sheet(
            "initiatives",
            (
                "id", "entity", *_pairs(*_TEXTS), "services",
                *(f"stage_{stage}" for stage in _STAGES), "sample",
            ),
            _initiative_row,
            _initiative,
        ),
    )
}  # fmt: skip
"""Every list there is, by section."""
