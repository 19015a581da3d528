"""The organisers' pages: issuing, printing, revoking, and the log nobody can change."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.rights import Action, Role, may
from tests.support.doors import Doors, doors
from tests.support.roles import entered, everybody, stranger

FORM = {"kind": "electorate:employees", "label": "Desk 1", "hours": "8", "count": "3"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Doors]:
    async with doors(tmp_path) as opened:
        yield opened


@pytest.fixture
async def organiser(house: Doors) -> AsyncIterator[httpx2.AsyncClient]:
    async with entered(house.url, house.passes, house.clock, Role.ORGANISER) as client:
        house.clock.move(seconds=1)
        yield client


async def batch_of(client: httpx2.AsyncClient) -> str:
    page = await client.get("/en/staff/passes")
    found = re.search(r'name="batch" value="([0-9a-f]+)"', page.text)
    assert found
    return found[1]


async def test_form_without_scripts_issues_passes_that_open(
    house: Doors, organiser: httpx2.AsyncClient
) -> None:
    form = {**FORM, "batch": await batch_of(organiser)}

    page = await organiser.post("/en/staff/passes", data=form)

    paths = re.findall(r'href="(/pass/[^"]+)"', page.text)
    assert len(set(paths)) == 3
    assert page.text.count('<svg class="qr"') == 3
    assert page.headers["cache-control"] == "no-store"
    async with stranger(house.url) as client:
        await client.post(f"/en{paths[0]}")
        assert (await client.get("/en/")).text.startswith("employee ")


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize(
    ("kind", "role", "electorate", "entity"),
    [
        ("organiser", Role.ORGANISER, None, None),
        ("screen", Role.SCREEN, None, None),
        ("electorate:customers", Role.CUSTOMER, "customers", None),
        ("electorate:employees", Role.EMPLOYEE, "employees", None),
        ("electorate:teams", Role.TEAM, "teams", None),
        ("team:dewa", Role.TEAM, "teams", "dewa"),
    ],
)
async def test_every_kind_can_be_issued_in_both_languages(
    house: Doors,
    organiser: httpx2.AsyncClient,
    language: str,
    kind: str,
    role: Role,
    electorate: str | None,
    entity: str | None,
) -> None:
    form = {**FORM, "kind": kind, "count": "١", "batch": await batch_of(organiser)}

    page = await organiser.post(f"/{language}/staff/passes", data=form)

    assert page.status_code == 200
    made = (await house.passes.list_())[0].issued  # the fixture let time pass: newest first
    assert (made.role, made.electorate, made.entity) == (role, electorate, entity)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "electorate:nobody"),
        ("kind", "team:' OR 1=1"),
        ("kind", "public"),
        ("kind", ""),
        ("hours", "0"),
        ("hours", "-1"),
        ("hours", "1e3"),
        ("hours", "9" * 5000),
        ("count", "201"),
        ("count", "two"),
        ("label", "x" * 500),
        ("batch", "../../x"),
    ],
)
async def test_bad_field_is_named_and_nothing_is_issued(
    house: Doors, organiser: httpx2.AsyncClient, field: str, value: str
) -> None:
    form = {**FORM, "batch": await batch_of(organiser), field: value}

    page = await organiser.post("/en/staff/passes", data=form)
    json = await organiser.post(
        "/en/staff/passes", data=form, headers={"accept": "application/json"}
    )

    assert page.status_code == json.status_code == 400
    assert 'data-code="bad-request"' in page.text
    assert json.json()["facts"] == {"what": field}
    assert len(await house.passes.list_()) == 1


async def test_form_sent_twice_issues_once(house: Doors, organiser: httpx2.AsyncClient) -> None:
    form = {**FORM, "batch": await batch_of(organiser)}
    await organiser.post("/en/staff/passes", data=form)

    again = await organiser.post("/en/staff/passes", data=form)

    assert again.status_code == 409
    assert len(await house.passes.list_()) == 4


async def test_label_with_markup_is_text_on_every_page(
    house: Doors, organiser: httpx2.AsyncClient
) -> None:
    label = "<script>alert(1)</script>\u202e"
    form = {**FORM, "label": label, "count": "1", "batch": await batch_of(organiser)}
    page = await organiser.post("/en/staff/passes", data=form)
    path = re.findall(r'href="(/pass/[^"]+)"', page.text)[0]

    addresses = ("/en/staff/passes", f"/en{path}")
    texts = [page.text, *[(await organiser.get(address)).text for address in addresses]]
    for shown in texts:
        assert "<script>alert" not in shown
        assert "\u202e" not in shown
        assert "&lt;script&gt;" in shown
    assert "alert(1)" not in (await organiser.get("/en/staff/log")).text  # it holds no names


async def test_revoking_by_form_puts_the_person_out(
    house: Doors, organiser: httpx2.AsyncClient
) -> None:
    async with entered(house.url, house.passes, house.clock, Role.EMPLOYEE) as employee:
        line = (await house.passes.list_())[0]

        answer = await organiser.post(f"/en/staff/passes/{line.issued.id}/revoke")

        assert answer.headers["location"] == "/en/staff/passes"
        assert (await employee.get("/en/")).text == "public -"
    missing = await organiser.post("/en/staff/passes/nothing/revoke")
    assert missing.status_code == 404


async def test_log_tells_who_issued_and_revoked_without_any_token(
    house: Doors, organiser: httpx2.AsyncClient
) -> None:
    form = {**FORM, "count": "1", "batch": await batch_of(organiser)}
    page = await organiser.post("/en/staff/passes", data=form)
    token = re.findall(r'href="/pass/([^"]+)"', page.text)[0]
    line = (await house.passes.list_())[0]
    await organiser.post(f"/en/staff/passes/{line.issued.id}/revoke")

    log = (await organiser.get("/en/staff/log")).text

    assert log.count("Pass revoked") == 1
    assert log.count("<td><bdi>one organiser</bdi></td>") == 2
    assert token not in log


@pytest.mark.parametrize(
    "change", ["UPDATE staff_log SET actor_role = 'x'", "DELETE FROM staff_log"]
)
async def test_log_cannot_be_changed_even_with_the_database_in_hand(
    house: Doors, organiser: httpx2.AsyncClient, change: str
) -> None:
    before = (await organiser.get("/en/staff/log")).text

    with pytest.raises(IntegrityError, match="append-only"):
        async with house.database.write() as tx:
            await tx.execute(text(change))

    assert (await organiser.get("/en/staff/log")).text == before


async def test_staff_pages_are_closed_to_everybody_else(house: Doors) -> None:
    async with everybody(house.url, house.passes, house.clock) as clients:
        for role, client in clients.items():
            for address, action in (
                ("/en/staff/passes", Action.MANAGE_PASSES),
                ("/ar/staff/log", Action.READ_STAFF_LOG),
                ("/metrics", Action.READ_METRICS),
            ):
                allowed = may(role, action)
                answer = await client.get(address)
                assert answer.status_code == (200 if allowed else 403), (role, address)
            issued = await client.post("/en/staff/passes", data={**FORM, "batch": "a" * 16})
            assert issued.status_code == (200 if may(role, Action.MANAGE_PASSES) else 403)
