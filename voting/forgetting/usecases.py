"""A person's ballots for a copy of their data, and the end of every tie between the two.

When nobody can complain about a contest any more, its secret is overwritten with chance: from then on
nobody, whoever holds the database, can compute whose tag is on a ballot. Counts, results, recounts and
receipt numbers stand on tags and trackers as they are on record, and do not change.
"""

import secrets
from datetime import datetime
from typing import Final

from expo.db import Tx
from expo.identity.privacy.usecases import Confirm, People
from expo.identity.privacy.values import BallotCopy
from voting import store
from voting.ballots import tag_of
from voting.contests import Phase
from voting.forgetting import store as forgotten
from voting.forgetting.windows import begun, over
from voting.usecases import Voting

_STARTED: Final = frozenset(Phase) - {Phase.DRAFT, Phase.READY}
_TAKING: Final = frozenset({Phase.OPEN, Phase.PAUSED, Phase.CLOSING})
_SECRET_BYTES: Final = 32
_PEOPLE_AT_ONCE: Final = 1_000  # looked up in one statement; about 2 ms of hashing


class Forgetting:
    """One per process.

    Args:
        voting: Has the contests, the record and the clock.
    """

    def __init__(self, voting: Voting) -> None:
        self._voting = voting

    async def under_way(self, tx: Tx, person: str) -> int:
        """In how many contests that still take ballots this person has one that says something."""
        found = 0
        for contest, secret in (await store.secrets_of(tx, _TAKING)).items():
            kept = await store.current(tx, contest, [tag_of(secret, person)])
            found += sum(bool(one.ranking) for one in kept)
        return found

    async def copies(self, tx: Tx, person: str) -> tuple[BallotCopy, ...]:
        """This person's ballots as they count now, as long as anybody can tell which those are."""
        found: list[BallotCopy] = []
        for contest, secret in (await store.secrets_of(tx, _STARTED)).items():
            kept = next(iter(await store.current(tx, contest, [tag_of(secret, person)])), None)
            known = self._voting.contests.get(contest)
            if kept is not None and known is not None:
                found.append(
                    BallotCopy(
                        contest=contest,
                        title=known.title,
                        tracker=kept.tracker,
                        revision=kept.revision,
                        electorate=kept.electorate,
                        ranking=kept.ranking,
                        titles=tuple(
                            option.title for one in kept.ranking if (option := known.option(one))
                        ),
                        accepted_at=kept.accepted_at,
                        status=kept.status,
                    )
                )
        return tuple(found)

    async def expire(self, people: People, confirm: Confirm) -> dict[str, int]:
        """Begin complaint windows, and destroy the secrets of those that are over; how many of each.

        Raises:
            Fault: The database failed; the next time goes on from there.
        """
        contests, now = self._voting.contests.all(), self._voting.now()
        async with self._voting.database.read() as tx:
            windows = await forgotten.windows(tx)
        began = {contest: at for contest, (at, _) in windows.items()}
        gone = {contest for contest, (_, at) in windows.items() if at is not None}
        fresh = begun(contests, began)
        if fresh:
            async with self._voting.database.write() as tx:
                await confirm(tx)
                for contest in fresh:
                    await forgotten.begin(tx, contest, now)
        due = [one for one in over(contests, began, now) if one not in gone]
        for contest in due:
            await self._destroy(contest, people, confirm, now)
        return {"windows_begun": len(fresh), "secrets_destroyed": len(due)}

    async def _destroy(self, contest: str, people: People, confirm: Confirm, now: datetime) -> None:
        """First remember who has voted somewhere, then make it impossible to tell where."""
        after = ""
        while True:
            async with self._voting.database.read() as tx:
                some = await people(tx, after, _PEOPLE_AT_ONCE)
                secret = await store.secret(tx, contest) or b""
                tags = {tag_of(secret, one): one for one in some}
                voted = {tags[kept.voter] for kept in await store.current(tx, contest, tags)}
            if not some:
                break
            if voted:
                async with self._voting.database.write() as tx:
                    await confirm(tx)
                    await forgotten.settle(tx, voted)
            after = some[-1]
        async with self._voting.database.write() as tx:
            await confirm(tx)
            await store.lock(tx, [contest])
            await forgotten.replace_secret(tx, contest, secrets.token_bytes(_SECRET_BYTES))
            await forgotten.destroyed(tx, contest, now)
        tag_of.cache_clear()  # tags by the old secret would stay in memory until others push them out
