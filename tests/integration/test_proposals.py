"""Teams propose through the front door: drafts, states, two members at once, and who may do what."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from expo.catalogue.proposals.checks import Step
from expo.catalogue.proposals.entries import shown
from expo.catalogue.proposals.states import State
from expo.catalogue.proposals.values import Content, Proposal
from expo.errors import StaleVersion
from expo.rights import Role
from expo.words import Text
from tests.support.proposals import (
    TEAM,
    WHOLE,
    address,
    filled,
    filled_in,
    moved,
    now,
    proposed,
    version_on,
)
from tests.support.whole import PROGRAM, Whole, whole


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


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


async def test_second_press_of_a_button_changes_nothing(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    proposal_id = await proposed(house.expo)
    fields = {"version": str((await now(house, proposal_id)).version)}

    answers = [await team.post(address(proposal_id, "/submit"), data=fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(await house.expo.proposals.events(proposal_id)) == 3
