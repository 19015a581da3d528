"""All contests as they stood when the database was last looked at: what synchronous code asks. Pure."""

from collections.abc import Iterable

from voting.contests import Contest


class Contests:
    """The latest known state of every contest. Mutable: it belongs to the tally follower."""

    __slots__ = ("_by_id",)

    def __init__(self, contests: Iterable[Contest] = ()) -> None:
        self._by_id: dict[str, Contest] = {}
        for contest in contests:
            self.put(contest)

    def put(self, contest: Contest) -> bool:
        """Take in a contest; whether it was news. An older version than the known one changes nothing."""
        known = self._by_id.get(contest.id)
        if known is not None and known.version >= contest.version:
            return False
        self._by_id[contest.id] = contest
        return True

    def get(self, contest_id: str) -> Contest | None:
        """The contest with this id."""
        return self._by_id.get(contest_id)

    def all(self) -> tuple[Contest, ...]:
        """Every contest, by day and id."""
        return tuple(sorted(self._by_id.values(), key=lambda contest: (contest.day, contest.id)))

    def of_subject(self, subject: str) -> tuple[Contest, ...]:
        """The contests about this subject, by id."""
        return tuple(contest for contest in self.all() if contest.subject == subject)

    def on_day(self, day: int) -> tuple[Contest, ...]:
        """The contests of one day, by id."""
        return tuple(contest for contest in self.all() if contest.day == day)
