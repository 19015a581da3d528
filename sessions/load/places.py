"""Who is looking at what, from the rooms their connections are in. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from expo.load.figures import Place

_MOST_SESSIONS: Final = 6  # rows; the rest is added up, nobody reads twenty


def places(
    rooms: Mapping[str, int], contests: Iterable[tuple[str, str]], names: Mapping[str, str]
) -> tuple[Place, ...]:
    """How many look at each session, at the other pages, at the stage and at the control room.

    Args:
        rooms: Viewers by room of the hub; a session's page is in the board's room as well.
        contests: Each session's id and the room of its contest.
        names: The rooms called ``board``, ``stage`` and ``staff``.
    """
    found = [Place("session", rooms.get(room, 0), session) for session, room in contests]
    looking = sorted((one for one in found if one.n), key=lambda one: -one.n)
    inside = sum(one.n for one in looking)
    rest = sum(one.n for one in looking[_MOST_SESSIONS:])
    others = max(0, rooms.get(names["board"], 0) - inside) + rest
    return (
        *looking[:_MOST_SESSIONS],
        Place("elsewhere", others),
        Place("screens", rooms.get(names["stage"], 0)),
        Place("staff", rooms.get(names["staff"], 0)),
    )
