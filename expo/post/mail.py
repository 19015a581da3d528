"""One mail server: letters handed over to it, and what it said."""

import ssl
from email.policy import SMTP as WIRE
from email.utils import parseaddr
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from expo.post.letters import Answer, Fate, Posted, message_of

_TIMEOUT: Final = 20.0
"""Seconds one answer of the server may take; a letter that takes longer is tried again."""
_NEVER: Final = range(500, 600)


class MailServer:
    """A server that takes letters.

    Args:
        url: ``smtp://`` (STARTTLS, unless ``?starttls=no``) or ``smtps://``, perhaps with user and
            password, host and port; checked by the settings.
        sender: Who the letters are from.
        timeout: Seconds one answer may take.
        trusted: Knows the server's certificate; None: as this machine does.
    """

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        timeout: float = _TIMEOUT,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(url)
        asked = parse_qs(parts.query)
        self._host = parts.hostname or ""
        self._is_wrapped = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_wrapped else 587)
        self._upgrades = not self._is_wrapped and asked.get("starttls") != ["no"]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender
        self._timeout = timeout
        self._trusted = trusted or ssl.create_default_context()

    async def deliver(self, letters: tuple[Posted, ...], answers: dict[str, Answer]) -> None:
        """Hand letters over, one connection for all of them.

        Args:
            letters: In order; where the line breaks the rest is not handed over.
            answers: Gets the answer for each by its id, at once: whoever is cut off in between still
                knows which letters the server has.
        """
        client = SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            timeout=self._timeout,
            use_tls=self._is_wrapped,
            start_tls=self._upgrades,
            tls_context=self._trusted,
        )
        try:
            async with client:
                for posted in letters:
                    await self._one(client, posted, answers)
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            # Also where the server will not know us or our sender: that is the operator's to mend,
            # and no fault of a letter.
            for posted in letters:
                answers.setdefault(posted.id, Answer(Fate.LATER, _said(error)))

    async def _one(self, client: SMTP, posted: Posted, answers: dict[str, Answer]) -> None:
        text = message_of(posted, self._sender).as_bytes(policy=WIRE)
        try:
            await client.mail(parseaddr(self._sender)[1])
            await client.rcpt(posted.letter.to)
            # From here on the server may have it whatever becomes of the line.
            answers[posted.id] = Answer(Fate.UNKNOWN)
            said = await client.data(text)
        except (SMTPRecipientRefused, SMTPDataError) as refused:
            answers[posted.id] = Answer(_fate(refused.code), _said(refused))
            await client.rset()
        else:
            answers[posted.id] = Answer(Fate.TAKEN, f"{said.code} {said.message}")


def _fate(code: int) -> Fate:
    return Fate.NEVER if code in _NEVER else Fate.LATER


def _said(error: Exception) -> str:
    """What went wrong, without anything the server was told."""
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
