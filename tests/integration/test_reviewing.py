"""From invitation to a place in the programme: a team and the organisers, through their pages."""

import re
from pathlib import Path

import httpx2
import msgspec
import pytest

from expo.catalogue.proposals.states import State
from expo.rights import Role
from expo.words import Text
from sessions.orders import Kind
from tests.integration.test_invitations import HEAD, invited, links
from tests.support.proposals import TEAM, WHOLE, proposed
from tests.support.roles import stranger
from tests.support.whole import PROGRAM, Whole, whole

SESSION = "dewa"


async def handed_in(house: Whole) -> str:
    """Id of a proposal that waits for the organisers."""
    made = await proposed(house.expo)
    proposals = house.expo.proposals
    await proposals.submit(TEAM, made, (await proposals.own(TEAM, made)).version)
    return made


async def version(house: Whole, proposal: str) -> str:
    return str((await house.expo.proposals.own(TEAM, proposal)).version)


async def decided(
    house: Whole, organiser: httpx2.AsyncClient, proposal: str, to: State, **fields: str
) -> httpx2.Response:
    """The answer to an organiser's decision about the proposal as it stands."""
    data = {"version": await version(house, proposal), "to": to.value, **fields}
    return await organiser.post(f"/en/staff/proposals/{proposal}", data=data)


async def test_team_goes_from_invitation_to_a_place_in_the_programme(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await invited(house, HEAD + "maha@example.ae,Maha,team,,dewa,en\n")
        async with stranger(house.url) as maha:
            await maha.post((await links(house, "maha@example.ae"))[0])
            begun = await maha.post("/en/team/proposals", data={})
            proposal = re.search(r"/proposals/([\w-]+)/idea", begun.headers["location"])[1]  # type: ignore[index]  # it leads there
            own = f"/en/team/proposals/{proposal}"
            await house.expo.proposals.save(TEAM, proposal, 1, lambda _: WHOLE)
            handed = await maha.post(f"{own}/submit", data={"version": "2"})
            assert handed.status_code == 303, handed.text

            queue = (await organiser.get("/en/staff/proposals")).text
            assert "Bills without a visit" in queue
            back = await decided(
                house, organiser, proposal, State.RETURNED, **{"comment-title": "Shorter, please."}
            )
            assert back.status_code == 303, back.text
            assert "Shorter, please." in (await maha.get(own)).text
            assert "Shorter, please." in (await maha.get(f"{own}/idea")).text

            again = await maha.post(
                f"{own}/submit", data={"version": await version(house, proposal)}
            )
            assert again.status_code == 303, again.text
            assert (await decided(house, organiser, proposal, State.ACCEPTED)).status_code == 303
            placed = await decided(house, organiser, proposal, State.SCHEDULED, session=SESSION)
            assert placed.status_code == 303, placed.text

            assert "In the programme" in (await maha.get(own)).text
            assert "Bills without a visit" in (await maha.get(f"/en/initiative/{proposal}")).text
        programme = house.expo.show.programme
        session = programme.session(SESSION)
        assert session is not None
        assert session.initiatives[-1] == proposal
        contest = house.expo.show.contest(SESSION)
        assert contest is not None
        assert contest.options[-1].id == proposal


async def test_changes_need_a_reason_or_a_comment(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser, proposal = await house.person(Role.ORGANISER), await handed_in(house)

        silent = await decided(house, organiser, proposal, State.RETURNED)

        assert silent.status_code == 422
        assert 'data-code="proposal-reason-missing"' in silent.text


async def test_two_organisers_do_not_decide_twice(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser, proposal = await house.person(Role.ORGANISER), await handed_in(house)
        seen = await version(house, proposal)
        address = f"/en/staff/proposals/{proposal}"
        first = await organiser.post(address, data={"version": seen, "to": "accepted"})
        assert first.status_code == 303

        late = await organiser.post(
            address, data={"version": seen, "to": "returned", "reason": "No"}, headers=PROGRAM
        )

        assert (late.status_code, late.json()["code"]) == (409, "proposal-wrong-move")


async def test_session_whose_voting_is_prepared_takes_nothing_more(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser, proposal = await house.person(Role.ORGANISER), await handed_in(house)
        await decided(house, organiser, proposal, State.ACCEPTED)
        await house.order(Kind.READY, SESSION)

        page = (await organiser.get(f"/en/staff/proposals/{proposal}")).text
        assert f'value="{SESSION}"' not in page
        forced = await decided(house, organiser, proposal, State.SCHEDULED, session=SESSION)

        assert forced.status_code == 409
        assert 'data-code="change-refused"' in forced.text
        assert (await house.expo.proposals.own(TEAM, proposal)).state is State.ACCEPTED
        assert house.expo.show.programme.initiative(proposal) is None


async def test_what_the_team_changes_later_comes_into_the_programme_by_a_press(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house:
        organiser, proposal = await house.person(Role.ORGANISER), await handed_in(house)
        await decided(house, organiser, proposal, State.ACCEPTED)
        await decided(house, organiser, proposal, State.SCHEDULED, session=SESSION)
        written = msgspec.structs.replace(WHOLE, benefit=Text("أكثر", "Two million visits saved."))
        await house.expo.proposals.save(
            TEAM, proposal, int(await version(house, proposal)), lambda _: written
        )
        address = f"/en/staff/proposals/{proposal}"
        assert f'action="{address}/renew"' in (await organiser.get(address)).text

        assert (await organiser.post(f"{address}/renew")).status_code == 303

        assert f'action="{address}/renew"' not in (await organiser.get(address)).text
        assert "Two million visits" in (await organiser.get(f"/en/initiative/{proposal}")).text


@pytest.mark.parametrize(
    "fields",
    [
        {"version": "1", "to": "crowned"},
        {"version": "x", "to": "accepted"},
        {"version": "", "to": ""},
        {"to": "accepted"},
    ],
)
async def test_forged_decision_is_refused(tmp_path: Path, fields: dict[str, str]) -> None:
    async with whole(tmp_path) as house:
        organiser, proposal = await house.person(Role.ORGANISER), await handed_in(house)

        answer = await organiser.post(
            f"/en/staff/proposals/{proposal}", data=fields, headers=PROGRAM
        )

        assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


async def test_nobody_else_decides(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        proposal = await handed_in(house)
        for role in (Role.TEAM, Role.MODERATOR, Role.AUDITOR, Role.OFFICER, Role.CUSTOMER):
            somebody = await house.person(role)
            answer = await decided(house, somebody, proposal, State.ACCEPTED)
            assert answer.status_code == 403
