"""Ed25519 signatures: the only file that asks `cryptography` for them. Pure.

The private half of a key is its 32 bytes of seed (RFC 8032); the same message always has the same
signature. Private halves at rest are closed with a key derived from the expo's secret (`closed`).
"""

import hmac
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

SEED_BYTES: Final = 32
NONCE_BYTES: Final = 12
_PUBLIC_BYTES: Final = 32


class CannotOpen(Exception):
    """None of the secrets closed this, or somebody changed it."""


class SigningKey:
    """A private key.

    Args:
        seed: Its 32 bytes.

    Raises:
        ValueError: They are not 32.
    """

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public: Final = self._key.public_key().public_bytes_raw()
        """The public half, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(message)


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of the private half signed this message."""
    if len(public) != _PUBLIC_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def closed(seed: bytes, secret: str, nonce: bytes, bound: bytes) -> bytes:
    """The private half as it may lie on a disk: nonce, then ChaCha20-Poly1305.

    Args:
        seed: What to keep.
        secret: Of the expo.
        nonce: 12 bytes of chance.
        bound: What it belongs to, e.g. the public half: elsewhere it does not open.
    """
    return nonce + ChaCha20Poly1305(_derived(secret)).encrypt(nonce, seed, bound)


def opened(box: bytes, secret: str, bound: bytes) -> bytes:
    """What `closed` closed with this secret.

    Raises:
        CannotOpen: With another secret, for something else, or it was changed.
    """
    try:
        return ChaCha20Poly1305(_derived(secret)).decrypt(
            box[:NONCE_BYTES], box[NONCE_BYTES:], bound
        )
    except (InvalidTag, ValueError) as error:
        raise CannotOpen from error


def _derived(secret: str) -> bytes:
    """A key of its own for this purpose: one HKDF step (RFC 5869) suffices for 32 bytes."""
    drawn = hmac.digest(b"sawt ledger keys", secret.encode(), "sha256")
    return hmac.digest(drawn, b"private halves at rest\x01", "sha256")
