"""Which notifier an expo has, by its settings."""

from expo.wire.notifier import LocalNotifier
from expo.wire.notifier_nats import NatsLink
from expo.wire.notifier_postgres import PostgresLink
from expo.wire.notifier_shared import SharedNotifier


def notifier(url: str, dsn: str | None) -> LocalNotifier | SharedNotifier:
    """NATS where it is named, else PostgreSQL where the record is there, else this process alone.

    Args:
        url: ``SAWT_NOTIFIER_URL``: empty, or NATS servers separated by commas.
        dsn: Of the database for psycopg; None on SQLite.

    Returns:
        A `SharedNotifier` has a ``run`` that belongs under the supervisor.
    """
    if url:
        return SharedNotifier(NatsLink(url.split(",")))
    if dsn is not None:
        return SharedNotifier(PostgresLink(dsn))
    return LocalNotifier()
