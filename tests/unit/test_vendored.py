"""Scripts of others are served as they were published."""

import hashlib

from tests.floor_plan.python_files import ROOT

FOLDER = ROOT / "expo" / "web" / "static" / "vendor" / "hls"
PUBLISHED = {
    "hls.js": "5501f1d9091b6f749e0ef61aff4b9ea3ba13fd5fa5e2aefb6fc0ff871847a531",
    "hls.worker.js": "8553e459962fdbb5813fc2d2cb45d171c7f9e91cfb82a3e44789e438e61aa743",
    "LICENSE.txt": "ca8773cf798c7ed997d4dd7c8e23c348699f8d5b7462636694cc14de6cda12db",
}


def test_player_of_streams_is_the_published_one() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.iterdir()}
    assert found == PUBLISHED
    assert "vendor/hls/" in (ROOT / "NOTICE").read_text(encoding="utf-8")
