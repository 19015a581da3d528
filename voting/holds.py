"""Which ballots are held for review: rules of the contest, fixed before it opens. Pure.

A rule looks at where a ballot comes from and when, never at what it says. What it holds is on record,
acknowledged and publicly counted, but in no result until two people have released it.
Source: counting page 5.3.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Literal

import msgspec

from expo.identity.people import Assurance, Visit, is_enough
from expo.networks import network_of

HoldKind = Literal["device", "network", "batch", "quick", "burst"]
HOLD_KINDS: Final[tuple[HoldKind, ...]] = ("device", "network", "batch", "quick", "burst")


class VoidReason(StrEnum):
    """Why two people took a held ballot out for good; public."""

    AUTOMATED = "automated"
    ONE_PERSON = "one-person"
    NOT_ENTITLED = "not-entitled"


RELEASED: Final = "review"
"""What the record says of a ballot two people released."""
SIGNED_IN: Final = "sign-in"
"""What it says of one released because its voter is known more surely now."""


class HoldRule(msgspec.Struct, frozen=True):
    """One reason to hold a ballot at acceptance.

    ``kind``: ``device``, ``network`` (/24 or /48) and ``batch`` (passes issued together) hold what
    comes beyond ``most`` persons from one such source; ``burst`` what comes beyond ``most`` persons of
    one electorate while an officer has armed it; ``quick`` what was cast less than ``most``
    milliseconds after its page was there. ``seconds`` is the window; 0 is the whole contest. People
    known more surely than ``up_to`` are never held by it, and becoming so lifts it.
    """

    kind: HoldKind
    most: int
    seconds: int = 0
    up_to: Assurance = Assurance.DEVICE


USUAL: Final = (
    HoldRule("device", most=10),  # a tablet that goes round a family or a booth is far below
    HoldRule("burst", most=200, seconds=10),
)
"""The rules of a contest that says nothing else. Addresses are not among them: a hall shares one."""


class Origin(msgspec.Struct, frozen=True):
    """Where a ballot comes from, as far as a rule may know; never stored as it is.

    ``opened_ms`` is when the page was there, in milliseconds of the server's clock; None: unknown.
    """

    device: str = ""
    network: str = ""
    batch: str = ""
    opened_ms: int | None = None

    def source(self, kind: HoldKind) -> str:
        """What rules of this kind count by; empty when it is not known."""
        match kind:
            case "device":
                return self.device
            case "network":
                return self.network
            case "batch":
                return self.batch
            case _:
                return ""


NOWHERE: Final = Origin()
"""Where nothing is known; no source rule holds what comes from there."""


def origin_of(visit: Visit, host: str, opened_ms: int | None = None) -> Origin:
    """Where ballots of this visit come from.

    Args:
        visit: At the door.
        host: Address of the peer, as far as it is believed.
        opened_ms: When the page was there; None: unknown.
    """
    return Origin(visit.device, network_of(host), visit.batch, opened_ms)


def lifted(rules: Sequence[HoldRule], why: str | None, assurance: Assurance) -> bool:
    """Whether somebody known so surely lifts what was held for this reason."""
    return any(
        rule.kind == why and assurance != rule.up_to and is_enough(assurance, rule.up_to)
        for rule in rules
    )
