"""Devices: read without waiting, changed by organisers, each with the key its addresses carry."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec

from expo.clock import Now
from expo.db import Database
from expo.errors import N_, Refusal
from expo.identity.people import Person
from expo.identity.usecases import Passes
from expo.looking import Looks
from expo.record import store as record
from expo.rights import Role
from expo.seen import unless_changed
from expo.wire.notifier import Notifier
from sessions import store as stage_store
from sessions.cues import Scene
from sessions.devices import store
from sessions.devices.values import (
    MOST_DEVICES,
    Device,
    ObsSettings,
    TooManyDevices,
    flashing,
    obs_of,
    renamed,
    with_obs,
)
from sessions.screens import device_of
from sessions.usecases import TOPIC as SHOW
from sessions.usecases import Show

TOPIC: Final = "devices"
RENAMED: Final = N_("rename-screen")
SCENE: Final = N_("set-screen-scene")
OBS: Final = N_("set-screen-obs")
KEYED: Final = N_("issue-screen-key")
FORGOTTEN: Final = N_("forget-screen")
_KEY_DAYS: Final = 45  # longer than any edition with its rehearsals
_KEY_USES: Final = 500  # each time OBS has lost its cookies is one


class Devices:
    """One per process.

    Args:
        database: Where they are kept.
        notifier: Tells the followers of every process.
        show: Knows what each screen last said; is told which have a scene of their own.
        passes: Makes the keys, and takes them back.
        now: The clock.
    """

    def __init__(
        self, database: Database, notifier: Notifier, show: Show, passes: Passes, now: Now
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._show = show
        self._passes = passes
        self._now = now
        self._known: dict[str, Device] = {}
        self._looks = Looks(database)
        show.own_scene = self.scene_of

    async def refresh(self) -> bool:
        """Look at the database again; whether anything had changed."""
        async with self._looks.look() as tx:
            if tx is None:
                return False
            found = await store.devices(tx)
            is_news, self._known = found != self._known, found
            return is_news

    def scene_of(self, device: str) -> Scene | None:
        """The scene a device shows other than the stage; None where it follows."""
        return self.of(device).scene

    def of(self, device: str) -> Device:
        """A device as it is set; as it comes where nothing was."""
        return self._known.get(device) or Device(device)

    @property
    def known(self) -> tuple[Device, ...]:
        """Every device about which something was set, by name."""
        return tuple(self._known.values())

    async def rename(self, actor: Person, device: str, title: str) -> None:
        """Give a device a name for people."""
        await self._change(actor, device, lambda one: renamed(one, title), RENAMED)

    async def show_scene(self, actor: Person, device: str, scene: Scene | None) -> None:
        """Let a device show a scene of its own, or follow the stage again.

        While the scene may not be shown the device follows, so nothing hidden can be put on one.
        """
        await self._change(
            actor, device, lambda one: msgspec.structs.replace(one, scene=scene), SCENE
        )

    async def set_obs(
        self, actor: Person, device: str, settings: ObsSettings, seen: str | None = None
    ) -> None:
        """Say what happens in OBS when the show moves on.

        Args:
            actor: Whoever says so.
            device: Its name.
            settings: All of them.
            seen: Mark of the settings these were made of (`expo.seen`).

        Raises:
            StaleVersion: Somebody else set others meanwhile.
            BadRequest: A scene's name is too long.
        """

        def change(one: Device) -> Device:
            unless_changed(seen, obs_of(one))
            return with_obs(one, settings)

        await self._change(actor, device, change, OBS)

    async def identify(self, line: str) -> None:
        """Let one line of the list say on its screen which one it is; nobody's act to remember."""
        now = self._now()
        await self._change(None, device_of(line), lambda one: flashing(one, line, now), "")

    async def new_key(self, actor: Person, device: str) -> str:
        """A new key for a device's addresses; whatever had the old one is shut out.

        Returns:
            The token that stands in the addresses; it is told this once.
        """
        issued = await self._passes.issue(
            actor,
            role=Role.SCREEN,
            label=device,
            expires_at=self._now() + timedelta(days=_KEY_DAYS),
            uses=_KEY_USES,
        )
        key = issued.issued.id
        try:
            before = await self._change(
                actor, device, lambda one: msgspec.structs.replace(one, key=key), KEYED
            )
        except Refusal:
            await self._passes.revoke(actor, key)
            raise
        # As it stood under the lock: of two new keys at once the later shuts out the earlier.
        if before.key is not None:
            await self._passes.revoke(actor, before.key)
        return issued.token

    async def forget(self, actor: Person, device: str) -> None:
        """Take a device off the list, with its settings and its key."""
        async with self._database.write() as tx:
            known = await store.find(tx, device)
            await store.remove(tx, device)
            await stage_store.forget_sightings(tx, device)
            await record.append(
                tx, at=self._now(), actor=actor, action=FORGOTTEN, subject=device, facts={}
            )
        if known is not None and known.key is not None:
            await self._passes.revoke(actor, known.key)
        self._show.screens.forget(device)
        await self._tell()

    async def _change(
        self, actor: Person | None, device: str, change: Callable[[Device], Device], action: str
    ) -> Device:
        """The device as it was before."""
        async with self._database.write() as tx:
            before = await store.find(tx, device)
            if before is None and len(await store.devices(tx)) >= MOST_DEVICES:
                raise TooManyDevices(n=MOST_DEVICES)
            before = before or Device(device)
            version = max(before.version + 1, int(self._now().timestamp()))
            after = msgspec.structs.replace(change(before), version=version)
            await store.save(tx, after)
            if actor is not None:
                await record.append(
                    tx, at=self._now(), actor=actor, action=action, subject=device, facts={}
                )
        await self._tell()
        return before

    async def _tell(self) -> None:
        await self.refresh()
        self._notifier.notify(TOPIC)
        self._notifier.notify(SHOW)
