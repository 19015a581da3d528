"""What a bundle holds beside figures: the rules in both languages, and the verifier itself."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from expo.web import translations
from expo.words import LANGUAGES
from voting.bundle.rules import rules_hash, rules_text
from voting.contests import Contest

_VERIFIER: Final = Path(__file__).resolve().parents[1] / "verify" / "verify.py"


@cache
def verifier() -> bytes:
    """The one-file verifier."""
    return _VERIFIER.read_bytes()


def rules(contest: Contest) -> tuple[bytes, ...]:
    """The rules of a contest in words, in Arabic and in English."""
    found = []
    for language in LANGUAGES:
        with translations.speaking(language):
            found.append(rules_text(contest, language, translations.gettext))
    return tuple(found)


def fixed(contest: Contest) -> tuple[str, str]:
    """What the first record of a ledger fixes: the hash of the rules, and of the verifier."""
    return rules_hash(rules(contest)), sha256(verifier()).hexdigest()
