"""Configuration: one frozen value, read once at start, with every mistake told together. Pure.

``docs/SETTINGS.md`` lists the same variables; a test keeps the two together.
"""

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from expo import addresses
from expo.variables import BY_NAME, VARIABLES, Variable

T = TypeVar("T")

SECRET_BYTES: Final = 32  # the least a secret may have; 256 bits cannot be guessed
_SECRET_LETTERS: Final = (
    12  # different characters a secret must have; "aaaa…" and "changeme…" have fewer
)
_SAMPLE: Final = re.compile(
    r"change.?me|example|sample|secret.?key|password|insecure|0123456789|abcdefgh", re.IGNORECASE
)
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
_ONE_FILE: Final = "sqlite"
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # what a Bearer header can carry (RFC 6750)
_NODE: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_PROVIDER: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_IGNORED: Final = frozenset({"SAWT_PYTHON"})  # read by the Makefile alone


class Mode(StrEnum):
    """What the server is for."""

    DEMO = "demo"
    """Rehearsals: plain http, a secret made by itself."""
    PRODUCTION = "production"
    """A real expo: https and a secret of one's own."""


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


class Settings(msgspec.Struct, frozen=True):
    """The effective configuration.

    ``database_url`` is None for the SQLite file in the data folder; with PostgreSQL there may be
    several nodes, ``node`` names this one (empty: after its machine and process). ``public_url`` is what people
    type, without a trailing slash. ``secret_keys``: the first signs, all of them verify; empty only
    in a demo, until `with_secret`. ``allowed_origins`` are further origins whose pages may write.
    ``trusted_proxies`` are the addresses whose ``X-Forwarded-*`` headers are believed.
    ``media_folder`` keeps the pictures of initiatives; empty only until the data folder is known.
    ``smtp_url`` and ``mail_from`` deliver letters; without them organisers read the outbox.
    ``metrics_token`` lets a scraper read ``/metrics``; empty: organisers alone. ``oidc_providers`` is
    the path of the file of providers, ``oidc_secrets`` has the client secret by id of provider.
    """

    mode: Mode
    public_url: str
    database_url: str | None = None
    notifier_url: str = ""
    secret_keys: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    log_format: LogFormat = LogFormat.TEXT
    node: str = ""
    metrics_token: str = ""
    media_folder: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    oidc_providers: str = ""
    oidc_secrets: tuple[tuple[str, str], ...] = ()

    @property
    def is_shared(self) -> bool:
        """Whether other nodes may serve the same expo."""
        return not (self.database_url or _ONE_FILE).startswith(_ONE_FILE)

    @property
    def is_https(self) -> bool:
        """Whether cookies may be bound to a secure origin."""
        return self.public_url.startswith("https://")

    @property
    def origins(self) -> frozenset[str]:
        """Every origin whose pages may write and open sockets, exactly as browsers send it."""
        return frozenset({self.public_url, *self.allowed_origins})


class Mistake(msgspec.Struct, frozen=True):
    """One wrong variable: its name, what was found (never a secret) and what is allowed."""

    name: str
    found: str
    allowed: str


class WrongSettings(Exception):
    """The environment cannot be used; ``mistakes`` holds every reason, ``str()`` one line each."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        lines = (f"{m.name}: found {m.found}; allowed: {m.allowed}" for m in mistakes)
        super().__init__("\n".join(lines))
        self.mistakes = mistakes


def read(environ: Mapping[str, str], *, public_url: str = "http://127.0.0.1:8000") -> Settings:
    """The settings in this environment.

    Args:
        environ: Names and values; everything that does not begin with ``SAWT_`` is ignored.
        public_url: The address the server listens on, for a demo that does not name another.

    Raises:
        WrongSettings: Something is missing, malformed, unknown or too weak.
    """
    reader = _Reader(environ)
    mode = reader.read("SAWT_MODE", Mode, Mode.DEMO)
    demo = mode is Mode.DEMO
    https_only = not demo
    settings = Settings(
        mode=mode,
        public_url=reader.read(
            "SAWT_PUBLIC_URL", _origin(https_only), public_url if demo else None
        ),
        database_url=reader.read("SAWT_DATABASE_URL", addresses.database, "") or None,
        notifier_url=reader.read("SAWT_NOTIFIER_URL", addresses.notifier, ""),
        secret_keys=reader.read("SAWT_SECRET_KEY", _secrets, () if demo else None),
        allowed_origins=reader.read("SAWT_ALLOWED_ORIGINS", _each(_origin(https_only)), ()),
        trusted_proxies=reader.read("SAWT_TRUSTED_PROXIES", _each(_address), ("127.0.0.1", "::1")),
        log_format=reader.read(
            "SAWT_LOG_FORMAT", LogFormat, LogFormat.TEXT if demo else LogFormat.JSON
        ),
        node=reader.read("SAWT_NODE", _node, ""),
        metrics_token=reader.read("SAWT_METRICS_TOKEN", _token, ""),
        media_folder=reader.read("SAWT_MEDIA_FOLDER", _path, ""),
        smtp_url=reader.read("SAWT_SMTP_URL", addresses.mail_server, ""),
        mail_from=reader.read("SAWT_MAIL_FROM", addresses.sender, ""),
        oidc_providers=reader.read("SAWT_OIDC_PROVIDERS", _path, ""),
        oidc_secrets=reader.read("SAWT_OIDC_SECRETS", _named_secrets, ()),
    )
    if settings.is_shared and demo and not environ.get("SAWT_SECRET_KEY", "").strip():
        # Nodes with different secrets would not know each other's passes and join codes.
        reader.note("SAWT_SECRET_KEY", "nothing, while SAWT_DATABASE_URL names a server")
    if settings.smtp_url and not settings.mail_from:
        reader.note("SAWT_MAIL_FROM", "nothing, while SAWT_SMTP_URL names a server")
    mistakes = (*reader.mistakes, *_strangers(environ))
    if mistakes:
        raise WrongSettings(mistakes)
    return settings


def with_secret(settings: Settings, secret: str) -> Settings:
    """The settings with the secret of the data folder, where the environment gave none."""
    if settings.secret_keys:
        return settings
    return msgspec.structs.replace(settings, secret_keys=(secret,))


def effective(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Each variable's name with its effective value; secrets are only counted, passwords left out."""
    values = {
        "SAWT_MODE": settings.mode.value,
        "SAWT_PUBLIC_URL": settings.public_url,
        "SAWT_SECRET_KEY": f"({len(settings.secret_keys)} set)",
        "SAWT_DATABASE_URL": addresses.shown(settings.database_url or ""),
        "SAWT_NOTIFIER_URL": addresses.shown(settings.notifier_url),
        "SAWT_NODE": settings.node,
        "SAWT_ALLOWED_ORIGINS": ",".join(settings.allowed_origins),
        "SAWT_TRUSTED_PROXIES": ",".join(settings.trusted_proxies),
        "SAWT_LOG_FORMAT": settings.log_format.value,
        "SAWT_METRICS_TOKEN": f"({int(bool(settings.metrics_token))} set)",
        "SAWT_MEDIA_FOLDER": settings.media_folder,
        "SAWT_SMTP_URL": addresses.shown(settings.smtp_url),
        "SAWT_MAIL_FROM": settings.mail_from,
        "SAWT_OIDC_PROVIDERS": settings.oidc_providers,
        "SAWT_OIDC_SECRETS": f"({len(settings.oidc_secrets)} set)",
    }
    return tuple((variable.name, values[variable.name]) for variable in VARIABLES)


