"""What a connection to PostgreSQL asks for, promises, and is checked for; below SQLAlchemy.

`expo.db` makes the pools from this; a record or a notifier with a connection of its own makes it
here. Nothing says a password: errors name variables and settings, never an address.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo
from typing_extensions import override

from expo.errors import N_, Fact

ANSWER_S: Final = 6.0
"""How long a server may be silent; longer than any of its own timeouts, which say why."""
_Found = TypeVar("_Found")


class Raw(psycopg.Connection[tuple[Any, ...]]):
    """A connection of one's own for one thread, for the one path where a row may cost microseconds.

    A server that is silent too long, stopped or behind a link that swallows everything, is as lost
    as one that hung up.
    """

    @override
    def wait(
        self, gen: PQGen[_Found], interval: float = 0.1, timeout: float | None = None
    ) -> _Found:
        """As in psycopg, but never for ever."""
        try:
            return super().wait(gen, interval, timeout or ANSWER_S)
        except psycopg.OperationalError as error:
            _hang_up(self, error)
            raise


class AsyncRaw(psycopg.AsyncConnection[tuple[Any, ...]]):
    """The same for the loop; the pools are made of these."""

    @override
    async def wait(
        self, gen: PQGen[_Found], interval: float = 0.1, timeout: float | None = None
    ) -> _Found:
        """As in psycopg, but never for ever."""
        try:
            return await super().wait(gen, interval, timeout or ANSWER_S)
        except psycopg.OperationalError as error:
            _hang_up(self, error)
            raise


_PROMISES: Final = {"synchronous_commit": "on"}
# Whatever the server, the database or the role has as its own habit.
_HABITS: Final = {"TimeZone": "UTC", "DateStyle": "ISO"}
# A row lock is waited for shorter than a person waits for an answer, and no statement of ours takes
# seconds: what does is stuck. A transaction that was forgotten, or whose node is frozen, would hold
# its locks against every other node.
_PATIENCE_MS: Final = {
    "lock_timeout": 2_000,
    "statement_timeout": 5_000,
    "idle_in_transaction_session_timeout": 5_000,
}
_EACH_ITS_OWN: Final = {"default_transaction_isolation": "read\\ committed"}
_ONE_STATE: Final = {  # a read sees one state, whatever commits meanwhile, and cannot write
    "default_transaction_isolation": "repeatable\\ read",
    "default_transaction_read_only": "on",
}
# A plan made while a table was small looks through all of it when it has grown: a batch of 500 took
# 600 ms until the next ANALYZE. Every statement of a connection of one's own has an index.
_BY_INDEX: Final = {"enable_seqscan": "off", "jit": "off"}
# Between two statements of the record lie milliseconds; what it holds keeps a contest from all nodes.
_BRIEF: Final = {"idle_in_transaction_session_timeout": "2000"}
_LINK: Final = {
    "connect_timeout": 3,  # s; libpq counts whole seconds, and at least two
    # A server that vanished without a word (power, cable) is noticed in 11 s instead of two hours.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 11_000,
    "client_encoding": "utf8",
}
_OLDEST: Final = 140_000
_NEEDED: Final = {
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "server_encoding": "UTF8",
    "transaction_read_only": "off",
}
_TOO_OLD: Final = N_("PostgreSQL {version} is too old; at least 14 is needed.")
_UNSAFE: Final = N_("PostgreSQL runs with {setting}={found}; {needed} is needed.")
# What the world did, not we: connection lost, out of something, shut down, cancelled by a timeout,
# lock not had in time, deadlock, or a server that has become somebody's standby.
_WORLDLY: Final = ("08", "53", "57", "58", "55P03", "40001", "40P01", "25006", "25P03", "25P04")
# Somebody else was first; the very same transaction may succeed at once.
_AGAIN: Final = ("40001", "40P01")
_KEPT_WAITING: Final = "55P03"
END_FROZEN: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user"
    " AND application_name LIKE 'sawt%' AND state = 'active' AND wait_event = 'ClientRead'"
    " AND xact_start < clock_timestamp() - interval '1500 milliseconds'"
)
"""Ends what a node holds that froze while it sent a statement longer than 8 kB: the server reads on, and
no timeout counts while it reads. Nobody who is awake is that long in one message. For whoever has waited
in vain for a lock."""
# What came from outside cannot be kept or looked for: a NUL in a text, a number beyond the column.
_UNFIT_VALUES: Final = ("22003", "22021", "22P05", "22P02", "22001")
_QUOTING: Final = "22"


class Unfit(Exception):
    """The database cannot keep the promises; the server must not start.

    Args:
        why: The sentence, an id of the catalogues.
        facts: What is filled into it.
    """

    def __init__(self, why: str, **facts: Fact) -> None:
        super().__init__(why.format(**facts))
        self.why = why
        self.facts = facts


def _hang_up(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any],
    error: psycopg.OperationalError,
) -> None:
    """Without a code it was not the server that spoke: what it may say later belongs to nobody."""
    if error.sqlstate is None:
        connection.pgconn.finish()


def options(*, reading: bool = False, patient: bool = False, by_index: bool = False) -> str:
    """The settings of a session as libpq's ``options``.

    Args:
        reading: Whether its transactions see one state and cannot write.
        patient: Whether it may wait for ever, as a listener does.
        by_index: Whether no table is ever looked through.
    """
    settings = _PROMISES | _HABITS | (_ONE_STATE if reading else _EACH_ITS_OWN)
    if not patient:
        settings |= {name: str(ms) for name, ms in _PATIENCE_MS.items()}
    if by_index:
        settings |= _BY_INDEX | _BRIEF
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def link(name: str) -> dict[str, Any]:
    """How a connection is made and kept; ``name`` is what the server's own lists call it."""
    return {**_LINK, "application_name": name}


