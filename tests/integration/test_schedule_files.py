"""The schedule's fixed addresses as programs ask for them, and a foreign schedule on the organisers' page."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from expo.rights import Role
from sessions.exchange.writing import as_json, as_table, as_xml
from sessions.orders import Kind
from tests.support.roles import entered, stranger
from tests.support.schedule_files import telling
from tests.support.stagehouse import SITE, House, open_house

PROGRAMME = "/en/staff/programme"


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


def events(answer: httpx2.Response) -> list[dict[str, str]]:
    days = json.loads(answer.text)["schedule"]["conference"]["days"]
    return [one for day in days for room in day["rooms"].values() for one in room]


@pytest.mark.parametrize(
    ("ending", "media"),
    [
        ("json", "application/json"),
        ("xml", "application/xml; charset=utf-8"),
        ("csv", "text/csv; charset=utf-8"),
    ],
)
async def test_file_is_public_and_told_only_once(
    visitor: httpx2.AsyncClient, ending: str, media: str
) -> None:
    first = await visitor.get(f"/schedule.{ending}?lang=ar")
    mark = first.headers["etag"]
    again = await visitor.get(f"/schedule.{ending}?lang=ar", headers={"if-none-match": mark})
    other = await visitor.get(f"/schedule.{ending}?lang=en", headers={"if-none-match": mark})

    assert (first.status_code, first.headers["content-type"]) == (200, media)
    assert first.headers["last-modified"].endswith("GMT")
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == (304 if ending == "csv" else 200)


async def test_one_day_can_be_followed_alone(visitor: httpx2.AsyncClient) -> None:
    assert len(events(await visitor.get("/schedule.json?day=1"))) == 2
    assert events(await visitor.get("/schedule.json?day=2")) == []
    for wrong in ("9", "-1", "x", "99999999"):
        assert (await visitor.get(f"/schedule.json?day={wrong}")).status_code == 404


async def test_delay_and_cancellation_are_in_every_file_at_once(
    stage: House, visitor: httpx2.AsyncClient
) -> None:
    before = await visitor.get("/schedule.json?lang=en")
    await stage.order(Kind.START)
    await stage.order(Kind.CANCEL, "talk")
    water = stage.show.running().session("water")  # as late as it began
    assert water is not None
    late = water.ends_at + timedelta(minutes=12) - stage.clock()
    await stage.pass_time(seconds=late.total_seconds())

    after = await visitor.get("/schedule.json?lang=en")
    calendar = await visitor.get("/schedule.ics?lang=en")

    assert after.headers["etag"] != before.headers["etag"]
    assert [one["duration"] for one in events(after)] == ["00:57", "00:45"]
    assert events(after)[1]["title"].startswith("Cancelled: ")
    assert (water.ends_at + timedelta(minutes=12)).strftime("DTEND:%Y%m%dT%H%M%SZ") in calendar.text
    assert "STATUS:CANCELLED" in calendar.text


async def test_schedule_page_leads_to_the_files(visitor: httpx2.AsyncClient) -> None:
    page = (await visitor.get("/en/schedule")).text

    for address in re.findall(r'href="(/schedule\.[^"]+)"', page):
        assert (await visitor.get(address.replace("&amp;", "&"))).status_code == 200
    assert "/schedule.json?lang=en&amp;day=2" in page


@pytest.mark.parametrize("writer", [as_json, as_xml, as_table])
async def test_foreign_schedule_shows_the_difference_before_anything_changes(
    stage: House, organiser: httpx2.AsyncClient, writer: object
) -> None:
    assert callable(writer)
    text = writer(telling(stage.show.programme)).decode("utf-8-sig")
    text = text.replace("Talk", "A longer talk").replace("Water session", "Water hour")

    shown = await organiser.post(PROGRAMME, data={"do": "preview", "text": text})
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown.text)
    assert digest is not None
    unchanged = stage.show.programme.session("water")
    assert unchanged is not None
    assert unchanged.title.en == "Water session"

    data = {"do": "apply", "digest": digest[1], "text": text}
    assert (await organiser.post(PROGRAMME, data=data)).status_code == 200
    water = stage.show.programme.session("water")
    assert water is not None
    assert water.title.en == "Water hour"
    assert water.initiatives == ("leak", "meter")


async def test_foreign_schedule_with_mistakes_changes_nothing(
    stage: House, organiser: httpx2.AsyncClient
) -> None:
    before = stage.show.programme
    text = as_xml(telling(before)).decode().replace("00:45", "soon", 1)

    answer = await organiser.post(PROGRAMME, data={"do": "apply", "digest": "0" * 64, "text": text})

    assert "“soon” is not a length" in answer.text
    assert stage.show.programme == before


async def test_file_waits_between_the_difference_and_the_word(
    stage: House, organiser: httpx2.AsyncClient
) -> None:
    programme = stage.show.programme
    content = as_json(telling(programme)).replace(b"Water session", b"Water hour")
    padded = content + b" " * 200_000  # more than a field of a form may hold
    files = {"file": ("schedule.json", padded)}

    shown = await organiser.post(f"{PROGRAMME}/file", files=files, data={"end": "1"})
    hidden = dict(re.findall(r'name="(digest|draft)" value="([0-9a-f]+)"', shown.text))
    assert stage.show.programme == programme

    data = {"do": "apply", **hidden}
    assert (await organiser.post(PROGRAMME, data=data)).status_code == 200
    water = stage.show.programme.session("water")
    assert water is not None
    assert water.title.en == "Water hour"
    again = await organiser.post(PROGRAMME, data=data)
    assert (again.status_code, "list-outdated" in again.text) == (409, True)


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 400), (b"\xff\xfe\x00", 200), (b"[1, 2", 200), (b"<a", 200), (b"x" * 1_020_000, 413)],
)
async def test_file_that_is_no_schedule_is_explained(
    stage: House, organiser: httpx2.AsyncClient, content: bytes, status: int
) -> None:
    before = stage.show.programme
    files = {"file": ("x", content)}

    answer = await organiser.post(f"{PROGRAMME}/file", files=files, data={"end": "1"})

    assert answer.status_code == status
    assert 'role="alert"' in answer.text or status == 413
    assert stage.show.programme == before
