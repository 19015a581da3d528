"""The variables of the environment, as documented in ``docs/SETTINGS.md``. Pure."""

from typing import Final

import msgspec


class Variable(msgspec.Struct, frozen=True):
    """One variable of the environment, as documented; ``default`` and ``allowed`` are for people.

    A secret is never shown, an address without its password.
    """

    name: str
    allowed: str
    default: str
    is_secret: bool = False
    is_address: bool = False


VARIABLES: Final = (
    Variable("SAWT_MODE", "`demo` or `production`", "`demo`"),
    Variable(
        "SAWT_PUBLIC_URL",
        "`https://` or `http://`, a host and perhaps a port, nothing after it; `https://` in production",
        "in a demo the address the server listens on; none in production",
    ),
    Variable(
        "SAWT_SECRET_KEY",
        "at least 32 bytes of chance, no sample; after a comma older ones that still verify",
        "in a demo on SQLite made at first start and kept in the data folder; none else",
        is_secret=True,
    ),
    Variable(
        "SAWT_DATABASE_URL",
        "`sqlite+aiosqlite:///` and the path of a file, or `postgresql+psycopg://user:password@host:port/name` with special characters as `%XX`",
        "empty: `sawt.sqlite3` in the data folder",
        is_address=True,
    ),
    Variable(
        "SAWT_NOTIFIER_URL",
        "empty, or `nats://host:port`; several servers of one cluster separated by commas",
        "empty: through PostgreSQL where there is one, else inside the process",
        is_address=True,
    ),
    Variable(
        "SAWT_NODE",
        "up to 64 letters, digits, `.`, `-` and `_`; another for each node",
        "empty: the machine's name and the process",
    ),
    Variable(
        "SAWT_ALLOWED_ORIGINS",
        "origins separated by commas, each as for `SAWT_PUBLIC_URL`",
        "empty: only the public address",
    ),
    Variable(
        "SAWT_TRUSTED_PROXIES",
        "addresses of proxies separated by commas, never `*`",
        "`127.0.0.1,::1`",
    ),
    Variable("SAWT_LOG_FORMAT", "`text` or `json`", "`text` in a demo, `json` in production"),
    Variable(
        "SAWT_METRICS_TOKEN",
        "at least 32 letters and digits of chance, and `.`, `_`, `~`, `+`, `/`, `-`; no sample",
        "empty: only organisers read `/metrics`",
        is_secret=True,
    ),
    Variable(
        "SAWT_MEDIA_FOLDER",
        "the path of a folder; the same folder for every node",
        "empty: `media` in the data folder",
    ),
    Variable(
        "SAWT_SMTP_URL",
        "`smtp://user:password@host:port` (STARTTLS; `?starttls=no` on one's own machine only) or `smtps://…`",
        "empty: letters wait in the outbox, which organisers read",
        is_address=True,
    ),
    Variable(
        "SAWT_MAIL_FROM",
        "an address, perhaps with a name before it: `Sawt <expo@example.ae>`; needed with `SAWT_SMTP_URL`",
        "empty: there is no mail server",
    ),
    Variable(
        "SAWT_OIDC_PROVIDERS",
        "the path of a YAML or JSON file of providers people sign in with",
        "empty: nobody signs in with a provider",
    ),
    Variable(
        "SAWT_OIDC_SECRETS",
        "`id=secret` for each provider in that file, separated by spaces",
        "empty: there are no providers",
        is_secret=True,
    ),
)
BY_NAME: Final = {variable.name: variable for variable in VARIABLES}
"""The same, by name."""
