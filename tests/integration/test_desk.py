"""The organisers' desk: one entity, electorate or contest at a time, and whole lists in and out."""

import re
from pathlib import Path

import httpx2
import pytest

from expo.record import store as record
from expo.record.lines import Facts
from expo.rights import Role
from sessions.orders import Kind
from tests.support.forms import seen_in
from tests.support.whole import PROGRAM, whole

ENTITY = {
    "name_ar": "هيئة جديدة", "name_en": "New authority", "short_ar": "جديدة", "short_en": "New",
    "links": "https://example.ae/",
}  # fmt: skip
WEIGHTS = {
    "name_ar": "الموظفون", "name_en": "Employees", "weight": "٤٠", "full_weight_at": "30",
    "min": "3", "level": "B", "expected": "",
}  # fmt: skip
RULES = {
    "rules": "own", "method": "borda", "max_ranked": "3", "visibility": "live", "own": "count",
    "open_minutes": "5", "grace_seconds": "0",
}  # fmt: skip


async def brought(organiser: httpx2.AsyncClient, section: str, text: str) -> httpx2.Response:
    """The answer to a list that is brought back."""
    files = {"file": (f"{section}.csv", text.encode(), "text/csv")}
    return await organiser.post(f"/en/staff/expo/list/{section}", files=files, data={"end": "1"})


async def test_entity_comes_is_changed_and_goes(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        made = await organiser.post("/en/staff/expo/entities/new", data={"id": "new-one", **ENTITY})
        assert made.status_code == 303, made.text
        address = "/en/staff/expo/entities/new-one"
        assert "New authority" in (await organiser.get(address)).text

        changed = await organiser.post(address, data={**ENTITY, "name_en": "Newer authority"})
        assert changed.status_code == 303
        log = (await organiser.get("/en/staff/log")).text
        assert "New authority" in log
        assert "Newer authority" in log

        assert (await organiser.post(f"{address}/remove")).status_code == 303
        assert (await organiser.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("address", "mine", "theirs", "in_force", "differing"),
    [
        (
            "/en/staff/expo/entities/dewa",
            ENTITY | {"name_en": "Mine"},
            ENTITY | {"name_en": "Theirs"},
            "Theirs",
            1,
        ),
        (
            "/en/staff/expo/electorates/employees",
            WEIGHTS | {"audit": "open"},
            WEIGHTS | {"audit": "open", "weight": "45"},
            "45",
            1,
        ),
        (
            "/en/staff/expo/contests/dewa",
            RULES | {"rules": "expo", "method": "irv"},
            RULES,
            "Its own, as below",
            2,
        ),
    ],
)
async def test_two_organisers_never_overwrite_each_other_unseen(
    tmp_path: Path,
    address: str,
    mine: dict[str, str],
    theirs: dict[str, str],
    in_force: str,
    differing: int,
) -> None:
    async with whole(tmp_path) as house:
        first = await house.person(Role.ORGANISER, "first")
        second = await house.person(Role.ORGANISER, "second")
        page = await first.get(address)
        seen = {"seen": seen_in(page)} | _places(page)
        assert (await first.post(address, data=theirs | seen)).status_code == 303

        late = await second.post(address, data=mine | seen)

        assert late.status_code == 409
        assert 'data-code="stale-version"' in late.text
        assert f"<b>In force now</b> <bdi>{in_force}" in late.text
        assert late.text.count("In force now") == differing
        for typed in mine.values():
            assert typed in late.text
        decided = mine | seen | {"seen": seen_in(late)}
        assert (await second.post(address, data=decided)).status_code == 303


def _places(page: httpx2.Response) -> dict[str, str]:
    """Every option of a contest's form in its order; nothing for other forms."""
    options = re.findall(r'name="place-([\w-]+)"', page.text)
    return {f"place-{name}": str(n) for n, name in enumerate(options, 1)}


async def test_entity_with_initiatives_stays(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)

        refused = await organiser.post("/en/staff/expo/entities/dewa/remove")

        assert refused.status_code == 422
        assert house.expo.show.programme.entity("dewa") is not None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name_ar": ""}, "name_ar"),
        ({"short_en": "x" * 19}, "short_en"),
        ({"links": "javascript:alert(1)"}, "links"),
        ({"id": "With Spaces"}, "id"),
        ({"id": "dewa"}, "id"),
        ({"name_en": "<script>alert(1)</script>" * 9}, "name_en"),
    ],
)
async def test_wrong_entry_is_told_at_its_field_and_changes_nothing(
    tmp_path: Path, fields: dict[str, str], field: str
) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        before = house.expo.show.programme

        answer = await organiser.post(
            "/en/staff/expo/entities/new", data={"id": "new-one", **ENTITY, **fields}
        )

        assert answer.status_code == 422
        assert f'id="{field}-wrong"' in answer.text
        assert "New" in answer.text  # what was typed is still there
        await house.expo.show.refresh()
        assert house.expo.show.programme == before


