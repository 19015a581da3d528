"""Who may open a socket: the origin, the pass, and how many one visit may hold.

Nobody checks ``Origin`` on a handshake unless we do (style 2.1), and a browser sends the cookie
along from any site. A refusal closes before accepting: the client sees 403 (F19).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from starlette.types import Scope
from starlette.websockets import WebSocket

SOCKETS_PER_VISIT: Final = 30  # tabs of one device; a hall shares an address but never a visit
_CHECKED: Final = "sawt.is_own_socket"  # in the scope: for which origins, and the answer
_REFUSED: Final = 1008  # before accepting, servers answer 403 whatever the code


def single_headers(scope: Scope, *names: bytes) -> dict[bytes, str | None] | None:
    """The values of these headers; None when one of them was sent twice, which nobody honest does."""
    found: dict[bytes, str | None] = dict.fromkeys(names)
    for name, value in scope["headers"]:
        if name not in found:
            continue
        if found[name] is not None:
            return None
        found[name] = value.decode("latin-1")
    return found


def is_own_socket(scope: Scope, origins: frozenset[str]) -> bool:
    """Whether a handshake comes from our own pages, or from a program that carries no cookie."""
    checked, is_own = scope.get(_CHECKED, (None, False))
    if checked != origins:  # the guard around the application and the endpoint ask the same
        is_own = _is_own(scope, origins)
        scope[_CHECKED] = origins, is_own
    return bool(is_own)


def _is_own(scope: Scope, origins: frozenset[str]) -> bool:
    headers = single_headers(scope, b"origin", b"host")
    if headers is None:
        return False
    origin = headers[b"origin"]
    if origin is not None:
        return origin in origins
    return not any(name == b"cookie" for name, _ in scope["headers"])


class Seat:
    """One socket of a visit; given back when left, or at the latest when nothing refers to it."""

    __slots__ = ("_taken", "_visit")

    def __init__(self, taken: Counter[str], visit: str | None) -> None:
        self._taken = taken
        self._visit = visit
        if visit is not None:
            taken[visit] += 1

    def leave(self, _viewer: object = None) -> None:
        """Give the seat back; harmless when done twice. Fits ``on_leave`` of `live.serve`."""
        visit, self._visit = self._visit, None
        if visit is not None:
            self._taken[visit] -= 1
            if self._taken[visit] <= 0:
                del self._taken[visit]

    def __del__(self) -> None:
        self.leave()


class Handshake:
    """The check every live endpoint makes before it accepts.

    Args:
        origins: The expo's own origins, scheme, host and port exactly as browsers send them.
        may_enter: The pass check: whether this handshake's visit may follow this endpoint.
        visit_of: Id of the visit, or None for somebody without one (then there is no limit: an
            address is never a reason to refuse).
        sockets_per_visit: How many sockets one visit may hold at once.
        refused: Counts refusals by reason: ``origin``, ``not-allowed``, ``too-many``.
    """

    def __init__(
        self,
        origins: Iterable[str],
        *,
        may_enter: Callable[[WebSocket[Any]], bool],
        visit_of: Callable[[WebSocket[Any]], str | None],
        sockets_per_visit: int = SOCKETS_PER_VISIT,
        refused: Counter[str] | None = None,
    ) -> None:
        self._origins = frozenset(origins)
        self._may_enter = may_enter
        self._visit_of = visit_of
        self._limit = sockets_per_visit
        self._taken: Counter[str] = Counter()
        self._refused = Counter() if refused is None else refused

    async def admit(self, websocket: WebSocket[Any]) -> Seat | None:
        """A seat, or None after the handshake has been refused with 403.

        Hand ``seat.leave`` to `live.serve` as ``on_leave`` (or call it there).
        """
        visit = self._visit_of(websocket)
        if not is_own_socket(websocket.scope, self._origins):
            self._refused["origin"] += 1
        elif not self._may_enter(websocket):
            self._refused["not-allowed"] += 1
        elif visit is not None and self._taken[visit] >= self._limit:
            self._refused["too-many"] += 1
        else:
            return Seat(self._taken, visit)
        await websocket.close(_REFUSED)
        return None
