"""The bundle of a real contest: who gets it when, that it holds, and that it is made anew."""

import asyncio
import io
import json
import shutil
import zipfile
from pathlib import Path

import httpx2
import msgspec
import pytest

from command.parser import main
from expo.identity.people import Assurance, Person, PersonId
from expo.rights import Role
from sessions.orders import Kind
from tests.support.bundles import small_bundle
from tests.support.whole import PROGRAM, Whole, ballot, whole
from voting import moves
from voting.bundle.files import FILES
from voting.holds import NOWHERE
from voting.protocol import Cast
from voting.verify import verify

AT = "/results/khda/bundle"
GROUPS = {"employees": Role.EMPLOYEE, "teams": Role.TEAM, "customers": Role.CUSTOMER}


async def crowd(house: Whole, each: int) -> None:
    """So many people of every electorate; some vote again, some withdraw."""
    options = [one.id for one in house.contest().options]
    for group, role in GROUPS.items():
        for n in range(each):
            entity = "rta" if group == "teams" else None
            who = Person(
                PersonId(f"{group}-{n}"), role, group, entity=entity, assurance=Assurance.CONTACT
            )
            for again in range(1 + (n % 3 == 0)):
                turned = (*options[n % 4 :], *options[: n % 4])[: 1 + (n + again) % 4]
                made = Cast(ballot()["id"], "khda", () if n % 7 == 6 else turned)
                await house.expo.voting.cast(who, made, house.clock(), NOWHERE)


async def publish(house: Whole) -> None:
    """Close, review, reveal and publish."""
    await house.closed()
    result = house.expo.voting.frozen("khda")
    assert result is not None
    await house.order(Kind.REVIEW)
    for _ in result.ranks or ("nothing",):
        await house.order(Kind.REVEAL)
    await house.order(Kind.PUBLISH)


async def bring(client: httpx2.AsyncClient, folder: Path) -> Path:
    """The bundle as anybody downloads it."""
    await asyncio.to_thread(folder.mkdir)
    for name in FILES:
        answer = await client.get(f"{AT}/{name}")
        assert answer.status_code == 200, answer.text
        (folder / name).write_bytes(answer.content)
    return folder


