"""Every table and column of the database, with what is in it, why, how long and who sees it. Pure.

A test compares this with the schema itself: a table or column without an entry, and an entry without a
column, fail the build. The page about privacy, a person's copy and an erasure are made from it.
"""

from types import MappingProxyType
from typing import Final

from expo.identity.privacy.about_people import PEOPLE
from expo.identity.privacy.about_questions import QUESTIONS
from expo.identity.privacy.about_show import SHOW
from expo.identity.privacy.about_votes import VOTES
from expo.identity.privacy.values import Purpose, Table

TABLES: Final = MappingProxyType({one.name: one for one in (*PEOPLE, *VOTES, *SHOW, *QUESTIONS)})
"""By name."""


def by_purpose() -> tuple[tuple[Purpose, tuple[Table, ...]], ...]:
    """The tables of each purpose, those with personal data first."""
    return tuple(
        (
            purpose,
            tuple(
                sorted(
                    (one for one in TABLES.values() if one.purpose is purpose),
                    key=lambda one: not one.is_personal,
                )
            ),
        )
        for purpose in Purpose
    )
