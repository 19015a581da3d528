"""Every page and state of the product, each with who looks at it and the expo it belongs to.

A *world* is an expo whose clock stands still, brought into one situation; it is built when the
first of its pages is asked for and serves all of them. A *view* is a page in a state.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec
from playwright.sync_api import Page, expect
from sqlalchemy import text

from command.assembly import Expo
from expo.load import store
from expo.load.figures import Machine, Minute, NodeLoad, Place
from expo.rights import Role
from sessions.control_view import board_state
from sessions.orders import Kind
from sessions.show_follower import BOARD
from tests.support.browsing import Ballot
from tests.support.gallery_bulletin import BULLETIN
from tests.support.gallery_desk import DESK
from tests.support.gallery_fair import FAIR, PLANS_FAIR
from tests.support.gallery_inviting import INVITING
from tests.support.gallery_people import PEOPLE, filled
from tests.support.gallery_presenting import AUDIENCE_AND_STAGE, PLANS_SHOW
from tests.support.gallery_privacy import PRIVACY
from tests.support.gallery_results import PLANS_RESULTS, RESULTS
from tests.support.gallery_signin import SIGNING_IN, linked
from tests.support.gallery_team import PROPOSING, proposals, proposed
from tests.support.gallery_view import View, World
from tests.support.schedules import SCHEDULE
from tests.support.show import MORNING, Running, real_schedule, running

BEFORE, BREAK, EVENING = (MORNING + timedelta(minutes=m) for m in (-120, 30, 540))
_VOTED: Final = 3  # places on the voter's ballots


# --- worlds ---


def _voter(show: Running, cookies: dict[str, str], session: str) -> str:
    person = show.person(cookies)
    assert person is not None
    return show.cast(person, show.options(session)[:_VOTED], session).tracker


def _counted(show: Running, voter: dict[str, str], session: str) -> str:
    show.open(session)
    show.crowd(session)
    tracker = _voter(show, voter, session)
    show.count(session)
    return tracker


def _day(show: Running, voter: dict[str, str]) -> dict[str, str]:
    """A published contest, one being revealed, one closed, one open, one ready, and drafts."""
    trackers = {session: _counted(show, voter, session) for session in ("khda",)}
    show.publish("khda")
    show.end("khda")
    for session in ("trakhees", "dmca"):
        trackers[session] = _counted(show, voter, session)
        if session == "trakhees":
            show.reveal(session, places=2)
        show.end(session)
    show.order(Kind.READY, "culture")
    show.order(Kind.CANCEL, "rta")
    show.order(Kind.POSTPONE, "municipality")
    show.open("dewa")
    show.crowd("dewa")
    return trackers | {"dewa": _voter(show, voter, "dewa")}


def _paused(show: Running, voter: dict[str, str]) -> dict[str, str]:
    show.open()
    show.crowd()
    tracker = _voter(show, voter, "khda")
    show.order(Kind.PAUSE)
    return {"khda": tracker}


def _closing(show: Running, voter: dict[str, str]) -> dict[str, str]:
    show.open()
    tracker = _voter(show, voter, "khda")
    show.order(Kind.CLOSE)
    return {"khda": tracker}


def _open(show: Running, voter: dict[str, str]) -> dict[str, str]:
    show.open()
    show.crowd()
    return {"khda": _voter(show, voter, "khda")}


def _counted_first(show: Running, voter: dict[str, str]) -> dict[str, str]:
    tracker = _counted(show, voter, "khda")
    show.reveal(places=len(show.options()))
    return {"khda": tracker}


def _break(show: Running, voter: dict[str, str]) -> dict[str, str]:
    tracker = _counted(show, voter, "khda")
    show.publish()
    show.end()
    show.go_to(BREAK)
    return {"khda": tracker}


def _evening(show: Running, voter: dict[str, str]) -> dict[str, str]:
    trackers = _break(show, voter)
    for session in ("trakhees", "dewa", "courts", "municipality", "dmca", "rta", "culture"):
        show.begin(session)
        show.end(session)
    show.go_to(EVENING)
    return trackers


def _strained(show: Running, _voter: dict[str, str]) -> dict[str, str]:
    """A second node with too much of everything; it has just told, and is never silent."""
    figures = Minute(
        per_second=9_800.4, answered=412_000, p50=3.2, p95=9.4, busy=70, lag_max=0.9, cpu=1.9,
        connections=(3_000, 9_700, 11_900), ballots=(2_000, 9_000, 9_800),
    )  # fmt: skip
    load = NodeLoad(
        "expo-2.hall-of-the-future.example", "0.1.0", MORNING, MORNING, figures,
        connections=11_900, connections_peak=11_950, connections_most=12_000, waiting=4_900, waiting_most=5_000,
        ballots_peak=9_900, behind=70_000, places=(Place("session", 11_800, "khda"), Place("elsewhere", 100)),
        machine=Machine(95 * 10**8, 10**10, 11_990, 12_000, 10**9, 10**11),
        parts={"database": "failed", "notifier": "not-connected", "followers": "dead"}, notifier="shared",
    )  # fmt: skip

    async def tell(expo: Expo) -> None:
        async with expo.database.write() as tx:
            await store.put(tx, load)
            await tx.execute(text("UPDATE node_load SET at_ms = at_ms + 3600000"))

    show.do(tell)
    return {}


def _nothing(_show: Running, _voter: dict[str, str]) -> dict[str, str]:
    return {}


def _empty_schedule() -> str:
    """The real programme with nothing in it but its days."""
    head, _, rest = real_schedule().partition("days:\n")
    day = rest.partition("    sessions:\n")[0] + "    announced_only: true\n"
    return head + "days:\n" + day + "initiatives: []\n"


class Plan(NamedTuple):
    """How a world comes about."""

    build: Callable[[Running, dict[str, str]], dict[str, str]]
    schedule: Callable[[], str] = real_schedule


PLANS: Final = {
    "day": Plan(_day),
    "before": Plan(_nothing),
    "paused": Plan(_paused),
    "closing": Plan(_closing),
    "all-revealed": Plan(_counted_first),
    "break": Plan(_break),
    "evening": Plan(_evening),
    "strained": Plan(_strained),
    "proposals": Plan(proposals),
    **{name: Plan(build) for name, build in (PLANS_FAIR | PLANS_RESULTS | PLANS_SHOW).items()},
    "empty": Plan(_nothing, _empty_schedule),
    "live": Plan(_open, lambda: real_schedule(("visibility: hidden ", "visibility: live "))),
    "after-vote": Plan(
        _open, lambda: real_schedule(("visibility: hidden ", "visibility: after_vote "))
    ),
}


async def _told(expo: Expo) -> None:
    """Wait until the board's room knows the world: a page that hears older news loads itself again."""
    show = expo.show
    while True:
        now = board_state(show.board(), show.rundown.statuses, show.rundown.stage)
        if expo.hub.latest(BOARD) == msgspec.json.encode(now):
            return
        await asyncio.sleep(0.02)


