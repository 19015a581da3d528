"""The ledger's addresses: keys, checkpoints and proofs for everybody, the rotation for organisers."""

from typing import Final, TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import N_, NotFound, Refusal
from expo.identity.people import Visit
from expo.record.keys.usecases import Keys
from expo.record.notes import VKey, to_base64
from expo.rights import Action, may
from expo.web.pages import NO_STORE, guarded
from expo.web.templates import Renderer
from voting.ballots import tracker_in
from voting.sealing.usecases import Ledgers

_LEDGER: Final = "/ledger/{contest}"
_KEYS: Final = "/{lang}/staff/keys"
_BRIEFLY: Final = {"Cache-Control": "public, max-age=5"}
_NUMBER_MOST: Final = 2**53


class NotSealed(Refusal):
    """No ballot like this is in the ledger, or not yet: a batch is sealed within 70 seconds."""

    code = N_("not-sealed-yet")
    status = 404


class SealingState(TypedDict):
    """What these pages need of the request's state."""

    visit: Visit
    pages: Renderer
    keys: Keys
    ledgers: Ledgers


Asked = Request[SealingState]


async def keys_json(request: Asked) -> Response:
    """All keys the expo ever signed with, and which ledger is signed by which."""
    keys = request.state["keys"]
    found = []
    for key in keys.all:
        names = {
            name: str(VKey(f"{key.host}/{name}", key.public)) for name in ("receipts", "bulletin")
        }
        found.append(
            {
                "id": key.id,
                "public": to_base64(key.public),
                "made_at": key.made_at.isoformat(),
                "retired_at": key.retired_at.isoformat() if key.retired_at else None,
                **names,
            }
        )
    ledgers = {
        contest: {"origin": origin, "vkey": vkey}
        for contest, origin, vkey in await request.state["ledgers"].all_keys()
    }
    return JSONResponse({"v": 1, "keys": found, "ledgers": ledgers}, headers=_BRIEFLY)


async def checkpoint(request: Asked) -> Response:
    """The newest signed checkpoint of a contest's ledger."""
    note = await request.state["ledgers"].checkpoint(request.path_params["contest"])
    if note is None:
        raise NotSealed
    return PlainTextResponse(note, headers=_BRIEFLY)


async def checkpoints(request: Asked) -> Response:
    """All of them, the oldest first, with a blank line between two."""
    found = await request.state["ledgers"].checkpoints(request.path_params["contest"])
    if not found:
        raise NotSealed
    return PlainTextResponse("\n".join(found), headers=_BRIEFLY)


async def proof(request: Asked) -> Response:
    """The proof that a ballot is in the ledger: for whoever knows its tracker."""
    asked = request.path_params
    tracker = tracker_in(asked["tracker"])
    if tracker is None or not 0 < asked["rev"] < _NUMBER_MOST:
        raise NotSealed
    found = await request.state["ledgers"].proof(asked["contest"], tracker, asked["rev"])
    if found is None:
        raise NotSealed
    return PlainTextResponse(found, headers=NO_STORE)


async def consistency(request: Asked) -> Response:
    """The proof that the tree of one checkpoint is the beginning of another's."""
    asked = request.path_params
    if max(asked["m"], asked["n"]) >= _NUMBER_MOST:
        raise NotFound
    found = await request.state["ledgers"].consistency(asked["contest"], asked["m"], asked["n"])
    if found is None:
        raise NotFound
    path = [to_base64(one) for one in found]
    return JSONResponse(
        {"v": 1, "old": asked["m"], "size": asked["n"], "path": path}, headers=_BRIEFLY
    )


async def keys_page(request: Asked) -> Response:
    """The keys, and the button that makes a new one."""
    keys, pages = request.state["keys"], request.state["pages"]
    await keys.refresh()
    values = {
        "keys": keys.all[::-1],
        "done": request.query_params.get("done", ""),
        "may_rotate": may(request.state["visit"].role, Action.MANAGE_EXPO),
        "tz": pages.zone,
    }
    return pages.page(request, "staff/keys.html", values, headers=NO_STORE)


async def rotate(request: Asked) -> Response:
    """Make a new key for what begins from now on."""
    person = request.state["visit"].person
    if person is None:
        raise NotFound
    await request.state["keys"].rotate(person)
    language = request.path_params["lang"]
    return RedirectResponse(f"/{language}/staff/keys?done=rotated", status_code=303)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        guarded("/ledger/keys.json", keys_json, Action.READ_PAGES),
        guarded(f"{_LEDGER}/checkpoint", checkpoint, Action.READ_PAGES),
        guarded(f"{_LEDGER}/checkpoints", checkpoints, Action.READ_PAGES),
        guarded(f"{_LEDGER}/proof/{{tracker}}/{{rev:int}}", proof, Action.READ_PAGES),
        guarded(f"{_LEDGER}/consistency/{{m:int}}/{{n:int}}", consistency, Action.READ_PAGES),
        guarded(_KEYS, keys_page, Action.READ_STAFF_LOG),
        guarded(_KEYS, rotate, Action.MANAGE_EXPO, methods=("POST",)),
    ]
