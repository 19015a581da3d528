"""Programmes as the schedule's files tell them, for tests of whoever writes or reads such files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from expo.words import Language, Text
from sessions.exchange.importing import imported
from sessions.exchange.listing import Phrases, Telling
from sessions.programme import Programme
from sessions.schedule_nodes import Problem, ScheduleProblems

SCHEMAS: Final = Path(__file__).resolve().parents[3] / "shared" / "schemas"
"""The public schemas beside the repository."""
PHRASES: Final = Phrases(
    Text(ar="المسرح", en="Stage"), Text(ar="أُلغيت", en="Cancelled"), Text(ar="أُجّلت", en="Postponed")
)


def telling(
    programme: Programme, language: Language = "en", statuses: Mapping[str, str] | None = None
) -> Telling:
    """The programme as a file tells it."""
    return Telling(programme, language, "https://sawt.example", "1", PHRASES, statuses or {})


def mistakes(content: bytes, base: Programme, kind: str = "") -> list[Problem]:
    """What an import of this file would tell; none when it would go through."""
    try:
        imported(content, base, kind=kind)
    except ScheduleProblems as found:
        return list(found.problems)
    return []