class Gallery:
    """The worlds of one test run, one at a time: an expo with nobody in it still looks around."""

    def __init__(self) -> None:
        self._worlds: dict[str, World] = {}
        self._stack = contextlib.ExitStack()

    def world(self, name: str) -> World:
        """The world of this name; the one before ends."""
        if name not in self._worlds:
            self.close()
            plan = PLANS[name]
            at = BEFORE if name == "before" else MORNING
            show = self._stack.enter_context(running(plan.schedule(), at, stands_still=True))
            cookies = {
                role: show.cookies_of(role, "Mariam مريم" if role is Role.ORGANISER else "")
                for role in (Role.CUSTOMER, Role.EMPLOYEE, Role.TEAM, Role.ORGANISER)
            }
            trackers = plan.build(show, cookies[Role.CUSTOMER])
            show.do(_told)
            self._worlds[name] = World(show, cookies, trackers)
        return self._worlds[name]

    def close(self) -> None:
        """End the world there is."""
        self._worlds.clear()
        self._stack.close()


def path_of(view: View, world: World, lang: str) -> str:
    """The address of a view in a language."""
    tracker = next(iter(world.trackers.values()), "")
    path = view.path.replace("{lang}", lang).replace("{tracker}", tracker)
    if "{pass}" in path:
        path = path.replace(
            "{pass}", world.show.pass_for(Role.EMPLOYEE, "Hall B قاعة").split("/")[-1]
        )
    return linked(filled(proposed(path, world), world), world)


# --- what is done on a page ---


def _rank(page: Page) -> None:
    ballot = Ballot(page)
    for card in page.locator(".pool .t.add").all()[:3]:
        card.click()
    ballot.expect("idle" if not ballot.has_receipt else "dirty")


