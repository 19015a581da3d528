"""The catalogues: one per language, read from ``locale/`` at start, chosen per request.

Message ids are English sentences, or codes (refusals, phases) that have a translation in both
catalogues. The language in force is a context variable, so templates, error sentences and helpers
need not carry it along.
"""

import gettext as stdlib_gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from expo.words import LANGUAGES, Language

_LOCALE: Final = Path(__file__).resolve().parents[2] / "locale"
_PLURAL_EXAMPLES: Final = {
    "ar": {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100},
    "en": {"one": 1, "other": 2},
}

_PLACE: Final = re.compile(r"\{(\w+)\}")

language: ContextVar[Language] = ContextVar("language", default="ar")


@cache
def catalogue(code: Language) -> stdlib_gettext.NullTranslations:
    """The catalogue of one language; an empty one where the file is missing."""
    path = _LOCALE / code / "LC_MESSAGES" / "sawt.po"
    if not path.exists():
        return stdlib_gettext.NullTranslations()
    with path.open("rb") as file:
        messages = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return stdlib_gettext.GNUTranslations(compiled)


def load() -> None:
    """Read every catalogue now, so that the first visitor does not wait for it."""
    for code in LANGUAGES:
        catalogue(code)


@contextmanager
def speaking(code: Language) -> Iterator[None]:
    """Everything inside is said in this language, whoever asks for it."""
    token = language.set(code)
    try:
        yield
    finally:
        language.reset(token)


def gettext(message: str) -> str:
    """The message in the language in force."""
    return catalogue(language.get()).gettext(message)


def ngettext(one: str, many: str, n: int) -> str:
    """The message for ``n`` things in the language in force, placeholders untouched."""
    return catalogue(language.get()).ngettext(one, many, n)


def plural_forms(one: str, many: str) -> dict[str, str]:
    """Each plural category of the language in force with its form, for ``Intl.PluralRules``."""
    code = language.get()
    return {category: ngettext(one, many, n) for category, n in _PLURAL_EXAMPLES[code].items()}


def sentence(message: str, facts: dict[str, str | int]) -> str:
    """The message in the language in force with ``{facts}`` filled in; braces in facts are inert."""
    return filled(gettext(message), facts)


def filled(text: str, facts: dict[str, str | int]) -> str:
    """The text with every known ``{name}`` replaced in one pass."""
    return _PLACE.sub(lambda found: str(facts.get(found[1], found[0])), text)
