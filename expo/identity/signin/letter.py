"""What the letter says. Pure.

Plain text, each paragraph in one language: mail programs give every paragraph the direction of its
first letter. The address stands alone on its line without isolates, because programs that make links
of addresses would take an isolate's end for a part of it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from expo.errors import N_
from expo.identity.signin.codes import LINK_STAYS
from expo.post.letters import Letter
from expo.words import Language, isolated

PURPOSE: Final = "sign-in"
Say = Callable[[str, dict[str, str | int]], str]
"""The sentence in the language in force, with its facts filled in."""

_SUBJECT: Final = N_("Your code for {site}")
_WHY: Final = N_("Somebody wants to sign in to {site} with this address. If it is you:")
_CODE: Final = N_("Your code is {code}")
_TYPE: Final = N_(
    "Type it on the device that asked for it. It is good for 10 minutes and works nowhere else."
)
_LINK: Final = N_(
    "Or open this address on whatever device you like, once, within 20 minutes, and press the button there:"
)
_ELSE: Final = N_(
    "If it is not you, nothing needs to be done: without this letter nobody signs in with your address."
)
_NEVER: Final = N_("Nobody from the expo will ever ask you for this code.")


def sign_in_letter(
    say: Say, language: Language, *, to: str, site: str, code: str, link: str, at: datetime
) -> Letter:
    """The letter with a code and a link.

    Args:
        say: Words of this language.
        language: Of the letter.
        to: Where it goes.
        site: What the event is called in this language.
        code: Six digits.
        link: The whole address.
        at: When it is written.
    """
    named: dict[str, str | int] = {"site": isolated(site)}
    parts = (
        say(_WHY, named),
        say(_CODE, {"code": isolated(code)}),
        say(_TYPE, {}),
        say(_LINK, {}),
        link,
        say(_ELSE, {}),
        say(_NEVER, {}),
    )
    return Letter(
        to=to,
        language=language,
        subject=say(_SUBJECT, {"site": site}),
        text="\n\n".join(parts) + "\n",
        purpose=PURPOSE,
        use_until=at + LINK_STAYS,
    )