def _reorder(page: Page) -> None:
    page.locator(".ranked .item").nth(0).locator(".dn").click()
    Ballot(page).expect("dirty")


def _sheet(page: Page) -> None:
    page.locator(".ranked .t").nth(1).click()
    expect(page.locator("#sheet")).to_be_visible()


def _receipt(page: Page) -> None:
    Ballot(page).expect("saved")
    Ballot(page).submit()
    page.locator("#undo summary").click()
    expect(page.locator("#withdraw")).to_be_visible()


def _offline(page: Page) -> None:
    page.context.set_offline(True)
    page.locator(".ranked .item").nth(0).locator(".dn").click()
    Ballot(page).submit()
    Ballot(page).expect("queued")
    expect(page.locator("#conn")).to_be_visible()


def _unfold(page: Page) -> None:
    for summary in page.locator("main summary").all():
        summary.click()


def _ask_to_close(page: Page) -> None:
    page.locator(".next [data-order=close] button").click()
    expect(page.locator(".confirm[data-confirms=close]")).to_be_visible()


def _keys(page: Page) -> None:
    page.keyboard.press("Shift+Slash")
    expect(page.locator("#keys")).to_be_visible()


def _issue(page: Page) -> None:
    page.locator("#kind").select_option("electorate:employees")
    page.locator("#count").fill("2")
    page.locator(".passform button").click()
    expect(page.locator(".passcard")).to_have_count(2)


def _issue_wrongly(page: Page) -> None:
    page.locator("#hours").fill("nine")
    page.locator(".passform button").click()
    expect(page.locator("[role=alert][data-code]")).to_be_visible()


def _hold(page: Page) -> None:
    page.locator("#pause").click()
    expect(page.locator("#pause[aria-pressed=true]")).to_be_visible()


def _paste(page: Page) -> None:
    page.locator("details summary").first.click()
    page.locator("#text").fill(SCHEDULE)
    page.locator("details form button").click()
    expect(page.locator("main table").first).to_be_visible()


def _twice(page: Page) -> None:
    """Without scripts: the same place for two initiatives."""
    for select in page.locator("#cast select").all()[:2]:
        select.select_option("1")
    page.locator("#cast .nojs-only button.primary.big").click()
    expect(page.locator("#problem")).to_be_visible()


ORGANISER, VOTER = Role.ORGANISER, Role.CUSTOMER
_SESSION, _CONTROL = "/{lang}/session/", "/{lang}/staff/control"
_LOAD = "/{lang}/staff/load"
_OPEN, _KHDA = _SESSION + "dewa", _SESSION + "khda"

