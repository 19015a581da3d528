"""The methods a contest can be counted by. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from expo.errors import N_, Refusal
from voting.methods import borda, irv, ranked_pairs, schulze
from voting.methods.outcome import Election, Outcome

Count = Callable[[Election], Outcome]

METHODS: Final[Mapping[str, Count]] = MappingProxyType(
    {
        "ranked_pairs": ranked_pairs.count,
        "schulze": schulze.count,
        "borda": borda.count,
        "irv": irv.count,
    }
)

DEFAULT: Final = "ranked_pairs"


class UnknownMethod(Refusal):
    """Nothing counts like this; ``method`` is what was asked, ``known`` what there is."""

    code = N_("unknown-method")
    status = 422


def method_named(name: str) -> Count:
    """The method with this name.

    Raises:
        UnknownMethod: There is none.
    """
    found = METHODS.get(name)
    if found is None:
        raise UnknownMethod(method=name, known=", ".join(METHODS))
    return found


def outcomes(election: Election) -> dict[str, Outcome]:
    """The result by every method; the election must hold its ballot patterns."""
    return {name: count(election) for name, count in METHODS.items()}
