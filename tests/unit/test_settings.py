"""The environment is read once, strictly, and every mistake is told together."""

import re
from pathlib import Path

import pytest

from expo.settings import (
    LogFormat,
    Mode,
    Settings,
    WrongSettings,
    effective,
    read,
    with_secret,
)
from expo.variables import VARIABLES

GOOD_SECRET = "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"
PRODUCTION = {
    "SAWT_MODE": "production",
    "SAWT_PUBLIC_URL": "https://expo.example.ae",
    "SAWT_SECRET_KEY": GOOD_SECRET,
}


def mistaken(environ: dict[str, str]) -> list[str]:
    with pytest.raises(WrongSettings) as caught:
        read(environ)
    return [mistake.name for mistake in caught.value.mistakes]


def test_empty_environment_is_a_demo_on_the_given_address() -> None:
    settings = read({"HOME": "/root"}, public_url="http://192.168.1.7:8000")

    assert settings == Settings(mode=Mode.DEMO, public_url="http://192.168.1.7:8000")
    assert not settings.is_https


def test_production_takes_https_and_a_secret() -> None:
    settings = read({**PRODUCTION, "SAWT_ALLOWED_ORIGINS": "https://a.ae, https://b.ae:8443"})

    assert settings.secret_keys == (GOOD_SECRET,)
    assert settings.log_format is LogFormat.JSON
    assert settings.is_https
    assert settings.origins == {"https://expo.example.ae", "https://a.ae", "https://b.ae:8443"}


def test_production_without_anything_tells_everything_missing() -> None:
    assert mistaken({"SAWT_MODE": "production"}) == ["SAWT_PUBLIC_URL", "SAWT_SECRET_KEY"]


def test_every_mistake_is_told_at_once_and_no_secret_is_shown() -> None:
    environ = {
        "SAWT_MODE": "live",
        "SAWT_PUBLIC_URL": "ftp://expo",
        "SAWT_SECRET_KEY": "hunter2",
        "SAWT_DATABASE_URL": "mysql://x",
        "SAWT_NOTIFIER_URL": "redis://x",
        "SAWT_ALLOWED_ORIGINS": "*",
        "SAWT_TRUSTED_PROXIES": "*",
        "SAWT_LOG_FORMAT": "xml",
        "SAWT_NODE": "node one",
        "SAWT_METRICS_TOKEN": "letmein",
        "SAWT_PUBLIC_ULR": "x",
    }

    with pytest.raises(WrongSettings) as caught:
        read(environ)

    mistakes = caught.value.mistakes
    assert {mistake.name for mistake in mistakes} == set(environ)
    assert "hunter2" not in str(caught.value)
    assert str(caught.value).count("\n") == len(mistakes) - 1
    assert next(m for m in mistakes if m.name == "SAWT_PUBLIC_ULR").allowed == "SAWT_PUBLIC_URL"


@pytest.mark.parametrize(
    "secret",
    ["short", "a" * 64, "changeme-" * 6, "0123456789" * 5, "my secret key is very long and nice"],
)
def test_weak_or_sample_secret_is_refused(secret: str) -> None:
    assert mistaken({**PRODUCTION, "SAWT_SECRET_KEY": secret}) == ["SAWT_SECRET_KEY"]


def test_weak_old_secret_is_refused_too() -> None:
    environ = {**PRODUCTION, "SAWT_SECRET_KEY": f"{GOOD_SECRET},short"}

    assert mistaken(environ) == ["SAWT_SECRET_KEY"]


def test_two_secrets_are_kept_in_order() -> None:
    old = GOOD_SECRET[::-1]

    settings = read({**PRODUCTION, "SAWT_SECRET_KEY": f"{GOOD_SECRET}, {old}"})

    assert settings.secret_keys == (GOOD_SECRET, old)


