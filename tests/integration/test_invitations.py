"""Inviting people from a list, through the pages organisers use, and following the links."""

import asyncio
import io
import re
from pathlib import Path

import httpx2
import pytest
from openpyxl import Workbook
from sqlalchemy import text

from expo.rights import Role
from tests.support.roles import stranger
from tests.support.whole import PROGRAM, Whole, whole

HEAD = "email,name,role,electorate,entity,language\n"
SOME = HEAD + "maha@example.ae,Maha,team,,dewa,en\nali@example.ae,Ali,employee,,,ar\n"
BAD = (
    "nobody",
    "@example.ae,x",
    "m@example.ae,,king",
    "n@example.ae,,team",
    "o@example.ae,,team,,x",
)


async def checked(
    organiser: httpx2.AsyncClient, raw: bytes, name: str = "p.csv"
) -> httpx2.Response:
    """The answer to a list that is sent to be checked."""
    files = {"file": (name, raw, "text/csv")}
    return await organiser.post("/en/staff/people/check", files=files, data={"end": "1"})


async def waiting(organiser: httpx2.AsyncClient, raw: bytes, name: str = "p.csv") -> str:
    """Address of the list that waits for a word."""
    answer = await checked(organiser, raw, name)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def invited(house: Whole, raw: str = SOME) -> httpx2.AsyncClient:
    """An organiser who has just put a list in force."""
    organiser = await house.person(Role.ORGANISER)
    answer = await organiser.post(await waiting(organiser, raw.encode()))
    assert answer.status_code == 303, answer.text
    return organiser


async def links(house: Whole, mailbox: str) -> list[str]:
    """Paths of the links in the letters to a mailbox, oldest first."""
    async with house.expo.database.read() as tx:
        asked = text("SELECT text FROM letters WHERE recipient = :to ORDER BY id")
        letters = (await tx.execute(asked, {"to": mailbox})).scalars().all()
    return [re.search(r"http://[^/]+(/\S+)", letter)[1] for letter in letters]  # type: ignore[index]  # there is one


async def count(house: Whole, table: str) -> int:
    async with house.expo.database.read() as tx:
        return int((await tx.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())  # noqa: S608 - ours


async def test_list_of_five_hundred_names_its_twenty_bad_rows_and_imports_nothing_before_the_word(
    tmp_path: Path,
) -> None:
    rows = [f"person{n}@example.ae,Person {n},employee,employees,,en" for n in range(480)]
    bad = {7 + 24 * n: BAD[n % len(BAD)] for n in range(20)}
    for line in sorted(bad):
        rows.insert(line - 2, bad[line])
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)

        address = await waiting(organiser, (HEAD + "\n".join(rows)).encode())
        told = (await organiser.get(address, headers=PROGRAM)).json()
        page = (await organiser.get(address)).text

        assert {line for line, *_ in told["errors"]} == set(bad)
        assert told["guests"] == 480
        assert "20 rows are wrong" in page
        assert await count(house, "invitations") == await count(house, "letters") == 0

        assert (await organiser.post(address, headers=PROGRAM)).json() == {"invited": 480}
        assert await count(house, "invitations") == await count(house, "letters") == 480
        again = await organiser.post(address, headers=PROGRAM)
        assert (again.status_code, again.json()["code"]) == (409, "list-outdated")
        by_form = await organiser.post(address)
        assert (by_form.status_code, 'data-code="list-outdated"' in by_form.text) == (409, True)
        assert await count(house, "invitations") == 480


