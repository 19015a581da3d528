"""Pictures that are none, too large, or too much; and what becomes of the good ones."""

import asyncio
import io
import os
import re
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from PIL import Image as Pixels

from expo.catalogue.pictures.kinds import MOST_BYTES
from expo.catalogue.pictures.usecases import AT_ONCE
from expo.catalogue.proposals.values import MOST_IMAGES
from expo.db import Busy
from expo.rights import Role
from tests.support.proposals import DESK, TEAM, file_of, filled, picture, proposed, with_picture
from tests.support.whole import PROGRAM, Whole, cookie_of, whole

GPS = b"GPSLatitude 25.2048"
HTML = b"<script>alert(1)</script>"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


async def brought(
    house: Whole, proposal_id: str, content: bytes, name: str = "a.png", media: str = "image/png"
) -> httpx2.Response:
    """The third step with this file, as the form sends it."""
    team = await house.person(Role.TEAM)
    path = f"/en/team/proposals/{proposal_id}/people"
    page = (await team.get(path)).text
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    fields = {"version": found[1], "member-1-name": "Mona", "then": "image", "end": "1"}
    files = {"image": (name, content, media)}
    return await team.post(path, data=fields, files=files, headers=PROGRAM)


def kept(house: Whole) -> list[Path]:
    """Every file in the folder of pictures, drafts included."""
    folder = Path(house.expo.settings.media_folder)
    return sorted(folder.iterdir()) if folder.exists() else []


def spoil(house: Whole) -> None:
    """Put a file where the folder should be."""
    Path(house.expo.settings.media_folder).write_text("")


async def images(house: Whole, proposal_id: str) -> list[str]:
    found = await house.expo.proposals.own(DESK, proposal_id)
    return [one.id for one in found.content.images]


def encoded(image: Pixels.Image, kind: str, **more: object) -> bytes:
    found = io.BytesIO()
    image.save(found, kind, **more)
    return found.getvalue()


def with_exif(size: tuple[int, int] = (400, 200)) -> bytes:
    """A JPEG on its side, with a place and a script in its metadata."""
    image = Pixels.new("RGB", size, "#204080")
    exif = Pixels.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = GPS.decode() + HTML.decode()
    return encoded(image, "JPEG", exif=exif, comment=HTML)


