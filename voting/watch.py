"""Who looks at where ballots come from: what casting asks it, and the one that looks away. Pure."""

from datetime import datetime
from typing import Protocol

from typing_extensions import override

from expo.identity.people import Person
from voting.ballots import Ballot
from voting.contests import Contest
from voting.holds import Origin
from voting.protocol import Receipt


class Watch(Protocol):
    """Asked for every ballot, so each answer may cost a microsecond or two and never waits."""

    def judge(
        self, contest: Contest, person: Person, electorate: str, origin: Origin, at: datetime
    ) -> str | None:
        """Why this ballot is held for review; None: it counts."""

    def received(self, ballot: Ballot, person: Person, origin: Origin, receipt: Receipt) -> None:
        """A ballot is on record."""


class Blind(Watch):
    """Holds nothing and notes nothing."""

    @override
    def judge(
        self, contest: Contest, person: Person, electorate: str, origin: Origin, at: datetime
    ) -> str | None:
        return None

    @override
    def received(self, ballot: Ballot, person: Person, origin: Origin, receipt: Receipt) -> None:
        return None
