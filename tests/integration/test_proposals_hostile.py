"""Whoever tries to read or change a proposal they may not, or puts into one what no page may run."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.catalogue.proposals.moves import Word
from expo.catalogue.proposals.states import State, WrongMove
from expo.catalogue.proposals.values import MOST_PROPOSALS
from expo.errors import BadRequest, NotAllowed
from expo.rights import Role
from tests.support.proposals import (
    DESK,
    OTHERS,
    TEAM,
    address,
    filled,
    filled_in,
    moved,
    now,
    proposed,
    with_picture,
)
from tests.support.whole import PROGRAM, Whole, whole

MARKUP = "<script>window.pwned=1</script>{{7*7}}<img src=x onerror=alert(1)>"
HOSTILE = [
    MARKUP, "'\"><svg/onload=alert(1)>", "${7*7}", "{% raw %}", "javascript:alert(1)", "=1+1", "@SUM(A1)", "-2+3|cmd",
    "../../etc/passwd", "C:\\x", "%2e%2e%2f", "%00", "&lt;b&gt;", "<!--", "]]>", "--", "'; DROP TABLE proposals;--",
    "\u202egpj.exe", "\u2066\u2067\u2068x", "\u200f\u200e", "\u061c", "\ufeffBOM", "a\u0301" * 9, "Z" + "\u0335" * 40,
    "\u0000", "\u0007", "\u001b[31m", "\u007f", "\u0085", "\u00a0", "\u2028", "\u2029", "\ufffe", "\U000e0041", "👩🏽‍🚀", "𝒮",
    "ﷺ" * 5, "﷽", "مبادرة Smart 42.6% · 10:30 ص", "١٢٣", "۱۲۳", "ـ" * 50, "ا" * 90, "W" * 90, "\t\n\r\n ", " " * 80,
    "null", "undefined", "NaN", "true", "[]", "{}", "0", "-1", "1e309", "9" * 80, "None", "\\u0000", "\\", '"',
]  # fmt: skip
assert len(HOSTILE) >= 60


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


@pytest.mark.parametrize("version", ["", "-1", "0", "1.5", "99999999999", "١", "2; DROP"])
async def test_forged_versions_change_nothing(house: Whole, version: str) -> None:
    team = await house.person(Role.TEAM)
    path = address(await proposed(house.expo))
    before = await now(house, path.split("/")[-1])

    for rest in ("/idea", "/submit", "/withdraw"):
        fields = {"version": version, "title-en": "Forged", "end": "1"}
        answer = await team.post(path + rest, data=fields, headers=PROGRAM)
        assert answer.status_code in {400, 409}, answer.text

    assert await now(house, before.id) == before


async def test_no_other_team_reads_or_writes_a_proposal(house: Whole) -> None:
    other = await house.person(Role.TEAM, "rta", entity="rta")
    path = address(await proposed(house.expo))
    image = await with_picture(house.expo, path.split("/")[-1])
    before = await now(house, path.split("/")[-1])
    fields = {"version": str(before.version), "title-en": "Mine now", "end": "1"}

    for rest in ("", "/idea", "/impact", "/people", "/check", "/preview"):
        answer = await other.get(path + rest, headers=PROGRAM)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed"), rest
    for rest in ("/idea", "/impact", "/submit", "/withdraw"):
        answer = await other.post(path + rest, data=fields, headers=PROGRAM)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed"), rest
    answer = await other.post(
        path + "/people", data=fields, files={"image": ("", b"")}, headers=PROGRAM
    )
    assert answer.json()["code"] == "not-allowed"
    assert (await other.get(f"/picture/{image}")).status_code == 403
    assert before.id not in (await other.get("/en/team")).text
    assert await now(house, before.id) == before
    with pytest.raises(NotAllowed):
        await house.expo.proposals.submit(OTHERS, before.id, before.version)


async def test_nobody_outside_sees_what_is_not_published(house: Whole) -> None:
    ids = await filled(house.expo)
    images = {name: (await now(house, one)).content.images for name, one in ids.items()}

    for role in (Role.PUBLIC, Role.CUSTOMER, Role.EMPLOYEE):
        somebody = await house.person(role)
        for name in ("draft", "submitted", "returned", "withdrawn"):
            page = await somebody.get(f"/en/proposals/{ids[name]}")
            assert page.status_code == 404, name
            for image in images[name]:
                assert (await somebody.get(f"/picture/{image.id}")).status_code == 404
        for name in ("accepted", "scheduled"):
            assert (await somebody.get(f"/en/proposals/{ids[name]}")).status_code == 200
            assert (await somebody.get(f"/picture/{images[name][0].id}")).status_code == 200


async def test_nothing_is_known_of_what_does_not_exist(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    path = address("dewa-222222")

    for rest in ("", "/idea", "/check", "/preview"):
        assert (await team.get(path + rest)).status_code == 404
    for rest in ("/idea", "/submit", "/withdraw"):
        fields = {"version": "1", "end": "1"}
        assert (await team.post(path + rest, data=fields)).status_code == 404
    assert (await team.get("/en/proposals/dewa-222222")).status_code == 404


async def test_submitted_cannot_be_written(house: Whole) -> None:
    ids = await filled(house.expo)
    team = await house.person(Role.TEAM)
    path = address(ids["submitted"], "/idea")
    version = str((await now(house, ids["submitted"])).version)

    shown_instead = await team.get(path)
    refused = await team.post(path, data={"version": version, "end": "1"}, headers=PROGRAM)

    assert shown_instead.headers["location"] == address(ids["submitted"])
    assert refused.json()["facts"]["reason"] == "in-review"


async def test_organisers_may_not_write_for_a_team_nor_a_team_decide(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    found = await now(house, proposal_id)

    for to in (State.SUBMITTED, State.WITHDRAWN):
        with pytest.raises(NotAllowed):
            await house.expo.proposals.move(DESK, proposal_id, found.version, to)
    await moved(house.expo, proposal_id, State.SUBMITTED)
    with pytest.raises(NotAllowed):
        await house.expo.proposals.move(TEAM, proposal_id, found.version + 1, State.ACCEPTED)
    said = Word(session="dewa")
    with pytest.raises(WrongMove):
        await house.expo.proposals.move(DESK, proposal_id, found.version + 1, State.SCHEDULED, said)
    said = Word(reason="x" * 601)
    with pytest.raises(BadRequest):
        await house.expo.proposals.move(DESK, proposal_id, found.version + 1, State.RETURNED, said)


@pytest.mark.each_database
async def test_history_and_revisions_cannot_be_changed(house: Whole) -> None:
    await filled(house.expo)

    for statement in (
        "UPDATE proposal_events SET reason = 'x'",
        "DELETE FROM proposal_events",
        "UPDATE proposal_revisions SET changes = '[]'",
        "DELETE FROM proposal_revisions",
    ):
        with pytest.raises(IntegrityError):
            async with house.expo.database.write() as tx:
                await tx.execute(text(statement))


async def test_hostile_texts_are_kept_as_text_and_harm_no_page(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    for n, words in enumerate(HOSTILE):
        if n % (MOST_PROPOSALS // 2) == 0:
            entity = ("dewa", "rta", "khda", "dmca", "courts", "culture")[
                n // (MOST_PROPOSALS // 2)
            ]
            team = await house.person(Role.TEAM, entity, entity=entity)
        path = (await team.post("/en/team/proposals")).headers["location"]
        fields = dict.fromkeys(("title-ar", "title-en", "summary-en", "service-1-en"), words)
        saved = await filled_in(team, path, fields)
        if "\0" in words:
            assert saved.status_code == 400
            continue
        assert saved.status_code in {303, 422}, words
        for rest in ("idea", "check", "preview"):
            page = (await team.get(path.replace("/idea", f"/{rest}"))).text
            assert "<script>window" not in page
            assert "<img src=x" not in page
            assert "<svg/onload" not in page
            assert not re.search(
                "[\u202a-\u202e\u2066\u2067\u200e\u200f\ufeff\u0007\u001b]", page
            ), words


async def test_an_entity_has_so_many_proposals_and_no_more(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    for _ in range(MOST_PROPOSALS):
        assert (await team.post("/en/team/proposals")).status_code == 303

    refused = await team.post("/en/team/proposals", headers=PROGRAM)

    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-proposals")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"version=1", b"version=1&version=2&end=1", b"\xff=\xff"]
)
async def test_forms_that_are_none_are_refused(house: Whole, body: bytes) -> None:
    team = await house.person(Role.TEAM)
    path = address(await proposed(house.expo), "/idea")
    headers = {"content-type": "application/x-www-form-urlencoded", **PROGRAM}

    answer = await team.post(path, content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
