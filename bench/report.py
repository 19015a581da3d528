"""Rows of figures as Markdown. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from bench.measures import Goal, Spread


class Row(msgspec.Struct, frozen=True):
    """One line of the table of goals.

    ``goal`` may be None for a figure without one; ``missing`` says why there is no ``value``.
    """

    what: str
    value: Spread | None
    goal: Goal | None = None
    unit: str = ""
    missing: str = ""

    @property
    def verdict(self) -> str:
        """Whether the goal is reached by the median; nothing is rounded in its favour."""
        if self.goal is None:
            return ""
        if self.value is None:
            return "not measured"
        return "reached" if self.goal.holds(self.value.median) else "**missed**"


class Detail(msgspec.Struct, frozen=True):
    """A table with every server's own figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Part(msgspec.Struct, frozen=True):
    """One part of the page: how it was measured, its rows, and what lies behind them."""

    title: str
    how: str
    rows: tuple[Row, ...]
    details: tuple[Detail, ...] = ()


def page(parts: Iterable[Part], growth: str, versions: dict[str, str], day: str) -> str:
    """The whole of ``docs/BENCHMARKS.md``."""
    parts = list(parts)
    told = ", ".join(f"{name} {value}" for name, value in versions.items())
    head = f"""# Benchmarks

Written by `make bench` on {day}. {told}. Loopback; the server under measurement has one core, the
generator another. Ratios are taken within one run; every figure is the median of its runs, with the
least and the most of them. Absolute times are those of the machine that ran it.

## Goals

{goals(row for part in parts for row in part.rows)}
"""
    return "\n".join([head, *(section(part) for part in parts), growth])


def goals(rows: Iterable[Row]) -> str:
    """The table of goals."""
    lines = ["| what | goal | measured | spread | runs | |", "|---|---|---|---|---|---|"]
    for row in rows:
        goal = row.goal.told(lambda bound, unit=row.unit: shown(bound, unit)) if row.goal else ""  # type: ignore[misc]  # the default only binds the loop's unit
        if row.value is None:
            lines.append(
                f"| {row.what} | {goal} | {row.missing or 'not measured'} | | | {row.verdict} |"
            )
            continue
        least, most = shown(row.value.least, row.unit), shown(row.value.most, row.unit)
        measured = shown(row.value.median, row.unit)
        lines.append(
            f"| {row.what} | {goal} | {measured} | {least} … {most} | {row.value.runs} | {row.verdict} |"
        )
    return "\n".join(lines)


def section(part: Part) -> str:
    """One part with its details."""
    lines = [f"## {part.title}", "", part.how, ""]
    for detail in part.details:
        lines += [f"### {detail.title}", "", table(detail.columns, detail.rows), ""]
    return "\n".join(lines)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def cell(value: Spread | None, unit: str = "") -> str:
    """A median with its spread, for a table of details."""
    if value is None:
        return "not run"
    if value.runs == 1:
        return shown(value.median, unit)
    return f"{shown(value.median, unit)} ({shown(value.least, unit)}–{shown(value.most, unit)})"


def shown(value: float, unit: str = "") -> str:
    """A figure with three digits that matter, and its unit."""
    if abs(value) >= 1000 or value == int(value):
        text = f"{value:,.0f}"
    elif abs(value) >= 100:
        text = f"{value:.0f}"
    elif abs(value) >= 10:
        text = f"{value:.1f}"
    else:
        text = f"{value:.3g}"
    return f"{text} {unit}".strip()
