"""A real mail server on loopback, in a thread of its own, that keeps what it gets and may misbehave."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.certified import free_port

SENDER: Final = "Sawt <expo@sawt.example>"
_WAIT: Final = 20.0
_OK: Final = "250 Taken"


@dataclass
class Postbox:
    """Letters that a mail server took, and how it answers.

    ``refused`` has an answer by address; ``answer`` is what it says to a whole letter; ``silence``
    are seconds before that.
    """

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Sender and recipients of each letter, as the transaction had them."""
    refused: dict[str, str] = field(default_factory=dict)
    answer: str = _OK
    silence: float = 0.0
    _came: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """Its address for the settings."""
        return f"smtp://127.0.0.1:{self.port}?starttls=no"

    @property
    def environ(self) -> dict[str, str]:
        """Settings of an expo that sends its letters here."""
        return {"SAWT_SMTP_URL": self.url, "SAWT_MAIL_FROM": SENDER}

    def wait_for(self, count: int) -> list[EmailMessage]:
        """The letters, once there are so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.letters) >= count, _WAIT), "no letter came"
            return list(self.letters)

    def to(self, address: str) -> EmailMessage:
        """The newest letter to an address, once there is one."""
        with self._came:
            assert self._came.wait_for(lambda: self._to(address), _WAIT), "no letter came"
            return self._to(address)[-1]

    def _to(self, address: str) -> list[EmailMessage]:
        return [one for one in self.letters if one["To"] == address]

    # --- what the library asks ---

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take or refuse a letter."""
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            letter = message_from_bytes(content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            with self._came:
                self.letters.append(letter)
                self.envelopes.append((envelope.mail_from or "", tuple(envelope.rcpt_tos)))
                self._came.notify_all()
        if self.silence:
            await asyncio.sleep(self.silence)
        return self.answer


@contextmanager
def serving_mail(box: Postbox, **options: Any) -> Iterator[Postbox]:
    """The box's server, reachable until the block ends."""
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@contextmanager
def postbox(**options: Any) -> Iterator[Postbox]:
    """A mail server on a free port."""
    with serving_mail(Postbox(free_port()), **options) as box:
        yield box


def text_of(letter: EmailMessage) -> str:
    """What a letter says, with our ends of lines."""
    return str(letter.get_content()).replace("\r\n", "\n")


def code_in(letter: EmailMessage) -> str:
    """The six digits in a letter."""
    found = re.search(r"\b\d{6}\b", text_of(letter))
    assert found is not None
    return found[0]


def link_in(letter: EmailMessage) -> str:
    """The address in a letter, which stands alone on its line."""
    found = re.search(r"^https?://\S+$", text_of(letter), re.MULTILINE)
    assert found is not None
    return found[0]
