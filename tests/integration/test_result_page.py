"""The page of one result, through the front door: what it shows when, and what it never shows."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from markupsafe import escape

from expo.identity.people import Assurance, Person, PersonId
from expo.rights import Role
from sessions.orders import Kind
from tests.support.show import ROOT
from tests.support.whole import Whole, ballot, whole
from voting.holds import NOWHERE
from voting.protocol import Cast

GROUPS = {"employees": Role.EMPLOYEE, "teams": Role.TEAM, "customers": Role.CUSTOMER}
PAGE = "/en/results/khda"


async def crowd(house: Whole, sizes: dict[str, int]) -> None:
    """So many ballots of each electorate; every third one prefers the second option."""
    options = [one.id for one in house.contest().options]
    casts = []
    for group, many in sizes.items():
        for n in range(many):
            first = options[n % 3 == 2]
            ranking = tuple(dict.fromkeys([first, *options]))[: 2 + n % 3]
            person = Person(
                PersonId(f"{group}-{n}"),
                GROUPS[group],
                electorate=group,
                entity="rta" if group == "teams" else None,
                assurance=Assurance.DEVICE if group == "customers" else Assurance.CONTACT,
            )
            made = Cast(ballot()["id"], "khda", ranking)
            casts.append(house.expo.voting.cast(person, made, house.clock(), NOWHERE))
    await asyncio.gather(*casts)


async def publish(house: Whole) -> None:
    """Show a counted result to everybody."""
    result = house.expo.voting.frozen("khda")
    assert result is not None
    await house.order(Kind.REVIEW)
    for _ in result.ranks or ("nothing",):
        await house.order(Kind.REVEAL)
    await house.order(Kind.PUBLISH)


def titles(house: Whole) -> list[str]:
    """What the options are called in English, as it stands in HTML."""
    return [str(escape(one.title.en)) for one in house.contest().options]


async def text(client: httpx2.AsyncClient, path: str = PAGE) -> str:
    """A page that is there."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


