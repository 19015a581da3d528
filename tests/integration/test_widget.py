"""The schedule in a frame of another site, and a calendar of the sessions somebody chose."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.support.whole import Whole, whole


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


def entries(calendar: httpx2.Response) -> int:
    return calendar.text.count("BEGIN:VEVENT")


async def test_only_the_widget_may_stand_in_a_frame_of_others(house: Whole) -> None:
    async with httpx2.AsyncClient(base_url=house.url) as visitor:
        framed = await visitor.get("/ar/widget")
        of_day = await visitor.get("/en/widget/day/1")
        page = await visitor.get("/ar/schedule")

    for one in (framed, of_day):
        assert one.status_code == 200
        assert "frame-ancestors *" in one.headers["content-security-policy"]
        assert "x-frame-options" not in one.headers
        assert "x-sawt-embeddable" not in one.headers
        assert "<form" not in one.text  # nothing in it can be pressed but links
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


async def test_a_day_that_is_none_has_no_widget(house: Whole) -> None:
    async with httpx2.AsyncClient(base_url=house.url) as visitor:
        for n in ("9", "-1", "x", "99999999"):
            assert (await visitor.get(f"/en/widget/day/{n}")).status_code == 404


async def test_calendar_of_chosen_sessions_has_those_alone(house: Whole) -> None:
    async with httpx2.AsyncClient(base_url=house.url) as visitor:
        every = await visitor.get("/schedule.ics?lang=en")
        chosen = await visitor.get("/schedule.ics?lang=en&only=dewa,nothing,%22;x")
        none = await visitor.get("/schedule.ics?lang=en&only=")

    assert (entries(every) > 1, entries(chosen), entries(none)) == (True, 1, 0)
    assert "dewa" in chosen.text
