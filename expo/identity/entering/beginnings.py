"""Where somebody begins who has just come in and was not on the way anywhere. Pure."""

import re
from typing import Final

from expo.identity.people import Visit
from expo.rights import Role
from expo.words import Language

_SCREEN: Final = re.compile(r"[a-z0-9-]{1,32}")
_MAIN_SCREEN: Final = "main"


def beginning(visit: Visit, language: Language) -> str:
    """The page where somebody of this role has something to do; the first page for everybody else.

    A screen begins on the stage it is labelled with.
    """
    match visit.role:
        case Role.ORGANISER | Role.MODERATOR:
            return f"/{language}/staff/control"
        case Role.OFFICER | Role.AUDITOR:
            return f"/{language}/staff/fairness"
        case Role.TEAM | Role.PRESENTER if visit.person and visit.person.entity:
            return f"/{language}/team"
        case Role.SCREEN:
            label = visit.person.label.lower() if visit.person else ""
            screen = label if _SCREEN.fullmatch(label) else _MAIN_SCREEN
            return f"/stage/{screen}?lang={language}"
        case _:
            return f"/{language}/"
