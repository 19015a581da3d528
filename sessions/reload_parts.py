"""A programme taken apart into named texts, and two programmes put together again. Pure."""

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

import msgspec

from expo.catalogue.values import Initiative
from sessions.programme import Day, Programme, Session

Parts = dict[str, str]
"""Field path inside a thing → its value as short text."""


class _Named(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=_Named)


def parts(programme: Programme) -> dict[str, Parts]:
    """Every thing of a programme, named ``expo``, ``voting``, ``days.1``, ``sessions.<id>``, ….

    A session carries the number of its day, so moving it is a change of ``day``.
    """
    head = {
        key: value
        for key, value in _built(programme).items()
        if key not in {"days", "entities", "initiatives", "electorates", "voting"}
    }
    things: dict[str, Any] = {"expo": head, "voting": _built(programme.voting)}
    things |= {f"electorates.{one.id}": _built(one) for one in programme.electorates}
    things |= {f"entities.{one.id}": _built(one) for one in programme.entities}
    things |= {f"initiatives.{one.id}": _built(one) for one in programme.initiatives}
    for day in programme.days:
        things[f"days.{day.n}"] = {k: v for k, v in _built(day).items() if k != "sessions"}
        for session in day.sessions:
            things[f"sessions.{session.id}"] = {"day": day.n, **_built(session)}
    return {name: dict(_flat("", value)) for name, value in things.items()}


def _built(value: msgspec.Struct) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(value)
    return built


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Leaves with their paths; a list is one leaf, since its order is part of what it says."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{path}.{key}" if path else key, inner)
    elif isinstance(value, list | tuple):
        is_plain = all(isinstance(one, str) for one in value)
        yield path, ", ".join(value) if is_plain else msgspec.json.encode(value).decode()
    else:
        yield path, "" if value is None else str(value)


def merge(old: Programme, new: Programme, refused: frozenset[str]) -> Programme | None:
    """The new programme with everything under the refused paths as it was.

    None when a session would have to return to a day that no longer exists.
    """
    days = _merged_days(old, new, refused)
    if days is None:
        return None
    return msgspec.structs.replace(
        new,
        id=old.id if "expo.id" in refused else new.id,
        electorates=_kept(old.electorates, new.electorates, "electorates", refused),
        entities=_kept(old.entities, new.entities, "entities", refused),
        initiatives=tuple(
            _merged(one, old.initiative(one.id), _touched(f"initiatives.{one.id}", refused))
            for one in _kept(old.initiatives, new.initiatives, "initiatives", refused)
        ),
        days=days,
    )


def _kept(
    old: tuple[N, ...], new: tuple[N, ...], section: str, refused: frozenset[str]
) -> tuple[N, ...]:
    """The new things and, after them, the old ones whose removal was refused."""
    return new + tuple(one for one in old if f"{section}.{one.id}" in refused)


def _touched(thing: str, refused: frozenset[str]) -> frozenset[str]:
    """The fields of a thing under refused paths, e.g. ``title`` for ``….title.ar``."""
    start = f"{thing}."
    return frozenset(
        path[len(start) :].partition(".")[0] for path in refused if path.startswith(start)
    )


S = TypeVar("S", Initiative, Session)


def _merged(new: S, old: S | None, fields: frozenset[str]) -> S:
    """The new value with these fields as they were."""
    kept = {field: getattr(old, field) for field in fields if old is not None and field != "day"}
    return msgspec.structs.replace(new, **kept) if kept else new


def _merged_days(old: Programme, new: Programme, refused: frozenset[str]) -> tuple[Day, ...] | None:
    held: dict[int, list[Session]] = {day.n: [] for day in new.days}
    for day in new.days:
        for session in day.sessions:
            touched = _touched(f"sessions.{session.id}", refused)
            before, was = old.session(session.id), old.day_of(session.id)
            is_back = "day" in touched and before is not None and was is not None
            n = was.n if is_back and was is not None else day.n
            merged = before if is_back and before is not None else _merged(session, before, touched)
            held.setdefault(n, []).append(merged)
    for day in old.days:
        gone = [session for session in day.sessions if f"sessions.{session.id}" in refused]
        held.setdefault(day.n, []).extend(gone)
    if any(sessions and new.day(n) is None for n, sessions in held.items()):
        return None
    return tuple(_with(day, held[day.n]) for day in new.days)


def _with(day: Day, sessions: list[Session]) -> Day:
    ordered = tuple(sorted(sessions, key=lambda one: (one.starts_at, one.ends_at)))
    is_open = day.announced_only and not ordered
    return msgspec.structs.replace(day, sessions=ordered, announced_only=is_open)
