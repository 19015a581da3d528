"""Pages of fair play for the gallery: a rush among real ballots, held ones, two officers, an appeal."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec
from playwright.sync_api import Page, expect

from command.assembly import Expo
from expo.identity.people import Assurance, Person, PersonId, Visit
from expo.rights import Role
from tests.support.gallery_view import View
from tests.support.show import Running
from voting import moves
from voting.holds import HoldRule, Origin
from voting.integrity import store
from voting.integrity.appeals import Ground, Verdict
from voting.integrity.windows import Source, Window
from voting.protocol import Cast

_RULES: Final = (HoldRule("device", most=3), HoldRule("burst", most=200, seconds=10))
_TABLET: Final = Origin(device="tablet", network="192.0.2.0/24")
_SCRIPTED: Final = 14
_FAIRNESS, _APPEAL = "/{lang}/staff/fairness", "/{lang}/appeal"
ORGANISER, VOTER = Role.ORGANISER, Role.CUSTOMER


def fair_open(show: Running, voter: dict[str, str]) -> dict[str, str]:
    """Ballots are held while the contest is open, one of them the voter's; something is proposed."""
    _rules(show)
    show.open()
    show.crowd()
    show.pass_time(minutes=5)
    tracker = _held(show, voter)
    show.do(_rush)
    show.do(lambda expo: _propose(expo, "one", "void", "all"))
    return {"khda": tracker}


def fair_closed(show: Running, voter: dict[str, str]) -> dict[str, str]:
    """Closed and counted: one proposal is decided, one waits, two people have appealed."""
    found = fair_open(show, voter)
    show.count()
    show.do(lambda expo: _decide(expo, "two"))
    show.do(lambda expo: _appeal(expo, found["khda"]))
    return found


def fair_published(show: Running, voter: dict[str, str]) -> dict[str, str]:
    """Published with ballots that were taken out and others nobody decided about."""
    _rules(show)
    show.open()
    show.crowd()
    tracker = _held(show, voter)
    show.count()
    show.do(lambda expo: _propose(expo, "one", "void", "one:23"))
    show.do(lambda expo: _decide(expo, "two"))
    show.publish()
    return {"khda": tracker}


def _rules(show: Running) -> None:
    async def redefine(expo: Expo) -> None:
        contest = show.contest()
        rules = msgspec.structs.replace(contest.rules, holds=_RULES)
        async with expo.database.write() as tx:
            await moves.redefine(tx, msgspec.structs.replace(contest, rules=rules))
        await expo.voting.refresh()

    show.do(redefine)


def _held(show: Running, voter: dict[str, str]) -> str:
    """Many people on one tablet, the voter after them; the voter's tracker."""
    mine = show.person(voter)
    assert mine is not None
    options = show.options()

    async def cast(expo: Expo) -> str:
        tracker = ""
        strangers = [
            Person(PersonId(f"t{n}"), Role.CUSTOMER, "customers", assurance=Assurance.DEVICE)
            for n in range(_SCRIPTED)
        ]
        for n, who in enumerate([*strangers, mine]):
            ballot = Cast(f"00000000-0000-4000-8000-{n:012x}", "khda", tuple(options[-1:]))
            tracker = (await expo.voting.cast(who, ballot, show.now, _TABLET)).tracker
        await expo.fair_play.keep()
        return tracker

    return show.do(cast)


async def _rush(expo: Expo) -> None:
    """Windows as nodes write them: a steady crowd, then many from one network like clockwork."""
    now_ms = int(expo.now().timestamp()) // 10 * 10_000
    async with expo.database.write() as tx:
        for n in range(1, 24):
            steady = {"customers": {"C": 25 + n % 3, "B": 4}, "employees": {"B": 12}}
            window = Window(
                now_ms - n * 10_000,
                steady,
                {"network": (Source("a1b2c3d4e5f6", 9, 9000, 20_000_000),)},
                {"network": 40},
            )
            if n == 1:
                script = (Source("0f1e2d3c4b5a", 160, 159 * 60, 159 * 3_600),)
                window = Window(
                    window.begins_ms, {"customers": {"C": 190}}, {"network": script}, {"network": 190}
                )  # fmt: skip
            at = datetime.fromtimestamp(window.begins_ms / 1000, UTC)
            await store.keep_window(tx, "khda", "node", at, window)


