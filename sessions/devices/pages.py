"""Screens and devices: what each shows and when it was last heard of, and what can be done about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import BadRequest, Refusal, StaleVersion
from expo.identity.people import Person, Visit
from expo.rights import Action
from expo.seen import mark
from expo.settings import Settings
from expo.web import translations
from expo.web.pages import NO_STORE, PRIVATE, client_form, explained, guarded, wants_json
from expo.web.templates import Renderer
from sessions.cues import Scene
from sessions.devices.usecases import Devices
from sessions.devices.values import Device, Moment, ObsBy, ObsMode, ObsSettings, obs_of
from sessions.projector.pages import SCREEN
from sessions.protocol import ObsReport, ScreenLine
from sessions.screens import CONSOLES, VIEWS, device_of, sighted
from sessions.usecases import Show

_AUTO: Final = "auto"


class DevicesState(TypedDict):
    """What these pages need."""

    settings: Settings
    pages: Renderer
    visit: Visit
    show: Show
    devices: Devices


Asked = Request[DevicesState]


class Shown(msgspec.Struct, frozen=True):
    """A device with its lines, and what OBS last said through each."""

    device: Device
    lines: tuple[ScreenLine, ...]
    reports: dict[str, ObsReport]

    @property
    def seen(self) -> str:
        """Mark of what is set about OBS, for the form that is filled with it."""
        return mark(obs_of(self.device))


class NewKey(msgspec.Struct, frozen=True):
    """The addresses of a new key, told this once."""

    device: str
    overlays: tuple[str, ...]
    command: str
    """What starts the agent on the computer with OBS."""


async def screens(request: Asked) -> Response:
    """Every device, each with its forms."""
    return await _page(request)


async def act(request: Asked) -> Response:
    """Rename, identify or forget a device, or say what it shows and does with OBS.

    Raises:
        BadRequest: The form holds something else.
    """
    fields = await client_form(request)
    try:
        await _carry_out(request.state["devices"], request.state["visit"].somebody(), fields)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _page(request, refusal=refusal, typed=fields)
    if wants_json(request):
        return JSONResponse({}, headers=NO_STORE)
    address = f"/{translations.language.get()}/staff/screens"
    return RedirectResponse(address, status_code=303)


async def key(request: Asked) -> Response:
    """A new key for a device, known or new: its addresses are on the answer and nowhere else."""
    fields = await client_form(request)
    actor = request.state["visit"].somebody()
    try:
        device = _device(fields)
        token = await request.state["devices"].new_key(actor, device)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _page(request, refusal=refusal)
    site = request.state["settings"].public_url
    overlay = f"{site}/overlay/{device}/{token}"
    issued = NewKey(
        device,
        (f"{overlay}?lang=ar", f"{overlay}?lang=en"),
        f"python run.py obs --url {site} --screen {device} --token {token}",
    )
    if wants_json(request):
        return JSONResponse(msgspec.to_builtins(issued), headers=PRIVATE)
    return await _page(request, issued=issued)


async def _carry_out(devices: Devices, actor: Person, fields: Mapping[str, str]) -> None:
    device = _device(fields)
    match fields.get("do"):
        case "rename":
            await devices.rename(actor, device, fields.get("title", ""))
        case "scene":
            await devices.show_scene(actor, device, _scene(fields.get("scene", _AUTO)))
        case "identify":
            await devices.identify(_line(fields, device))
        case "obs":
            await devices.set_obs(actor, device, _obs(fields), fields.get("seen"))
        case "forget":
            await devices.forget(actor, device)
        case _:
            raise BadRequest(what="do")


def _device(fields: Mapping[str, str]) -> str:
    device = fields.get("device", "").strip().lower()
    if not SCREEN.fullmatch(device):
        raise BadRequest(what="device")
    return device


def _line(fields: Mapping[str, str], device: str) -> str:
    view = fields.get("view", "")
    if view not in VIEWS:
        raise BadRequest(what="view")
    return sighted(device, view)


def _scene(text: str) -> Scene | None:
    if text == _AUTO:
        return None
    try:
        return Scene(text)
    except ValueError as error:
        raise BadRequest(what="scene") from error


def _obs(fields: Mapping[str, str]) -> ObsSettings:
    names = {moment: fields.get(f"at-{moment.value}", "") for moment in Moment}
    try:
        mode, by = ObsMode(fields.get("mode", "")), ObsBy(fields.get("obs_by", ""))
    except ValueError as error:
        raise BadRequest(what="mode") from error
    return ObsSettings(mode, by, names)


async def _page(
    request: Asked,
    *,
    refusal: Refusal | None = None,
    issued: NewKey | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    show, pages = request.state["show"], request.state["pages"]
    devices = request.state["devices"]
    await devices.refresh()
    now = show.now()
    values: dict[str, Any] = {
        "shown": shown(show, devices, now),
        "stage": show.stage(),
        "scenes": tuple(Scene),
        "modes": tuple(ObsMode),
        "bys": tuple(ObsBy),
        "moments": tuple(Moment),
        "consoles": CONSOLES,
        "issued": issued,
        "typed": typed or {},
        "is_overtaken": isinstance(refusal, StaleVersion),
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/screens.html", values, status=status, headers=PRIVATE)


def shown(show: Show, devices: Devices, now: datetime) -> tuple[Shown, ...]:
    """Every device that is set or was heard of, by name; connected ones first."""
    lines: dict[str, list[ScreenLine]] = {one.id: [] for one in devices.known}
    for line in show.screens.lines(now):
        lines.setdefault(device_of(line.id), []).append(line)
    found = [
        Shown(
            devices.of(name),
            tuple(some),
            {one.id: said for one in some if (said := show.screens.reported(one.id))},
        )
        for name, some in lines.items()
    ]
    return tuple(
        sorted(found, key=lambda one: (not any(x.connected for x in one.lines), one.device.id))
    )


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    path = "/{lang:lang}/staff/screens"
    return [
        guarded(path, screens, Action.RUN_SHOW),
        guarded(path, act, Action.RUN_SHOW, methods=("POST",)),
        guarded(f"{path}/key", key, Action.MANAGE_PASSES, methods=("POST",)),
    ]
