"""One mail server: letters handed over to it, and what it said."""

import ssl
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from expo.post.letters import Posted, message_of

_TIMEOUT: Final = 20.0
"""Seconds one answer of the server may take; a letter that takes longer is tried again."""
_NEVER: Final = range(500, 600)


class Fate(StrEnum):
    """What the server will do with a letter."""

    TAKEN = "taken"
    NEVER = "never"
    LATER = "later"


class Answer(msgspec.Struct, frozen=True):
    """What became of one letter, in the server's own words."""

    fate: Fate
    said: str


class MailServer:
    """A server that takes letters.

    Args:
        url: ``smtp://`` (STARTTLS, unless ``?starttls=no``) or ``smtps://``, perhaps with user and
            password, host and port; checked by the settings.
        sender: Who the letters are from.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        asked = parse_qs(parts.query)
        self._host = parts.hostname or ""
        self._is_wrapped = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_wrapped else 587)
        self._upgrades = not self._is_wrapped and asked.get("starttls") != ["no"]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender

    async def deliver(self, letters: tuple[Posted, ...]) -> tuple[Answer, ...]:
        """Hand letters over, one connection for all of them; an answer for each, in order."""
        answers: list[Answer] = []
        client = SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            timeout=_TIMEOUT,
            use_tls=self._is_wrapped,
            start_tls=self._upgrades,
            tls_context=ssl.create_default_context(),
        )
        try:
            async with client:
                for posted in letters:  # what was answered before a line breaks stays answered
                    answers.append(await self._one(client, posted))  # noqa: PERF401 - see above
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            answers += [Answer(Fate.LATER, _said(error))] * (len(letters) - len(answers))
        return tuple(answers)

    async def _one(self, client: SMTP, posted: Posted) -> Answer:
        try:
            _, said = await client.send_message(message_of(posted, self._sender))
        except SMTPRecipientsRefused as refused:
            first = refused.recipients[0]
            return Answer(_fate(first.code), f"{first.code} {first.message}")
        except SMTPServerDisconnected:
            raise
        except SMTPResponseException as refused:
            await client.rset()
            return Answer(_fate(refused.code), f"{refused.code} {refused.message}")
        return Answer(Fate.TAKEN, said)


def _fate(code: int) -> Fate:
    return Fate.NEVER if code in _NEVER else Fate.LATER


def _said(error: Exception) -> str:
    """What went wrong, without anything the server was told."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
