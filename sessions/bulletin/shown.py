"""What is published, as pages read it: every version of every day, and all days together. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from expo.words import Text
from sessions.bulletin.building import bare
from sessions.bulletin.changes import Change, changes
from sessions.bulletin.edition import Edition, EditionContest
from sessions.bulletin.feeds import Entry


class Kept(msgspec.Struct, frozen=True):
    """A published version; ``body`` and ``note`` are the files, ``serial`` its place among them all."""

    edition: Edition
    body: str
    note: str
    serial: int


class Shown:
    """All published versions; made anew with each publication and never changed.

    Args:
        kept: By day and version.
    """

    def __init__(self, kept: Sequence[Kept]) -> None:
        days: dict[int, list[Kept]] = {}
        for one in kept:
            days.setdefault(one.edition.day, []).append(one)
        self._days: Mapping[int, tuple[Kept, ...]] = MappingProxyType(
            {day: tuple(versions) for day, versions in sorted(days.items())}
        )
        self.serial = max((one.serial for one in kept), default=0)
        """How many publications there have been."""

    @property
    def days(self) -> tuple[int, ...]:
        """Days that have a bulletin."""
        return tuple(self._days)

    def versions(self, day: int) -> tuple[Kept, ...]:
        """Every version of a day, the first first."""
        return self._days.get(day, ())

    def newest(self, day: int) -> Kept | None:
        """The version in force."""
        versions = self.versions(day)
        return versions[-1] if versions else None

    def version(self, day: int, version: int) -> Kept | None:
        """One version of a day."""
        return next((one for one in self.versions(day) if one.edition.version == version), None)

    def edition(self, day: int) -> Edition | None:
        """The edition in force."""
        newest = self.newest(day)
        return newest.edition if newest else None

    def contest(self, contest_id: str) -> EditionContest | None:
        """A contest as the newest edition of its day has it."""
        found = (one[-1].edition.contest(contest_id) for one in self._days.values())
        return next((one for one in found if one is not None), None)

    def about(self, contest_id: str) -> Edition | None:
        """The edition in force that has a contest.

        Of a correction it says something only where one changed the contest's own result.
        """
        for versions in self._days.values():
            edition = versions[-1].edition
            now = edition.contest(contest_id)
            if now is not None:
                before = (one.edition.contest(contest_id) for one in versions[:-1])
                is_other = any(one is not None and bare(one) != bare(now) for one in before)
                return edition if is_other else msgspec.structs.replace(edition, correction=None)
        return None

    def changes(self, edition: Edition) -> tuple[Change, ...]:
        """What an edition says differently from the one it replaces."""
        old = self.version(edition.day, edition.replaces) if edition.replaces else None
        return changes(old.edition, edition) if old else ()

    def entries(self) -> tuple[Entry, ...]:
        """Every day for a feed."""
        found = []
        for versions in self._days.values():
            first = versions[0].edition.published_at
            if first is not None:
                found.append(Entry(versions[-1].edition, first))
        return tuple(found)

    def whole(self, expo: Text, heading: Text) -> Edition | None:
        """All days together as they are in force; None before the first bulletin.

        Args:
            expo: The expo's title.
            heading: Of the whole.
        """
        editions = [versions[-1].edition for versions in self._days.values()]
        if not editions:
            return None
        return Edition(
            kind="expo",
            day=0,
            version=self.serial,
            expo=expo,
            heading=heading,
            published_at=max(one.published_at for one in editions if one.published_at),
            correction=None,
            replaces=None,
            contests=tuple(contest for one in editions for contest in one.contests),
            not_held=tuple(contest for one in editions for contest in one.not_held),
        )
