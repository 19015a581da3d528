"""A real election over real sockets: 8,974 strict ballots, three electorates, one server.

Every acknowledged ballot is in the record once; running tally = recount = ``run.py count``.
"""

from pathlib import Path

import pytest

from tests.support.held_elections import BURLINGTON, held, look, real_election

pytestmark = pytest.mark.skipif(
    not BURLINGTON.exists(), reason="no ../shared/elections beside the repository"
)


@pytest.mark.timeout(240)
async def test_three_hundred_real_ballots_are_recorded_and_counted_alike(tmp_path: Path) -> None:
    there = await held(tmp_path, real_election(300), pace=40)

    look(there)
    assert there.held.ballots == 300
    assert there.audience.report.vanished > 0
    assert len(there.audience.report.acknowledged) > 300  # some changed their minds


@pytest.mark.nightly
@pytest.mark.timeout(900)
async def test_every_strict_ballot_of_burlington_is_recorded_and_counted_alike(
    tmp_path: Path,
) -> None:
    there = await held(tmp_path, real_election(), pace=100)

    look(there)
    assert there.held.ballots == 8_974
