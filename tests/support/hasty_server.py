"""``run.py serve`` with one mistake: receipts go out before the commit. The crash test must find it."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from typing_extensions import override

import expo  # noqa: F401 - puts the bundled SQLite in place before anybody imports another
import voting.usecases
from command.parser import main
from voting import store
from voting.writer import Writer, _settle, _Waiting


class HastyWriter(Writer):
    """Promises first, keeps later."""

    @override
    async def _write(self, batch: Sequence[_Waiting]) -> None:
        async with self._database.write() as tx:
            for head in await store.lock(tx, {one.ballot.contest for one in batch}):
                mine = [one for one in batch if one.ballot.contest == head.contest.id]
                answers, _ = await _settle(tx, head, [one.ballot for one in mine])
                for one, answer in zip(mine, answers, strict=True):
                    self._answer(one, answer)
            await asyncio.sleep(0.05)
        for one in batch:
            self._notifier.notify(f"contest.{one.ballot.contest}")
        self._notifier.notify("contests")


vars(voting.usecases)["Writer"] = HastyWriter  # the mistake

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
