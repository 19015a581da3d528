"""Whatever goes wrong is answered in the person's language, and says nothing it should not."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.support.doors import Doors, doors
from tests.support.roles import stranger
from tests.support.serving import socket_url

JSON = {"accept": "application/json"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Doors]:
    async with doors(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(("accept", "home"), [("en-GB,en", "/en/"), ("fr", "/ar/"), ("", "/ar/")])
async def test_front_door_leads_to_ones_language(house: Doors, accept: str, home: str) -> None:
    async with stranger(house.url) as client:
        answer = await client.get("/", headers={"accept-language": accept})

    assert answer.status_code == 302
    assert answer.headers["location"] == home
    assert answer.headers["vary"] == "accept-language"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/en/nothing", 404, "not-found"),
        ("GET", "/fr/", 404, "not-found"),
        ("GET", "/%2F/evil.example/", 404, "not-found"),
        ("GET", "/en/%2e%2e/etc/passwd", 404, "not-found"),
        ("DELETE", "/en/", 405, "method-not-allowed"),
        ("TRACE", "/en/join", 405, "method-not-allowed"),
        ("FOO", "/en/leave", 405, "method-not-allowed"),
        ("GET", "/en/staff/passes", 403, "not-allowed"),
        ("GET", "/en/busy", 503, "busy"),
        ("GET", "/en/crash", 500, "server-error"),
    ],
)
async def test_failure_is_a_page_for_people_and_a_code_for_programs(
    house: Doors, method: str, path: str, status: int, code: str
) -> None:
    async with stranger(house.url) as client:
        page = await client.request(method, path)
        json = await client.request(method, path, headers=JSON)

    assert page.status_code == json.status_code == status
    assert f'data-code="{code}"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert json.json()["code"] == code
    assert json.json()["message"] not in {"", code}
    assert len(json.content) < 1024


async def test_error_page_speaks_the_language_of_the_address(house: Doors) -> None:
    async with stranger(house.url) as client:
        arabic = await client.get("/ar/nothing")
        english = await client.get("/en/nothing")

    assert "لم نجد هذه الصفحة" in arabic.text
    assert '<html lang="ar" dir="rtl"' in arabic.text
    assert "We could not find this page" in english.text


async def test_bug_is_logged_with_the_reference_on_the_page_and_tells_nothing_else(
    house: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        async with stranger(house.url) as client:
            page = await client.get("/en/crash?token=SECRET123")

    (record,) = (line for line in caplog.records if line.levelno >= logging.ERROR)
    assert record.__dict__["reference"] in page.text
    assert record.exc_info
    assert "ZeroDivision" not in page.text
    assert "Traceback" not in page.text
    assert "SECRET123" not in caplog.text


async def test_fault_says_when_to_come_back(house: Doors) -> None:
    async with stranger(house.url) as client:
        answer = await client.get("/en/busy")

    assert answer.headers["retry-after"] == "2"


async def test_page_gives_a_new_device_its_token_once(house: Doors) -> None:
    async with stranger(house.url) as client:
        first = await client.get("/en/nothing")
        second = await client.get("/en/nothing")

    assert "sawt_device" in first.cookies
    assert "set-cookie" not in second.headers


@pytest.mark.parametrize("declared", [True, False])
async def test_endless_body_is_cut_with_413(house: Doors, declared: bool) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"a" * 8192

    async with stranger(house.url) as client:
        headers = {"content-type": "application/x-www-form-urlencoded", **JSON}
        content = b"a" * 200_000 if declared else endless()
        answer = await client.post("/en/echo", content=content, headers=headers)

    assert answer.status_code == 413
    assert answer.json()["code"] == "too-large"


@pytest.mark.parametrize(
    ("content_type", "body", "what"),
    [
        ("text/plain", b"a=b", "content-type"),
        ("", b"a=b", "content-type"),
        ("application/json", b"{}", "content-type"),
        ("application/x-www-form-urlencoded", b"a=1&a=2", "field"),
        ("application/x-www-form-urlencoded", b"a=%00", "field"),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=x" % n for n in range(65)), "form"),
        ("multipart/form-data", b"x", "form"),
        ("multipart/form-data; boundary=" + "x" * 300, b"x", "form"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="a.exe"\r\n\r\nMZ\r\n--x--\r\n',
            "form",
        ),
    ],
)
async def test_form_that_cannot_be_read_is_refused(
    house: Doors, content_type: str, body: bytes, what: str
) -> None:
    async with stranger(house.url) as client:
        headers = {"content-type": content_type, **JSON}
        answer = await client.post("/en/echo", content=body, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["facts"] == {"what": what}


async def test_form_arrives_whole_in_either_encoding(house: Doors) -> None:
    async with stranger(house.url) as client:
        plain = await client.post("/en/echo", data={"اسم": "قيمة & more"})
        body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
        headers = {"content-type": "multipart/form-data; boundary=x"}
        parts = await client.post("/en/echo", content=body, headers=headers)

    assert plain.text == repr({"اسم": "قيمة & more"})
    assert parts.text == repr({"a": "b"})


async def test_socket_route_is_guarded_before_the_accept(house: Doors) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(socket_url(house.url, "/live/staff"), proxy=None)
    async with connect(socket_url(house.url, "/live/day"), proxy=None) as socket:
        greeting = await socket.recv(decode=False)

    assert refused.value.response.status_code == 403
    assert greeting == b'{"type":"hello"}'


async def test_health_answers_and_metrics_are_for_organisers(house: Doors) -> None:
    async with stranger(house.url) as client:
        assert (await client.get("/healthz")).text == "ok\n"
        assert (await client.get("/metrics")).status_code == 403


@pytest.mark.parametrize(
    ("content_type", "body", "what"),
    [
        ("text/plain", b'{"a":1}', "content-type"),
        ("application/json", b"", "json"),
        ("application/json", b"null", "json"),
        ("application/json", b'{"a":NaN}', "json"),
        ("application/json", b'{"a":true}', "json"),
        ("application/json", b'{"a":1.0e400}', "json"),
        ("application/json", b'{"a":1,"b":2}', "json"),
        ("application/json", b'{"a":"\\ud800"}', "json"),
        ("application/json", b"\xff\xfe{}", "json"),
        ("application/json", b"[" * 60_000, "json"),
        ("application/json", b'{"a":' + b"9" * 5000 + b"}", "json"),
    ],
)
async def test_json_that_cannot_be_read_is_refused(
    house: Doors, content_type: str, body: bytes, what: str
) -> None:
    async with stranger(house.url) as client:
        headers = {"content-type": content_type, **JSON}
        good = await client.post("/en/add", json={"a": 1})
        answer = await client.post("/en/add", content=body, headers=headers)

    assert good.text == "2"
    assert answer.status_code == 400
    assert answer.json()["facts"] == {"what": what}


@pytest.mark.parametrize("path", ["/live/failing", "/live/failing?busy=1", "/live/nothing"])
async def test_socket_that_cannot_be_served_is_refused_without_a_traceback(
    house: Doors, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(socket_url(house.url, path), proxy=None)

    assert refused.value.response.status_code == 403
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.sqlite_only
async def test_handshake_with_a_cookie_waits_for_the_database(house: Doors) -> None:
    async with house.database.write() as tx:
        await tx.execute(text("ALTER TABLE visits RENAME TO away"))

    url = socket_url(house.url, "/live/day")
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, additional_headers={"cookie": "sawt_visit=x"}, proxy=None)

    assert refused.value.response.status_code == 403
