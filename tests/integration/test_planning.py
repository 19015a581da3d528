"""The schedule board on a real server: plain forms, two organisers at once, publishing, hostile input."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx2
import pytest

from expo.identity.people import Person, PersonId
from expo.rights import Role
from sessions.orders import Kind, Order
from sessions.schedule_dump import dump, plain
from sessions.schedule_nodes import write
from tests.support.roles import everybody
from tests.support.whole import Whole, whole

pytestmark = pytest.mark.timeout(120)
ORGANISER = Person(PersonId("o1"), Role.ORGANISER, label="Mariam")
PATH = "/en/staff/plan"
JSON = {"accept": "application/json"}
NAMES = {"name_ar": "النسخة الأولى", "name_en": "First release", "note_ar": "", "note_en": ""}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


@pytest.fixture
async def organiser(house: Whole) -> AsyncIterator[httpx2.AsyncClient]:
    async with everybody(house.url, house.expo.passes, house.expo.now) as clients:
        yield clients[Role.ORGANISER]


def placed(
    session: str, version: int, starts: str, day: int = 1, minutes: int = 45
) -> dict[str, str]:
    return {
        "do": "place", "version": str(version), "session": session,
        "starts": starts, "day": str(day), "minutes": str(minutes),
    }  # fmt: skip


async def post(client: httpx2.AsyncClient, fields: Mapping[str, str]) -> httpx2.Response:
    return await client.post(PATH, data=dict(fields))


async def digest_on(client: httpx2.AsyncClient) -> str:
    page = await client.get(f"{PATH}/publish")
    found = re.search(r'name="digest" value="([0-9a-f]+)"', page.text)
    assert found, page.text[:2000]
    return found[1]


async def test_form_moves_a_session_in_the_draft_and_nothing_in_force(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    before = house.expo.show.programme

    answer = await post(organiser, placed("culture", 0, "09:00", day=2))

    assert (answer.status_code, answer.headers["location"]) == (
        303, f"{PATH}?done=place#s-culture",
    )  # fmt: skip
    view = await house.expo.production.planning.view()
    day = view.programme.day_of("culture")
    assert day is not None
    assert day.n == 2
    await house.expo.show.refresh()
    assert house.expo.show.programme == before
    assert "1 session differs" in (await organiser.get(PATH)).text


async def test_two_organisers_at_once_overwrite_nothing(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    await post(organiser, placed("culture", 0, "09:00", day=2))

    answer = await post(organiser, placed("rta", 0, "11:11", day=2))

    assert answer.status_code == 409
    assert 'data-code="plan-changed"' in answer.text
    assert "Initiatives of Dubai Culture" in answer.text  # what changed meanwhile
    assert 'value="11:11"' in answer.text  # what was typed is not lost
    view = await house.expo.production.planning.view()
    assert [one.session for one in view.changes] == ["culture"]


async def test_of_ten_organisers_at_one_moment_one_is_first_and_nine_are_told(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    posts = [post(organiser, placed("culture", 0, f"09:{n:02}", day=2)) for n in range(10)]

    answers = await asyncio.gather(*posts)

    assert sorted(one.status_code for one in answers) == [303, *[409] * 9]
    assert (await house.expo.production.planning.view()).plan.version == 1


async def test_draft_that_moved_on_is_not_published_as_it_was_looked_at(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    await post(organiser, placed("culture", 0, "09:00", day=2))
    digest, before = await digest_on(organiser), house.expo.show.programme
    await post(organiser, placed("rta", 1, "10:00", day=2))

    for version, code in (("1", "plan-changed"), ("2", "reload-outdated")):
        answer = await organiser.post(
            f"{PATH}/publish", data=NAMES | {"version": version, "digest": digest}, headers=JSON
        )
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    await house.expo.show.refresh()
    assert house.expo.show.programme == before


async def test_release_without_a_name_keeps_what_was_typed(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    await post(organiser, placed("culture", 0, "09:00", day=2))
    typed = NAMES | {"name_ar": "", "version": "1", "digest": await digest_on(organiser)}

    answer = await organiser.post(f"{PATH}/publish", data=typed)

    assert (answer.status_code, 'value="First release"' in answer.text) == (422, True)
    assert 'data-code="plan-words"' in answer.text


async def test_release_is_on_the_staff_log(house: Whole, organiser: httpx2.AsyncClient) -> None:
    await post(organiser, placed("culture", 0, "09:00", day=2))
    await organiser.post(
        f"{PATH}/publish", data=NAMES | {"version": "1", "digest": await digest_on(organiser)}
    )

    lines = {one.action: one.facts for one in (await house.expo.show.control()).log}

    assert lines["publish-schedule"] == {"release": 1, "name": "First release"}
    assert "Schedule published" in (await organiser.get("/en/staff/log")).text


async def test_undo_and_discard_can_both_be_taken_back(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    planning = house.expo.production.planning
    await post(organiser, placed("culture", 0, "09:00", day=2))
    await post(organiser, placed("rta", 1, "10:00", day=2))
    await post(organiser, {"do": "undo", "version": "2"})
    assert [one.session for one in (await planning.view()).changes] == ["culture"]

    await post(organiser, {"do": "discard", "version": "3"})
    assert (await planning.view()).plan.document is None
    await post(organiser, {"do": "undo", "version": "4"})
    assert [one.session for one in (await planning.view()).changes] == ["culture"]

    await post(organiser, {"do": "undo", "version": "5"})
    assert (await planning.view()).plan.document is None
    answer = await post(organiser, {"do": "undo", "version": "6"})
    assert (answer.status_code, "plan-nothing-before" in answer.text) == (409, True)


async def test_conflict_is_listed_with_both_sides_and_keeps_the_draft_from_publishing(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    await post(organiser, placed("culture", 0, "13:30"))

    page = (await organiser.get(PATH)).text

    assert "are on the stage at the same time" in page
    assert page.count('class="plan-card clashes"') == 2
    answer = await organiser.post(
        f"{PATH}/publish", data=NAMES | {"version": "1", "digest": "x"}, headers=JSON
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "plan-unfit")


async def test_release_puts_the_draft_in_force_and_is_told_everywhere(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    await post(organiser, placed("culture", 0, "09:00", day=2))
    await post(
        organiser,
        {
            "do": "add", "version": "1", "title_ar": "استراحة", "title_en": "Coffee", "kind": "break",
            "day": "2", "starts": "٠٩:٤٥", "minutes": "٢٠", "entity": "",
        },
    )  # fmt: skip
    digest = await digest_on(organiser)

    answer = await organiser.post(
        f"{PATH}/publish", data=NAMES | {"version": "2", "digest": digest}
    )

    assert answer.status_code == 303, answer.text[:3000]
    programme = house.expo.show.programme
    assert [one.id for one in programme.days[1].sessions] == ["culture", "break-1"]
    async with httpx2.AsyncClient(base_url=house.url) as anyone:
        log = (await anyone.get("/en/schedule/changes")).text
        assert "First release" in log
        assert "Coffee" in log
        assert "النسخة الأولى" in (await anyone.get("/ar/schedule/changes")).text
        told = (await anyone.get("/schedule.json?lang=en")).json()
        assert told["schedule"]["version"].startswith("First release · ")
        assert "<version>النسخة الأولى · " in (await anyone.get("/schedule.xml?lang=ar")).text
        assert "/en/schedule/changes" in (await anyone.get("/en/schedule")).text
    view = await house.expo.production.planning.view()
    assert (view.plan.document, view.changes) == (None, ())


async def test_release_and_programme_come_together_or_not_at_all(
    house: Whole, organiser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(organiser, placed("culture", 0, "09:00", day=2))
    digest, before = await digest_on(organiser), house.expo.show.programme

    async def fail(*_args: object) -> int:
        raise RuntimeError

    monkeypatch.setattr("sessions.releases.store.add", fail)
    answer = await organiser.post(
        f"{PATH}/publish", data=NAMES | {"version": "1", "digest": digest}, headers=JSON
    )

    assert answer.status_code == 500
    await house.expo.show.refresh()
    assert house.expo.show.programme == before
    assert (await house.expo.production.planning.view()).plan.version == 1


async def test_what_came_in_force_meanwhile_is_shown_and_taken_in(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    await post(organiser, placed("culture", 0, "09:00", day=2))
    digest = await digest_on(organiser)
    await _rename_in_force(house, "rta", "Roads tell")

    refused = await organiser.post(
        f"{PATH}/publish", data=NAMES | {"version": "1", "digest": digest}, headers=JSON
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "plan-behind")
    assert "Roads tell" in (await organiser.get(PATH)).text

    await post(organiser, {"do": "take-in", "version": "1"})
    view = await house.expo.production.planning.view()
    rta = view.programme.session("rta")
    assert rta is not None
    assert rta.title.en == "Roads tell"
    assert [one.session for one in view.changes] == ["culture"]


async def test_board_stands_when_a_team_of_the_draft_left_the_expo(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    talk = {
        "do": "add", "version": "0", "title_ar": "حديث", "title_en": "A talk", "kind": "talk",
        "day": "1", "starts": "14:00", "minutes": "10", "entity": "culture",
    }  # fmt: skip
    assert (await post(organiser, talk)).status_code == 303
    whole_ = plain(house.expo.show.programme)
    whole_["entities"] = [one for one in whole_["entities"] if one["id"] != "culture"]
    whole_["initiatives"] = [one for one in whole_["initiatives"] if one["entity"] != "culture"]
    day = whole_["days"][0]
    day["sessions"] = [one for one in day["sessions"] if one["id"] != "culture"]
    await _in_force(house, write(whole_))

    for path in (PATH, f"{PATH}/publish"):
        page = await organiser.get(path)
        assert page.status_code == 200
        assert "at once" in page.text
    await post(organiser, {"do": "take-in", "version": "1"})
    assert (await organiser.get(PATH)).status_code == 200


async def test_what_is_on_the_stage_is_not_published_away(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    show = house.expo.show
    await post(organiser, placed("khda", 0, "09:00", day=2))
    version = show.rundown.at("khda").version
    await show.act(ORGANISER, Order(Kind.START, version=version, session="khda"))

    page = (await organiser.get(f"{PATH}/publish")).text

    assert "What may not be changed any more" in page
    assert 'name="digest"' not in page
    answer = await organiser.post(
        f"{PATH}/publish", data=NAMES | {"version": "1", "digest": "x"}, headers=JSON
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "plan-held")


async def test_sessions_are_swapped_and_given_to_another_entity_by_form(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    swap = {"do": "swap", "version": "0", "session": "khda", "other": "trakhees"}
    lead = {"do": "entity", "version": "1", "session": "culture", "entity": "rta"}

    answers = [await post(organiser, swap), await post(organiser, lead)]

    assert [one.headers.get("location") for one in answers] == [
        f"{PATH}?done=swap#s-khda", f"{PATH}?done=entity#s-culture",
    ]  # fmt: skip
    programme = (await house.expo.production.planning.view()).programme
    assert [one.id for one in programme.days[0].sessions][:2] == ["trakhees", "khda"]
    culture = programme.session("culture")
    assert culture is not None
    assert culture.entity == "rta"
    assert "belongs to" in (await organiser.get(PATH)).text  # its initiatives are another's


async def test_what_has_run_stays_where_it_was(house: Whole, organiser: httpx2.AsyncClient) -> None:
    before = house.expo.show.programme.session("khda")
    await post(organiser, placed("khda", 0, "08:30", minutes=40))
    await house.order(Kind.START, "khda")
    await house.order(Kind.END, "khda")

    answer = await organiser.post(
        f"{PATH}/publish",
        data=NAMES | {"version": "1", "digest": await digest_on(organiser)},
        headers=JSON,
    )
    moved = await organiser.post(PATH, data=placed("khda", 1, "08:35", minutes=40), headers=JSON)

    assert (answer.status_code, answer.json().get("code")) == (409, "plan-ran")
    assert (moved.status_code, moved.json().get("code")) == (409, "plan-ran")
    assert house.expo.show.programme.session("khda") == before


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "bad-request"),
        ({"version": "0"}, "bad-request"),
        ({"version": "-1", "do": "undo"}, "bad-request"),
        ({"version": "9" * 40, "do": "undo"}, "bad-request"),
        ({"version": "0", "do": "shout"}, "bad-request"),
        (placed("culture", 0, "25:00"), "plan-field"),
        (placed("culture", 0, "<b>"), "plan-field"),
        (placed("culture", 0, "23:50"), "plan-no-such-time"),
        (placed("culture", 0, "09:00", minutes=0), "plan-field"),
        (placed("culture", 0, "09:00", minutes=9999), "plan-field"),
        (placed("culture", 0, "09:00", minutes=5), "plan-too-short"),
        (placed("culture", 0, "09:00", day=77), "not-found"),
        (placed("../etc", 0, "09:00"), "not-found"),
        ({"do": "title", "version": "0", "session": "rta", "title_ar": "ط", "title_en": ""}, "plan-words"),
        ({"do": "title", "version": "0", "session": "rta", "title_ar": "ط", "title_en": "x" * 500}, "plan-words"),
        ({"do": "remove", "version": "0", "session": "nobody"}, "not-found"),
        ({"do": "swap", "version": "0", "session": "rta", "other": "nobody"}, "not-found"),
        ({"do": "swap", "version": "0", "session": "rta", "other": "rta"}, "not-found"),
        ({"do": "entity", "version": "0", "session": "rta", "entity": "<b>"}, "plan-field"),
        (
            {"do": "add", "version": "0", "title_ar": "ط", "title_en": "T", "kind": "ranking",
             "day": "1", "starts": "09:00", "minutes": "5"},
            "plan-field",
        ),
        (
            {"do": "add", "version": "0", "title_ar": "ط", "title_en": "T", "kind": "talk",
             "day": "1", "starts": "09:00", "minutes": "5", "entity": "nobody"},
            "plan-field",
        ),
        ({"do": "discard", "version": "0"}, "plan-nothing-before"),
    ],
)  # fmt: skip
async def test_hostile_form_is_refused_and_changes_nothing(
    house: Whole, organiser: httpx2.AsyncClient, fields: dict[str, str], code: str
) -> None:
    answer = await organiser.post(PATH, data=fields, headers=JSON)

    assert answer.json()["code"] == code
    assert (await house.expo.production.planning.view()).plan.version == 0
    by_hand = await organiser.post(PATH, data=fields)
    assert f'data-code="{code}"' in by_hand.text


async def test_a_title_is_shown_as_it_was_typed_and_runs_nothing(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    title = '<script>alert("x")</script>'
    await post(
        organiser,
        {"do": "title", "version": "0", "session": "rta", "title_ar": title, "title_en": title},
    )

    page = (await organiser.get(PATH)).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def _rename_in_force(house: Whole, session: str, title: str) -> None:
    """Another organiser changes the programme by a schedule of their own."""
    await _in_force(house, dump(house.expo.show.programme).replace("Initiatives of RTA", title))
    assert house.expo.show.programme.session(session) is not None


async def _in_force(house: Whole, text: str) -> None:
    preview = await house.expo.show.preview_reload(text.encode())
    assert preview.can_apply
    await house.expo.show.apply_reload(ORGANISER, text.encode(), preview.digest)
