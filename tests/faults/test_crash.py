"""The server dies in the middle of voting: what was acknowledged stays, and the voting goes on.

Promise D1 of the reliability page. With no failure in n trials the true rate is below 3/n (95 %).
"""

from pathlib import Path

import pytest

from tests.support.held_elections import BURLINGTON, Killing, held, look, made_up_election
from tests.support.held_elections import real_election as real

HASTY = str(Path(__file__).parents[1] / "support" / "hasty_server.py")


@pytest.mark.timeout(240)
async def test_killed_server_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    kills = Killing(2, seed=1)
    there = await held(tmp_path, made_up_election(80), kills, pace=8)

    look(there)
    assert kills.done == kills.times
    assert there.audience.report.lost_connections > 0


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not BURLINGTON.exists(), reason="no ../shared/elections beside the repository")
async def test_server_killed_fifty_times_in_a_real_election_loses_nothing(tmp_path: Path) -> None:
    kills = Killing(50, seed=2)
    there = await held(tmp_path, real(), kills, pace=60, most_seconds=1500)

    look(there)
    assert kills.done == kills.times
    print(f"{kills}; {there.audience.report.summary()}")  # noqa: T201 - the figures of a long run


@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_promise_made_before_the_commit_is_found_out(tmp_path: Path) -> None:
    kills = Killing(6, seed=3)
    hasty = (HASTY, "serve")
    there = await held(tmp_path, made_up_election(300), kills, pace=8, command=hasty)

    with pytest.raises(AssertionError):
        look(there)
    assert kills.done > 0