async def test_link_lets_in_once_as_who_was_invited(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await invited(house)
        (path,) = await links(house, "maha@example.ae")
        async with stranger(house.url) as maha, stranger(house.url) as thief:
            looked = await maha.get(path)
            assert "Maha" in looked.text
            assert (await maha.get(path)).status_code == 200  # looking uses nothing up
            assert (await maha.post(path)).status_code == 303
            me = (await maha.get("/en/me")).text
            assert "Member of an innovation team" in me
            assert "maha@example.ae" in me

            refused = await thief.post(path, headers=PROGRAM)
            assert (refused.status_code, refused.json()["code"]) == (410, "invitation-used")


async def test_of_two_devices_at_once_one_comes_in(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await invited(house)
        (path,) = await links(house, "ali@example.ae")
        async with stranger(house.url) as one, stranger(house.url) as other:
            answers = await asyncio.gather(one.post(path), other.post(path))

        assert sorted(answer.status_code for answer in answers) == [303, 410]


async def test_newer_letter_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await invited(house)
        page = (await organiser.get("/en/staff/people?q=maha")).text
        (one,) = re.findall(r"/staff/people/(\w+)/send", page)
        assert (await organiser.post(f"/en/staff/people/{one}/send")).status_code == 303
        first, second = await links(house, "maha@example.ae")
        async with stranger(house.url) as maha:
            old = await maha.post(first, headers=PROGRAM)
            assert old.json()["code"] == "invitation-unknown"
            assert (await maha.post(second)).status_code == 303


async def test_invitation_taken_back_opens_nothing_and_makes_room_for_another(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house:
        organiser = await invited(house)
        page = (await organiser.get("/en/staff/people?q=maha")).text
        (one,) = re.findall(r"/staff/people/(\w+)/revoke", page)
        for _ in range(2):
            answer = await organiser.post(f"/en/staff/people/{one}/revoke", headers=PROGRAM)
            assert answer.status_code == 204
        async with stranger(house.url) as maha:
            refused = await maha.post((await links(house, "maha@example.ae"))[0], headers=PROGRAM)
            assert refused.json()["code"] == "invitation-revoked"
        sent = await organiser.post(f"/en/staff/people/{one}/send", headers=PROGRAM)
        assert sent.json()["code"] == "invitation-revoked"

        address = await waiting(organiser, SOME.encode())
        told = (await organiser.get(address, headers=PROGRAM)).json()
        assert [error[2] for error in told["errors"]] == ["already-invited"]  # Ali still is
        assert told["guests"] == 1


async def test_excel_file_is_read_like_a_text_list(tmp_path: Path) -> None:
    book, file = Workbook(), io.BytesIO()
    sheet = book.create_sheet(index=0)
    sheet.append(["البريد", "الاسم", "الدور", "الجهة"])
    sheet.append(["maha@example.ae", "مها", "فريق", "dewa"])
    book.save(file)
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)

        address = await waiting(organiser, file.getvalue(), "people.xlsx")

        assert (await organiser.get(address, headers=PROGRAM)).json() == {"guests": 1, "errors": []}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        ("email,name\nm@x.ae,مها\n".encode("cp1256"), "encoding"),
        (HEAD.encode() + b"a@b.ae\n" * 100_000, "too-long"),
        (b"email\n" + b"x" * 8_100_000, "too-large"),
        (b"PK\x03\x04 no workbook", "not-excel"),
        (b"name\nMaha\n", "column-missing"),
    ],
)
async def test_file_that_is_no_list_is_told_on_the_page(
    tmp_path: Path, raw: bytes, why: str
) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)

        answer = await checked(organiser, raw)

        assert answer.status_code == 422
        assert 'data-code="list-unreadable"' in answer.text
        assert f'data-why="{why}"' in answer.text
        assert await count(house, "list_drafts") == 0


async def test_upload_beyond_all_bounds_is_refused(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)

        assert (await checked(organiser, b"x" * 9_000_000)).status_code == 413


async def test_formula_cells_come_out_harmless_and_in_again(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await invited(
            house, HEAD + '"maha@example.ae","=HYPERLINK(""x"")",team,,dewa,en\n'
        )

        out = (await organiser.get("/en/staff/people/invitations.csv")).text

        assert ",\"'=HYPERLINK" in out
        assert ",=HYPERLINK" not in out


async def test_register_shows_who_came_in_and_changes_what_they_are(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await invited(house)
        async with stranger(house.url) as ali:
            await ali.post((await links(house, "ali@example.ae"))[0])
            known = (await organiser.get("/en/staff/people/known?q=Ali")).text
            (person,) = re.findall(r"/known/(\w+)\"", known)
            address = f"/en/staff/people/known/{person}"

            wrong = await organiser.post(address, data={"role": "team"})
            assert (wrong.status_code, 'data-code="bad-request"' in wrong.text) == (400, True)
            changed = await organiser.post(address, data={"role": "team", "entity": "rta"})
            assert changed.status_code == 303
            assert "Member of an innovation team" in (await ali.get("/en/me")).text

            assert (await organiser.post(f"{address}/sign-out")).status_code == 303
            assert "Nobody in particular" in (await ali.get("/en/me")).text


async def test_moderator_does_not_open_the_organisers_doors(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await invited(house)
        moderator = await house.person(Role.MODERATOR)

        for path in ("people", "people/known", "people/invitations.csv", "outbox", "passes"):
            assert (await moderator.get(f"/en/staff/{path}")).status_code == 403
        assert (await checked(moderator, SOME.encode())).status_code == 403
