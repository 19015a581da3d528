"""Bad input, part C (49-67): hostile schedules on the organisers' page of a whole expo.

The rules themselves, with lines and paths, are proven number by number in
``tests/unit/test_schedule_hostile.py`` and ``tests/integration/test_show_reload.py``; here each kind is
posted once by an organiser: mistakes are told on the page, the programme in force stays.
"""

import html
import os
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from expo.rights import Role
from sessions.orders import Kind
from tests.support.schedules import SCHEDULE, changed
from tests.support.whole import Whole, whole

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(40)]

PAGE = "/en/staff/programme"
ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "tests" / "unit" / "test_schedule_hostile.py"
RELOADS = {
    60: "test_open_contest_is_never_touched",
    66: "test_file_that_cannot_be_read_leaves_the_programme_in_force",
    67: "test_open_contest_is_never_touched",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Whole]:
    async with whole(tmp_path_factory.mktemp("expo")) as found:
        await found.order(Kind.START)
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def organiser(house: Whole) -> httpx2.AsyncClient:
    return await house.person(Role.ORGANISER)


def _bomb() -> str:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for n in range(1, 10):
        inner = ",".join(["*" + chr(96 + n)] * 9)
        lines.append(f"{chr(97 + n)}: &{chr(97 + n)} [{inner}]")
    return "\n".join(lines)


def _streaming(url: str) -> str:
    return f'        streams: [{{provider: link, url: "{url}"}}]\n      - id: talk'


_TALK = "ar: حوار, en: Talk"
_START = 'starts: "08:30"\n        ends'
HOSTILE = [
    (49, changed(('edition: "1"', "edition: !!python/object/apply:os.system [id]"))),
    (50, _bomb()),
    (51, changed((_START, "starts: 12:30:45\n        ends"))),
    (52, changed(('edition: "1"', 'edition: "1"\n  on: x'))),
    (53, changed(('  edition: "1"\n', '  edition: "1"\n  edition: "2"\n'))),
    (54, "expo:\n\tid: x"),
    (54, "[" * 50_000),
    (54, "- " * 20_000),
    (55, changed(("date: 2017-04-17", "date: 2026-02-30"))),
    (55, changed(("date: 2017-04-17", "date: 2026-13-45"))),
    (56, changed(('ends: "09:15"', 'ends: "08:30"'))),
    (57, changed(("Asia/Dubai", "Europe/Berlin"), ("2017-04-17", "2017-03-26"),
                 ('starts: "08:30"\n    ends', 'starts: "02:30"\n    ends'))),
    (58, changed(("Asia/Dubai", '"../../etc/passwd"'))),
    (59, changed(("    sessions:\n", "    sesions:\n"))),
    (60, changed(("- id: talk", "- id: water"))),
    (60, changed(("- id: talk", "- id: the talk"))),
    (61, changed(("[leak, meter]", f"[{', '.join(['leak'] * 500)}]"))),
    (62, changed(("en: Talk", f"en: {'x' * 10_000}"))),
    (62, changed((_TALK, 'ar: حوار, en: "Ta\\u202Elk"'))),
    *((63, changed(("      - id: talk", _streaming(url)))) for url in (
        "javascript:alert(1)", "https://youtube.com@evil.example/", "http://169.254.169.254/")),
    (65, changed(("weight: 50", "weight: .nan"))),
    (65, changed(("weight: 50", "weight: 0777"))),
]  # fmt: skip


async def posted(organiser: httpx2.AsyncClient, **fields: str) -> httpx2.Response:
    """The answer to the page's form, which is sent in parts."""
    return await organiser.post(PAGE, files={name: (None, text) for name, text in fields.items()})


async def test_every_number_of_part_c_is_proven_and_posted() -> None:
    rules = RULES.read_text()
    ruled = {int(found) for found in re.findall(r"def test_(\d\d)_", rules)}
    reloads = (ROOT / "tests" / "integration" / "test_show_reload.py").read_text()

    assert ruled | set(RELOADS) == set(range(49, 68))
    assert {number for number, _ in HOSTILE} | {64, 66, 67} == set(range(49, 68))
    assert all(f"def {name}(" in reloads for name in RELOADS.values())


@pytest.mark.parametrize(
    ("number", "text"), HOSTILE, ids=[f"{number}-{at}" for at, (number, _) in enumerate(HOSTILE)]
)
async def test_hostile_schedule_is_told_on_the_page_and_changes_nothing(
    house: Whole,
    organiser: httpx2.AsyncClient,
    number: int,
    text: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before, began = house.expo.show.rundown, time.monotonic()

    preview = await posted(organiser, do="preview", text=text)
    taken = await posted(organiser, do="apply", text=text, digest="")

    assert preview.status_code == 200
    assert "This schedule cannot be put in force" in preview.text
    assert re.search(r'<td class="num">(\d+|–)</td>', preview.text)
    assert taken.status_code == 422
    assert "Traceback" not in preview.text + taken.text
    assert "\u202e" not in re.sub(r"(?s)<textarea.*?</textarea>", "", preview.text)
    await house.expo.show.refresh()
    assert house.expo.show.rundown == before
    assert time.monotonic() - began < 10
    assert [record for record in caplog.records if record.exc_info] == []


async def test_64_markup_and_templates_are_shown_as_text(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    odd = "<script>pwned=1</script>{{ 7*7 }}${HOME}</textarea>"
    wrong = changed((_TALK, f'ar: حوار, en: "{odd}"'), ("weight: 50", 'weight: "<b>"'))

    page = (await organiser.post(PAGE, data={"do": "preview", "text": wrong})).text

    assert "<script>pwned" not in page
    assert html.escape("</textarea>") in page
    assert "{{ 7*7 }}${HOME}" in page


async def test_66_file_that_is_gone_or_half_written_leaves_the_programme(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    file = house.folder / "schedule.yaml"
    whole_text, before = file.read_text(), house.expo.show.rundown
    told = []
    try:
        for broken in (None, "pipe", whole_text[: len(whole_text) // 2]):
            file.unlink(missing_ok=True)
            if broken == "pipe":
                os.mkfifo(file)
            elif broken is not None:
                file.write_text(broken)
            told.append((await organiser.post(PAGE, data={"do": "preview"})).status_code)
    finally:
        file.unlink(missing_ok=True)
        file.write_text(whole_text)

    assert told == [409, 409, 200]
    assert house.expo.show.rundown == before


async def test_67_reload_leaves_an_open_contest_and_its_ballots_alone(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    await house.order(Kind.OPEN)
    before = house.contest()

    page = await organiser.post(PAGE, data={"do": "preview", "text": SCHEDULE})
    digest = re.search(r'name="digest" value="([0-9a-f]*)"', page.text)
    if digest is not None:
        await organiser.post(PAGE, data={"do": "apply", "text": SCHEDULE, "digest": digest[1]})
    await house.expo.show.refresh()
    await house.expo.voting.refresh()

    assert house.contest() == before
    assert house.expo.show.programme.session("khda") is not None


async def test_schedule_beyond_every_limit_is_refused_at_the_door(
    organiser: httpx2.AsyncClient,
) -> None:
    long = await posted(organiser, do="preview", text="x" * 60_001)
    longer = await posted(organiser, do="preview", text="x" * 65_536)
    fields = await organiser.post(PAGE, data={f"f{n}": "" for n in range(100)})
    file = await organiser.post(PAGE, files={"text": ("schedule.yaml", b"expo: {}")})

    assert (long.status_code, longer.status_code) == (400, 413)
    assert (fields.status_code, file.status_code) == (400, 400)
