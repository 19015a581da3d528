"""What a viewer's page says about its stream. Pure.

``docs/PROTOCOL.md`` is generated from these types. When the hall saw what a contest's phase says
(open, close, reveal) stands in the contest's own frame, as ``cue_at``.
"""

from typing import Annotated, Final

import msgspec

from sessions.orders import Id

LARGEST_DELAY: Final = 600_000


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="delay", tag_field="type"):
    """How far this page's picture is behind the hall, in milliseconds; null where the player cannot tell.

    Every ten seconds while a picture moves. It is counted once a person who may vote, while the session
    is on, and forgotten; it never decides whether a ballot counts.
    """

    session: Id
    ms: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_DELAY)] | None
