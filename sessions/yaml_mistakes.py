"""Which mistake a YAML parser means, so that it can be told in the reader's language. Pure.

libyaml and PyYAML word the same mistakes each in its own English; these are the ones people make.
"""

from typing import Final

UNKNOWN: Final = "not-yaml"
_TAB: Final = "\t"
_MEANT: Final = (
    ("tab character", "yaml-tab"),
    ("cannot start any token", "yaml-character"),
    ("mapping values are not allowed", "yaml-colon"),
    ("could not find expected ':'", "yaml-no-colon"),
    ("unexpected end of stream", "yaml-open-quote"),
    ("unknown escape character", "yaml-escape"),
    ("entries are not allowed", "yaml-indent"),
    ("did not find expected key", "yaml-indent"),
    ("did not find expected '-' indicator", "yaml-indent"),
    ("expected <block end>", "yaml-indent"),
    ("expected ',' or", "yaml-bracket"),
)


def mistake_in(problem: str, character: str) -> str:
    """The code of the mistake behind a parser's words; `UNKNOWN` where it is none of the usual ones.

    Args:
        problem: The parser's words.
        character: What stands where it stopped; empty at the end of a line.
    """
    found = next((code for words, code in _MEANT if words in problem), UNKNOWN)
    return "yaml-tab" if found == "yaml-character" and character == _TAB else found
