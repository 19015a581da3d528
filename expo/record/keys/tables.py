"""Rows of the keys an expo signs with."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from expo.db import Row


class SigningKeyRow(Row, table=True):
    """A key; ``id`` and ``public`` for everybody, ``box`` the private half closed with the expo's secret.

    All three are hexadecimal. ``host`` is where the expo was to be found when the key last began to
    sign. The one without ``retired_at`` signs what is new; the others go on with what they began.
    """

    __tablename__ = "signing_key"
    __table_args__ = (
        CheckConstraint("length(id) = 16 AND length(public) = 64", name="public"),
        CheckConstraint("length(box) = 120", name="box"),
    )

    id: str = Field(primary_key=True, max_length=16)
    public: str = Field(max_length=64)
    box: str = Field(max_length=120)
    host: str
    made_at: datetime
    retired_at: datetime | None = None
