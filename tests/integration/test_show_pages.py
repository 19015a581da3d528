"""The stage's pages through the front door: public pages, codes, calendars, and the control room."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from expo.rights import Role
from sessions.orders import Kind
from tests.support.roles import entered, stranger
from tests.support.stagehouse import SITE, House, open_house

DESK = "/en/staff/control"
RELOAD = "/en/staff/programme"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as found:
        yield found


@pytest.fixture
async def visitor(stage: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with stranger(stage.url, origin=SITE) as client:
        yield client


@pytest.fixture
async def organiser(stage: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with entered(stage.url, stage.passes, stage.clock, Role.ORGANISER, origin=SITE) as client:
        yield client


def order(stage: House, kind: str, **fields: Any) -> dict[str, str]:
    """The fields of a button of the control room."""
    if kind.endswith("-session"):
        known = {"session": "water", "version": stage.show.progress("water").version}
    elif kind == "scene":
        known = {"version": stage.show.rundown.stage.version}
    else:
        known = {"contest": "water", "version": stage.contest().version}
    return {"kind": kind, **{name: str(value) for name, value in (known | fields).items()}}


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/schedule",
        "/day/1",
        "/day/2",
        "/session/water",
        "/session/talk",
        "/initiative/leak",
        "/join",
        "/about",
    ],
)
async def test_public_page_is_served_in_both_languages(
    visitor: httpx2.AsyncClient, lang: str, path: str
) -> None:
    answer = await visitor.get(f"/{lang}{path}")

    assert answer.status_code == 200
    assert f'<html lang="{lang}"' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/en/day/3",
        "/en/day/0",
        "/en/day/-1",
        "/en/day/1e3",
        "/en/day/99999999999999",
        "/en/session/nowhere",
        "/en/session/water%00",
        "/en/initiative/nothing",
        "/fr/schedule",
        "/v/0000",
        "/v/K7Q4K7Q4",
        "/v/%00",
        "/qr/0000.svg",
        "/en/session/nowhere.ics",
        "/en/day/9.ics",
    ],
)
async def test_what_is_not_there_is_not_found(visitor: httpx2.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)

    assert answer.status_code == 404


async def test_code_leads_to_the_session_page_itself_in_any_case(
    stage: House, visitor: httpx2.AsyncClient
) -> None:
    code = stage.show.progress("water").code
    assert code is not None

    for address in (f"/v/{code}", f"/v/{code.lower()}", f"/V/{code}", f"/v/{code[:2]}-{code[2:]}"):
        answer = await visitor.get(address)
        assert answer.status_code == 200
        assert "Water session" in answer.text


async def test_typed_code_leads_on_and_a_wrong_one_says_so(
    stage: House, visitor: httpx2.AsyncClient
) -> None:
    right = await visitor.get("/v", params={"code": stage.show.progress("water").code})
    wrong = await visitor.get("/v", params={"code": "ZZZZ"})

    assert (right.status_code, right.headers["location"]) == (303, "/en/session/water")
    assert wrong.status_code == 404


async def test_calendars_have_every_session_once(visitor: httpx2.AsyncClient) -> None:
    everything = await visitor.get("/schedule.ics")
    first_day = await visitor.get("/ar/day/1.ics")
    one = await visitor.get("/en/session/talk.ics")

    assert everything.headers["content-type"] == "text/calendar; charset=utf-8"
    assert [answer.text.count("BEGIN:VEVENT") for answer in (everything, first_day, one)] == [
        2,
        2,
        1,
    ]


async def test_code_picture_stands_alone(stage: House, visitor: httpx2.AsyncClient) -> None:
    answer = await visitor.get(f"/qr/{stage.show.progress('water').code}.svg")
    door = await visitor.get("/qr.svg")

    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert door.status_code == 200
    assert door.text != answer.text


async def test_projector_page_holds_its_first_state(stage: House) -> None:
    await stage.order(Kind.START)

    async with entered(stage.url, stage.passes, stage.clock, Role.SCREEN, origin=SITE) as screen:
        shown = await screen.get("/stage/main", params={"lang": "ar"})
        strange = await screen.get("/stage/Main_Hall")

    assert shown.status_code == 200
    assert '"scene": "now"' in shown.text
    assert strange.status_code == 404


# --- the control room ---


@pytest.mark.parametrize("path", [DESK, RELOAD])
async def test_staff_page_is_for_organisers_alone(
    visitor: httpx2.AsyncClient, organiser: httpx2.AsyncClient, path: str
) -> None:
    assert (await visitor.get(path)).status_code == 403
    assert (await visitor.post(path, data={"kind": "open"})).status_code == 403
    assert (await organiser.get(path)).status_code == 200


async def test_order_from_another_site_is_refused(
    stage: House, organiser: httpx2.AsyncClient
) -> None:
    answer = await organiser.post(
        DESK, data=order(stage, "start-session"), headers={"origin": "https://evil.example"}
    )

    assert answer.status_code == 403
    assert stage.show.status("water").value == "scheduled"


async def test_session_is_led_without_scripts(stage: House, organiser: httpx2.AsyncClient) -> None:
    for kind in ("start-session", "open", "pause", "resume"):
        answer = await organiser.post(DESK, data=order(stage, kind))
        assert (answer.status_code, answer.headers["location"]) == (303, DESK)
    asked = await organiser.post(DESK, data=order(stage, "close"))
    assert asked.status_code == 200
    assert stage.contest().phase.value == "open"
    assert re.search(r'name="confirmed" value="yes"', asked.text)
    done = await organiser.post(DESK, data=order(stage, "close", confirmed="yes"))

    assert done.status_code == 303
    assert stage.contest().phase.value == "closing"


async def test_program_gets_the_new_state(stage: House, organiser: httpx2.AsyncClient) -> None:
    answer = await organiser.post(
        DESK,
        json={"kind": "start-session", "session": "water", "version": 0},
        headers={"accept": "application/json"},
    )

    assert answer.status_code == 200
    told = answer.json()
    assert (told["type"], told["stage"]["session"], told["stage"]["scene"]) == (
        "control",
        "water",
        "now",
    )


async def test_stale_order_is_answered_with_the_state_as_it_is(
    stage: House, organiser: httpx2.AsyncClient
) -> None:
    old = order(stage, "start-session")
    await stage.order(Kind.START)

    page = await organiser.post(DESK, data=old)
    program = await organiser.post(
        DESK,
        json={"kind": "start-session", "session": "water", "version": 0},
        headers={"accept": "application/json"},
    )

    assert page.status_code == program.status_code == 409
    told = program.json()
    assert (told["code"], told["facts"]["state"]) == ("stale-version", "live")
    assert told["control"]["sessions"][0]["status"] == "live"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "destroy", "version": "0"},
        {"kind": "open", "version": "0"},
        {"kind": "open", "version": "x", "contest": "water"},
        {"kind": "open", "version": "-1", "contest": "water"},
        {"kind": "open", "version": "9" * 400, "contest": "water"},
        {"kind": "extend", "version": "0", "contest": "water", "minutes": "600"},
        {"kind": "scene", "version": "0", "scene": "<script>"},
        {"kind": "start-session", "version": "0", "session": "x" * 65},
        {"kind": "open", "version": "0", "contest": "water", "role": "organiser"},
    ],
)
async def test_hostile_order_is_refused_and_changes_nothing(
    stage: House, organiser: httpx2.AsyncClient, fields: dict[str, str]
) -> None:
    before = stage.show.rundown

    answer = await organiser.post(DESK, data=fields)

    assert answer.status_code in {400, 422}
    await stage.show.refresh()
    assert stage.show.rundown == before


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[", b'{"kind":"open","version":NaN}', b"[" * 20_000, b"\xff\xfe"]
)
async def test_hostile_json_order_is_refused(organiser: httpx2.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json", "accept": "application/json"}

    answer = await organiser.post(DESK, content=body, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad-request"


async def test_control_room_looks_at_another_session(
    stage: House, organiser: httpx2.AsyncClient
) -> None:
    answer = await organiser.get(DESK, params={"session": "water"})
    strange = await organiser.get(DESK, params={"session": "../../etc/passwd"})

    assert (answer.status_code, strange.status_code) == (200, 200)


# --- the programme page ---


async def test_edited_schedule_is_shown_then_applied(
    stage: House, organiser: httpx2.AsyncClient
) -> None:
    text = stage.schedule.read_text().replace("en: Talk", "en: <b>Long</b> talk")
    stage.schedule.write_text(text)

    shown = await organiser.post(RELOAD, data={"do": "preview"})
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown.text)
    assert digest is not None
    assert "<b>Long</b>" not in shown.text
    applied = await organiser.post(RELOAD, data={"do": "apply", "digest": digest[1]})
    again = await organiser.post(RELOAD, data={"do": "apply", "digest": digest[1]})

    assert applied.status_code == 200
    assert again.status_code in {409, 422}
    talk = stage.show.programme.session("talk")
    assert talk is not None
    assert talk.title.en == "<b>Long</b> talk"


async def test_schedule_with_mistakes_is_told_by_line(
    stage: House, organiser: httpx2.AsyncClient
) -> None:
    answer = await organiser.post(
        RELOAD, data={"do": "preview", "text": "expo: {a: &x 1}\ndays: *x\n"}
    )

    assert answer.status_code == 200
    assert "digest" not in answer.text
    assert len(stage.show.programme.sessions) == 2


async def test_missing_schedule_file_is_said(stage: House, organiser: httpx2.AsyncClient) -> None:
    stage.schedule.unlink()

    answer = await organiser.post(RELOAD, data={"do": "preview"})

    assert answer.status_code == 409
    assert 'data-code="schedule-unreadable"' in answer.text
