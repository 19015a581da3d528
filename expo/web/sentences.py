"""A refusal or fault as one sentence in the language in force; pages and sockets share it."""

from datetime import UTC, datetime, tzinfo
from typing import TypedDict, overload

from expo import words
from expo.errors import Fact, Fault, Refusal
from expo.web import translations


def sentence_for(problem: Refusal | Fault, zone: tzinfo = UTC) -> str:
    """What a person reads: the catalogue's sentence for the code with its facts filled in.

    Args:
        problem: What was refused or failed.
        zone: In which instants (facts whose names end in ``_at``) are told, as ``HH:MM:SS``.
    """
    return worded(problem.code, problem.facts, zone)


class Explained(TypedDict):
    """A problem as pages show it."""

    code: str
    facts: dict[str, Fact]
    message: str


@overload
def explained(problem: Refusal | Fault, zone: tzinfo) -> Explained: ...


@overload
def explained(problem: Refusal | Fault | None, zone: tzinfo) -> Explained | None: ...


def explained(problem: Refusal | Fault | None, zone: tzinfo) -> Explained | None:
    """What a page's template needs to tell a problem, if there is one; as `sentence_for`."""
    if problem is None:
        return None
    message = sentence_for(problem, zone)
    return {"code": problem.code, "facts": problem.facts, "message": message}


def worded(code: str, facts: dict[str, Fact], zone: tzinfo = UTC) -> str:
    """As `sentence_for`, for a code with facts that came from elsewhere."""
    return translations.sentence(
        code, {name: _shown(name, fact, zone) for name, fact in facts.items()}
    )


def _shown(name: str, fact: Fact, zone: tzinfo) -> str:
    """A fact as text that cannot reorder the sentence around it."""
    if isinstance(fact, int):
        return words.number(fact, translations.language.get())
    if name.endswith("_at"):
        return words.isolated(_time_of_day(fact, zone))
    return words.isolated(fact)


def _time_of_day(instant: str, zone: tzinfo) -> str:
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        return instant
    return words.exact_time(at.astimezone(zone)) if at.tzinfo else words.exact_time(at)
