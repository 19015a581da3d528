"""Bad input, part E (85-95): text, codes and cookies, as far as the expo has such fields.

Not here because there is nothing to send them to yet: mail (87, 88), passwords (89), disabled users
(92), CSV import (95).
"""

import asyncio
import html
import logging
import re
import uuid
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from expo.rights import Role
from tests.support.whole import PROGRAM, Whole, asked, issue, whole

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(40)]

PASSES = "/en/staff/passes"
CONTROL = "/en/staff/control"
XSS = [
    "<script>pwned=1</script>",
    "<img src=x onerror=pwned=1>",
    '"><svg onload=pwned=1>',
    "</script><script>pwned=1</script>",
    "{{7*7}}${7*7}<%=7*7%>",
    "javascript:pwned=1",
    "<a id=stage name=body>",
    "' onmouseover='pwned=1",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Whole]:
    async with whole(tmp_path_factory.mktemp("expo")) as found:
        await found.open()
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def organiser(house: Whole) -> httpx2.AsyncClient:
    return await house.person(Role.ORGANISER)


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(house: Whole) -> httpx2.AsyncClient:
    return await house.person(Role.PUBLIC)


@pytest.fixture(autouse=True)
def nothing_is_an_error(caplog: pytest.LogCaptureFixture) -> object:
    yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("text", XSS)
async def test_85_markup_in_a_label_is_text_on_every_page(
    house: Whole, organiser: httpx2.AsyncClient, text: str
) -> None:
    made = await issue(organiser, text)
    token = re.search(r"/pass/([A-Za-z0-9_.-]+)", made.text)
    assert token is not None
    pages = [made] + [
        await organiser.get(path)
        for path in (PASSES, f"/en/pass/{token[1]}", "/en/staff/log", CONTROL)
    ]

    for page in pages:
        assert page.status_code == 200
        assert not re.search(r"<script>pwned|<img src=x|<svg onload|<a id=stage", page.text)
        assert "' onmouseover='pwned" not in page.text
        assert "49" not in re.findall(r"<bdi>([^<]*)</bdi>", page.text)
    assert html.escape(text, quote=False) in made.text.replace("&#34;", '"').replace("&#39;", "'")


@pytest.mark.parametrize("text", XSS)
async def test_85_markup_in_addresses_is_text(stranger: httpx2.AsyncClient, text: str) -> None:
    for path in ("/en/join", "/v"):
        page = await stranger.get(path, params={"code": text, "lang": text, "next": text})
        assert "pwned" not in page.text
    for path in ("/en/session/{}", "/v/{}", "/en/receipt/{}", "/en/pass/{}", "/{}"):
        page = await stranger.get(path.format(text.replace("/", "%2f")))
        assert page.status_code == 404
        assert not re.search(r"<script>pwned|<img src=x|<svg onload|<a id=stage", page.text)


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("x" * 1_000, None),
        ("e" + "\u0301" * 1_000, "é" + "\u0301" * 4),
        ("\u202eabc\u2066\u200f", "abc"),
        ("   ", ""),
        ("a\r\nBcc: x", "aBcc: x"),
    ],
    ids=["long", "zalgo", "bidi", "spaces", "line-break"],
)
async def test_86_odd_label_is_cleaned_or_refused(
    house: Whole, organiser: httpx2.AsyncClient, label: str, shown: str | None
) -> None:
    made = await issue(organiser, label)
    latest = (await house.expo.passes.list_())[0].issued

    assert made.status_code == (200 if shown is not None else 400)
    if shown is not None:
        assert latest.label.replace("\n", "") == shown


@pytest.mark.parametrize("typed", ["{lower}", " {lower} ", "{spaced}", "{dashed}", "{wide}"])
async def test_90_code_is_found_however_it_is_typed(
    house: Whole, stranger: httpx2.AsyncClient, typed: str
) -> None:
    code = house.expo.show.progress("khda").code or ""
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    text = typed.format(lower=code.lower(), spaced=" ".join(code), dashed="-".join(code), wide=wide)

    found = await stranger.get("/en/join", params={"code": text})

    assert (found.status_code, found.headers["location"]) == (303, "/en/session/khda")


@pytest.mark.parametrize(
    "code", ["' OR 1=1 --", "x" * 5_000, "\0", "../../x", "%2e%2e", "\u202e", "0O1I", "💥"]
)
async def test_90_hostile_code_leads_nowhere(stranger: httpx2.AsyncClient, code: str) -> None:
    assert (await stranger.get("/en/join", params={"code": code})).status_code == 404


async def test_91_pass_is_used_once_by_whoever_is_first(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    made = await issue(organiser, "once", kind="electorate:employees")
    token = re.search(r"/pass/([A-Za-z0-9_.-]+)", made.text)
    assert token is not None
    devices = [await house.person(Role.PUBLIC, f"91-{n}") for n in range(8)]

    answers = await asyncio.gather(
        *(one.post(f"/en/pass/{token[1]}", headers=PROGRAM) for one in devices)
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"pass-used"}


@pytest.mark.parametrize(
    "cookie",
    ["garbage", "x" * 8_000, "", '"quoted"', "a;sawt_visit=b", "\xff\xfe", "../../x", "' OR 1=1"],
)
async def test_93_visit_cookie_that_is_none_makes_a_stranger(
    house: Whole, stranger: httpx2.AsyncClient, cookie: str
) -> None:
    async with house.raw() as raw:
        line = f"sawt_visit={cookie}"
        await raw.send(asked(house, "GET /en/session/khda HTTP/1.1", f"Cookie: {line}"))
        head = await raw.head()

    assert head[0].startswith("HTTP/1.1 200")
    cleared = [line for line in head if "sawt_visit=" in line.lower()]
    assert all("max-age=0" in line.lower() for line in cleared)
    assert cleared


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "\\\\evil.example", "/\\evil.example", "https:evil", "https://evil.example",
     "/%0d%0aSet-Cookie:x=1", "/\r\nX: y", "/\t/evil.example", "javascript:x", "/..//evil"],
)  # fmt: skip
async def test_94_next_never_leads_off_the_site(house: Whole, address: str) -> None:
    voter = await house.person(Role.EMPLOYEE, "94")
    fields = {"id": str(uuid.uuid4()), "next": address}

    joined = await voter.post("/en/join", data={"next": address})
    cast = await voter.post("/en/ballots/khda", data=fields)

    assert joined.headers["location"] == "/en/"
    assert cast.headers["location"] == "/en/session/khda#ballot"
    assert "x" not in {**joined.headers, **cast.headers}
