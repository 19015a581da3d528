"""Rows of the load page: what each node last said of itself."""

from sqlalchemy import BigInteger
from sqlmodel import Field

from expo.db import Row


class NodeLoadRow(Row, table=True):
    """One node's figures as JSON; ``at_ms`` is in milliseconds since 1970 of the database's clock."""

    __tablename__ = "node_load"

    node: str = Field(primary_key=True, max_length=64)
    at_ms: int = Field(sa_type=BigInteger)
    figures: str
