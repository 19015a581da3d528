"""The methods a contest can be counted by. Pure."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from expo.errors import N_, Refusal
from voting.methods import borda, irv, ranked_pairs, schulze
from voting.methods.outcome import Election, Outcome
from voting.methods.pairwise import Combined, reference_order

Count = Callable[[Election], Outcome]

METHODS: Final[Mapping[str, Count]] = MappingProxyType(
    {
        "ranked_pairs": ranked_pairs.count,
        "schulze": schulze.count,
        "borda": borda.count,
        "irv": irv.count,
    }
)

Order = Callable[[Combined, Sequence[str]], Sequence[int]]
"""The weighted sum and a lot order in, option indices out, best first and without a shared rank."""

ORDERS: Final[Mapping[str, Order]] = MappingProxyType(
    {
        "ranked_pairs": ranked_pairs.order,
        "schulze": schulze.order,
        "borda": reference_order,
    }
)
"""The methods that need the sum alone, without facts and traces: fast enough for a thousand counts."""

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


def outcomes(election: Election, *, runoff: bool = True) -> dict[str, Outcome]:
    """The result by every method; without ``runoff`` the election need not hold its ballot patterns."""
    return {name: count(election) for name, count in METHODS.items() if runoff or name != "irv"}
