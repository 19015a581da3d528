"""Bundles are made by themselves, what cannot be made is tried once, and what a crash left is cleared."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from expo.identity.people import Assurance, Person, PersonId
from expo.rights import Role
from sessions.orders import Kind
from tests.support.bundles import small_bundle
from tests.support.show import ROOT
from tests.support.whole import PROGRAM, Whole, ballot, whole
from voting.bundle import usecases
from voting.bundle.bundle_follower import LEFT_SECONDS, BundleFollower, swept
from voting.bundle.writer import BundleWriter
from voting.holds import NOWHERE
from voting.protocol import Cast
from voting.results import Result

AT = "/results/khda/bundle"
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.support import bundles

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

sys.modules["voting.bundle.writer"].zipfile.ZipFile.write = killed
bundles.small_bundle(Path(sys.argv[1]))
"""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as there:
        yield there


async def revealed(house: Whole) -> None:
    """A contest in which employees agree, closed and shown, not yet published."""
    await house.open()
    ranking = tuple(one.id for one in house.contest().options[:3])
    for n in range(12):
        who = Person(PersonId(f"e{n}"), Role.EMPLOYEE, "employees", assurance=Assurance.CONTACT)
        cast = Cast(ballot()["id"], "khda", ranking)
        await house.expo.voting.cast(who, cast, house.clock(), NOWHERE)
    await house.closed()
    result = house.expo.voting.frozen("khda")
    assert result is not None
    await house.order(Kind.REVIEW)
    for _ in result.ranks or ("nothing",):
        await house.order(Kind.REVEAL)


async def test_bundle_is_there_soon_after_publication_though_nobody_asks(house: Whole) -> None:
    bundles = house.expo.publication.bundles
    await revealed(house)
    assert not bundles.folder.exists()

    await house.order(Kind.PUBLISH)
    async with asyncio.timeout(15):
        while not bundles.made:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)

    answer = await (await house.person(Role.PUBLIC)).get(f"{AT}.zip")
    assert answer.status_code == 200
    assert (bundles.made, bundles.impossible) == (1, {})
    assert not [one for one in bundles.folder.iterdir() if one.name.startswith(".")]


async def test_bundle_that_cannot_be_made_is_tried_once_and_organisers_see_why(
    house: Whole, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    await revealed(house)
    follower, right = house.expo.voting.follower, house.expo.voting.frozen("khda")
    assert right is not None
    other: Result = msgspec.structs.replace(right, ranks=right.ranks[::-1])
    monkeypatch.setattr(follower, "result", lambda _: other)
    counts = 0

    class Counting(BundleWriter):
        @override
        def add_records(self, records: Iterable[bytes]) -> None:
            nonlocal counts
            counts += 1
            super().add_records(records)

    monkeypatch.setattr(usecases, "BundleWriter", Counting)
    await house.order(Kind.PUBLISH)
    nobody, organiser = await house.person(Role.PUBLIC), await house.person(Role.ORGANISER)
    answers = [await nobody.get(f"{AT}/{name}", headers=PROGRAM) for name in ("vkey",) * 4]
    page = await organiser.get("/en/staff/load", headers={"accept": "text/html"})
    metrics = await organiser.get("/metrics")

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "no-bundle")}
    assert counts == 1
    assert [one.getMessage() for one in caplog.records if hasattr(one, "contest")] == [
        "A bundle does not say what was published"
    ]
    assert "the record comes to another result than the published one" in page.text
    assert "sawt_bundles_impossible 1.0" in metrics.text


async def test_disk_that_takes_no_bundle_is_told_to_come_again_and_nothing_is_remembered(
    house: Whole,
) -> None:
    bundles = house.expo.publication.bundles
    bundles.folder.parent.mkdir(exist_ok=True)
    bundles.folder.write_text("in the way")  # no folder can be made here, not even by root
    await revealed(house)
    await house.order(Kind.PUBLISH)
    nobody = await house.person(Role.PUBLIC)

    busy = await nobody.get(f"{AT}/vkey", headers=PROGRAM)
    follower = BundleFollower(bundles, house.expo.notifier)
    await follower.look()
    bundles.folder.unlink()
    later = await nobody.get(f"{AT}/vkey", headers=PROGRAM)

    assert (busy.status_code, busy.json()["code"]) == (503, "bundle-in-the-making")
    assert follower._not_before["khda"] < float("inf")
    assert later.status_code == 200
    assert bundles.impossible == {}


# --- what a crash leaves ---


def _age(path: Path, seconds: float) -> None:
    at = time.time() - seconds
    for one in (path, *path.glob("*")):
        os.utime(one, (at, at))


def test_what_a_killed_writer_left_is_cleared_after_an_hour(tmp_path: Path) -> None:
    name = "s1-0123456789abcdef"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / name)], cwd=ROOT, check=False
    )
    assert done.returncode == -signal.SIGKILL
    whole_one = small_bundle(tmp_path / "s2-0123456789abcdef", seed=2)
    left = sorted(one.name for one in tmp_path.iterdir() if one.name.startswith("."))
    assert [one.removeprefix(f".{name}-")[8:] for one in left] == ["", ".zip"]
    strangers = [".gitignore", ".s1-0123456789abcdef-1234567g", "s1-0123456789abcdef-12345678"]
    for one in strangers:
        (tmp_path / one).write_text("mine")
        _age(tmp_path / one, 2 * LEFT_SECONDS)
    _age(whole_one, 2 * LEFT_SECONDS)

    early = swept(tmp_path, time.time())
    for one in left:
        _age(tmp_path / one, LEFT_SECONDS + 10)
    (tmp_path / left[0] / "ledger.jsonl").touch()
    written = swept(tmp_path, time.time())
    _age(tmp_path / left[0], LEFT_SECONDS + 10)
    late = swept(tmp_path, time.time())

    assert (early, written, late) == ([], [left[1]], [left[0]])
    assert {one.name for one in tmp_path.iterdir()} == {
        *strangers, whole_one.name, f"{whole_one.name}.zip"
    }  # fmt: skip


def test_link_among_what_was_left_is_removed_and_not_followed(tmp_path: Path) -> None:
    folder, treasure = tmp_path / "bundles", tmp_path / "treasure"
    folder.mkdir()
    treasure.mkdir()
    (treasure / "ballots").write_text("all there is")
    link = folder / ".s1-0123456789abcdef-01234567"
    link.symlink_to(treasure)

    assert swept(folder, time.time() + 2 * LEFT_SECONDS) == [link.name]

    assert (treasure / "ballots").read_text() == "all there is"
    assert not link.is_symlink()
    assert swept(tmp_path / "missing", time.time()) == []
