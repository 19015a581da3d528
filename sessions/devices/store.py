"""What is set about screens, in and out of the database."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import delete, select
from sqlmodel import col

from expo.db import Tx, upsert
from sessions.cues import Scene
from sessions.devices.tables import DeviceRow
from sessions.devices.values import Device, Moment, ObsBy, ObsMode

_ROWS: Final[Any] = DeviceRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def devices(tx: Tx) -> dict[str, Device]:
    """Every device by name."""
    rows = (await tx.execute(select(DeviceRow).order_by(col(DeviceRow.id)))).mappings()
    return {row["id"]: _device(row) for row in rows}


async def find(tx: Tx, device: str) -> Device | None:
    """A device as it is set, held until this transaction ends; None where nothing was set."""
    query = select(DeviceRow).where(col(DeviceRow.id) == device).with_for_update()
    row = (await tx.execute(query)).mappings().one_or_none()
    return _device(row) if row else None


async def save(tx: Tx, device: Device) -> None:
    """Keep what is set about a device."""
    row = {
        **msgspec.structs.asdict(device),
        "scene": device.scene.value if device.scene else None,
        "mode": device.mode.value,
        "obs_by": device.obs_by.value,
        "scenes": msgspec.json.encode(device.scenes).decode(),
    }
    await upsert(tx, _ROWS, [row])


async def remove(tx: Tx, device: str) -> None:
    """Forget what is set about a device."""
    await tx.execute(delete(DeviceRow).where(col(DeviceRow.id) == device))


def _device(row: Mapping[Any, Any]) -> Device:
    return Device(
        id=row["id"],
        title=row["title"],
        scene=Scene(row["scene"]) if row["scene"] else None,
        flash=row["flash"],
        flash_until=row["flash_until"],
        mode=ObsMode(row["mode"]),
        obs_by=ObsBy(row["obs_by"]),
        scenes=_scenes.decode(row["scenes"]),
        key=row["key"],
        version=row["version"],
    )


_scenes = msgspec.json.Decoder(dict[Moment, str])