def _officer(name: str) -> Visit:
    return Visit(None, Person(PersonId(name), Role.OFFICER, label=f"Officer {name}"), f"dev-{name}")


async def _named(_tx: object, person: str) -> frozenset[str]:
    return frozenset({person})


async def _propose(expo: Expo, who: str, act: str, key: str) -> None:
    expo.reviews._identities = _named
    await expo.reviews.propose(_officer(who), "khda", act, key, "automated")  # type: ignore[arg-type]  # by name, as tests write it


async def _decide(expo: Expo, who: str) -> None:
    """Confirm what waits, after another proposal about the same was made."""
    (proposal,) = (await expo.reviews.view("khda")).open_proposals
    if len(proposal.positions) > 1:
        await expo.reviews.propose(_officer("one"), "khda", "release", "all", "")
        await expo.reviews.decline(_officer("one"), "khda", proposal.id)
    else:
        await expo.reviews.confirm(_officer(who), "khda", proposal.id)
    while expo.voting.frozen("khda") is None:  # noqa: ASYNC110 - no event says so
        await asyncio.sleep(0.02)


async def _appeal(expo: Expo, tracker: str) -> None:
    visit = Visit(device="a phone of an appeal")
    last = f"00000000-0000-4000-8000-{_SCRIPTED:012x}"
    words = "I voted on the tablet at the entrance. صوّتُّ من الجهاز عند المدخل."
    await expo.appeals.make(visit, tracker, last, Ground.HELD, words)
    await expo.appeals.make(visit, tracker, last, Ground.OTHER, "")
    first = (await expo.appeals.of(visit, tracker)).appeals[-1]
    boss = _officer("one").person
    assert boss is not None
    await expo.appeals.answer(boss, "khda", first.id, Verdict.UPHELD, "It will be counted.")


def _confirm_alone(page: Page) -> None:
    page.locator("button[name=act][value=release]").click()
    own = page.locator(".prop", has_text="Mariam")
    own.locator("button[name=outcome][value=confirm]").first.click()
    expect(page.locator("[role=alert][data-code=second-person-needed]")).to_be_visible()


def _look_up_wrongly(page: Page) -> None:
    page.locator("#tracker").fill("AAAA-BBBB-CCCC-DDDD")
    page.locator("form[method=get] button").click()
    expect(page.locator("[role=alert][data-code]")).to_be_visible()


PLANS_FAIR: Final[dict[str, Callable[[Running, dict[str, str]], dict[str, str]]]] = {
    "fair-open": fair_open,
    "fair-closed": fair_closed,
    "fair-published": fair_published,
}
SAYING_NO_FAIR: Final = frozenset({"fairness-alone", "appeal-wrong"})
FAIR: Final = (
    View("fairness", "fair-open", _FAIRNESS, ORGANISER, "table"),
    View("fairness-empty", "before", _FAIRNESS, ORGANISER, ".none"),
    View("fairness-open", "fair-open", _FAIRNESS + "/khda", ORGANISER, ".signals"),
    View("fairness-closed", "fair-closed", _FAIRNESS + "/khda", ORGANISER, ".prop"),
    View("fairness-alone", "fair-closed", _FAIRNESS + "/khda", ORGANISER, act=_confirm_alone),
    View("appeal", "fair-open", _APPEAL, shows="#tracker"),
    View("appeal-wrong", "fair-open", _APPEAL, act=_look_up_wrongly),
    View("appeal-own", "fair-open", _APPEAL + "?tracker={tracker}", VOTER, ".ticket"),
    View("appeal-answered", "fair-closed", _APPEAL + "?tracker={tracker}", shows=".prop"),
    View("ballot-held", "fair-open", "/{lang}/session/khda", VOTER, "#held"),
    View("ballot-held-closed", "fair-closed", "/{lang}/session/khda", VOTER, "[data-state=closed]"),
    View("receipt-held", "fair-open", "/{lang}/receipt/{tracker}", VOTER, ".ticket"),
    View("results-held", "fair-published", "/{lang}/results/day/1", shows=".reasons"),
)