def promising(width: int, height: int) -> bytes:
    """A PNG that promises a size in its head and has next to nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9))
        + chunk(b"IEND", b"")
    )


GOOD = picture()
REFUSED = [
    ("svg.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 415, "image-unknown-kind"),
    ("page.jpg", b"<!doctype html>" + HTML, 415, "image-unknown-kind"),
    ("script.webp", b"alert(1)", 415, "image-unknown-kind"),
    ("a.gif", encoded(Pixels.new("P", (90, 90)), "GIF"), 415, "image-unknown-kind"),
    ("a.bmp", encoded(Pixels.new("RGB", (90, 90)), "BMP"), 415, "image-unknown-kind"),
    ("a.tiff", encoded(Pixels.new("RGB", (90, 90)), "TIFF"), 415, "image-unknown-kind"),
    ("picture.html", GOOD, 415, "image-unknown-kind"),
    ("a.png\0.html", GOOD, 415, "image-unknown-kind"),
    ("empty.png", b"", 415, "image-unknown-kind"),
    ("head.png", GOOD[:8], 422, "image-broken"),
    ("cut.png", GOOD[: len(GOOD) // 2], 422, "image-broken"),
    ("cut.jpg", encoded(Pixels.effect_noise((600, 600), 90), "JPEG")[:9000], 422, "image-broken"),
    ("crc.png", GOOD[:40] + bytes([GOOD[40] ^ 0xFF]) + GOOD[41:], 422, "image-broken"),
    ("noise.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40, 422, "image-broken"),
    ("wrong.webp", b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"\0" * 400, 422, "image-broken"),
    ("bomb.png", encoded(Pixels.new("1", (13000, 13000)), "PNG"), 422, "image-too-many-pixels"),
    ("promise.png", promising(60_000, 60_000), 422, "image-too-many-pixels"),
    ("zero.png", promising(0, 9), 422, "image-broken"),
    ("line.png", encoded(Pixels.new("RGB", (9000, 1)), "PNG"), 422, "image-too-small"),
    ("dot.png", encoded(Pixels.new("RGB", (1, 1)), "PNG"), 422, "image-too-small"),
    (
        "moving.webp",
        encoded(Pixels.new("RGB", (99, 99)), "WEBP", save_all=True, append_images=[Pixels.new("RGB", (99, 99), "red")]),
        422,
        "image-animated",
    ),
    (
        "moving.png",
        encoded(Pixels.new("RGB", (99, 99)), "PNG", save_all=True, append_images=[Pixels.new("RGB", (99, 99), "red")]),
        422,
        "image-animated",
    ),
]  # fmt: skip


async def test_what_is_no_picture_is_refused_and_leaves_nothing_behind(house: Whole) -> None:
    for n, (name, content, status, code) in enumerate(REFUSED):
        proposal_id = await proposed(house.expo)
        if n % 10 == 9:
            house.pass_time(hours=2)  # one person brings no more than twenty an hour
        answer = await brought(house, proposal_id, content, name)

        assert (name, answer.status_code, answer.json()["code"]) == (name, status, code)
        assert await images(house, proposal_id) == []
        assert kept(house) == []


async def test_picture_is_made_anew_without_what_came_along(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    sent = with_exif() + HTML  # a polyglot: markup in the head and behind the end

    answer = await brought(house, proposal_id, sent, "../../etc/IMG 1.JPG", "text/html")

    assert answer.status_code == 303
    (image_id,) = await images(house, proposal_id)
    (file,) = kept(house)
    content = file.read_bytes()
    assert file.name == f"{image_id}.webp"
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert GPS in sent
    assert HTML in sent
    assert GPS not in content
    assert HTML not in content
    with Pixels.open(io.BytesIO(content)) as made:
        assert (made.format, made.size, dict(made.getexif())) == ("WEBP", (200, 400), {})


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])  # a WebP of this size takes most memory
async def test_large_pictures_become_small_ones(house: Whole, kind: str) -> None:
    proposal_id = await proposed(house.expo)
    pixels = Pixels.new("RGBA", (6000, 4000), (9, 80, 70, 128))
    large = encoded(pixels, kind, **({"method": 0} if kind == "WEBP" else {}))

    assert (await brought(house, proposal_id, large, f"a.{kind.lower()}")).status_code == 303

    found = await house.expo.proposals.own(DESK, proposal_id)
    assert [(one.width, one.height) for one in found.content.images] == [(1920, 1280)]


async def test_picture_is_sent_with_a_fixed_type_and_runs_nothing(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    image_id = await with_picture(house.expo, proposal_id)
    team = await house.person(Role.TEAM)

    answer = await team.get(f"/picture/{image_id}")
    again = await team.get(
        f"/picture/{image_id}", headers={"if-none-match": answer.headers["etag"]}
    )

    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert again.status_code == 304
    for wrong in ("..%2f..%2fsecret.key", "A" * 32, image_id[:-1], image_id + ".webp", "0" * 32):
        assert (await team.get(f"/picture/{wrong}")).status_code == 404


async def test_picture_that_is_removed_is_gone_from_the_folder(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    image_id = await with_picture(house.expo, proposal_id)
    found = await house.expo.proposals.own(DESK, proposal_id)
    fields = {
        "version": str(found.version),
        "image-1-id": image_id,
        "image-1-remove": "on",
        "end": "1",
    }
    team = await house.person(Role.TEAM)

    path = f"/en/team/proposals/{proposal_id}/people"
    answer = await team.post(path, data=fields, files={"image": ("", b"")})

    assert answer.status_code == 303
    assert kept(house) == []
    assert (await team.get(f"/picture/{image_id}")).status_code == 404


async def test_picture_for_a_version_somebody_else_wrote_is_not_kept(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    fields = {"version": "1", "end": "1"}
    team = await house.person(Role.TEAM)

    path = f"/en/team/proposals/{proposal_id}/people"
    answer = await team.post(path, data=fields, files={"image": ("a.png", GOOD, "image/png")})

    assert answer.status_code == 409
    assert kept(house) == []


async def test_a_withdrawn_proposal_takes_its_pictures_out_of_sight(house: Whole) -> None:
    ids = await filled(house.expo)
    (image_id,) = await images(house, ids["withdrawn"])

    assert (await (await house.person(Role.PUBLIC)).get(f"/picture/{image_id}")).status_code == 404
    assert (await (await house.person(Role.TEAM)).get(f"/picture/{image_id}")).status_code == 200


# --- too much ---


def head(house: Whole, cookie: str, proposal_id: str, length: str) -> bytes:
    host = house.url.removeprefix("http://")
    return (
        f"POST /en/team/proposals/{proposal_id}/people HTTP/1.1\r\nHost: {host}\r\nOrigin: {house.url}\r\n"
        f"Cookie: {cookie}\r\nAccept: application/json\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"{length}\r\n\r\n"
    ).encode()


PART = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'


async def answered(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of one answer; what is still on its way to the server may go on for a while."""
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        assert length is not None, head
        return int(head.split()[1]), await reader.readexactly(int(length[1]))


