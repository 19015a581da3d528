"""When nobody has to be able to tell any more whose ballot is whose. Pure.

A complaint is about one's own ballot, so until its end the server has to be able to find that ballot:
by the contest's secret, from which voters' tags are made. After it nobody has to, so nobody can.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from voting.contests import Contest, Phase

COMPLAINT_HOURS: Final = 72
"""After a result is published; no setting and no schedule changes it (counting page 5.3)."""
UNPUBLISHED_DAYS: Final = 90
"""After the close, for a contest whose result is never published."""
_PUBLISHED: Final = frozenset({Phase.PUBLISHED, Phase.AMENDED})


def begun(contests: Iterable[Contest], known: Iterable[str]) -> tuple[str, ...]:
    """The contests that have been published since the last look.

    Args:
        contests: All of them.
        known: Those whose complaint window has begun already.
    """
    before = frozenset(known)
    return tuple(one.id for one in contests if one.phase in _PUBLISHED and one.id not in before)


def over(
    contests: Iterable[Contest], began: Mapping[str, datetime], now: datetime
) -> tuple[str, ...]:
    """The contests about which nobody can complain any more.

    Args:
        contests: All of them.
        began: When the complaint window of each published one began.
        now: The present instant.
    """
    published, unpublished = timedelta(hours=COMPLAINT_HOURS), timedelta(days=UNPUBLISHED_DAYS)
    return tuple(
        one.id
        for one in contests
        if (one.id in began and now >= began[one.id] + published)
        or (one.closed_at is not None and now >= one.closed_at + unpublished)
    )
