"""Rows of what is set about screens."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class DeviceRow(Row, table=True):
    """One screen: its name, its own scene, what it does with OBS (``scenes`` is JSON), and its key."""

    __tablename__ = "device"

    id: str = Field(primary_key=True, max_length=32)
    title: str = Field(max_length=64)
    scene: str | None = Field(default=None, max_length=16)
    flash: str | None = Field(default=None, max_length=48)
    flash_until: datetime | None = None
    mode: str = Field(max_length=16)
    obs_by: str = Field(max_length=16)
    scenes: str
    key: str | None = Field(default=None, max_length=64)
    version: int
