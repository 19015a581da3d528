"""The venue: who is here, what is proposed, what is on record, how word gets round.

Importing it puts the bundled SQLite in the place of the standard module, before SQLAlchemy or
aiosqlite can load the other one: a process that knows two SQLite libraries loses the file locks of
both, and Debian 12's own (3.40) predates the fix of the WAL-reset corruption (3.51.3, decision 0004).
"""

import sys

try:
    import pysqlite3
    import pysqlite3.dbapi2
except ModuleNotFoundError:  # no wheel for this platform: expo.db refuses a version that is too old
    pass
else:
    if "sqlite3" not in sys.modules:
        sys.modules["sqlite3"] = pysqlite3
        sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
