"""Several nodes on PostgreSQL: what is measured elsewhere, and why there is no figure yet."""

from typing import Final

from bench.measures import Goal, at_least, at_most
from bench.report import Part, Row
from expo import settings

_ROWS: Final[tuple[tuple[str, Goal, str], ...]] = (
    ("two nodes on PostgreSQL: ballots recorded once each", at_least(1.0), ""),
    ("two nodes: all screens equal within", at_most(1.0), "s"),
    ("a node killed: 95 % of its viewers back within", at_most(3.0), "s"),
)
_HOW: Final = """Two and four nodes on one PostgreSQL, behind one address."""


def part(_runs: int) -> Part:
    """The part; without figures, and with the reason."""
    why = _why()
    return Part(
        "Several nodes", _HOW, tuple(Row(what, None, goal, unit, why) for what, goal, unit in _ROWS)
    )


def _why() -> str:
    try:
        settings.read({"SAWT_DATABASE_URL": "postgresql+psycopg://sawt@127.0.0.1/sawt"})
    except settings.WrongSettings:
        return "not run: this server does not keep its record in PostgreSQL"
    return "not run: the benchmark does not start several nodes yet"
