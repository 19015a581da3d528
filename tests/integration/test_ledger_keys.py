"""Keys of the expo: made once, closed with its secret, rotated, and all of them public for good."""

import asyncio
from pathlib import Path

import pytest

from expo.db import Database
from expo.errors import Fault
from expo.record import notes, signing
from expo.record.keys.keys_follower import KeysFollower
from expo.record.keys.usecases import TOPIC, KeyLost, Keys
from expo.rights import Role
from tests.support.clock import Clock
from tests.support.contests import ORGANISER, contest, house, person
from tests.support.ledgers import SECRET, Sealed, sealed
from tests.support.whole import PROGRAM, whole
from voting.sealing import batching

pytestmark = pytest.mark.each_database


def keys_of(database: Database, *secrets: str, host: str = "expo.example") -> Keys:
    return Keys(database, secrets, host, Clock())


async def test_the_first_start_makes_the_key_and_the_next_has_the_same(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        first, second = (keys_of(there.database, SECRET) for _ in range(2))
        with pytest.raises(KeyLost):
            first.current()
        await first.begin()
        await second.begin()

        assert first.current().public == second.current().public
        assert len(second.all) == 1
        assert first.current().sign(b"x") == second.current().sign(b"x")
        assert second.all[0].box.hex() not in first.current().public.hex()


async def test_a_new_secret_closes_the_key_again_and_the_old_one_is_needed_no_more(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as there:
        old = keys_of(there.database, SECRET)
        await old.begin()
        both = keys_of(there.database, "a new secret", SECRET)
        await both.begin()
        new = keys_of(there.database, "a new secret")
        await new.begin()

        assert new.current().public == old.current().public
        assert len(new.all) == 1


async def test_a_lost_secret_makes_another_key_and_counts_without_a_checkpoint(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        await there.vote(person("p1"))
        later = Sealed(there, ("another secret altogether",))
        await later.keys.begin()
        await there.finish()

        assert later.keys.current().public != found.keys.current().public
        assert "missing" in caplog.text
        assert there.voting.frozen("s1") is not None
        assert await later.ledgers.closing("s1") is None
        assert await later.ledgers.vkey("s1") == await found.ledgers.vkey("s1")
        with pytest.raises(KeyLost):
            await later.ledgers.key("s1")


async def test_a_lost_key_keeps_no_other_ledger_waiting(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        later = Sealed(there, ("another secret altogether",))
        await later.keys.begin()
        await there.open(contest("s2"))
        for name in ("s1", "s2"):
            await there.vote(person("p1"), contest=name)
        there.clock.move(seconds=batching.LATE_SECONDS)

        await later.follower.look()

        assert await later.ledgers.checkpoint("s1") is None
        assert await later.ledgers.checkpoint("s2") is not None
        progress = later.follower.progress
        assert (progress.lost, progress.lines) == (frozenset({"s1"}), 1)


async def test_a_ledger_keeps_the_key_it_opened_with(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        other_node = Sealed(there)
        await other_node.keys.begin()
        before = found.keys.current().public
        await found.keys.rotate(ORGANISER)
        await there.open(contest("s2"))
        for name in ("s1", "s2"):
            await there.vote(person("p1"), contest=name)
            await other_node.ledgers.seal(name)
            await other_node.verify(name)

        first, second = [
            notes.parsed_vkey(await found.ledgers.vkey(name) or "") for name in ("s1", "s2")
        ]
        assert first.public == before
        assert second.public == found.keys.current().public != before
        assert first.name == "expo.example/s1"
        assert sorted(key.retired_at is None for key in found.keys.all) == [False, True]


async def test_where_the_expo_moves_what_is_new_is_signed_in_its_new_name(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        await keys_of(there.database, SECRET, host="new.example").begin()
        await there.open(contest("s2"))

        assert await found.ledgers.origin("s1") == "expo.example/s1"
        assert await found.ledgers.origin("s2") == "new.example/s2"


async def test_everybody_gets_keys_checkpoints_and_proofs(tmp_path: Path) -> None:
    async with whole(tmp_path) as there:
        await there.open()
        organiser = await there.person(Role.ORGANISER)
        voter = await there.person(Role.EMPLOYEE)
        options = [option.id for option in there.contest().options]
        cast = {"id": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "contest": "khda", "type": "cast"}
        answer = await voter.post(
            "/en/ballots/khda", json={**cast, "ranking": options[:2]}, headers=PROGRAM
        )
        assert answer.status_code in {200, 201}, answer.text
        tracker = answer.json()["tracker"]
        proof = f"/ledger/khda/proof/{tracker}/1"

        assert (await voter.get("/ledger/khda/checkpoint", headers=PROGRAM)).status_code == 404
        not_yet = await voter.get(proof, headers=PROGRAM)
        assert (not_yet.status_code, not_yet.json()["code"]) == (404, "not-sealed-yet")
        await there.expo.publication.ledgers.seal("khda")

        keys = (await voter.get("/ledger/keys.json")).json()
        vkey = notes.parsed_vkey(keys["ledgers"]["khda"]["vkey"])
        assert notes.from_base64(keys["keys"][0]["public"]) == vkey.public
        assert notes.parsed_vkey(keys["keys"][0]["receipts"]).public == vkey.public
        note = (await voter.get("/ledger/khda/checkpoint")).text
        assert notes.parsed_checkpoint(note, vkey).size == 2
        assert (await voter.get("/ledger/khda/checkpoints")).text == note
        found = notes.parsed_proof((await voter.get(proof)).text)
        assert (found.index, found.note) == (1, note)
        for wrong in (
            "AAAABBBBCCCCDDDD/1",
            f"{tracker}/2",
            f"{tracker}/0",
            "x/1",
            f"{tracker}/{2**70}",
        ):
            path = f"/ledger/khda/proof/{wrong}"
            assert (await voter.get(path, headers=PROGRAM)).status_code == 404
        assert (await voter.get("/ledger/khda/consistency/2/2")).json()["path"] == []
        for wrong in ("1/2", "2/3", f"2/{2**70}", "0/2"):
            path = f"/ledger/khda/consistency/{wrong}"
            assert (await voter.get(path, headers=PROGRAM)).status_code == 404
        assert "secret" not in str(keys)
        assert (await organiser.get("/ledger/none/checkpoint", headers=PROGRAM)).status_code == 404


async def test_organisers_rotate_the_key_and_the_log_says_so(tmp_path: Path) -> None:
    async with whole(tmp_path) as there:
        organiser = await there.person(Role.ORGANISER)
        auditor = await there.person(Role.AUDITOR)
        before = there.expo.publication.keys.current().public

        page = await organiser.get("/en/staff/keys")
        assert "Make a new key" in page.text
        assert "Make a new key" not in (await auditor.get("/en/staff/keys")).text
        assert (await auditor.post("/en/staff/keys", headers=PROGRAM)).status_code == 403
        done = await organiser.post("/en/staff/keys")

        assert done.status_code == 303
        assert there.expo.publication.keys.current().public != before
        assert "New signing key" in (await organiser.get("/en/staff/log")).text
        keys = (await organiser.get("/ledger/keys.json")).json()["keys"]
        assert [one["retired_at"] is None for one in keys] == [False, True]


async def test_no_private_half_lies_on_the_disk(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        key = found.keys.all[0]
        seed = signing.opened(key.box, SECRET, key.public)

        assert seed not in key.box
        with pytest.raises(signing.CannotOpen):
            signing.opened(key.box, "", key.public)
        files = [file.read_bytes() for file in _files(tmp_path)]
        assert not [data for data in files if seed in data or seed.hex().encode() in data]


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


async def test_another_node_signs_with_the_new_key_as_soon_as_it_hears_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as there:
        first, second = (keys_of(there.database, SECRET) for _ in range(2))
        await first.begin()
        await second.begin()
        first.on_rotated = lambda: there.notifier.notify(TOPIC)
        began, knows = asyncio.Event(), asyncio.Event()
        refresh = second.refresh

        async def refreshed() -> None:
            await refresh()
            began.set()
            if len(second.all) == 2:
                knows.set()

        monkeypatch.setattr(second, "refresh", refreshed)
        following = asyncio.create_task(KeysFollower(second, there.notifier).run())
        await began.wait()
        await first.rotate(ORGANISER)
        async with asyncio.timeout(5):
            await knows.wait()
        following.cancel()

        assert second.current().public == first.current().public


async def test_keys_are_told_to_a_crowd_and_while_the_database_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sealed(tmp_path) as found:
        await found.house.open()
        asked = 0
        read = found.house.database.read

        def counting() -> object:
            nonlocal asked
            asked += 1
            return read()

        monkeypatch.setattr(found.house.database, "read", counting)
        told = await asyncio.gather(*[found.ledgers.all_keys() for _ in range(200)])
        assert asked == 1
        assert {len(one) for one in told} == {1}

        def away() -> object:
            raise Fault

        monkeypatch.setattr(found.house.database, "read", away)
        found.ledgers._listed_at = 0.0
        assert await found.ledgers.all_keys() == told[0]


async def test_what_opened_before_there_was_a_key_has_no_ledger(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        before = Sealed(there)
        await there.open()
        await before.keys.begin()
        await there.open(contest("s2"))

        assert await before.ledgers.without() == {"s1"}
