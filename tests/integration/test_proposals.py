"""Teams propose through the front door: drafts, states, two members at once, and who may do what."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.catalogue.proposals.checks import Step
from expo.catalogue.proposals.entries import shown
from expo.catalogue.proposals.states import State, WrongMove
from expo.catalogue.proposals.values import MOST_PROPOSALS, Content, Proposal
from expo.errors import BadRequest, NotAllowed, StaleVersion
from expo.rights import Role
from expo.words import Text
from tests.support.proposals import DESK, OTHERS, TEAM, WHOLE, filled, moved, proposed, with_picture
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


def address(proposal_id: str, rest: str = "") -> str:
    return f"/en/team/proposals/{proposal_id}{rest}"


def version_on(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None, page
    return found[1]


async def filled_in(team: httpx2.AsyncClient, path: str, fields: dict[str, str]) -> httpx2.Response:
    """A step as a person fills it in: the page is read first, for its version."""
    page = await team.get(path)
    assert page.status_code == 200, page.text
    sent = {"version": version_on(page.text), **fields, "end": "1"}
    if path.endswith("/people"):
        return await team.post(path, data=sent, files={"image": ("", b"")})
    return await team.post(path, data=sent)


async def now(house: Whole, proposal_id: str) -> Proposal:
    return await house.expo.proposals.own(DESK, proposal_id)


async def test_team_goes_from_nothing_to_a_reference_that_is_accepted_and_scheduled(
    house: Whole,
) -> None:
    team = await house.person(Role.TEAM)
    begun = await team.post("/en/team/proposals")
    steps = [begun.headers["location"]]
    for step in Step:
        answer = await filled_in(team, steps[-1], shown(step, WHOLE))
        assert answer.status_code == 303
        steps.append(answer.headers["location"])
    check = await team.get(steps[-1])
    proposal_id = steps[0].split("/")[-2]
    handed_in = await team.post(
        address(proposal_id, "/submit"), data={"version": version_on(check.text)}
    )
    done = await team.get(handed_in.headers["location"])

    assert [step.rsplit("/", 1)[-1] for step in steps] == ["idea", "impact", "people", "check"]
    assert "Nothing is missing." in check.text
    assert proposal_id.upper() in done.text
    assert (await now(house, proposal_id)).content == WHOLE

    await moved(house.expo, proposal_id, State.ACCEPTED)
    await moved(house.expo, proposal_id, State.SCHEDULED, session="dewa")
    home = await team.get("/en/team")
    assert 'data-state="scheduled"' in home.text
    assert 'href="/en/session/dewa"' in home.text
    log = await (await house.person(Role.ORGANISER)).get("/en/staff/log")
    assert "Initiative accepted" in log.text


async def test_incomplete_drafts_are_kept_and_not_handed_in(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    path = (await team.post("/en/team/proposals")).headers["location"]
    proposal_id = path.split("/")[-2]

    saved = await filled_in(team, path, {"title-ar": "فكرة"})
    check = await team.get(address(proposal_id, "/check"))
    refused = await team.post(
        address(proposal_id, "/submit"), data={"version": version_on_any(check.text)}
    )

    assert saved.status_code == 303
    assert (await now(house, proposal_id)).content.title == Text(ar="فكرة", en="")
    assert "Before you can hand it in" in check.text
    assert f'href="{address(proposal_id, "/impact")}?check#stage-1"' in check.text
    assert refused.status_code == 422
    assert (await now(house, proposal_id)).state is State.DRAFT


def version_on_any(_page: str) -> str:
    """A page that offers no button shows no version; whoever forges the form knows the second one."""
    return "2"


async def test_what_is_too_long_is_kept_and_told_at_once(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    path = address(await proposed(house.expo))

    answer = await filled_in(team, path + "/idea", shown(Step.IDEA, WHOLE) | {"short-en": "x" * 25})

    assert answer.status_code == 422
    assert 'href="#short-en"' in answer.text
    assert 'aria-describedby="short-en-wrong short-en-count short-hint"' in answer.text
    assert "Too long by 7" in answer.text
    assert (await now(house, path.split("/")[-1])).content.short.en == "x" * 25


async def test_a_date_nobody_can_read_stays_on_the_page(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    path = address(await proposed(house.expo), "/impact")

    answer = await filled_in(team, path, shown(Step.IMPACT, WHOLE) | {"stage-2": "last spring"})

    assert answer.status_code == 422
    assert 'value="last spring"' in answer.text
    assert "This is no date." in answer.text


async def test_two_members_do_not_overwrite_each_other_unseen(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    colleague = await house.person(Role.TEAM, "another")
    path = address(await proposed(house.expo), "/idea")
    mine = {
        "version": version_on((await team.get(path)).text),
        **shown(Step.IDEA, WHOLE),
        "end": "1",
    }
    await filled_in(colleague, path, shown(Step.IDEA, WHOLE) | {"title-en": "Theirs"})

    refused = await team.post(path, data=mine | {"title-en": "Mine"})
    kept = await now(house, path.split("/")[-2])
    again = await team.post(
        path, data=mine | {"title-en": "Mine", "version": version_on(refused.text)}
    )

    assert refused.status_code == 409
    assert 'value="Mine"' in refused.text
    assert re.search(r'data-theirs="title-en"><b>Saved meanwhile:</b> .*Theirs', refused.text)
    assert 'data-theirs="title-ar"' not in refused.text
    assert kept.content.title.en == "Theirs"
    assert again.status_code == 303
    assert (await now(house, kept.id)).content.title.en == "Mine"


async def test_of_many_saves_of_one_version_one_wins(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    version = (await now(house, proposal_id)).version

    def titled(n: int) -> Callable[[Content], Content]:
        return lambda _: msgspec.structs.replace(WHOLE, title=Text(ar="", en=f"Title {n}"))

    told = await asyncio.gather(
        *(house.expo.proposals.save(TEAM, proposal_id, version, titled(n)) for n in range(8)),
        return_exceptions=True,
    )

    assert sum(isinstance(one, Proposal) for one in told) == 1
    assert sum(isinstance(one, StaleVersion) for one in told) == 7
    assert (await now(house, proposal_id)).version == version + 1


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


async def test_everybody_sees_each_change_after_publication_and_no_name_without_consent(
    house: Whole,
) -> None:
    ids = await filled(house.expo)
    page = (await (await house.person(Role.PUBLIC)).get(f"/en/proposals/{ids['accepted']}")).text

    assert 'id="revision-1"' in page
    assert "Pay your bill in a minute, from your phone." in page
    assert "Pay in a minute." in page
    assert "Mona" in page
    assert "Saif" not in page
    assert "A seat on the stage" not in page


async def test_published_proposal_stays_whole(house: Whole) -> None:
    ids = await filled(house.expo)
    team = await house.person(Role.TEAM)
    path = address(ids["accepted"], "/idea")
    before = await now(house, ids["accepted"])

    answer = await filled_in(team, path, {"title-en": "Only a title"})

    assert answer.status_code == 422
    assert 'data-code="proposal-incomplete"' in answer.text
    assert 'href="#summary-' in answer.text
    assert 'value="Only a title"' in answer.text
    assert await now(house, before.id) == before


async def test_comments_stand_beside_the_fields_until_it_is_handed_in_again(house: Whole) -> None:
    ids = await filled(house.expo)
    team = await house.person(Role.TEAM)

    idea = (await team.get(address(ids["returned"], "/idea"))).text
    impact = (await team.get(address(ids["returned"], "/impact"))).text

    assert re.search(r'data-comment="title".*Say who it is for\.', idea)
    assert 'data-comment="benefit"' not in idea
    assert 'data-comment="benefit"' in impact
    await moved(house.expo, ids["returned"], State.SUBMITTED)
    again = await team.get(address(ids["returned"]))
    assert "Say who it is for." not in again.text


async def test_withdrawing_asks_for_the_version_that_was_seen_and_is_final(house: Whole) -> None:
    ids = await filled(house.expo)
    team = await house.person(Role.TEAM)
    path = address(ids["accepted"])
    version = (await now(house, ids["accepted"])).version

    stale = await team.post(path + "/withdraw", data={"version": str(version - 1)})
    gone = await team.post(path + "/withdraw", data={"version": str(version), "reason": "No money"})
    page = await team.get(gone.headers["location"])
    again = await team.post(path + "/submit", data={"version": str(version + 1)}, headers=PROGRAM)

    assert stale.status_code == 409
    assert 'data-code="stale-version"' in stale.text
    assert 'data-state="withdrawn"' in page.text
    assert "No money" in page.text
    assert again.json()["facts"]["reason"] == "withdrawn"
    assert (
        await (await house.person(Role.PUBLIC)).get(f"/en/proposals/{ids['accepted']}")
    ).status_code == 404


async def test_whoever_stops_here_comes_back_to_the_overview_and_to_what_is_missing(
    house: Whole,
) -> None:
    team = await house.person(Role.TEAM)
    path = (await team.post("/en/team/proposals")).headers["location"]

    stopped = await filled_in(team, path, {"title-en": "Bills", "then": "later"})
    more = await filled_in(team, path, {"title-en": "Bills", "then": "stay"})
    told = await team.get(path + "?check")

    assert stopped.headers["location"] == path.removesuffix("/idea")
    assert more.headers["location"] == path + "?saved"
    assert 'href="#summary-ar"' in told.text


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


async def test_second_press_of_a_button_changes_nothing(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    proposal_id = await proposed(house.expo)
    fields = {"version": str((await now(house, proposal_id)).version)}

    answers = [await team.post(address(proposal_id, "/submit"), data=fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(await house.expo.proposals.events(proposal_id)) == 3


async def test_organisers_may_not_write_for_a_team_nor_a_team_decide(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    found = await now(house, proposal_id)

    for to in (State.SUBMITTED, State.WITHDRAWN):
        with pytest.raises(NotAllowed):
            await house.expo.proposals.move(DESK, proposal_id, found.version, to)
    await moved(house.expo, proposal_id, State.SUBMITTED)
    with pytest.raises(NotAllowed):
        await house.expo.proposals.accept(TEAM, proposal_id, found.version + 1)
    with pytest.raises(WrongMove):
        await house.expo.proposals.schedule(DESK, proposal_id, found.version + 1, "dewa")
    with pytest.raises(BadRequest):
        await house.expo.proposals.return_(DESK, proposal_id, found.version + 1, "x" * 601)


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
