"""Rows of the catalogue: each value as it is, and the columns that are asked for."""

from sqlmodel import Field

from expo.db import Row


class EntityRow(Row, table=True):
    """One entity; ``value`` is its JSON."""

    __tablename__ = "catalogue_entity"

    id: str = Field(primary_key=True, max_length=64)
    position: int
    value: str


class InitiativeRow(Row, table=True):
    """One initiative; ``value`` is its JSON."""

    __tablename__ = "catalogue_initiative"

    id: str = Field(primary_key=True, max_length=64)
    entity: str = Field(index=True, max_length=64)
    position: int
    value: str
