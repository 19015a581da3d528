"""An election in Sawt's own JSON, which says everything a count needs. Pure."""

from typing import Any

import msgspec

from expo.words import Text
from voting.exchange.ballot_file import BallotFile
from voting.exchange.opened import Asked
from voting.methods.rankings import Pattern


def write(asked: Asked, file: BallotFile) -> str:
    """The text of a Sawt JSON file; equal elections give equal bytes."""
    labels = zip(file.options, asked.labels, strict=True)
    names = zip(file.options, asked.names, strict=True)
    value: dict[str, Any] = {
        "v": 1,
        "contest": asked.id,
        "title": file.title,
        **({"method": file.method} if file.method else {}),
        "candidates": list(file.options),
        "candidate_names": dict(labels),
        "candidate_titles": {option: _both(name) for option, name in names},
        "electorate_names": {one.share.id: _both(one.name) for one in asked.voters},
        "sealed": list(asked.sealed),
        "groups": [
            {
                "id": group.share.id,
                "weight": group.share.weight,
                "full_weight_at": group.share.full_weight_at,
                "min": group.share.min,
                "ballots": [_ballots(one) for one in group.patterns if one.ranking],
            }
            for group in file.groups
        ],
    }
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"


def _both(text: Text) -> dict[str, str]:
    return {"ar": text.ar, "en": text.en}


def _ballots(pattern: Pattern) -> dict[str, Any]:
    own = {"own": list(pattern.own)} if pattern.own else {}
    return {"count": pattern.count, "ranking": pattern.ranking, **own}
