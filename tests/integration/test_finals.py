"""The grand final, from published results to ballots of its own."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from expo.errors import StaleVersion
from expo.identity.people import Assurance, Person, PersonId
from expo.record import store as record
from expo.rights import Role
from sessions.cues import Status
from sessions.finals.moves import FinalistsChanged, FinalWaiting, TooFewFinalists
from sessions.orders import ConfirmFirst, Kind, Order
from tests.support.finals import WITH_FINAL, cast, held, published, voter
from tests.support.roles import entered
from tests.support.stagehouse import ORGANISER, SITE, House, open_house
from voting import moves as contest_moves
from voting import store as contest_store
from voting.contests import Contest, Phase
from voting.counting import count_file
from voting.exchange.published import KINDS, RESULTS
from voting.exchange.usecases import Exchange
from voting.protocol import Cast


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, WITH_FINAL) as found:
        yield found


def finalists(stage: House) -> list[str]:
    return [option.id for option in stage.contest("final").options]


def state(stage: House) -> str:
    final = stage.show.final("final")
    assert final is not None
    return final.state


async def ready(stage: House, *, confirmed: bool = True) -> None:
    version = stage.contest("final").version
    await stage.show.act(
        ORGANISER, Order(Kind.READY, version, contest="final", confirmed=confirmed)
    )


async def test_final_is_filled_by_results_confirmed_once_and_voted_in(stage: House) -> None:
    with pytest.raises(FinalWaiting) as early:
        await ready(stage)
    await held(stage, "water", ("meter", "leak"), ("meter",))
    half = finalists(stage), state(stage)
    await held(stage, "roads", ("bus",), ("tram",))
    await stage.order(Kind.START, "final")
    started = stage.contest("final").phase
    with pytest.raises(ConfirmFirst):
        await ready(stage, confirmed=False)
    await ready(stage)
    await stage.order(Kind.OPEN, "final")
    await cast(stage, "final", ("tram", "meter"), ("tram", "bus"), ("meter",))
    await published(stage, "final")
    result = stage.voting.frozen("final")

    assert early.value.facts == {"waiting": 2}
    assert half == (["meter"], "waiting")
    assert started is Phase.DRAFT
    assert finalists(stage) == ["meter", "bus", "tram"]
    assert state(stage) == "fixed"
    assert stage.contest("final").rules.max_ranked == 3
    assert result is not None
    assert (result.ballots, result.ranks[0]) == (3, ("tram",))


async def test_whoever_confirms_has_seen_the_finalists(stage: House) -> None:
    await held(stage, "water", ("meter", "leak"))
    await stage.order(Kind.START, "roads")
    await stage.order(Kind.OPEN, "roads")
    await cast(stage, "roads", ("bus",))
    seen = stage.contest("final").version
    await published(stage, "roads")

    with pytest.raises(StaleVersion):
        await stage.show.act(ORGANISER, Order(Kind.READY, seen, contest="final", confirmed=True))

    assert finalists(stage) == ["meter", "bus"]


async def test_contest_without_a_result_and_one_called_off_give_none(stage: House) -> None:
    await held(stage, "water")
    await stage.order(Kind.CANCEL, "roads")

    with pytest.raises(TooFewFinalists) as refused:
        await ready(stage)

    assert (finalists(stage), state(stage)) == ([], "too-few")
    assert refused.value.facts == {"found": 0}
    assert stage.show.status("roads") is Status.CANCELLED


async def test_final_that_fell_behind_is_filled_again_before_and_never_after_it_is_ready(
    stage: House,
) -> None:
    await held(stage, "water", ("meter", "leak"))
    await held(stage, "roads", ("bus", "tram"))
    whole = stage.contest("final")
    async with stage.database.write() as tx:
        await contest_moves.redefine(tx, _with_only(whole, "bus"))
    with pytest.raises(FinalistsChanged):
        await ready_at(stage)
    await stage.voting.refresh()
    await stage.show.fill_finals()
    again = finalists(stage)
    await ready(stage)
    fixed = stage.contest("final").version
    await stage.show.fill_finals()

    assert again == ["meter", "bus"]
    assert stage.contest("final").version == fixed
    async with stage.database.read() as tx:
        fills = [line for line in await record.latest(tx, 100) if line.action == "fill-final"]
    assert [line.facts["finalists"] for line in reversed(fills)] == [
        "meter", "meter, bus", "meter, bus",
    ]  # fmt: skip


async def ready_at(stage: House) -> None:
    """Make the final ready at the version it has in the database this very moment."""
    async with stage.database.read() as tx:
        contest = await contest_store.find(tx, "final")
    assert contest is not None
    order = Order(Kind.READY, contest.version, contest="final", confirmed=True)
    await stage.show.act(ORGANISER, order)


def _with_only(contest: Contest, option: str) -> Contest:
    kept = tuple(one for one in contest.options if one.id == option)
    return msgspec.structs.replace(contest, options=kept)


async def test_reloaded_schedule_keeps_the_finalists(stage: House) -> None:
    await held(stage, "water", ("meter", "leak"))
    stage.schedule.write_text(WITH_FINAL.replace("Grand final", "The grand final"))
    preview = await stage.show.preview_reload()
    await stage.show.apply_reload(ORGANISER, None, preview.digest)

    assert stage.contest("final").title.en == "The grand final"
    assert finalists(stage) == ["meter"]


async def test_ready_final_cannot_be_drawn_from_others(stage: House) -> None:
    await held(stage, "water", ("meter", "leak"))
    await held(stage, "roads", ("bus", "tram"))
    await ready(stage)
    stage.schedule.write_text(WITH_FINAL.replace("{days: [1]}", "{sessions: [roads, water]}"))

    preview = await stage.show.preview_reload()

    assert {(one.path, one.reason) for one in preview.refused} == {
        ("sessions.final.final.days", "options-fixed"),
        ("sessions.final.final.sessions", "options-fixed"),
    }


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_page_of_the_final_says_who_meets_and_compares_nothing(
    stage: House, language: str
) -> None:
    await held(stage, "water", ("meter", "leak"), ("meter",))
    async with httpx2.AsyncClient(base_url=stage.url, trust_env=False) as browser:
        page = (await browser.get(f"/{language}/session/final")).text

    titles = {"ar": ("عداد", "جلسة الطرق"), "en": ("Meter", "Roads session")}[language]
    assert all(title in page for title in titles)
    assert "%" not in page.split('class="final"')[1].split("</section>")[0]


async def test_own_initiative_is_abstained_on_and_every_file_of_the_final_says_so(
    stage: House,
) -> None:
    await held(stage, "water", ("meter", "leak"))
    await held(stage, "roads", ("bus",), ("tram",))
    await ready(stage)
    await stage.order(Kind.START, "final")
    await stage.order(Kind.OPEN, "final")
    await cast(stage, "final", ("tram", "meter"), ("bus",))
    member = Person(PersonId("m"), Role.TEAM, "employees", "water", Assurance.CONTACT)
    for person, ranking in ((member, ("meter", "tram")), (voter(9, "employees"), ("meter",))):
        ballot = Cast(str(uuid.uuid4()), "final", ranking)
        await stage.voting.cast(person, ballot, stage.clock())
    await published(stage, "final")
    result = stage.voting.frozen("final")
    exchange = Exchange(stage.database, stage.voting)

    assert result is not None
    assert (result.ballots, result.own_ballots) == (4, 1)
    for name in sorted(set(KINDS) - RESULTS - {"ballots.soc"}):
        report = count_file(name, (await exchange.file("final", name)).read_bytes())
        assert report.outcome.combined.support == result.support, name
        assert report.outcome.ranks == result.ranks, name


async def test_finalists_are_confirmed_in_the_control_room_without_scripts(stage: House) -> None:
    await held(stage, "water", ("meter", "leak"))
    async with entered(stage.url, stage.passes, stage.clock, Role.ORGANISER, origin=SITE) as desk:
        waiting = await desk.get("/en/staff/control?session=final")
        await held(stage, "roads", ("bus", "tram"))
        await stage.order(Kind.START, "final")
        version = str(stage.contest("final").version)
        fields = {"kind": "ready", "version": version, "contest": "final"}
        asked = await desk.post("/en/staff/control", data=fields)
        before = stage.contest("final").phase
        done = await desk.post("/en/staff/control", data={**fields, "confirmed": "yes"})

    assert "The final waits for 1 result." in waiting.text
    assert "Confirm the finalists" not in waiting.text
    assert "Yes, these are the finalists" in asked.text
    assert 'data-confirms="ready" hidden' not in asked.text
    assert (asked.status_code, before) == (200, Phase.DRAFT)
    assert done.status_code == 303
    assert stage.contest("final").phase is Phase.READY
