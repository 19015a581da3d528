"""Who says how long after its announced close a contest's ballots still count. Pure."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from expo.db import Tx
from voting.contests import Contest

Grace = Callable[[Tx, Contest, datetime], Awaitable[int]]
"""G in seconds, asked once, in the transaction that closes the contest at this instant."""
