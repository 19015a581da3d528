"""When OBS is switched, and what it is told: the policy and the words of obs-websocket 5."""

import msgspec
import pytest

from sessions.devices.values import Moment, ObsMode
from sessions.obs.handshake import Answer, Event, NotObs, heard, identify, proof
from sessions.obs.policy import Switcher

SCENES = {Moment.SESSION: "Speaker", Moment.OPEN: "Ballot"}


def switcher(mode: ObsMode = ObsMode.AUTO) -> Switcher:
    """One that knows OBS and the show."""
    found = Switcher()
    found.set_up(mode, SCENES)
    found.connected("Wide")
    found.show_is_at("khda", Moment.SESSION)
    return found


def test_scene_is_asked_for_once_and_is_nobodys_hand() -> None:
    found = switcher()

    assert found.take() == "Speaker"
    assert found.take() is None
    assert found.changed("Speaker") is False
    assert found.fits is None


def test_operator_keeps_what_was_picked_until_the_next_item() -> None:
    found = switcher()
    found.take()
    found.changed("Speaker")

    assert found.changed("Wide") is True
    found.show_is_at("khda", Moment.OPEN)
    assert (found.take(), found.fits) == (None, "Ballot")

    found.show_is_at("dewa", Moment.SESSION)
    assert found.take() == "Speaker"


def test_suggestion_moves_nothing_and_off_says_nothing() -> None:
    assert (switcher(ObsMode.SUGGEST).take(), switcher(ObsMode.SUGGEST).fits) == (None, "Speaker")
    assert (switcher(ObsMode.OFF).take(), switcher(ObsMode.OFF).fits) == (None, None)


def test_moment_without_a_name_changes_nothing() -> None:
    found = switcher()
    found.show_is_at("khda", Moment.BREAK)

    assert found.take() is None


def test_nothing_is_asked_of_an_obs_that_is_not_there() -> None:
    found = switcher()
    found.gone()

    assert found.take() is None


def test_proof_is_the_one_of_the_protocols_own_example() -> None:
    # protocol.md of obs-websocket 5, "Creating an authentication string"
    assert (
        proof(
            "supersecretpassword",
            "lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI=",
            "+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY=",
        )
        == "1Ct943GAT+6YQUUX47Ia/ncufilbe6+oD6lY+5kaCu4="
    )


@pytest.mark.parametrize(
    "hello",
    [b"", b"[]", b'{"op":5,"d":{}}', b'{"op":0,"d":{"authentication":1}}', b"[" * 100_000],
)
def test_what_is_no_obs_is_told_no_password(hello: bytes) -> None:
    with pytest.raises(NotObs):
        identify(hello, "secret")


def test_frames_are_read_and_strange_ones_left_alone() -> None:
    event = {"op": 5, "d": {"eventType": "X", "eventData": None}}
    status = {"result": False, "code": 600}
    answer = {"op": 7, "d": {"requestId": "3", "requestStatus": status}}

    assert heard(msgspec.json.encode(event)) == Event("X", {})
    assert heard(msgspec.json.encode(answer)) == Answer("3", is_done=False, status=600, data={})
    assert [heard(one) for one in (b"{", b"7", b'{"op":9,"d":{}}', b'{"op":7,"d":{}}')] == [
        None
    ] * 4
