"""An election as a PrefLib file. Pure.

Each ranking stands once, with the number of its ballots, whoever cast them: readers of this form add
up lines that say the same only when asked to. Whose ballots they are is in the note
(`voting.exchange.side_note`), in a header line other programs skip.
"""

from voting.exchange.ballot_file import BallotFile
from voting.exchange.opened import Asked
from voting.exchange.side_note import KEY, numbered
from voting.methods.rankings import Ranking, ids_of


def kind_of(file: BallotFile) -> str:
    """The ending that says most about its ballots: soc, soi, toc or toi."""
    patterns = [one for group in file.groups for one in group.patterns if one.ranking]
    is_strict = all(isinstance(rank, str) for one in patterns for rank in one.ranking)
    size = len(file.options)
    is_complete = all(
        not one.own and sum(len(ids_of(rank)) for rank in one.ranking) == size for one in patterns
    )
    return ("s" if is_strict else "t") + "o" + ("c" if is_complete else "i")


def write(asked: Asked, file: BallotFile, *, kind: str | None = None) -> str:
    """The text of a PrefLib file; ``kind`` is its ending, one that allows its ballots."""
    ending = kind or kind_of(file)
    found = numbered(file)
    day = asked.on.isoformat() if asked.on else ""
    head = [
        ("FILE NAME", f"ballots.{ending}"),
        ("TITLE", file.title),
        ("DESCRIPTION", description(asked)),
        ("DATA TYPE", ending),
        ("MODIFICATION TYPE", "original"),
        ("RELATES TO", ""),
        ("RELATED FILES", ""),
        ("PUBLICATION DATE", day),
        ("MODIFICATION DATE", day),
        ("NUMBER ALTERNATIVES", len(file.options)),
        ("NUMBER VOTERS", found.ballots),
        ("NUMBER UNIQUE ORDERS", len(found.lines)),
        *((f"ALTERNATIVE NAME {n}", name) for n, name in enumerate(asked.labels, start=1)),
        *([(KEY, found.note)] if found.note else []),
    ]
    lines = [f"# {key}: {value}" for key, value in head]
    lines += [f"{count}: {_order(ranking)}" for count, ranking in found.lines]
    return "\n".join(lines) + "\n"


def description(asked: Asked) -> str:
    """What somebody who finds the file alone has to know, in plain English as such files have it."""
    said = [f"Contest {asked.id} of Sawt. One line for all ballots that say the same."]
    if len(asked.voters) > 1:
        said.append("Electorates are weighed; lines of this file are not. See sawt.json.")
    if asked.sealed:
        said.append(f"Without the ballots of {', '.join(asked.sealed)}, which are sealed.")
    return one_line_of(" ".join(said))


def one_line_of(text: str) -> str:
    """The text without line breaks."""
    return " ".join(text.split())


def _order(ranking: Ranking) -> str:
    return ",".join(
        rank if isinstance(rank, str) else "{" + ",".join(rank) + "}" for rank in ranking
    )
