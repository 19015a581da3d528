"""The two families of failure a caller may meet; everything else is a bug.

- ``Refusal``: a rule said no. Stable ``code``, HTTP ``status``, ``facts`` for the sentence.
- ``Fault``: the world failed (disk, database, overload); the same request may succeed later.

The sentence a person reads exists only in the catalogues, keyed by ``code``; ``N_`` marks the
codes for extraction. Pure.
"""

from typing import ClassVar

Fact = str | int


def N_(message: str) -> str:  # noqa: N802 - the marker every gettext tool knows
    """The message itself; marks it for extraction into the catalogues."""
    return message


class Refusal(Exception):
    """A rule said no; nothing was changed."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, **facts: Fact) -> None:
        super().__init__(self.code)
        self.facts = facts


class Fault(Exception):
    """The world failed; the same request may succeed later."""

    code: ClassVar[str] = N_("busy")
    status: ClassVar[int] = 503

    def __init__(self, *, retry_after_ms: int = 1000) -> None:
        super().__init__(self.code)
        self.facts: dict[str, Fact] = {"retry_after_ms": retry_after_ms}


class NotFound(Refusal):
    """There is nothing at this address."""

    code = N_("not-found")
    status = 404


class NotAllowed(Refusal):
    """This person may not do that."""

    code = N_("not-allowed")
    status = 403


class BadRequest(Refusal):
    """The request cannot be read; ``fact`` names what is wrong."""

    code = N_("bad-request")
    status = 400


class StaleVersion(Refusal):
    """Somebody else acted first; look again before deciding."""

    code = N_("stale-version")
    status = 409
