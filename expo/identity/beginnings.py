"""Where somebody begins after coming in: at their own work, or at what is on stage."""

from typing import Final

from expo.rights import Role
from expo.words import Language

_PLACES: Final = {
    Role.TEAM: "team",
    Role.ORGANISER: "staff/control",
    Role.MODERATOR: "staff/control",
    Role.OFFICER: "staff/fairness",
    Role.AUDITOR: "staff/log",
}


def beginning(role: Role, language: Language) -> str:
    """The address of the page a role begins at, in a language."""
    return f"/{language}/{_PLACES.get(role, '')}"