async def test_declared_50_megabytes_are_refused_before_they_are_read(house: Whole) -> None:
    cookie = cookie_of(await house.person(Role.TEAM))
    proposal_id = await proposed(house.expo)
    host, port = house.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))

    writer.write(head(house, cookie, proposal_id, f"Content-Length: {50 * 1024 * 1024}"))
    await writer.drain()
    status, rest = await answered(reader)
    writer.close()

    assert (status, b"too-large" in rest) == (413, True)


async def test_endless_chunks_are_cut_when_they_are_too_many(house: Whole) -> None:
    cookie = cookie_of(await house.person(Role.TEAM))
    proposal_id = await proposed(house.expo)
    host, port = house.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = asyncio.create_task(answered(reader))

    writer.write(head(house, cookie, proposal_id, "Transfer-Encoding: chunked"))
    chunk = b"10000\r\n" + b"\x89" * 0x10000 + b"\r\n"
    writer.write(b"%x\r\n" % len(PART) + PART + b"\r\n")
    sent = 0
    while not answer.done() and sent < 50 * 1024 * 1024:
        writer.write(chunk)
        sent += 0x10000
        try:
            await writer.drain()
        except ConnectionError:
            break
    status, rest = await answer
    writer.close()

    assert (status, b"too-large" in rest) == (413, True)
    assert MOST_BYTES < sent < 2 * MOST_BYTES
    assert kept(house) == []


async def test_a_file_just_above_the_limit_is_refused_with_the_step_on_the_page(
    house: Whole,
) -> None:
    proposal_id = await proposed(house.expo)
    answer = await brought(house, proposal_id, GOOD + os.urandom(MOST_BYTES))

    assert (answer.status_code, answer.json()["code"]) == (413, "image-too-large")


async def test_a_browser_is_shown_the_step_again_with_what_was_too_large(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    team = await house.person(Role.TEAM)
    files = {"image": ("a.png", GOOD + os.urandom(MOST_BYTES + 300_000), "image/png")}

    path = f"/en/team/proposals/{proposal_id}/people"
    page = await team.post(path, data={"version": "2", "end": "1"}, files=files)

    assert page.status_code == 413
    assert 'data-code="image-too-large"' in page.text
    assert 'aria-describedby="image-wrong picture-hint" aria-invalid="true"' in page.text
    assert 'value="Saif"' in page.text


async def test_a_fifth_picture_is_not_taken(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    for _ in range(MOST_IMAGES):
        await with_picture(house.expo, proposal_id)

    answer = await brought(house, proposal_id, GOOD)

    assert (answer.status_code, answer.json()["facts"]) == (400, {"what": "image"})
    assert len(kept(house)) == MOST_IMAGES


async def test_a_form_without_its_end_is_no_form(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    team = await house.person(Role.TEAM)
    body = b'--x\r\nContent-Disposition: form-data; name="version"\r\n\r\n2\r\n' + PART + GOOD
    headers = {"content-type": "multipart/form-data; boundary=x", **PROGRAM}

    answer = await team.post(
        f"/en/team/proposals/{proposal_id}/people", content=body, headers=headers
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
    assert kept(house) == []


async def test_no_other_address_takes_a_long_body(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    proposal_id = await proposed(house.expo)

    for rest in ("idea", "impact", "submit", "withdraw"):
        fields = {"version": "2", "title-en": "x" * 70_000}
        answer = await team.post(
            f"/en/team/proposals/{proposal_id}/{rest}", data=fields, headers=PROGRAM
        )
        assert answer.status_code == 413


async def test_a_node_takes_four_uploads_at_once(house: Whole) -> None:
    proposal_id = await proposed(house.expo)
    async with asyncio.timeout(10):
        turns = [house.expo.pictures.turn() for _ in range(AT_ONCE)]
        for turn in turns:
            await turn.__aenter__()

        answer = await brought(house, proposal_id, os.urandom(100_000))

        with pytest.raises(Busy):
            await house.expo.pictures.turn().__aenter__()
        for turn in turns:
            await turn.__aexit__(None, None, None)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"
    assert (await brought(house, proposal_id, GOOD)).status_code == 303


async def test_one_person_brings_twenty_an_hour(house: Whole) -> None:
    for _ in range(20):
        with pytest.raises(Exception, match="image-unknown-kind"), file_of(b"no picture") as file:
            await house.expo.pictures.take(TEAM.id, file)

    with pytest.raises(Exception, match="too-fast"), file_of(GOOD) as file:
        await house.expo.pictures.take(TEAM.id, file)


async def test_a_folder_that_cannot_be_written_is_told_and_the_rest_goes_on(house: Whole) -> None:
    spoil(house)
    proposal_id = await proposed(house.expo)

    answer = await brought(house, proposal_id, GOOD)
    team = await house.person(Role.TEAM)

    assert (answer.status_code, answer.json()["code"]) == (507, "image-no-room")
    assert (await team.get("/en/team")).status_code == 200
