"""Subscribing to bulletins: ask, prove the mailbox, be told, leave.

Asking does the same for every address, so nobody can find out who subscribes. Each publication is told
once: a subscriber remembers the last one it was told of, in the transaction that writes the letter.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import msgspec

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database, Tx, one_at_a_time
from expo.identity.moves import new_id
from expo.identity.people import Visit
from expo.identity.signin.codes import AddressUnreadable
from expo.mailboxes import mailbox, owner
from expo.post.letters import Letter
from expo.post.pacing import LetterPace, Pace
from expo.post.usecases import Post
from expo.web import translations
from expo.words import Language
from sessions.bulletin import store as bulletins
from sessions.bulletin.shown import Kept
from sessions.bulletin.subscribing import store
from sessions.bulletin.subscribing.letters import Site, bulletin_letter, confirmation
from sessions.bulletin.subscribing.subscribers import (
    ConfirmationLinkUnknown,
    Subscriber,
    asked_again,
    is_over,
)
from sessions.bulletin.subscribing.tokens import Purpose, subscriber_in, token

logger = logging.getLogger(__name__)

_AT_ONCE: Final = 200  # letters in one transaction: some 20 ms, and ballots go on in between
_MOST_ASKED: Final = 6  # letters one device asks for at once; a family at one tablet
_ASK_SECONDS: Final = 60.0  # until one of them is given back
# Nobody is in a hurry to confirm: sixty people of one house at once, three hundred of all houses.
_ONE: Final = Pace(burst=60, seconds=10.0)
_TOGETHER: Final = Pace(burst=300, seconds=2.0)
_LONGEST: Final = timedelta(hours=1)  # a page says so


class Subscriptions:
    """One per process.

    Args:
        database: Where mailboxes are kept.
        now: The clock.
        secret_keys: The first makes links, all know them again.
        post: Sends the letters.
        site: The expo as it is called now.
    """

    def __init__(
        self,
        database: Database,
        now: Now,
        secret_keys: tuple[str, ...],
        post: Post,
        site: Callable[[], Site],
    ) -> None:
        self._database = database
        self._now = now
        self._secret_keys = secret_keys
        self._post = post
        self._site = site
        self._asks = Budget(burst=_MOST_ASKED, seconds=_ASK_SECONDS)
        self._pace = LetterPace(one=_ONE, together=_TOGETHER, longest=_LONGEST)
        self._told = 0

    async def ask(
        self, typed: str, visit: Visit, language: Language, network: str = ""
    ) -> timedelta:
        """Send the letter with the link that confirms; nobody learns whether the address is known.

        A mailbox that had enough letters gets none, and the answer is the same.

        Args:
            typed: An address as somebody typed it.
            visit: At the door.
            language: Of the letter.
            network: It is asked for from, as `expo.networks` tells; empty: unknown.

        Returns:
            How long the letter waits for its turn.

        Raises:
            AddressUnreadable: No letter could go there.
            LettersWait: So many wait already that it would be of no use.
            TooFast: This device asks more often than a person would.
            Busy: The database did not take it; no letter goes out.
        """
        address = mailbox(typed)
        if address is None:
            raise AddressUnreadable
        now = self._now()
        self._asks.spend(visit.device, now)
        at = self._pace.turn(network, now)
        async with self._database.write() as tx:
            await one_at_a_time(tx, f"subscriber {owner(address)}")
            known = await store.by_owner(tx, owner(address))
            one = await self._asked(tx, known, address, language)
            if one is not None:
                await self._post.send(tx, self._confirmation(one), at)
        self._post.ring()
        return at - now

    async def _asked(
        self, tx: Tx, known: Subscriber | None, address: str, language: Language
    ) -> Subscriber | None:
        """The mailbox that gets a letter now; None where it has had enough."""
        now = self._now()
        if known is not None:
            again = asked_again(known, language, now)
            if again is not None:
                await store.put(tx, again)
            return again
        one = Subscriber(
            id=new_id(now),
            owner=owner(address),
            address=address,
            language=language,
            asked_at=now,
            counted_from=now,
        )
        await store.add(tx, one)
        return one

    async def look(self, typed: str, purpose: Purpose) -> Subscriber:
        """The mailbox behind a link; changes nothing.

        Raises:
            ConfirmationLinkUnknown: There is none, or it was not confirmed in time.
        """
        async with self._database.read() as tx:
            return await self._behind(tx, typed, purpose, hold=False)

    async def confirm(self, typed: str) -> Subscriber:
        """The mailbox, subscribed from now on; following the link twice changes nothing.

        Raises:
            ConfirmationLinkUnknown: There is none, or it was not confirmed in time.
        """
        async with self._database.write() as tx:
            one = await self._behind(tx, typed, "confirm")
            if one.confirmed_at is None:
                serial = await bulletins.last_serial(tx)
                one = msgspec.structs.replace(one, confirmed_at=self._now(), told=serial)
                await store.put(tx, one)
            return one

    async def end(self, typed: str) -> None:
        """Forget the mailbox; also fine where it is forgotten already.

        Raises:
            ConfirmationLinkUnknown: The link is none of ours.
        """
        subscriber = subscriber_in(typed, "end", self._secret_keys)
        if subscriber is None:
            raise ConfirmationLinkUnknown
        async with self._database.write() as tx:
            await store.remove(tx, subscriber)

    async def count(self) -> int:
        """How many mailboxes get bulletins."""
        async with self._database.read() as tx:
            return await store.confirmed(tx)

    async def tell(self, confirm: Callable[[Tx], Awaitable[None]]) -> None:
        """Write a letter to everybody about each publication they were not told of.

        Args:
            confirm: Makes sure, inside a transaction, that this node may.

        Raises:
            Fault: The database failed, or another node does this by now; nobody is told twice.
        """
        async with self._database.read() as tx:
            serial = await bulletins.last_serial(tx)
            if serial == self._told or not await store.has_untold(tx, serial):
                self._told = serial
                return
        sent = 0
        while batch := await self._tell_some(serial, confirm):
            sent += batch
            self._post.ring()
        logger.info("Subscribers were told of a bulletin", extra={"letters": sent})

    async def _tell_some(self, serial: int, confirm: Callable[[Tx], Awaitable[None]]) -> int:
        """Write some of the letters; how many subscribers that concerned."""
        async with self._database.write() as tx:
            await confirm(tx)
            some = await store.untold(tx, serial, _AT_ONCE)
            if some:
                news = await bulletins.since(tx, min(one.told for one in some))
                await self._post.send_all(tx, self._letters(some, news))
                await store.told(tx, [one.id for one in some], serial)
        return len(some)

    # --- inside ---

    async def _behind(
        self, tx: Tx, typed: str, purpose: Purpose, *, hold: bool = True
    ) -> Subscriber:
        subscriber = subscriber_in(typed, purpose, self._secret_keys)
        one = await store.by_id(tx, subscriber, hold=hold) if subscriber else None
        if one is None or is_over(one, self._now()):
            raise ConfirmationLinkUnknown
        return one

    def _letters(self, some: tuple[Subscriber, ...], news: tuple[Kept, ...]) -> list[Letter]:
        """What each of these was not told yet; of several versions of a day the newest."""
        newest = {one.edition.day: one for one in news}
        found = []
        for one in some:
            with translations.speaking(one.language):
                found += [
                    bulletin_letter(
                        translations.sentence,
                        self._site(),
                        one,
                        kept.edition,
                        self._link(one, "end"),
                        self._now(),
                    )
                    for kept in newest.values()
                    if kept.serial > one.told
                ]
        return found

    def _confirmation(self, one: Subscriber) -> Letter:
        links = (self._link(one, "confirm"), self._link(one, "end"))
        with translations.speaking(one.language):
            return confirmation(translations.sentence, self._site(), one, links, self._now())

    def _link(self, one: Subscriber, purpose: Purpose) -> str:
        what = "confirm" if purpose == "confirm" else "unsubscribe"
        found = token(one.id, purpose, self._secret_keys[0])
        return f"{self._site().url}/{one.language}/bulletin/{what}/{found}"
