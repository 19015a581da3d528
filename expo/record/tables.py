"""The staff log as rows, to which triggers refuse every change and removal; and names beside it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from expo.db import Row


class StaffLogRow(Row, table=True):
    """One line; ``actor_role`` is what the person was at the time, empty for the expo itself."""

    __tablename__ = "staff_log"

    position: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor_id: str | None = None
    actor_role: str
    action: str
    subject: str
    facts: dict[str, Any] = Field(sa_type=JSON)


class StaffNameRow(Row, table=True):
    """What a person is called in logs that cannot change; empty from ``erased_at`` on."""

    __tablename__ = "staff_name"

    person: str = Field(primary_key=True, max_length=64)
    label: str
    erased_at: datetime | None = None
