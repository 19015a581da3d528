"""Where an expo lives: its folder, its address, and the origins it answers to."""

import ipaddress
import os
from pathlib import Path

import pytest

from expo.place import Place, data_folder, lan_address
from expo.settings import WrongSettings


def test_named_folder_is_made_and_stays(tmp_path: Path) -> None:
    with data_folder(str(tmp_path / "a" / "b")) as folder:
        (folder / "kept").touch()

    assert (tmp_path / "a" / "b" / "kept").exists()


def test_unnamed_folder_is_thrown_away() -> None:
    with data_folder(None) as folder:
        assert folder.is_dir()

    assert not folder.exists()


def test_loopback_is_its_own_address_and_the_folder_keeps_secret_and_database(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path, {}, "127.0.0.1", 8123)

    assert place.settings.public_url == place.loopback == "http://127.0.0.1:8123"
    assert "http://localhost:8123" in place.settings.allowed_origins
    assert place.database_url == f"sqlite+aiosqlite:///{tmp_path / 'sawt.sqlite3'}"
    assert place.settings.secret_keys == Place(tmp_path, {}, "x", 1).settings.secret_keys


def test_node_is_named_after_machine_and_process_and_no_secret_is_made_where_one_is_given(
    tmp_path: Path,
) -> None:
    environ = {"SAWT_SECRET_KEY": "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"}

    assert Place(tmp_path, environ, "x", 1).settings.node.endswith(f"-{os.getpid()}")
    assert Place(tmp_path, {**environ, "SAWT_NODE": "two"}, "x", 1).settings.node == "two"
    assert list(tmp_path.iterdir()) == []


def test_every_interface_is_reached_by_the_address_in_the_network(tmp_path: Path) -> None:
    place = Place(tmp_path, {}, "0.0.0.0", 8123)  # noqa: S104 - nobody listens

    assert place.settings.public_url == f"http://{lan_address()}:8123"
    assert ipaddress.ip_address(lan_address()).version == 4


def test_production_answers_to_its_own_origins_only(tmp_path: Path) -> None:
    environ = {
        "SAWT_MODE": "production",
        "SAWT_PUBLIC_URL": "https://expo.example.org",
        "SAWT_SECRET_KEY": "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m",
        "SAWT_DATABASE_URL": "sqlite+aiosqlite:////srv/other.sqlite3",
    }
    place = Place(tmp_path, environ, "127.0.0.1", 8000)

    assert place.settings.origins == {"https://expo.example.org"}
    assert place.database_url.endswith("other.sqlite3")
    with pytest.raises(WrongSettings):
        Place(tmp_path, {"SAWT_MODE": "production"}, "127.0.0.1", 8000)