async def test_electorate_is_weighed_anew_for_contests_that_are_not_ready(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        await house.order(Kind.READY, "khda")

        answer = await organiser.post("/en/staff/expo/electorates/employees", data=WEIGHTS)

        assert answer.status_code == 303, answer.text
        fixed, open_ = house.expo.show.contest("khda"), house.expo.show.contest("dewa")
        assert fixed is not None
        assert open_ is not None
        assert fixed.electorate("employees") != open_.electorate("employees")
        assert (open_.electorate("employees").weight, open_.electorate("employees").min) == (40, 3)  # type: ignore[union-attr]  # it is there


async def test_contest_gets_options_in_order_and_rules_of_its_own(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        address = "/en/staff/expo/contests/dewa"
        page = (await organiser.get(address)).text
        options = re.findall(r'name="place-([\w-]+)"', page)
        assert len(options) > 2
        places = {f"place-{name}": str(3 - n) for n, name in enumerate(options[:2])}

        answer = await organiser.post(address, data={**RULES, **places})

        assert answer.status_code == 303, answer.text
        contest = house.expo.show.contest("dewa")
        assert contest is not None
        assert [one.id for one in contest.options] == list(reversed(options[:2]))
        assert (contest.rules.method, contest.rules.max_ranked) == ("borda", 2)
        assert (contest.rules.visibility, contest.rules.open_minutes) == ("live", 5)
        again = await organiser.post(address, data={**RULES, **places, "rules": "expo"})
        assert again.status_code == 303
        contest = house.expo.show.contest("dewa")
        assert contest is not None
        assert contest.rules.method == "ranked_pairs"


async def test_contest_is_locked_from_ready_on(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        address = "/en/staff/expo/contests/dewa"
        options = re.findall(r'name="place-([\w-]+)"', (await organiser.get(address)).text)
        places = {f"place-{name}": str(n) for n, name in enumerate(options[:2], 1)}
        await house.order(Kind.READY, "dewa")

        assert "contestform" not in (await organiser.get(address)).text
        forced = await organiser.post(address, data={**RULES, **places}, headers=PROGRAM)

        assert (forced.status_code, forced.json()["code"]) == (409, "change-refused")


@pytest.mark.parametrize("section", ["entities", "electorates", "initiatives"])
async def test_list_that_went_out_comes_back_as_it_was(tmp_path: Path, section: str) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        out = (await organiser.get(f"/en/staff/expo/list/{section}")).content

        back = await brought(organiser, section, out.decode("utf-8"))

        assert back.status_code == 200, back.text
        assert "Nothing: it is the programme in force." in back.text


async def test_changed_list_shows_its_difference_and_is_put_in_force(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        out = (await organiser.get("/en/staff/expo/list/entities")).text
        name = house.expo.show.programme.entities[0].name.en

        shown = await brought(organiser, "entities", out.replace(name, "Renamed authority"))
        digest = re.search(r'name="digest" value="(\w+)"', shown.text)
        draft = re.search(r'name="draft" value="(\w+)"', shown.text)
        assert digest is not None
        assert draft is not None
        assert house.expo.show.programme.entities[0].name.en == name
        word = {"draft": draft[1], "digest": digest[1]}
        applied = await organiser.post("/en/staff/expo/list/entities/apply", data=word)
        again = await organiser.post(
            "/en/staff/expo/list/entities/apply", data=word, headers=PROGRAM
        )

        assert applied.status_code == 303
        assert again.json()["code"] == "list-outdated"
        by_form = await organiser.post("/en/staff/expo/list/entities/apply", data=word)
        assert (by_form.status_code, 'data-code="list-outdated"' in by_form.text) == (409, True)
        assert house.expo.show.programme.entities[0].name.en == "Renamed authority"


async def test_list_with_wrong_rows_names_them_and_changes_nothing(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        out = (await organiser.get("/en/staff/expo/list/entities")).text
        more = "Bad Id,اسم,Name,قصير,Short,\r\nok-one,,Name,قصير,Short,ftp://x\r\n"
        rows = len(out.strip().splitlines())

        answer = await brought(organiser, "entities", out + more)

        assert answer.status_code == 422
        lines = {int(line) for line in re.findall(r'data-line="(\d+)"', answer.text)}
        assert lines == {rows + 1, rows + 2}


@pytest.mark.parametrize("raw", ["", "name\nx\n", "id,name_ar\n", '"'])
async def test_file_that_is_no_list_is_told(tmp_path: Path, raw: str) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)

        answer = await brought(organiser, "entities", raw)

        assert answer.status_code == 422
        assert 'data-code="list-unreadable"' in answer.text


async def test_log_says_in_words_what_was_done_to_what(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        await organiser.post("/en/staff/expo/entities/dewa", data={**ENTITY, "name_en": "Power"})
        await house.open()
        await house.order(Kind.EXTEND, minutes=2)

        log = (await organiser.get("/ar/staff/log")).text

        assert "هيئة جديدة" in log  # the entity, by its name
        assert "قبل: <bdi" in log
        assert "دقائق: <bdi" in log
        assert not re.search(r"<code[^>]*>(dewa|khda)<", log)


async def test_log_says_that_there_was_nothing_before(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        facts: Facts = {"entity_before": "", "entity": "dewa"}
        async with house.expo.database.write() as tx:
            await record.append(
                tx, at=house.clock(), actor=None, action="change-person", subject="p1", facts=facts
            )

        log = (await (await house.person(Role.ORGANISER)).get("/en/staff/log")).text

        assert "Entity before: –" in log
        assert "Entity: Dubai Electricity and Water Authority" in re.sub(
            r"<(bdi|span)[^>]*>(?=Dubai)", "", log
        )