async def test_page_follows_a_contest_from_its_opening_to_its_result(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        nobody = await house.person(Role.PUBLIC)
        assert (await nobody.get(PAGE)).status_code == 404  # a draft asks nobody anything
        await house.order(Kind.START)
        assert "Voting has not started" in await text(nobody)

        await house.order(Kind.OPEN)
        await crowd(house, {"employees": 14, "teams": 12, "customers": 30})
        await house.position()
        open_page = await text(nobody)
        early = await nobody.get("/results/khda/figures.json", headers={"accept": "*/*"})
        assert "The result appears after the close" in open_page
        assert "56 ballots so far" in open_page
        assert (early.status_code, "disposition" in str(early.headers)) == (404, False)

        await house.closed()
        closed_page = await text(nobody)
        assert "The result is announced on stage" in closed_page
        for page in (open_page, closed_page):
            assert not [title for title in titles(house) if title in page]

        await house.order(Kind.REVIEW)
        await house.order(Kind.REVEAL)
        revealing = await text(nobody)
        result = house.expo.voting.frozen("khda")
        assert result is not None
        shown = [
            str(escape(one.title.en))
            for one in house.contest().options
            if one.id in result.ranks[-1]
        ]
        assert [title for title in titles(house) if title in revealing] == shown
        assert revealing.count("Not revealed yet") == len(result.ranks) - 1

        for _ in result.ranks[1:]:
            await house.order(Kind.REVEAL)
        await house.order(Kind.PUBLISH)
        final = await text(nobody)
        assert "Final result" in final
        assert all(title in final for title in titles(house))
        for anchor in (
            "order",
            "voters",
            "head",
            "places",
            "steady",
            "flips",
            "influence",
            "audit",
        ):
            assert f'id="{anchor}"' in final
        assert f'href="{PAGE}"' in await text(nobody, "/en/results/day/1")
        assert f'href="{PAGE}"' in await text(nobody, "/en/")
        assert f'href="{PAGE}"' in await text(nobody, "/en/session/khda")
        closing = await house.expo.publication.ledgers.closing("khda")
        assert closing is not None
        root = "".join(re.findall(r"<span>([0-9a-f]{4})</span>", final))
        assert root == closing.root.hex()
        assert "النتيجة النهائية" in await text(nobody, "/ar/results/khda")


async def test_figures_are_made_once_and_given_away_as_canonical_json(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await house.open()
        await crowd(house, {"employees": 14, "teams": 12, "customers": 30})
        await house.closed()
        await publish(house)
        nobody = await house.person(Role.PUBLIC)

        answers = await asyncio.gather(
            *[nobody.get("/results/khda/figures.json") for _ in range(5)]
        )
        found: Any = answers[0].json()

        assert {one.status_code for one in answers} == {200}
        assert len({one.content for one in answers}) == 1
        assert answers[0].content == msgspec.json.encode(found, order="sorted")
        assert "attachment" in answers[0].headers["content-disposition"]
        assert found["missing"] == {}
        assert house.expo.publication.analyses.known("khda") is not None
        first = (await nobody.get(PAGE)).headers["etag"]
        again = await nobody.get(PAGE, headers={"if-none-match": first})
        assert again.status_code == 304


async def test_small_electorate_stays_hidden_on_the_page_and_in_the_file(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await house.open()
        await crowd(house, {"employees": 6, "teams": 12, "customers": 40})
        await house.closed()
        await publish(house)
        nobody = await house.person(Role.PUBLIC)
        page, found = await text(nobody), (await nobody.get("/results/khda/figures.json")).json()

        parts = {one["id"]: one for one in found["parts"]}
        assert found["is_rounded"]
        for hidden in ("employees", "teams"):
            assert (parts[hidden]["preferred"], parts[hidden]["moved"]) == (None, None)
            assert parts[hidden]["places"] == []
        assert parts["customers"]["preferred"]
        assert found["flips"] is None
        assert "they would give a small electorate away" in page
        own = re.findall(r"</svg><span><bdi>([^<]*)</bdi></span></summary>", page)
        assert own == ["Customers", "Customers"]  # its pairs and its places; of nobody else
        drawn = page.partition('id="places"')[2].partition("<details")[0]
        drawn = re.sub(r"<[^>]*>", " ", drawn)
        assert "%" in drawn
        assert not re.search(r"\d\.\d%", drawn)  # whole hundredths only


async def test_nobody_voted_and_too_few_voted_are_results_too(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await house.open()
        await crowd(house, {"customers": 3})
        await house.closed()
        await publish(house)
        nobody = await house.person(Role.PUBLIC)
        page, figures = await text(nobody), await nobody.get("/results/khda/figures.json")

        assert "no group reached its minimum" in page
        assert 'id="places"' not in page
        assert set(figures.json()["missing"].values()) == {"few"}


async def test_few_ballots_that_count_have_an_order_and_no_further_figures(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house:
        await house.open()
        await crowd(house, {"customers": 8})
        await house.closed()
        await publish(house)
        page = await text(await house.person(Role.PUBLIC))

        assert "with fewer than ten ballots they could reveal single ones" in page
        assert not [
            one for one in ("places", "steady", "flips", "influence") if f'id="{one}"' in page
        ]


async def test_result_of_nothing_is_not_found(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        nobody = await house.person(Role.PUBLIC)
        for contest in ("nowhere", "%00", "%2e%2e%2fkhda", "a" * 3_000, "day", "khda"):
            for path in (f"/en/results/{contest}", f"/results/{contest}/figures.json"):
                assert (await nobody.get(path)).status_code == 404


def test_drawings_are_named_described_and_have_a_table_behind_them() -> None:
    folder = ROOT / "templates" / "voting" / "charts"
    for file in folder.glob("_*.html"):
        source = file.read_text()
        assert "style=" not in source
        if "c.drawing(" in source and "shares" not in file.name:
            assert "c.behind(" in source, file.name
