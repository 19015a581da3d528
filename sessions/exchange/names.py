"""What sessions are called in other people's software: UUIDs, numbers, slugs, an acronym.

All of them depend on the ids of expo and session alone, so whoever fetches the schedule again
knows each session again. A session that came from elsewhere has its UUID for its id, and keeps it.
Pure.

Source: RFC 9562 5.5 (UUIDv5); the c3voc schedule schemas (patterns of slug and acronym).
"""

from collections.abc import Iterable
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sessions.programme import Programme

_LEAST_ACRONYM: Final = 4  # characters the schemas ask for
_MOST_NUMBER: Final = 2**31 - 1  # readers keep it in a 32 bit integer


def space_of(programme: Programme) -> UUID:
    """The namespace of everything this expo names."""
    return uuid5(NAMESPACE_URL, f"urn:sawt:{programme.id}")


def guid_of(programme: Programme, session_id: str) -> str:
    """The session's UUID: its id where that is one, else UUIDv5 of the id in the expo's namespace."""
    return own_guid(session_id) or str(uuid5(space_of(programme), session_id))


def own_guid(text: str) -> str:
    """The UUID that is written here, in small letters with hyphens; empty where none is."""
    try:
        found = str(UUID(text))
    except ValueError:
        return ""
    return found if found == text.lower() else ""


def numbers_of(programme: Programme) -> dict[str, int]:
    """Session id → a positive number that is unique in the programme.

    It is made from the UUID; of two sessions that would share one, the later gets the next free.
    """
    found: dict[str, int] = {}
    taken: set[int] = set()
    for session in programme.sessions:
        number = UUID(guid_of(programme, session.id)).int % _MOST_NUMBER + 1
        while number in taken:
            number = number % _MOST_NUMBER + 1
        taken.add(number)
        found[session.id] = number
    return found


def acronym_of(programme: Programme) -> str:
    """The expo's id with underscores, as both schemas take it."""
    acronym = programme.id.replace("-", "_")
    return acronym if len(acronym) >= _LEAST_ACRONYM else f"expo_{acronym}"


def slug_of(programme: Programme, session_id: str) -> str:
    """The session's slug; `id_in` gives the id back."""
    return f"{acronym_of(programme)}-session-{session_id}"


def id_in(slug: str) -> str:
    """The session id in a slug of ours; empty where there is none."""
    return slug.partition("-session-")[2]


def by_guid(programme: Programme) -> dict[str, str]:
    """UUID → session id, of every session."""
    ids: Iterable[str] = (session.id for session in programme.sessions)
    return {guid_of(programme, one): one for one in ids}
