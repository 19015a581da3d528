"""The benchmark's programs at a small size: real generator, real servers, nothing left over."""

import sys
import time
from pathlib import Path

import msgspec
import pytest

from bench import peers, prepare, quick
from bench.crowd import Crowd
from bench.peers import Server
from bench.programs import Failed, Program
from bench.scenarios import ballots, closing, fanout, joins, stalled
from bench.scenarios.checking import Bundle
from bench.scenarios.recount import Counted, Log, count_file, write_file


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    """The generator compiled; without a compiler these tests step aside."""
    try:
        prepare.prepare()
    except prepare.Unprepared as missing:
        pytest.skip(str(missing))


def shown_to_all(server: Server) -> fanout.Fanout:
    """Three frames to twenty viewers; again where a busy machine put the window beside them."""
    found = fanout.measure(server, 20, frames=3, hertz=20)
    for _ in range(5):
        if found.delivered != 1.0:
            found = fanout.measure(server, 20, frames=3, hertz=20)
    return found


def test_every_frame_reaches_every_viewer_of_the_c_writer() -> None:
    with peers.c_writer() as server:
        found = shown_to_all(server)

    assert found.delivered == 1.0
    assert found.core > 0
    assert 0 < found.age_p50 <= found.age_p95 <= found.age_p99


def test_every_frame_reaches_every_viewer_of_the_whole_expo() -> None:
    with peers.sawt() as server:
        found = shown_to_all(server)
        sick = stalled.measure(server, 19, frames=3, hertz=20)
        came = joins.measure(server, 0.5, at_once=4)

    assert found.delivered == 1.0
    assert sick.lost == 0
    assert sick.behind == 1
    assert came.per_second > 0
    assert came.failed == 0


def test_plain_starlette_is_measured_the_same_way() -> None:
    with peers.starlette() as server:
        assert shown_to_all(server).delivered == 1.0
        assert joins.measure(server, 0.5, at_once=4).failed == 0


@pytest.mark.parametrize("name", ["ws", "socketio"])
def test_node_server_is_measured_the_same_way(name: str) -> None:
    if not prepare.has_node_peers():
        pytest.skip("npm could not install the Node servers")
    with peers.PEERS[name]() as server:
        assert shown_to_all(server).delivered == 1.0
        voted = ballots.steady(server, 5, 0.3)

    assert voted.receipts > 0
    assert voted.refused == 0


def test_voters_of_the_whole_expo_are_acknowledged() -> None:
    with peers.sawt() as server:
        with ballots.voters(server, 10) as crowd:
            crowd.come()
            at_once = ballots.once(server, crowd, 10, 0)
        late = closing.measure(server, 20, 0.2)

    assert at_once.receipts == 10
    assert at_once.refused == 0
    assert late.ballots.receipts == 20
    assert late.missing <= 0  # the ten of before are in the result as well
    assert late.result_ms < 5_000


def test_voters_beyond_the_limits_of_the_expo_are_told_as_refused() -> None:
    with peers.sawt() as server:
        found = ballots.steady(server, 3, 0.5)  # far more than 20 casts each before the window

    assert found.refused > 0


def test_stalled_viewer_reads_nothing() -> None:
    with (
        peers.c_writer() as server,
        Crowd(server.port, 2, *server.flags, "--stalled", "1") as crowd,
    ):
        crowd.come()
        crowd.begin()
        fanout.publish(server, 3, 20)

        assert crowd.end().frames == 0


def test_program_that_ends_says_what_it_said_last() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no port left')"]
    with Program(command) as program, pytest.raises(Failed, match="no port left"):
        program.hear(10)


def test_program_that_is_silent_is_not_waited_for() -> None:
    began = time.monotonic()
    with Program([sys.executable, "-c", "input()"]) as program:
        with pytest.raises(Failed, match="in time"):
            program.hear(0.2)
        pid = program.pids[0]

    assert not Path(f"/proc/{pid}").exists()
    assert time.monotonic() - began < 8


def test_quick_run_out_of_time_still_tells_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    found = quick.run(seconds=0.5)

    assert msgspec.json.decode(msgspec.json.encode(found), type=quick.Quick) == found
    assert found.joins_per_s is None
    assert "the time was up" in capsys.readouterr().err


def test_recount_of_a_small_file_and_log(tmp_path: Path) -> None:
    path = tmp_path / "ballots.soi"
    write_file(path, 200)

    log = Log(tmp_path, 200)

    for found in (count_file(path), log.fold(), log.recount()):
        assert isinstance(found, Counted)
        assert found.seconds > 0
        assert found.peak_mb > 1


def test_check_of_a_small_bundle_and_what_it_cannot_be_faster_than(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path, 200)

    for found in (bundle.check(), bundle.hash()):
        assert found.seconds > 0
        assert found.peak_mb > 1


def test_bundle_that_does_not_hold_is_not_timed(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path, 20)
    ballots = tmp_path / "bundle" / "ballots.jsonl"
    ballots.write_bytes(ballots.read_bytes()[1:])

    with pytest.raises(Failed):
        bundle.check()
