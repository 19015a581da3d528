"""The words of obs-websocket 5 that are needed: the handshake, requests and their answers, events. Pure.

Source: protocol.md of obs-websocket 5.x; streaming page 8.
"""

import base64
import hashlib
from typing import Any, Final

import msgspec

from expo.errors import N_, Refusal

SUBPROTOCOL: Final = "obswebsocket.json"
PASSWORD_REFUSED: Final = 4009
"""Close code after a wrong password."""
NO_SUCH_RESOURCE: Final = 600
"""Status of a request about a scene that is not there."""
_RPC: Final = 1
_EVENTS: Final = (1 << 0) | (1 << 2) | (1 << 6)  # general, scenes, outputs
SCENE_CHANGED: Final = "CurrentProgramSceneChanged"


class NotObs(Refusal):
    """What answers at this address does not speak obs-websocket 5."""

    code = N_("not-obs")
    status = 502


class Answer(msgspec.Struct, frozen=True):
    """What OBS answered to one request."""

    request: str
    is_done: bool
    status: int
    data: dict[str, Any]


class Event(msgspec.Struct, frozen=True):
    """What OBS says by itself."""

    kind: str
    data: dict[str, Any]


class _Frame(msgspec.Struct):
    op: int
    d: dict[str, Any]


def identify(hello: bytes | str, password: str) -> bytes:
    """The answer to OBS's first frame.

    Raises:
        NotObs: It is no such frame.
    """
    frame = _read(hello)
    if frame is None or frame.op != 0:
        raise NotObs
    said: dict[str, Any] = {"rpcVersion": _RPC, "eventSubscriptions": _EVENTS}
    match frame.d.get("authentication"):
        case {"salt": str(salt), "challenge": str(challenge)}:
            said["authentication"] = proof(password, salt, challenge)
        case None:
            pass
        case _:
            raise NotObs
    return msgspec.json.encode({"op": 1, "d": said})


def proof(password: str, salt: str, challenge: str) -> str:
    """What shows that one knows the password, without telling it."""
    return _digest(_digest(password + salt) + challenge)


def is_identified(text: bytes | str) -> bool:
    """Whether OBS has let one in."""
    frame = _read(text)
    return frame is not None and frame.op == 2


def request(number: str, kind: str, data: dict[str, Any]) -> bytes:
    """A request; its answer carries the same number."""
    said = {"requestType": kind, "requestId": number, "requestData": data}
    return msgspec.json.encode({"op": 6, "d": said})


def heard(text: bytes | str) -> Answer | Event | None:
    """What a frame says; None for what is not needed or not understood."""
    match _read(text):
        case _Frame(op=5, d={"eventType": str(kind), **rest}):
            return Event(kind, _dict(rest.get("eventData")))
        case _Frame(op=7, d={"requestId": str(number), "requestStatus": dict(status), **rest}):
            code = status.get("code")
            return Answer(
                number,
                status.get("result") is True,
                code if isinstance(code, int) else 0,
                _dict(rest.get("responseData")),
            )
        case _:
            return None


def _read(text: bytes | str) -> _Frame | None:
    try:
        return _frame.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


_frame = msgspec.json.Decoder(_Frame)
