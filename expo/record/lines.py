"""A line of the staff log: who did what, when, to what. Pure."""

from datetime import datetime

import msgspec

Facts = dict[str, str | int]


class LogLine(msgspec.Struct, frozen=True):
    """One thing an organiser (or the clock) did.

    ``actor`` is what the person is called now (the role where there is no name, ``expo.words.ERASED`` for
    somebody who was erased), or empty for the expo itself; ``action`` is a stable kebab-case word,
    ``subject`` the id of what it was done to.
    """

    position: int
    at: datetime
    actor: str
    action: str
    subject: str
    facts: Facts
