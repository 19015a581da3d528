"""Letters under hostile input, and lines on which nothing may travel in the clear."""

import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from expo.post.letters import State
from expo.post.mail import MailServer
from tests.support.office import TO, Office, office_in, server
from tests.support.postbox import SENDER, postbox, text_of


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with office_in(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a mail server on loopback shows, and what believes it alone."""
    folder = tmp_path_factory.mktemp("certificate")
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*words.split(), *more], cwd=folder, check=True, capture_output=True)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return theirs, ssl.create_default_context(cafile=str(folder / "cert.pem"))


@pytest.mark.parametrize(
    "subject",
    [
        "Hello\r\nBcc: everybody@x.example",
        "Hello\nX-Evil: 1\n\nAnother text",
        "Hello\u2028Bcc: everybody@x.example",
        "x" * 5000,
        "\u202eolleh",
    ],
)
async def test_subject_stays_one_header(office: Office, subject: str) -> None:
    await office.send(office.letter(subject=subject))

    with postbox() as box:
        await office.follower(server(box)).look()

    (found,) = box.letters
    assert box.envelopes[0][1] == (TO,)
    assert found["Bcc"] is None
    assert found["X-Evil"] is None
    assert text_of(found) == "It is 123456.\n"
    assert "\u202e" not in str(found["Subject"])


@pytest.mark.parametrize(
    "to",
    [
        "a@x.example\r\nBcc: b@x.example",
        "a@x.example, b@x.example",
        "Name <a@x.example>",
        "a@x.example ",
        "A@x.example",
        "",
    ],
)
async def test_address_that_is_not_one_is_a_mistake_of_ours(office: Office, to: str) -> None:
    with pytest.raises(ValueError, match="address"):
        await office.send(office.letter(to))

    assert await office.post.listed() == ()


async def test_lines_that_begin_with_a_dot_arrive_whole(office: Office) -> None:
    text = ".\n.. two\nQUIT\n\nend\n"
    await office.send(office.letter(text=text))

    with postbox() as box:
        await office.follower(server(box)).look()

    assert text_of(box.letters[0]) == text


async def test_server_without_encryption_gets_nothing_unless_it_was_allowed(
    office: Office,
) -> None:
    await office.send(office.letter())

    with postbox() as box:
        strict = MailServer(f"smtp://127.0.0.1:{box.port}", SENDER, timeout=5)
        await office.follower(strict).look()

    assert box.letters == []
    assert (await office.only()).state is State.WAITING


async def test_password_goes_over_an_encrypted_line_only(
    office: Office, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    theirs, ours = certificate
    seen: list[tuple[bytes, bytes]] = []

    def check(_server: Any, session: Any, _envelope: Any, _kind: str, data: Any) -> AuthResult:
        assert session.ssl is not None
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss word", handled=False)

    await office.send(office.letter())
    with postbox(
        tls_context=theirs, require_starttls=True, authenticator=check, auth_required=True
    ) as box:
        where = f"smtp://sawt:{{}}@127.0.0.1:{box.port}"
        wrong = MailServer(where.format("wrong"), SENDER, timeout=5, trusted=ours)
        await office.follower(wrong).look()
        waiting = await office.only()
        office.clock.move(seconds=60)
        right = MailServer(where.format("p%40ss%20word"), SENDER, timeout=5, trusted=ours)
        await office.follower(right).look()

    assert (waiting.state, waiting.answer[:3]) == (State.WAITING, "535")
    assert "wrong" not in waiting.answer
    assert seen[-1] == (b"sawt", b"p@ss word")
    assert len(box.letters) == 1


async def test_certificate_nobody_vouches_for_gets_nothing(
    office: Office, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    await office.send(office.letter())

    with postbox(tls_context=certificate[0], require_starttls=True) as box:
        strict = MailServer(f"smtp://127.0.0.1:{box.port}", SENDER, timeout=5)
        await office.follower(strict).look()

    assert box.letters == []
    assert (await office.only()).state is State.WAITING
