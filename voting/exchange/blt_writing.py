"""An election as a BLT file. Pure.

One seat. Each ranking stands once. Where electorates are weighed or people abstain, a comment after
the title says so (`voting.exchange.side_note`); a counter that knows no comments wants that line cut off.
"""

from voting.exchange.ballot_file import BallotFile
from voting.exchange.opened import Asked
from voting.exchange.side_note import KEY, numbered
from voting.methods.rankings import Ranking


def write(asked: Asked, file: BallotFile) -> str:
    """The text of a BLT file."""
    found = numbered(file, names_suffice=True)
    lines = [
        f"{len(file.options)} 1",
        *(f"{count} {_order(ranking)} 0" for count, ranking in found.lines),
        "0",
        *(_quoted(name) for name in asked.labels),
        _quoted(file.title or asked.id),
    ]
    if found.note:
        lines.append(f"# {KEY}: {found.note}")
    return "\n".join(lines) + "\n"


def _order(ranking: Ranking) -> str:
    return " ".join(rank if isinstance(rank, str) else "=".join(rank) for rank in ranking)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
