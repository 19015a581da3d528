"""Whether anybody has committed since, asked in a microsecond: a look that finds nothing costs nothing.

Followers look at the record every second, told or not: another process may have written the file. On
SQLite a transaction for that goes to another thread and back several times, about a millisecond; the
file's own version number answers the same question from memory.
"""

import contextlib
import sqlite3


class Commits:
    """Commits to one SQLite file, by whichever connection of whichever process.

    For the loop's thread; its connection never writes and holds no lock between two questions.

    Args:
        file: None where a server keeps the record: there only a look tells.
    """

    def __init__(self, file: str | None) -> None:
        self._file = file
        self._cursor: sqlite3.Cursor | None = None

    def mark(self) -> int | None:
        """A number that is another one after every commit; None where it cannot be had, so look.

        Ask before looking: what is committed during the look makes the next mark another one.
        """
        if self._file is None:
            return None
        try:
            if self._cursor is None:
                # Never waits: who recovers or empties the log just now has news anyway.
                raw = sqlite3.connect(self._file, isolation_level=None, timeout=0)
                self._cursor = raw.cursor()
                self._cursor.execute("PRAGMA query_only=ON")
            row = self._cursor.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            self.close()
            return None
        return int(row[0])

    def close(self) -> None:
        """Give the connection back; the next question opens another."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            with contextlib.suppress(sqlite3.Error):
                cursor.connection.close()
