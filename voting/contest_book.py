"""All contests as they stood when the database was last looked at: what synchronous code asks. Pure."""

from collections.abc import Iterable

import msgspec

from voting.ballots import tag_of
from voting.contests import Contest
from voting.stations import station_of


class Stand(msgspec.Struct, frozen=True):
    """How far a contest has come: enough to know whether to look closer.

    ``heads`` are the last positions of its logs, in order of station.
    """

    contest: str
    version: int
    heads: tuple[int, ...]
    is_frozen: bool
    disputed: bool


class Contests:
    """The latest known state of every contest. Mutable: it belongs to the tally follower."""

    __slots__ = ("_by_id", "_secrets")

    def __init__(self, contests: Iterable[Contest] = ()) -> None:
        self._by_id: dict[str, Contest] = {}
        self._secrets: dict[str, bytes] = {}
        for contest in contests:
            self.put(contest)

    def put(self, contest: Contest) -> bool:
        """Take in a contest; whether it was news. An older version than the known one changes nothing."""
        known = self._by_id.get(contest.id)
        if known is not None and known.version >= contest.version:
            return False
        self._by_id[contest.id] = contest
        return True

    def tell_secret(self, contest_id: str, secret: bytes) -> None:
        """Keep what makes the voters' tags of a contest with several stations; it never changes."""
        self._secrets[contest_id] = secret

    def station(self, contest_id: str, person: str) -> int:
        """The polling station somebody's ballots in this contest belong into."""
        contest, secret = self._by_id.get(contest_id), self._secrets.get(contest_id)
        if contest is None or contest.stations == 1 or secret is None:
            return 0
        return station_of(tag_of(secret, person), contest.stations)

    def get(self, contest_id: str) -> Contest | None:
        """The contest with this id."""
        return self._by_id.get(contest_id)

    def all(self) -> tuple[Contest, ...]:
        """Every contest, by day and id."""
        return tuple(sorted(self._by_id.values(), key=lambda contest: (contest.day, contest.id)))

    def on_day(self, day: int) -> tuple[Contest, ...]:
        """The contests of one day, by id."""
        return tuple(contest for contest in self.all() if contest.day == day)
