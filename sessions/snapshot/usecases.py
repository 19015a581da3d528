"""The programme in force and where everything stands, as this process last read it."""

from datetime import datetime

from expo.clock import Now
from expo.db import Database
from expo.errors import N_, Refusal
from expo.looking import Looks
from sessions import store
from sessions.board import Board
from sessions.cues import Status
from sessions.programme import Programme, Session
from sessions.running import run_of, running_board
from sessions.stage import Progress, Rundown


class NoProgramme(Refusal):
    """No programme has been imported yet."""

    code = N_("no-programme")
    status = 503


class Snapshot:
    """What is read of the show; ``Show`` adds what can be done.

    Args:
        database: Where it is kept.
        now: The clock.
    """

    def __init__(self, database: Database, now: Now) -> None:
        self.now = now
        self._database = database
        self._rundown: Rundown | None = None
        self._looks = Looks(database)

    async def refresh(self) -> bool:
        """Look at the database again; whether anything had changed."""
        async with self._looks.look() as tx:
            if tx is None:
                return False
            known = await store.version(tx)
            is_news = self._rundown is None or known != self._rundown.stage.version
            if is_news:
                self._rundown = await store.rundown(tx)
            return is_news

    @property
    def rundown(self) -> Rundown:
        """Programme, progress and stage as last read.

        Raises:
            NoProgramme: `begin` has not been called.
        """
        if self._rundown is None:
            raise NoProgramme
        return self._rundown

    @property
    def programme(self) -> Programme:
        """The programme in force."""
        return self.rundown.programme

    def at_desk(self, asked: str | None) -> Session | None:
        """The session a desk shows: the one asked for, else the one on the stage, else the first."""
        programme = self.programme
        for one in (asked, self.rundown.stage.session):
            if one is not None and (found := programme.session(one)) is not None:
                return found
        return next(iter(programme.sessions), None)

    def status(self, session_id: str) -> Status:
        """Where a session stands."""
        return self.rundown.at(session_id).status

    def progress(self, session_id: str) -> Progress:
        """Status, version and join code of a session."""
        return self.rundown.at(session_id)

    def board(self, at: datetime | None = None) -> Board:
        """The board at an instant, by default now, with the times that are to be expected."""
        return self._run(at)[1]

    def running(self) -> Programme:
        """The programme with the times that are to be expected now."""
        return self._run()[0]

    def _run(self, at: datetime | None = None) -> tuple[Programme, Board]:
        """Of this instant; the programme is worked out anew, a tenth of a millisecond each time."""
        rundown, moment = self.rundown, at or self.now()
        return running_board(rundown.programme, moment, rundown.statuses, run_of(rundown))
