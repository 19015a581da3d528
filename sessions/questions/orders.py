"""What a moderator orders about one question, or about a whole session's questions. Pure."""

from typing import Annotated

import msgspec

from sessions.questions.values import Act, Reason

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class DeskOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One press of a button or key; ``version`` is that of the question one saw."""

    act: Act
    question: _Id
    version: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    reason: Reason | None = None
    into: _Id | None = None
