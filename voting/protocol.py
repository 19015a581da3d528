"""The frames about contests and ballots, both ways. Pure.

Server frames carry whole states with a position (of the contest's log) or a version, never a
language: the page has the words. ``docs/PROTOCOL.md`` is generated from these types.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from expo.words import Text

MAX_ID: int = 64
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]
Uuid = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        max_length=36,  # "$" alone would let a line break follow
    ),
]
Nonce = Annotated[
    str,  # 32 bytes of base64url; the last letter holds four bits, and stray ones are no second spelling
    msgspec.Meta(pattern="^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$", max_length=43),
]


class Cast(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="cast", tag_field="type"):
    """A person's answer, best first; an empty ranking withdraws. ``id`` makes re-sending harmless."""

    id: Uuid
    contest: Id
    ranking: Annotated[tuple[Id, ...], msgspec.Meta(max_length=64)]
    nonce: Nonce | None = None


class AskMine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ask-mine", tag_field="type"
):
    """Asks for the truth about one's own ballot, e.g. after a reconnect."""

    contest: Id


class Proof(msgspec.Struct, frozen=True, gc=False):
    """Where a receipt stands in its batch.

    The signed note over the root of the batch's tree (RFC 6962) and the way there, as base64; the leaf is the line of canonical JSON
    ``{accepted_at, included_by, leaf_hash, rev, sid, trk, v}``.
    """

    # gc=False here and below: no cycle can come about, and a crowd's receipts need no looking through.
    note: str
    index: int
    size: int
    path: tuple[str, ...]


class Receipt(msgspec.Struct, frozen=True, gc=False, tag="receipt", tag_field="type"):
    """The promise to a voter, sent only after the commit.

    Together with ``nonce`` everything here that the ballot says hashes to ``leaf``, the public
    ledger's; whoever has both has proof of the ballot, so they go to its own person alone. ``own``
    are the options this person abstains on. ``proof`` comes with the answer to a cast; sending the
    same cast again brings another of the same leaf.
    """

    id: str
    contest: str
    tracker: str
    revision: int
    ranking: tuple[str, ...]
    accepted_at: datetime
    status: str = "counted"
    """``quarantined``: received and under review; it counts once two people, or a stronger sign-in,
    release it. ``void``: two people took it out."""
    electorate: str = ""
    own: tuple[str, ...] = ()
    nonce: str | None = None
    leaf: str | None = None
    included_by: datetime | None = None
    proof: Proof | None = None


class Refused(msgspec.Struct, frozen=True, tag="refused", tag_field="type"):
    """A rule said no, or the world failed; ``message`` is in the person's language."""

    code: str
    facts: dict[str, str | int]
    message: str
    id: str | None = None
    contest: str | None = None


class Mine(msgspec.Struct, frozen=True, tag="mine", tag_field="type"):
    """What counts for this person now; ``blocked`` is the code of why casting is impossible."""

    contest: str
    receipt: Receipt | None
    blocked: str | None = None
    message: str | None = None
    electorate: str | None = None


class Place(msgspec.Struct, frozen=True):
    """One revealed place; several options share it when the count could not part them."""

    rank: int
    ids: tuple[str, ...]
    titles: tuple[Text, ...]
    entities: tuple[Text, ...]
    support: int
    """Average support in thousandths, for the length of the bar."""


class ContestState(msgspec.Struct, frozen=True, tag="contest", tag_field="type"):
    """Where a contest stands; ``places`` holds only what has been revealed, last place first."""

    contest: str
    version: int
    phase: str
    server_at: datetime
    opened_at: datetime | None
    closes_at: datetime | None
    hard_close_at: datetime | None
    visibility: str
    options: tuple[str, ...]
    """Ids of what can be ranked, in the contest's own order."""
    max_ranked: int
    total_places: int
    places: tuple[Place, ...] = ()
    cue_at: datetime | None = None
    """When the hall saw what the phase says: the opening, the close or the latest reveal. Who watches
    a stream is shown it when the picture has reached this instant."""


class Turnout(msgspec.Struct, frozen=True, tag="turnout", tag_field="type"):
    """How many ballots count at a position of the log; nothing about what they say."""

    contest: str
    position: int
    ballots: int
    by_electorate: dict[str, int]
    held: dict[str, int] = {}
    """Ballots under review, which do not count, by reason."""


class StandingRow(msgspec.Struct, frozen=True):
    """One option in a running or final order; ``support`` in thousandths."""

    id: str
    rank: int
    support: int
    wins: int
    draws: int
    losses: int


class TallyState(msgspec.Struct, frozen=True, tag="tally", tag_field="type"):
    """The running order at a position; goes only to rooms that may see it."""

    contest: str
    position: int
    ballots: int
    rows: tuple[StandingRow, ...]
    waiting: dict[str, int]
    """Electorates below their minimum, with the ballots still missing."""
