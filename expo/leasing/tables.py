"""Rows of leases: one for each job that exactly one node does."""

from sqlalchemy import BigInteger
from sqlmodel import Field

from expo.db import Row


class LeaseRow(Row, table=True):
    """Who does a job; ``fence`` grows with every change of holder and never goes back.

    ``until_ms`` is in milliseconds since 1970 of the database's own clock: nodes' clocks differ.
    """

    __tablename__ = "lease"

    job: str = Field(primary_key=True, max_length=64)
    holder: str = Field(max_length=128)
    fence: int = Field(sa_type=BigInteger)
    until_ms: int = Field(sa_type=BigInteger)
