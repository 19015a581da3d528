"""The secret of a demo: made once, kept for its owner, refused when spoiled."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from expo.place import secret_in
from expo.settings import WrongSettings, read


def test_secret_is_made_once_strong_and_private(tmp_path: Path) -> None:
    secret = secret_in(tmp_path)

    assert secret_in(tmp_path) == secret
    assert read({"SAWT_SECRET_KEY": secret}).secret_keys == (secret,)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_starters_at_once_share_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: secret_in(tmp_path), range(64)))

    assert len(found) == 1


def test_open_file_is_closed_again(tmp_path: Path) -> None:
    secret_in(tmp_path)
    (tmp_path / "secret.key").chmod(0o644)

    secret_in(tmp_path)

    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_spoiled_file_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("oops")

    with pytest.raises(WrongSettings):
        secret_in(tmp_path)

    assert (tmp_path / "secret.key").read_text() == "oops"
