"""The staff log as rows; triggers refuse every change and removal."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from expo.db import Row


class StaffLogRow(Row, table=True):
    """One line; ``actor_label`` is what the person was called at the time."""

    __tablename__ = "staff_log"

    position: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor_id: str | None = None
    actor_label: str
    action: str
    subject: str
    facts: dict[str, Any] = Field(sa_type=JSON)
