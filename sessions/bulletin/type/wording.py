"""What sheets and cards say beside an edition's own words, in one language. Pure."""

from datetime import datetime, tzinfo
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from expo import words
from expo.errors import N_
from expo.words import Language, Text
from sessions.bulletin.edition import Edition, EditionContest
from sessions.bulletin.type.letters import settable, unbroken


class Catalogue(Protocol):
    """The messages of one language, as `expo.web.translations.catalogue` gives them."""

    def gettext(self, message: str) -> str:
        """The message in this language."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The message for ``n`` things."""


class Wording(msgspec.Struct, frozen=True):
    """A language with its catalogue, the expo's address and its zone."""

    language: Language
    catalogue: Catalogue
    public_url: str
    zone: tzinfo

    def name(self, text: Text) -> str:
        """Content in this language, as the fonts can set it."""
        return settable(text.in_(self.language))

    def phrase(self, message: str, **facts: str) -> str:
        """A message of the catalogue with its ``{facts}``, as the fonts can set it."""
        return _filled(self.catalogue.gettext(message), facts)

    def counted(self, message: str, n: int) -> str:
        """A message about ``n`` things in its right form, as the fonts can set it."""
        return _filled(message, {"n": self.number(n)})

    def number(self, value: int) -> str:
        """A whole number."""
        return words.number(value, self.language)

    def share(self, thousandths: int) -> str:
        """A share of the result with one decimal place."""
        return words.percent(thousandths, 1000, self.language, decimals=1)

    def support(self, thousandths: int, *, is_fine: bool = False) -> str:
        """Support in whole percents, or, as pages and files tell it, with one decimal place."""
        return words.percent(thousandths, 1000, self.language, decimals=int(is_fine))

    def ballots(self, n: int) -> str:
        """How many ballots were counted."""
        message = self.catalogue.ngettext(
            "%(shown)s ballot counted", "%(shown)s ballots counted", n
        )
        return settable(message % {"shown": self.number(n), "n": n})

    def waiting(self, n: int) -> str:
        """How many ballots do not count, because their group is too small."""
        message = self.catalogue.ngettext(
            "%(shown)s not counted: too few in the group",
            "%(shown)s not counted: too few in the group",
            n,
        )
        return settable(message % {"shown": self.number(n), "n": n})

    def stayed_held(self, n: int) -> str:
        """How many ballots stayed held."""
        message = self.catalogue.ngettext(
            "%(shown)s ballot stayed held, in no count",
            "%(shown)s ballots stayed held, in no count",
            n,
        )
        return settable(message % {"shown": self.number(n), "n": n})

    def day(self, edition: Edition) -> str:
        """Which day this is; of the whole expo, that it is all of them."""
        if edition.kind == "expo":
            return self.phrase(N_("All expo days"))
        return self.phrase(N_("Day {n}"), n=self.number(edition.day))

    def moment(self, instant: datetime) -> str:
        """A day and a time of day where the expo is."""
        local = instant.astimezone(self.zone)
        return (
            f"{words.day(local.date(), self.language)} · {words.clock_time(local, self.language)}"
        )

    def title(self, contest: EditionContest) -> str:
        """The contest's title, or its id where it has none."""
        return self.name(contest.title) or contest.id

    def address(self, path: str) -> str:
        """The whole address of a page in this language."""
        return f"{self.public_url.rstrip('/')}/{self.language}{path}"

    def shown_address(self, path: str) -> str:
        """The address of a page in this language as people read and type it, without its scheme."""
        return unbroken(f"{urlsplit(self.public_url).netloc}/{self.language}{path}")

    def home(self, edition: Edition) -> str:
        """Where the edition is read, as people type it."""
        whole = edition.kind == "expo"
        return self.shown_address("/bulletin" if whole else f"/bulletin/day/{edition.day}")

    def nothing(self, contest: EditionContest) -> str:
        """Why there is no ranking."""
        if contest.ballots:
            return self.phrase(N_("There is no ranking: too few ballots counted."))
        return self.phrase(N_("There is no ranking: no ballot was counted."))


def _filled(message: str, facts: dict[str, str]) -> str:
    for name, fact in facts.items():
        message = message.replace(f"{{{name}}}", fact)
    return settable(message)
