"""Links that confirm or end a subscription, made of its id and a secret; nothing of them is stored. Pure.

A token says what it is for, so the way out cannot be used as the way in. Those that end a subscription
are good as long as there is one: a letter may be read after years.
"""

import base64
import hmac
import re
from typing import Final, Literal

Purpose = Literal["confirm", "end"]

_BYTES: Final = 16
_TOKEN: Final = re.compile(r"([0-9A-Za-z-]{8,64})\.([A-Za-z0-9_-]{22})")


def token(subscriber: str, purpose: Purpose, secret: str) -> str:
    """The token of a subscriber; its characters are safe in a path, and mail programs keep its end."""
    return f"{subscriber}.{_seal(subscriber, purpose, secret)}"


def subscriber_in(typed: str, purpose: Purpose, secrets: tuple[str, ...]) -> str | None:
    """The id in a genuine token of this purpose; None for anything else.

    Args:
        typed: As it came in a path.
        purpose: What it has to be for.
        secrets: Any of them may have made it.
    """
    found = _TOKEN.fullmatch(typed)
    if found is None:
        return None
    seals = [_seal(found[1], purpose, secret) for secret in secrets]
    is_ours = any(hmac.compare_digest(found[2], seal) for seal in seals)
    return found[1] if is_ours else None


def _seal(subscriber: str, purpose: Purpose, secret: str) -> str:
    message = f"bulletin {purpose}\0{subscriber}"
    digest = hmac.digest(secret.encode(), message.encode(), "sha256")[:_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
