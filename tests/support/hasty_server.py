"""``run.py serve`` with one mistake: receipts go out before the commit. The crash test must find it."""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from typing_extensions import override

import expo  # noqa: F401 - puts the bundled SQLite in place before anybody imports another
import voting.usecases
from command.parser import main
from expo.db import RawSqlite
from voting.ballot_record import Recorded
from voting.ballots import Ballot
from voting.sqlite_store import SqliteRecord


class HastyRecord(SqliteRecord):
    """Promises first, keeps 50 ms later."""

    _late: threading.Timer | None = None

    @override
    def record(self, ballots: Sequence[Ballot]) -> Recorded:
        if self._late is not None:
            self._late.join()
        return super().record(ballots)

    @override
    def _commit(self, raw: RawSqlite) -> None:
        self._late = threading.Timer(0.05, super()._commit, [raw])
        self._late.start()


vars(voting.usecases)["SqliteRecord"] = HastyRecord  # the mistake

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
