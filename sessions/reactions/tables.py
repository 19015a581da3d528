"""Rows of the reactions: counts of ten seconds, and nobody's name."""

from sqlmodel import Field

from expo.db import Row


class ReactionRow(Row, table=True):
    """How often one reaction came in one session in the ten seconds ``tick`` counts."""

    __tablename__ = "reaction"

    session: str = Field(primary_key=True, max_length=64)
    kind: str = Field(primary_key=True, max_length=16)
    tick: int = Field(primary_key=True)
    n: int
