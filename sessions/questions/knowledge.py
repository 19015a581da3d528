"""Finding words in questions and answers. Pure."""

from sessions.questions.rules import gist
from sessions.questions.values import Counted


def found_in(kept: tuple[Counted, ...], asked: str) -> tuple[Counted, ...]:
    """Those that have every one of these words in their question or answer; all for no words.

    Args:
        kept: Published questions.
        asked: Words in any order; marks, case and punctuation make no difference.
    """
    words = [word for word in map(gist, asked.split()) if word]
    if asked.strip() and not words:
        return ()
    return tuple(
        one
        for one in kept
        if all(word in gist(f"{one.question.text} {one.question.answer}") for word in words)
    )