@pytest.mark.parametrize(
    "url",
    [
        "http://expo.ae",
        "https://expo.ae/ar",
        "https://expo.ae?x=1",
        "https://expo.ae#x",
        "https://user@expo.ae",
        "https://expo.ae:99999",
        "https://expo.ae:x",
        "https://",
        "https://[::1",
        "https://ex po.ae",
        "https://expo_.ae\n",
        "expo.ae",
        "*",
        "null",
    ],
)
def test_public_url_that_is_no_secure_origin_is_refused_in_production(url: str) -> None:
    assert mistaken({**PRODUCTION, "SAWT_PUBLIC_URL": url}) == ["SAWT_PUBLIC_URL"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTPS://Expo.AE/", "https://expo.ae"),
        ("https://expo.ae:443", "https://expo.ae"),
        ("https://expo.ae:8443/", "https://expo.ae:8443"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_public_url_is_written_as_browsers_send_it(url: str, origin: str) -> None:
    assert read({**PRODUCTION, "SAWT_PUBLIC_URL": url}).public_url == origin


def test_plain_http_origin_is_refused_in_production_only() -> None:
    environ = {"SAWT_ALLOWED_ORIGINS": "http://10.0.0.7:8000"}

    assert read(environ).allowed_origins == ("http://10.0.0.7:8000",)
    assert mistaken({**PRODUCTION, **environ}) == ["SAWT_ALLOWED_ORIGINS"]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///x",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///a?b=1",
        "postgresql://sawt:hunter2@db/sawt",
        "postgresql+asyncpg://sawt:hunter2@db/sawt",
        "postgresql+psycopg://sawt:hunter2@db",
        "postgresql+psycopg://sawt:hunter2@db/",
        "postgresql+psycopg://sawt:hunter2@/sawt",
        "postgresql+psycopg://sawt:hunter2@db:0/sawt",
        "postgresql+psycopg://sawt:hunter2@db:70000/sawt",
        "postgresql+psycopg://sawt:hunter2@db:٥٤٣٢/sawt",
        "postgresql+psycopg://sawt:hunter2@db/sawt?options=-c%20fsync%3Doff",
        "postgresql+psycopg://sawt:hunter2@db/sawt?sslmode",
        "postgresql+psycopg://sawt:hunter2@db/sawt?sslmode=require&sslmode=disable",
        "postgresql+psycopg://sawt:hunter2@db/sawt#x",
        "postgresql+psycopg://sawt:hunter2@db/sa%00wt",
        "postgresql+psycopg://sawt:hunter2/x@db/sawt",
        "postgresql+psycopg://sawt:hunter2@db/sawt?password=hunter2",
        "host=db user=sawt password=hunter2",
        "sawt:hunter2@db",
    ],
)
def test_database_that_is_no_address_of_ours_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(WrongSettings) as caught:
        read({"SAWT_DATABASE_URL": url, "SAWT_SECRET_KEY": GOOD_SECRET})

    assert [mistake.name for mistake in caught.value.mistakes] == ["SAWT_DATABASE_URL"]
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://sawt:p%40ss@db.example.org:5432/sawt",
        "postgresql+psycopg://sawt@10.0.0.7/sawt?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "postgresql+psycopg://[::1]:5433/sawt",
        "postgresql+psycopg:///sawt?host=/run/postgresql",
    ],
)
def test_postgresql_may_be_shared_by_nodes_that_share_a_secret(url: str) -> None:
    shared = read({"SAWT_DATABASE_URL": url, "SAWT_SECRET_KEY": GOOD_SECRET})

    assert shared.database_url == url
    assert shared.is_shared
    assert not read({}).is_shared
    assert mistaken({"SAWT_DATABASE_URL": url}) == ["SAWT_SECRET_KEY"]


@pytest.mark.parametrize(
    "url",
    ["nats://", "nats://a:x", "nats://a/b", "nats://a,", "nats://a b", "http://a", "nats://a:0"],
)
def test_notifier_that_is_no_address_is_refused(url: str) -> None:
    assert mistaken({"SAWT_NOTIFIER_URL": url}) == ["SAWT_NOTIFIER_URL"]


def test_notifier_may_be_a_cluster() -> None:
    settings = read({"SAWT_NOTIFIER_URL": "nats://a:4222, nats://u:p@[::1]:4223"})

    assert settings.notifier_url == "nats://a:4222,nats://u:p@[::1]:4223"


