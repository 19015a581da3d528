"""Rows of secrets: the key id of each that ever signed here."""

from sqlmodel import Field

from expo.db import Row


class KnownSecretRow(Row, table=True):
    """A secret by its key id, four hexadecimal digits that tell nothing of it (`expo.passes`)."""

    __tablename__ = "known_secret"

    key_id: str = Field(primary_key=True, max_length=4)