VIEWS: Final = (
    View("home", "day", "/{lang}/", shows=".pill.live"),
    View("home-before", "before", "/{lang}/", shows="[data-mood=before]"),
    View("home-break", "break", "/{lang}/", shows="[data-mood=break]"),
    View("home-evening", "evening", "/{lang}/", VOTER, "[data-mood=day-over]"),
    View("home-empty", "empty", "/{lang}/", shows=".empty"),
    View("schedule", "day", "/{lang}/schedule"),
    View("widget", "day", "/{lang}/widget"),
    View("schedule-empty", "empty", "/{lang}/schedule"),
    View("day", "day", "/{lang}/day/1", shows=".pill.err"),
    View("day-empty", "day", "/{lang}/day/2", shows=".empty"),
    View("initiative", "day", "/{lang}/initiative/dewa-solar"),
    View("join", "day", "/{lang}/join"),
    View("join-wrong-code", "day", "/v/ZZZZ?lang={lang}", shows="[aria-invalid]"),
    View("about", "day", "/{lang}/about"),
    View("not-found", "day", "/{lang}/nothing-here"),
    View("pass", "day", "/{lang}/pass/{pass}", shows=".btn.big"),
    View("pass-unknown", "day", "/{lang}/pass/AAAA", shows="[role=alert]"),
    View("ballot-draft", "before", _KHDA, shows="[data-state=before]"),
    View("ballot-ready", "day", _SESSION + "culture", shows="[data-state=before]"),
    View("ballot-open", "day", _OPEN, shows="#ballot[data-state=open]"),
    View("ballot-ranked", "day", _OPEN, act=_rank),
    View("ballot-saved", "day", _OPEN, VOTER, "[data-ack=saved]"),
    View("ballot-dirty", "day", _OPEN, VOTER, "[data-ack=saved]", _reorder),
    View("ballot-sheet", "day", _OPEN, VOTER, "[data-ack=saved]", _sheet),
    View("ballot-receipt", "day", _OPEN, VOTER, "[data-ack=saved]", _receipt),
    View("ballot-offline", "day", _OPEN, VOTER, "[data-ack=saved]", _offline),
    View("ballot-team", "day", _OPEN, Role.TEAM, "#ballot[data-state=blocked]"),
    View("ballot-blocked", "day", _OPEN, ORGANISER, "#ballot[data-state=blocked]"),
    View("ballot-paused", "paused", _KHDA, VOTER, "#ballot[data-state=paused]"),
    View("ballot-closing", "closing", _KHDA, VOTER, "#ballot[data-state=closing]"),
    View("ballot-closed", "day", _SESSION + "dmca", VOTER, "#ballot[data-state=closed]"),
    View("ballot-closed-none", "day", _SESSION + "dmca", shows="#ballot[data-state=closed]"),
    View("ballot-revealing", "day", _SESSION + "trakhees", VOTER, "[data-rank]"),
    View("ballot-published", "day", _KHDA, VOTER, "[data-rank='1']"),
    View("ballot-live", "live", _KHDA, shows="#rows li"),
    View("ballot-after-vote", "after-vote", _KHDA, VOTER, "#rows li"),
    View("ballot-plain", "day", _OPEN, Role.EMPLOYEE, "#cast select", scripts=False),
    View("ballot-plain-error", "day", _OPEN, Role.EMPLOYEE, act=_twice, scripts=False),
    View("session-cancelled", "day", _SESSION + "rta"),
    View("results", "day", "/{lang}/results/day/1", VOTER, ".result", _unfold),
    View("results-none", "day", "/{lang}/results/day/2", shows=".empty"),
    View("receipt-own", "day", "/{lang}/receipt/{tracker}", VOTER, ".mine-list"),
    View("receipt-other", "day", "/{lang}/receipt/{tracker}", shows=".ticket"),
    View("receipt-none", "day", "/{lang}/receipt/0000000000000000", shows=".state"),
    View("control-open", "day", _CONTROL, ORGANISER, ".pill.live"),
    View("control-asks", "day", _CONTROL, ORGANISER, act=_ask_to_close),
    View("control-keys", "day", _CONTROL, ORGANISER, act=_keys),
    View("control-before", "before", _CONTROL, ORGANISER),
    View("control-paused", "paused", _CONTROL, ORGANISER, "[data-order=resume]"),
    View("control-closing", "closing", _CONTROL, ORGANISER),
    View("control-closed", "day", _CONTROL + "?session=dmca", ORGANISER, "[data-order=review]"),
    View("control-revealing", "day", _CONTROL + "?session=trakhees", ORGANISER),
    View("control-revealed", "all-revealed", _CONTROL, ORGANISER, "[data-order=publish]"),
    View("control-published", "day", _CONTROL + "?session=khda", ORGANISER),
    View("control-evening", "evening", _CONTROL, ORGANISER),
    View("control-empty", "empty", _CONTROL, ORGANISER),
    View("passes", "day", "/{lang}/staff/passes", ORGANISER, ".passform"),
    View("passes-issued", "day", "/{lang}/staff/passes", ORGANISER, act=_issue),
    View("passes-error", "day", "/{lang}/staff/passes", ORGANISER, act=_issue_wrongly),
    View("programme", "day", "/{lang}/staff/programme", ORGANISER),
    View("programme-changed", "day", "/{lang}/staff/programme", ORGANISER, act=_paste),
    View("load", "day", _LOAD, ORGANISER, ".verdict", _unfold),
    View("load-held", "day", _LOAD, ORGANISER, act=_hold),
    View("load-strained", "strained", _LOAD, ORGANISER, "[data-level=over]", _unfold),
    View("load-plain", "before", _LOAD, ORGANISER, ".verdict", scripts=False),
    View("log", "day", "/{lang}/staff/log", ORGANISER, "tbody tr"),
    View("keys", "day", "/{lang}/staff/keys", ORGANISER, "tbody tr"),
    View("not-for-you", "day", _CONTROL, VOTER),
    *PEOPLE,
    *PRIVACY,
    *FAIR,
    *RESULTS,
    *BULLETIN,
    *INVITING,
    *DESK,
    *AUDIENCE_AND_STAGE,
    *SIGNING_IN,
    *PROPOSING,
)