def conninfo(where: Mapping[str, Any], name: str, with_options: str = "") -> str:
    """The text psycopg connects by; ``where`` holds user, password, host, port and dbname."""
    given = {**link(name), **where}
    return make_conninfo(**given, options=with_options) if with_options else make_conninfo(**given)


def connect(where: Mapping[str, Any], name: str) -> Raw:
    """A connection of one's own with every promise asserted.

    Raises:
        psycopg.Error: It cannot be had.
        Unfit: Something in between, a pooler perhaps, swallowed what was asked for.
    """
    raw = Raw.connect(conninfo(where, name, options(by_index=True)))
    try:
        assert_promises(raw.execute("SHOW synchronous_commit").fetchone())
        raw.rollback()
    except BaseException:
        raw.close()
        raise
    return raw


def assert_promises(found: Any) -> None:
    """Look at the row that SHOW synchronous_commit gave.

    Raises:
        Unfit: It is not on.
    """
    for name, needed in _PROMISES.items():
        if found is None or found[0] != needed:
            raise _unsafe(name, str(found and found[0]), needed)


async def check(where: Mapping[str, Any]) -> None:
    """What server, database and role say by themselves, without what our connections set.

    Raises:
        Unfit: It is too old, or cannot keep the promises.
        psycopg.OperationalError: It cannot be reached.
    """
    async with await AsyncRaw.connect(conninfo(where, "sawt check")) as plain:
        if plain.info.server_version < _OLDEST:
            raise Unfit(_TOO_OLD, version=str(plain.info.server_version // 10_000))
        for name, needed in _NEEDED.items():
            answer = await plain.execute("SELECT current_setting(%s)", [name])
            found = (await answer.fetchone() or ("",))[0]
            if found != needed:
                raise _unsafe(name, found, needed)


def was_kept_waiting(error: BaseException | None) -> bool:
    """Whether somebody else did not let go of a lock in time."""
    return isinstance(error, psycopg.Error) and error.sqlstate == _KEPT_WAITING


def is_worldly(error: BaseException | None) -> bool:
    """Whether the world failed, not a statement of ours."""
    state = _state(error)
    # Without a state the client itself noticed: no connection, or one that broke.
    return state.startswith(_WORLDLY) if state else isinstance(error, psycopg.OperationalError)


def is_worth_another_try(error: BaseException | None) -> bool:
    """Whether somebody else's transaction was in the way; nothing was changed."""
    return _state(error).startswith(_AGAIN)


def is_unfit_value(error: BaseException | None) -> bool:
    """Whether a value cannot be kept in its column, or in any: NUL in a text, a number too large."""
    state = _state(error)
    return state in _UNFIT_VALUES if state else isinstance(error, psycopg.DataError)


def hushed(error: BaseException | None) -> None:
    """Take out of an error, and of what caused it, the values the server quotes: ballots, names, tokens.

    PostgreSQL tells the whole failing row in its details, and of a value that does not fit the
    value itself. What stays is the sentence, or the code alone where the sentence quotes.
    """
    while error is not None:
        if isinstance(said := getattr(error, "orig", error), psycopg.Error) and error.args:
            state = _state(said)
            sentence = str(error.args[0]).partition("\n")[0]
            error.args = (f"SQLSTATE {state}" if state.startswith(_QUOTING) else sentence,)
        error = error.__cause__


def _unsafe(setting: str, found: str, needed: str) -> Unfit:
    return Unfit(_UNSAFE, setting=setting, found=found, needed=needed)


def _state(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or ""