@pytest.mark.parametrize("name", ["-a", "a b", "a/b", "ع", "a" * 65, "a\nb"])
def test_node_has_a_plain_name(name: str) -> None:
    assert read({"SAWT_NODE": "expo-1.example"}).node == "expo-1.example"
    assert mistaken({"SAWT_NODE": name}) == ["SAWT_NODE"]


@pytest.mark.parametrize(
    "token", ["short", "a" * 40, f"{GOOD_SECRET} x", f"{GOOD_SECRET}ع", "changeme" * 5]
)
def test_token_of_the_metrics_is_strong_and_fits_a_header(token: str) -> None:
    settings = read({"SAWT_METRICS_TOKEN": GOOD_SECRET})

    assert settings.metrics_token == GOOD_SECRET
    assert dict(effective(settings))["SAWT_METRICS_TOKEN"] == "(1 set)"
    assert mistaken({"SAWT_METRICS_TOKEN": token}) == ["SAWT_METRICS_TOKEN"]


def test_secret_of_the_data_folder_stands_in_only_where_none_was_given() -> None:
    demo, real = read({}), read(PRODUCTION)

    assert with_secret(demo, "made").secret_keys == ("made",)
    assert with_secret(real, "made") == real


def test_effective_values_cover_every_variable_and_mask_the_secret() -> None:
    shown = dict(effective(read(PRODUCTION)))

    assert list(shown) == [variable.name for variable in VARIABLES]
    assert shown["SAWT_SECRET_KEY"] == "(1 set)"
    assert GOOD_SECRET not in repr(shown)


@pytest.mark.parametrize(
    "server",
    [
        "http://mail", "smtp://", "smtp://user@mail", "smtp://mail:99999", "smtp://mail/box",
        "smtp://mail?starttls=no", "smtp://mail?tls=no", "mail.example.ae",
    ],
)  # fmt: skip
def test_mail_server_that_is_none_is_refused(server: str) -> None:
    with pytest.raises(WrongSettings, match="SAWT_SMTP_URL"):
        read({"SAWT_SMTP_URL": server, "SAWT_MAIL_FROM": "expo@example.ae"})


@pytest.mark.parametrize(
    "sender", ["expo", "Expo <expo>", "a@b.ae, c@d.ae", "Expo\r\nBcc: <x@y.ae>", "<a@b.ae> x"]
)
def test_sender_that_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(WrongSettings, match="SAWT_MAIL_FROM"):
        read({"SAWT_SMTP_URL": "smtps://mail.example.ae", "SAWT_MAIL_FROM": sender})


def test_mail_server_needs_a_sender() -> None:
    found = read({"SAWT_SMTP_URL": "smtp://u:p%40@mail:587", "SAWT_MAIL_FROM": "Sawt <x@y.ae>"})

    assert found.mail_from == "Sawt <x@y.ae>"
    assert "p%40" not in dict(effective(found))["SAWT_SMTP_URL"]
    read({"SAWT_SMTP_URL": "smtp://localhost:25?starttls=no", "SAWT_MAIL_FROM": "x@y.ae"})
    with pytest.raises(WrongSettings, match="SAWT_MAIL_FROM"):
        read({"SAWT_SMTP_URL": "smtps://mail"})


def test_effective_addresses_have_no_password() -> None:
    shown = dict(
        effective(
            read(
                {
                    "SAWT_DATABASE_URL": "postgresql+psycopg://sawt:hunter2@db/sawt",
                    "SAWT_NOTIFIER_URL": "nats://n:hunter2@a,nats://n:hunter2@b",
                    "SAWT_SECRET_KEY": GOOD_SECRET,
                }
            )
        )
    )

    assert shown["SAWT_DATABASE_URL"] == "postgresql+psycopg://sawt:***@db/sawt"
    assert shown["SAWT_NOTIFIER_URL"] == "nats://n:***@a,nats://n:***@b"


def test_document_lists_every_variable_as_the_code_has_it() -> None:
    text = Path("docs/SETTINGS.md").read_text()
    rows = re.findall(r"^\| `(SAWT_\w+)` \| (.+?) \| (.+?) \|$", text, re.MULTILINE)

    assert rows == [(v.name, v.allowed, v.default) for v in VARIABLES]
