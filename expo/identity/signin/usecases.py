"""Signing in by e-mail: ask for a letter, type its code, or follow its link.

Asking does the same for every address: one row and one letter. Whether somebody is known or invited
is looked up only when the mailbox has been proved, so neither answer nor time tells it before.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database, Tx, one_at_a_time
from expo.errors import Fault, Refusal
from expo.identity.entering.identities import Claim, Kind
from expo.identity.entering.usecases import Arrival, Entering
from expo.identity.moves import new_id
from expo.identity.people import Assurance, Visit
from expo.identity.signin import store
from expo.identity.signin.codes import (
    DIGITS,
    LINK_STAYS,
    AddressUnreadable,
    Asked,
    LetterJustSent,
    LinkExpired,
    LinkUnknown,
    MailboxFull,
    NothingAsked,
    code_mark,
    code_of,
    followed,
    is_full,
    link_token,
    mailbox_mark,
    may_end,
    tried,
    typed_code,
)
from expo.identity.signin.letter import sign_in_letter
from expo.mailboxes import mailbox, owner
from expo.passes import PassExpired, PassUnknown, fingerprint, opened, signed
from expo.post.letters import Letter
from expo.post.pacing import LetterPace, Pace
from expo.post.usecases import Post
from expo.together import Together
from expo.web import translations
from expo.words import Language, Text

_NONCE_BYTES: Final = 16
_MOST_ASKED: Final = 6  # letters one device asks for at once; a family at one tablet
_ASK_SECONDS: Final = 60.0  # until one of them is given back
# A hall of a thousand behind one address signs in within five minutes, and nobody is refused.
_ONE: Final = Pace(burst=600, seconds=1.0)
_TOGETHER: Final = Pace(burst=3_000, seconds=0.1)
_LONGEST: Final = timedelta(minutes=2)  # a page says so
_MOST_TYPED: Final = 20  # codes and links one device tries at once
_TYPE_SECONDS: Final = 6.0

Invited = Callable[[str], Awaitable[Claim | None]]
"""What an invitation says of whoever has proved to read this mailbox."""


class Proved(msgspec.Struct, frozen=True):
    """Somebody let in by a letter, and the page they were on their way to."""

    arrival: Arrival
    then: str


class MailSignIn:
    """One per process.

    Args:
        database: Where letters that were asked for are kept.
        now: The clock.
        secret_keys: The first makes marks and links, all know them again.
        post: Sends the letters.
        entering: Lets people in.
        invited: Looks for an invitation.
        site: What the event is called.
        public_url: Links begin with it.
    """

    def __init__(
        self,
        database: Database,
        now: Now,
        secret_keys: tuple[str, ...],
        post: Post,
        entering: Entering,
        invited: Invited,
        *,
        site: Text,
        public_url: str,
    ) -> None:
        self._database = database
        self._now = now
        self._secret_keys = secret_keys
        self._post = post
        self._entering = entering
        self._invited = invited
        self._site = site
        self._public_url = public_url
        self._asking = Together(self._ask_all, order=lambda one: one[0].mailbox)
        self._typing = Together(self._type_all, order=lambda one: one[0])
        self._asks = Budget(burst=_MOST_ASKED, seconds=_ASK_SECONDS)
        self._pace = LetterPace(one=_ONE, together=_TOGETHER, longest=_LONGEST)
        self._tries = Budget(burst=_MOST_TYPED, seconds=_TYPE_SECONDS)

    # --- asking ---

    async def ask(
        self, typed: str, visit: Visit, language: Language, then: str, network: str = ""
    ) -> None:
        """Send a letter; the same happens for an address that is known and one that is not.

        Args:
            typed: An address as somebody typed it.
            visit: At the door; its device alone can use the code.
            language: Of the letter.
            then: A path of ours, where to go afterwards.
            network: It is asked for from, as `expo.networks` tells; empty: unknown.

        Raises:
            AddressUnreadable: No letter could go there.
            LettersWait: So many wait already that its code would come too late.
            LetterJustSent: This device asked for one a moment ago.
            MailboxFull: This mailbox got too many.
            TooFast: This device asks more often than a person would.
            Busy: The database did not take it; no letter goes out.
        """
        address = mailbox(typed)
        if address is None:
            raise AddressUnreadable
        now = self._now()
        self._asks.spend(visit.device, now)
        at = self._pace.turn(network, now)
        await self._asking.ask(self._written(address, visit, language, then, at))
        self._post.ring()

    async def again(self, visit: Visit, language: Language, network: str = "") -> None:
        """Send another letter to where this device's last one went.

        Raises:
            NothingAsked: It asked for none that can be told any more.
            LetterJustSent, LettersWait, MailboxFull, TooFast, Busy: As `ask`.
        """
        asked = await self.asked_by(visit)
        if asked is None or not asked.address:
            raise NothingAsked
        await self.ask(asked.address, visit, language, asked.then, network)

    async def asked_by(self, visit: Visit) -> Asked | None:
        """The newest letter this device asked for; its address is told for as long as its link is good."""
        now = self._now()
        async with self._database.read() as tx:
            asked = await store.latest_of(tx, fingerprint(visit.device))
        if asked is not None and now >= asked.asked_at + LINK_STAYS:
            return msgspec.structs.replace(asked, address="", then="")
        return asked

    def _written(
        self, address: str, visit: Visit, language: Language, then: str, at: datetime
    ) -> tuple[Asked, Letter]:
        """What is kept and sent; code and link are good from when the letter leaves."""
        asked_id, code = new_id(at), code_of(secrets.randbelow(10**DIGITS))
        nonce, token = self._link(at)
        secret = self._secret_keys[0]
        asked = Asked(
            id=asked_id,
            device=fingerprint(visit.device),
            mailbox=mailbox_mark(owner(address), secret),
            address=address,
            code_mark=code_mark(asked_id, code, secret),
            link_mark=fingerprint(nonce),
            then=then,
            asked_at=at,
        )
        with translations.speaking(language):
            letter = sign_in_letter(
                translations.sentence,
                language,
                to=address,
                site=self._site.in_(language),
                code=code,
                link=f"{self._public_url}/{language}/sign-in/link/{token}",
                at=at,
            )
        return asked, letter

    def _link(self, now: datetime) -> tuple[str, str]:
        """A new nonce, and the token that holds it."""
        while True:
            nonce = secrets.token_urlsafe(_NONCE_BYTES)
            token = signed(nonce, now + LINK_STAYS, self._secret_keys)
            if may_end(token):
                return nonce, token

    async def _ask_all(self, batch: tuple[tuple[Asked, Letter], ...]) -> tuple[Refusal | None, ...]:
        """A row and a letter for each, unless its device or its mailbox has had enough."""
        told: list[Refusal | None] = []
        async with self._database.write() as tx:
            for lock in sorted({lock for asked, _ in batch for lock in _locks(asked)}):
                await one_at_a_time(tx, lock)
            for asked, letter in batch:
                refusal = await self._refused(tx, asked)
                if refusal is None:
                    await store.add(tx, asked)
                    await self._post.send(tx, letter, asked.asked_at)
                told.append(refusal)
        return tuple(told)

    async def _refused(self, tx: Tx, asked: Asked) -> Refusal | None:
        last = await store.latest_of(tx, asked.device)
        if last is not None and last.used_at is None and (wait := last.wait(asked.asked_at)):
            return LetterJustSent(seconds=wait, retry_after_ms=wait * 1000)
        if is_full(*await store.counts_of(tx, asked.mailbox, asked.asked_at)):
            return MailboxFull()
        return None

    # --- the code ---

    async def type_code(self, typed: str, visit: Visit) -> Proved:
        """Let in whoever types the code of this device's newest letter.

        Raises:
            CodeUnreadable: Not six digits; no try is taken.
            NothingAsked: This device asked for no letter.
            CodeWrong, CodeSpent, CodeExpired, CodeUsed: It opens nothing.
            TooFast: This device types faster than a person would.
        """
        code = typed_code(typed)
        self._tries.spend(visit.device, self._now())
        asked = await self._typing.ask((fingerprint(visit.device), code))
        return await self._let_in(asked, visit)

    async def _type_all(self, batch: tuple[tuple[str, str], ...]) -> tuple[Asked | Exception, ...]:
        async with self._database.write() as tx:
            return tuple([await self._type(tx, device, code) for device, code in batch])

    async def _type(self, tx: Tx, device: str, code: str) -> Asked | Exception:
        """The letter, used up; or what it says, with the try on record."""
        now = self._now()
        asked = await store.latest_of(tx, device, hold=True)
        if asked is None:
            return NothingAsked()
        after, refusal = tried(asked, code, self._secret_keys, now)
        if after != asked:
            await store.tried(tx, after)
        if refusal is None:
            await store.close(tx, device, now)
        return refusal or after

    # --- the link ---

    async def look(self, found: str, visit: Visit) -> Asked:
        """The letter behind a link that may be followed now; changes nothing.

        Raises:
            LinkUnknown, LinkUsed, LinkExpired: It opens nothing.
            TooFast: This device tries more links than a person has.
        """
        mark = self._link_mark(found, visit)
        async with self._database.read() as tx:
            return followed(await store.by_link(tx, mark), self._now())

    async def follow(self, found: str, visit: Visit) -> Proved:
        """Let in whoever follows the link, once, on whatever device.

        Raises:
            LinkUnknown, LinkUsed, LinkExpired: Nobody came in.
            TooFast: This device tries more links than a person has.
        """
        mark, now = self._link_mark(found, visit), self._now()
        async with self._database.write() as tx:
            asked = followed(await store.by_link(tx, mark, hold=True), now)
            asked = msgspec.structs.replace(asked, used_at=now)
            await store.tried(tx, asked)
            await store.close(tx, asked.device, now)
        return await self._let_in(asked, visit)

    def _link_mark(self, found: str, visit: Visit) -> str:
        now = self._now()
        self._tries.spend(visit.device, now)
        try:
            return fingerprint(opened(link_token(found), self._secret_keys, now).nonce)
        except PassUnknown as error:
            raise LinkUnknown from error
        except PassExpired as error:
            raise LinkExpired from error

    # --- in ---

    async def _let_in(self, asked: Asked, visit: Visit) -> Proved:
        """A new visit of whoever reads this mailbox; where that fails the letter is as good as before."""
        try:
            claim = await self._invited(asked.address) or claim_by(asked.address)
            arrival = await self._entering.enter(visit, claim)
        except (Refusal, Fault):
            async with self._database.write() as tx:
                await store.tried(tx, msgspec.structs.replace(asked, used_at=None))
            raise
        return Proved(arrival, asked.then)


def _locks(asked: Asked) -> tuple[str, str]:
    """What nobody else may decide about at the same time: how often device and mailbox had a letter."""
    return f"device {asked.device}", f"mailbox {asked.mailbox}"


def claim_by(address: str) -> Claim:
    """What reading a letter proves of somebody who was not invited.

    Args:
        address: As `expo.mailboxes.mailbox` gives it. All spellings of one mailbox are one identity.
    """
    return Claim(
        kind=Kind.EMAIL,
        issuer="",
        subject=owner(address),
        assurance=Assurance.CONTACT,
        contact=address,
    )
