"""Addresses of other servers as settings name them: read strictly, shown without passwords. Pure."""

import re
from typing import Final
from urllib.parse import parse_qsl, unquote

from expo.mailboxes import mailbox

_SQLITE: Final = re.compile(r"sqlite\+aiosqlite:///[^?#\x00-\x20]+")
_SERVER: Final = (
    r"(?:(?P<user>[^\s:/?#@\x00-\x20\x7f]+)(?::(?P<password>[^\s:/?#@\x00-\x20\x7f]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
_POSTGRESQL: Final = re.compile(
    r"postgresql\+psycopg://"
    + _SERVER
    + r"/(?P<name>[^\s/?#@\x00-\x20\x7f]+)(?:\?(?P<query>[^#\s]+))?"
)
_NATS: Final = re.compile(r"nats://" + _SERVER)
_MAIL_SERVER: Final = re.compile(r"smtps?://" + _SERVER + r"(?:\?starttls=(?:yes|no))?")
_OWN_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SENDER: Final = re.compile(r"(?:[^<>@\x00-\x1f\x7f\",;:]{1,80} )?<(?P<address>[^<>]+)>")
_QUERY: Final = frozenset(
    {"host", "sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "passfile"}
)
"""What may stand after the question mark; settings of the session are ours to make."""
_MOST_PORTS: Final = 65_535
_PASSWORD: Final = re.compile(r"(?<=://)(?P<user>[^:/?#@]*):[^@]*@")
_WHISPERS: Final = re.compile(r"[@?=]|pass|secret", re.IGNORECASE)


def database(raw: str) -> str:
    """The address of a database: an SQLite file, or a PostgreSQL server by psycopg.

    Raises:
        ValueError: It is neither, or it is not whole.
    """
    if _SQLITE.fullmatch(raw):
        return raw
    found = _POSTGRESQL.fullmatch(raw)
    if found is None or not _is_sane(found):
        raise ValueError
    query = parse_qsl(
        found["query"] or "", keep_blank_values=True, strict_parsing=bool(found["query"])
    )
    names = [name for name, _ in query]
    if not set(names) <= _QUERY or len(set(names)) != len(names) or not all(v for _, v in query):
        raise ValueError
    if not found["host"] and "host" not in names:  # a folder with a socket is named in the query
        raise ValueError
    return raw


def notifier(raw: str) -> str:
    """The addresses of one or more NATS servers of one cluster, separated by commas.

    Raises:
        ValueError: One of them is none.
    """
    servers = [one.strip() for one in raw.split(",")]
    for one in servers:
        found = _NATS.fullmatch(one)
        if found is None or not found["host"] or not _is_sane(found):
            raise ValueError
    return ",".join(servers)


def mail_server(raw: str) -> str:
    """The address of a mail server.

    Raises:
        ValueError: It is none, a user has no password, or letters would cross a network in the clear.
    """
    found = _MAIL_SERVER.fullmatch(raw)
    if found is None or not found["host"] or not _is_sane(found):
        raise ValueError
    is_plain = raw.endswith("?starttls=no") and raw.startswith("smtp:")
    if is_plain and found["host"] not in _OWN_MACHINE:
        raise ValueError
    if (found["user"] is None) != (found["password"] is None):
        raise ValueError
    return raw


def sender(raw: str) -> str:
    """Who letters are from: an address, perhaps with a name before it.

    Raises:
        ValueError: There is no address in it, or something more.
    """
    found = _SENDER.fullmatch(raw)
    address = found["address"] if found else raw
    if mailbox(address) != address:
        raise ValueError
    return raw


def shown(address: str) -> str:
    """The address without its password."""
    return ",".join(_PASSWORD.sub(r"\g<user>:***@", one) for one in address.split(","))


def hinted(raw: str) -> str:
    """What was found where no address could be read: hidden when a password may be in it."""
    return "(hidden)" if _WHISPERS.search(raw) else repr(raw)


def _is_sane(found: re.Match[str]) -> bool:
    """Whether the port is one and nothing hides behind percent signs."""
    texts = [unquote(text) for text in found.groupdict().values() if text]
    is_printable = all(text.isprintable() for text in texts)
    port = found["port"]
    return is_printable and (port is None or 0 < int(port) <= _MOST_PORTS)
