"""The keys of the expo in one process: opened at the start, asked for by id, rotated by organisers.

A ledger keeps the key it began with, so a rotation changes nothing that is under way. What a new secret
of the expo means for keys: whichever of its secrets opens one, the first closes it again.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import Fault
from expo.looking import Looks
from expo.record import store as record
from expo.record.keys import store
from expo.record.keys.store import KeptKey
from expo.record.signing import NONCE_BYTES, SEED_BYTES, CannotOpen, SigningKey, closed, opened

logger = logging.getLogger(__name__)

TOPIC: Final = "signing-keys"
ROTATE: Final = "rotate-signing-key"
_ID_CHARACTERS: Final = 16


class KeyLost(Fault):
    """No secret of this expo opens the private half: nothing more can be signed with this key."""


class Keys:
    """One per process.

    Args:
        database: Keeps them.
        secrets_: Of the expo: the first closes, each may open.
        host: Name the expo signs under: where it is to be found, without a scheme.
        now: The clock.
    """

    def __init__(self, database: Database, secrets_: Sequence[str], host: str, now: Now) -> None:
        self._database = database
        self._secrets = tuple(secrets_)
        self._now = now
        self.host = host
        """Beginning of every name the keys sign under."""
        self._kept: tuple[KeptKey, ...] = ()
        self._looks = Looks(database)
        self._open: dict[str, SigningKey] = {}
        self.on_rotated: Callable[[], None] = lambda: None
        """Tells the other nodes (`keys_follower`)."""

    async def begin(self) -> None:
        """Make a key if there is none, and close again what an older secret closed."""
        async with self._database.write() as tx:
            await store.alone(tx)
            kept = await store.all_(tx)
            lost = [key for key in kept if self._read(key) is None]
            for key in lost:
                logger.critical("The secret that closed a signing key is missing: %s", key.id)
            await self._tidy(tx, [key for key in kept if key not in lost])
            if not any(key.retired_at is None for key in kept if key not in lost):
                await self._make(tx)
        await self.refresh()

    async def rotate(self, actor: record.Actor) -> str:
        """Let a new key sign what begins from now on; its id."""
        async with self._database.write() as tx:
            await store.alone(tx)
            made = await self._make(tx)
            await record.append(
                tx, at=self._now(), actor=actor, action=ROTATE, subject=made, facts={}
            )
        await self.refresh()
        self.on_rotated()
        logger.info("A new key signs from now on", extra={"key": made})
        return made

    async def refresh(self) -> None:
        """See the keys another node made."""
        async with self._looks.look() as tx:
            if tx is not None:
                self._kept = await store.all_(tx)

    def current(self) -> SigningKey:
        """The key that signs what is new, as far as this node knows.

        Raises:
            KeyLost: There is none.
        """
        for key in reversed(self._kept):
            if key.retired_at is None:
                return self._opened(key)
        raise KeyLost

    async def by_id(self, key_id: str) -> SigningKey:
        """The key with this id, which has been in force.

        Raises:
            KeyLost: None of the secrets opens it, or there is none.
        """
        if not any(key.id == key_id for key in self._kept):
            await self.refresh()
        for key in self._kept:
            if key.id == key_id:
                return self._opened(key)
        raise KeyLost

    async def public_of(self, key_id: str) -> bytes:
        """The public half of a key, be its private half lost.

        Raises:
            KeyLost: There is no such key.
        """
        if not any(key.id == key_id for key in self._kept):
            await self.refresh()
        for key in self._kept:
            if key.id == key_id:
                return key.public
        raise KeyLost

    @property
    def all(self) -> tuple[KeptKey, ...]:
        """Every key there ever was, as far as this node knows; the oldest first."""
        return self._kept

    def _opened(self, key: KeptKey) -> SigningKey:
        found = self._read(key)
        if found is None:
            raise KeyLost
        return found

    def _read(self, key: KeptKey) -> SigningKey | None:
        """The private half, opened once; None where no secret opens it."""
        if key.id not in self._open:
            found = self._seed(key)
            if found is None:
                return None
            self._open[key.id] = SigningKey(found[0])
        return self._open[key.id]

    def _seed(self, key: KeptKey) -> tuple[bytes, bool] | None:
        """The private half, and whether the first secret opened it."""
        for n, secret in enumerate(self._secrets):
            try:
                return opened(key.box, secret, key.public), n == 0
            except CannotOpen:
                continue
        return None

    async def _tidy(self, tx: Tx, kept: Sequence[KeptKey]) -> None:
        """Close with the first secret what another opened; the key in force learns where the expo is."""
        for key in kept:
            found = self._seed(key)
            if found is None:
                continue
            host = self.host if key.retired_at is None else key.host
            if not found[1] or host != key.host:
                await store.close_again(tx, key.id, self._closed(found[0], key.public), host)

    async def _make(self, tx: Tx) -> str:
        """A new key in force instead of the one before; its id."""
        seed, at = secrets.token_bytes(SEED_BYTES), self._now()
        public = SigningKey(seed).public
        made = KeptKey(
            id=sha256(public).hexdigest()[:_ID_CHARACTERS],
            public=public,
            box=self._closed(seed, public),
            host=self.host,
            made_at=at,
        )
        await store.retire(tx, at)
        await store.add(tx, made)
        return made.id

    def _closed(self, seed: bytes, public: bytes) -> bytes:
        return closed(seed, self._secrets[0], secrets.token_bytes(NONCE_BYTES), public)