async def test_bundle_is_public_with_the_result_and_holds(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        nobody = await house.person(Role.PUBLIC)
        await house.open()
        await crowd(house, 12)
        for path in (f"{AT}/ballots.jsonl", f"{AT}.zip"):
            answer = await nobody.get(path, headers=PROGRAM)
            assert (answer.status_code, answer.json()["code"]) == (404, "not-published-yet")
        await publish(house)

        bundle = await bring(nobody, tmp_path / "bundle")
        archive = await nobody.get(f"{AT}.zip")
        stray = await nobody.get(f"{AT}/settings.json", headers=PROGRAM)
        unknown = await nobody.get("/results/nothing/bundle/vkey", headers=PROGRAM)

    found = await asyncio.to_thread(verify.check, str(bundle))
    result = house.expo.voting.frozen("khda")
    assert result is not None
    assert found.found["ranks"] == [list(rank) for rank in result.ranks]
    assert found.found["ballots"] == result.ballots
    assert (stray.status_code, unknown.status_code) == (404, 404)
    packed = zipfile.ZipFile(io.BytesIO(archive.content))
    assert {name: packed.read(f"khda/{name}") for name in FILES} == {
        name: (bundle / name).read_bytes() for name in FILES
    }


async def test_bundle_made_anew_is_the_same(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        nobody = await house.person(Role.PUBLIC)
        await house.open()
        await crowd(house, 3)
        await publish(house)
        first = await bring(nobody, tmp_path / "first")
        (kept,) = [one for one in (tmp_path / "media" / "bundles").iterdir() if one.is_dir()]
        await asyncio.to_thread(shutil.rmtree, kept.parent)

        at_once = await asyncio.gather(*(nobody.get(f"{AT}/index.json") for _ in range(5)))
        second = await bring(nobody, tmp_path / "second")

    assert {one.status_code for one in at_once} == {200}
    assert [(first / name).read_bytes() for name in FILES] == [
        (second / name).read_bytes() for name in FILES
    ]


async def test_sealed_ballots_are_for_the_auditor(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        contest = house.contest()
        electorates = tuple(
            msgspec.structs.replace(one, audit="sealed") if one.id == "employees" else one
            for one in contest.electorates
        )
        async with house.expo.database.write() as tx:
            sealed = msgspec.structs.replace(contest, electorates=electorates)
            await moves.redefine(tx, sealed)
        await house.expo.voting.refresh(["khda"])
        await house.open()
        await crowd(house, 12)
        auditor, officer = await house.person(Role.AUDITOR), await house.person(Role.OFFICER)
        path = "/results/khda/openings-employees.jsonl"
        assert (await auditor.get(path, headers=PROGRAM)).status_code == 404
        await publish(house)

        bundle = await bring(await house.person(Role.PUBLIC), tmp_path / "bundle")
        lines = (await auditor.get(path)).text.splitlines()
        other = await auditor.get("/results/khda/openings-teams.jsonl", headers=PROGRAM)
        refused = await officer.get(path, headers=PROGRAM)
        log = (await auditor.get("/en/staff/log")).text

    assert log.count("Sealed ballots read") == 1, "what was refused was not read"
    found = await asyncio.to_thread(verify.check, str(bundle))
    assert found.sealed == {"employees"}
    assert found.found["methods"]["irv"] is None
    assert b'"grp":"employees"' not in (bundle / "ballots.jsonl").read_bytes()
    assert {json.loads(line)["content"]["grp"] for line in lines} == {"employees"}
    assert len(lines) == 12
    openings = tmp_path / "openings-employees.jsonl"
    await asyncio.to_thread(openings.write_text, "".join(f"{line}\n" for line in lines))
    audited = await asyncio.to_thread(verify.check, str(bundle), "", [str(openings)])
    assert audited.sealed == set()
    await asyncio.to_thread(openings.write_text, "".join(f"{line}\n" for line in lines[1:]))
    with pytest.raises(verify.Wrong, match="does not open the ballot"):
        await asyncio.to_thread(verify.check, str(bundle), "", [str(openings)])
    assert (other.status_code, refused.status_code) == (404, 403)


# --- the command ---


def test_command_tells_a_sound_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = small_bundle(tmp_path / "s1")
    tracker = json.loads((bundle / "ballots.jsonl").read_text().splitlines()[0])["content"]["trk"]

    assert main(["verify", str(bundle), "--tracker", tracker]) == 0

    told = capsys.readouterr().out
    assert told.startswith(f"The bundle in {bundle} holds.")
    assert tracker in told


def test_command_compares_a_kept_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = small_bundle(tmp_path / "s1")
    second = (bundle / "checkpoints.txt").read_text().split("\n\n")[2:4]
    kept = tmp_path / "kept"
    kept.write_text("\n\n".join(second))

    assert main(["verify", str(bundle), "--checkpoint", str(kept)]) == 0
    assert "records of this ledger" in capsys.readouterr().out

    other = small_bundle(tmp_path / "s2", seed=2)
    with pytest.raises(SystemExit) as end:
        main(["verify", str(other), "--checkpoint", str(kept)])
    assert "proves that there was another ledger" in str(end.value)


def test_command_names_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = small_bundle(tmp_path / "s1")
    (bundle / "vkey").write_text("nonsense\n")
    monkeypatch.setenv("LANG", "ar_AE.UTF-8")

    with pytest.raises(SystemExit) as end:
        main(["verify", str(bundle)])

    assert "vkey: " in str(end.value)
    assert "الحزمة" in str(end.value)


def test_rehearsal_does_not_write_over_anything(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    with pytest.raises(SystemExit) as end:
        main(["rehearse", "--publish", str(tmp_path)])
    assert str(tmp_path) in str(end.value)
    with pytest.raises(SystemExit):
        main(["rehearse", "http://127.0.0.1:1", "--publish", str(tmp_path / "new")])
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
