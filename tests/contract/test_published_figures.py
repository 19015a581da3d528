"""Figures beside a result against published ones, on real elections beside the repository.

Source: counting page 6.4 and 6.5. Without the files these tests step aside.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.samples import sampled
from voting.analysis import flips
from voting.analysis.sample import Sample
from voting.analysis.stability import RESAMPLES, seed_of, stability
from voting.methods.lot import provisional
from voting.methods.pairwise import Combined, combine, condorcet_winner
from voting.methods.rankings import Ranking
from voting.methods.registry import ORDERS
from voting.methods.weights import Share

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "elections"
SHARES = (Share("all", 1),)


def election(name: str) -> tuple[Sample, Combined]:
    """A published election of one electorate, each ballot with a tracker of its own."""
    file = FOLDER / f"{name}.json"
    if not file.is_file():
        pytest.skip(f"no ../shared/elections/{name}.json beside the repository")
    said: dict[str, Any] = json.loads(file.read_bytes())
    ballots = [
        ("all", _ranking(one["ranking"])) for one in said["ballots"] for _ in range(one["count"])
    ]
    sample = sampled(said["candidates"], ["all"], ballots)
    return sample, combine(sample.options, sample.groups, SHARES)


def _ranking(ranks: list[Any]) -> Ranking:
    return tuple(one if isinstance(one, str) else tuple(one) for one in ranks)


@pytest.mark.parametrize(
    ("name", "ballots"),
    [
        ("debian_2003_dpl", 2),
        ("debian_2006_dpl", 3),
        ("burlington_2009_mayor", 295),
        ("alaska_2022_special", 4_202),
    ],
)
def test_lower_bound_is_the_published_one_and_the_upper_not_below_it(
    name: str, ballots: int
) -> None:
    sample, combined = election(name)
    winner = condorcet_winner(combined)
    assert winner is not None
    leader = sample.options[winner]
    case = flips.Case(sample.groups, SHARES, provisional(sample.options), ORDERS["ranked_pairs"])

    (least,) = flips.at_least(combined, leader)
    most = flips.at_most(case, combined, leader, "all")

    assert least.ballots == ballots
    assert most is not None
    assert most.ballots >= least.ballots


@pytest.mark.parametrize(
    ("name", "firsts"),
    [
        ("debian_2003_dpl", {"bdale_garbee": 0.41, "branden_robinson": 0.16, "martin_michlmayr": 0.43}),
        ("debian_2006_dpl", {"anthony_towns": 0.58}),
        ("burlington_2009_mayor", {"montroll": 1.0}),
        ("alaska_2022_special", {"begich": 1.0}),
    ],
)  # fmt: skip
def test_stability_is_near_the_published_one(name: str, firsts: dict[str, float]) -> None:
    sample, combined = election(name)

    found = stability(
        sample, combined, ORDERS["ranked_pairs"], provisional(sample.options), seed_of(name, b"")
    )

    shares = {one.id: one.first / RESAMPLES for one in found.options}
    assert {who: shares[who] for who in firsts} == pytest.approx(firsts, abs=0.06)
