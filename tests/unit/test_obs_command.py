"""What the command for OBS says in a terminal."""

import pytest

from command.obs import _tell
from sessions.obs.agent import FITS


def test_names_of_scenes_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    _tell(FITS, scene="Wide\x1b]0;owned\x07\x1b[2J\r\n\u202eevil")

    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.rstrip("\n").isprintable()
    assert "Wide" in said
