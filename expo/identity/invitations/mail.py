"""The letter that invites somebody, in their language."""

from collections.abc import Sequence

from expo.db import Tx
from expo.identity.invitations.values import Invitation
from expo.post.letters import Letter
from expo.post.usecases import Post
from expo.web.translations import gettext, sentence, speaking
from expo.words import Text, isolated

PURPOSE = "invitation"


class Inviting:
    """Writes invitations.

    Args:
        post: Takes the letters.
        site: What the expo is called.
        public_url: Where it is.
    """

    def __init__(self, post: Post, site: Text, public_url: str) -> None:
        self._post = post
        self._site = site
        self._public_url = public_url

    def letter(self, invitation: Invitation, path: str) -> Letter:
        """The letter with this link."""
        language = invitation.language
        link = f"{self._public_url}/{language}{path}"
        facts: dict[str, str | int] = {
            "site": isolated(self._site.in_(language)),
            "name": isolated(invitation.name),
        }
        with speaking(language):
            subject = sentence("Your invitation to {site}", facts)
            dear = sentence("Dear {name},", facts) if invitation.name else gettext("Good day,")
            body = (
                dear,
                sentence("You are invited to take part in {site}.", facts),
                sentence("Open this link on the device you want to take part with:", facts),
                link,
                sentence(
                    "It is personal and opens once. Later you sign in with this address.", facts
                ),
                sentence("If you do not expect this letter, you need not do anything.", facts),
            )
        return Letter(
            to=invitation.email,
            language=language,
            subject=subject,
            text="\n\n".join(body) + "\n",
            purpose=PURPOSE,
            use_until=invitation.expires_at,
        )

    async def send(self, tx: Tx, letters: Sequence[Letter]) -> None:
        """Give letters to the post inside the caller's transaction."""
        await self._post.send_all(tx, letters)

    def ring(self) -> None:
        """Say, after the commit, that letters were written."""
        self._post.ring()