class _Reader:
    """Reads one variable after the other and notes the mistakes."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.mistakes: list[Mistake] = []

    def read(self, name: str, parse: Callable[[str], T], default: T | None) -> T:
        """The parsed value, or the default where it is empty; a default of None means required.

        After a mistake the value is a stand-in that nobody sees: `read` raises in the end.
        """
        raw = self._environ.get(name, "").strip()
        if raw:
            try:
                return parse(raw)
            except ValueError:
                self.note(name, _found(BY_NAME[name], raw))
        elif default is None:
            self.note(name, "nothing")
        return default if default is not None else parse(_STAND_INS[name])

    def note(self, name: str, found: str) -> None:
        """Remember what is wrong with a variable."""
        self.mistakes.append(Mistake(name, found, BY_NAME[name].allowed.replace("`", "")))


def _found(variable: Variable, raw: str) -> str:
    if variable.is_secret:
        return "(hidden)"
    return addresses.hinted(raw) if variable.is_address else repr(raw)


_STAND_INS: Final = {
    "SAWT_PUBLIC_URL": "https://stand-in.invalid",
    "SAWT_SECRET_KEY": "stand-in: qwertyuiop-zxcvbnm-1357924680",
}


def _strangers(environ: Mapping[str, str]) -> tuple[Mistake, ...]:
    """Variables that look like ours and are not: most likely a slip of the finger."""
    unknown = sorted(n for n in environ if n.startswith("SAWT_") and n not in {*BY_NAME, *_IGNORED})
    near = {name: difflib.get_close_matches(name, BY_NAME, n=1) for name in unknown}
    return tuple(
        Mistake(name, "an unknown variable", near[name][0] if near[name] else ", ".join(BY_NAME))
        for name in unknown
    )


def _node(raw: str) -> str:
    if not _NODE.fullmatch(raw):
        raise ValueError(raw)
    return raw


def _token(raw: str) -> str:
    if not _TOKEN.fullmatch(raw) or _is_weak(raw):
        raise ValueError
    return raw


def _path(raw: str) -> str:
    if not raw.isprintable():
        raise ValueError(raw)
    return raw


def _named_secrets(raw: str) -> tuple[tuple[str, str], ...]:
    pairs = [one.partition("=") for one in raw.split()]
    names = {
        name for name, _, secret in pairs if _PROVIDER.fullmatch(name) and secret.isprintable()
    }
    if len(names) != len(pairs) or not all(secret for _, _, secret in pairs):
        raise ValueError
    return tuple((name, secret) for name, _, secret in pairs)


def _origin(https_only: bool) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        host = (parts.hostname or "").lower()
        shown = f"[{host}]" if ":" in host else host
        if (
            parts.scheme not in ({"https"} if https_only else {"http", "https"})
            or parts.path.strip("/")
            or parts.query
            or parts.fragment
            or "@" in parts.netloc
            or not _HOST.fullmatch(shown)
        ):
            raise ValueError(raw)
        default = {"http": 80, "https": 443}[parts.scheme]
        port = "" if parts.port in (None, default) else f":{parts.port}"
        return f"{parts.scheme}://{shown}{port}"

    return parse


def _address(raw: str) -> str:
    return str(ipaddress.ip_address(raw))


def _each(parse: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    return lambda raw: tuple(parse(one.strip()) for one in raw.split(",") if one.strip())


def _secrets(raw: str) -> tuple[str, ...]:
    secrets = tuple(one.strip() for one in raw.split(",") if one.strip())
    if not secrets or any(_is_weak(secret) for secret in secrets):
        raise ValueError
    return secrets


def _is_weak(secret: str) -> bool:
    return (
        len(secret.encode()) < SECRET_BYTES
        or len(set(secret)) < _SECRET_LETTERS
        or _SAMPLE.search(secret) is not None
    )
