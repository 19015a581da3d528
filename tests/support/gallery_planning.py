"""The schedule board, its publication and the change log, for the gallery."""

from collections.abc import Callable
from datetime import time
from typing import Final

from playwright.sync_api import Page, expect

from command.assembly import Expo
from expo.rights import Role
from expo.words import Text
from sessions.planning import plan
from tests.support.gallery_view import View
from tests.support.show import ORGANISER, Running

_BOARD, _RELEASE = "/{lang}/staff/plan", Text(ar="الإصدار الثاني", en="Second release")
_NOTE: Final = Text(ar="انتقلت جلسة إلى اليوم الثاني.", en="One session moved to day two.")
SAYING_NO_PLANNING: Final = frozenset({"plan-wrong"})
"""Views whose page says no."""


async def _place(expo: Expo, session: str, day: int, starts: time) -> None:
    planning = expo.production.planning
    version, zone = (await planning.view()).plan.version, expo.show.programme.zone
    await planning.move(
        version, lambda days: plan.placed(days, zone, session, day, starts, 45), "place", session
    )


def _drafted(show: Running, _voter: dict[str, str]) -> dict[str, str]:
    """A draft that may be published."""
    show.do(lambda expo: _place(expo, "culture", 2, time(9)))
    return {}


def _released(show: Running, voter: dict[str, str]) -> dict[str, str]:
    """A release, then a draft with a short break and a conflict."""

    async def publish(expo: Expo) -> None:
        planning = expo.production.planning
        view = await planning.view()
        preview = await planning.preview(view)
        assert preview is not None
        await planning.publish(ORGANISER, view.plan.version, preview.digest, _RELEASE, _NOTE)
        await _place(expo, "rta", 1, time(12, 50))
        new = plan.New(Text(ar="استراحة قهوة", en="Coffee break"), "break", 2, time(9, 45), 15)
        await planning.add((await planning.view()).plan.version, new)

    _drafted(show, voter)
    show.do(publish)
    return {}


def _open_a_card(page: Page) -> None:
    page.locator("#s-rta summary").click()
    expect(page.locator("#starts-rta")).to_be_visible()


def _type_wrongly(page: Page) -> None:
    page.locator("#new-ar").fill("جلسة")
    page.locator("#new-en").fill("Session")
    page.locator("#new-starts").fill("soon")
    page.locator(".plan-new button").click()
    expect(page.locator("[data-code=plan-field]")).to_be_visible()


PLANS_PLANNING: Final[dict[str, Callable[[Running, dict[str, str]], dict[str, str]]]] = {
    "drafted": _drafted,
    "released": _released,
}
PLANNING: Final = (
    View("plan", "day", _BOARD, Role.ORGANISER, ".plan-card"),
    View("plan-conflict", "released", _BOARD, Role.ORGANISER, ".conflicts", _open_a_card),
    View("plan-plain", "released", _BOARD, Role.ORGANISER, ".conflicts", scripts=False),
    View("plan-wrong", "released", _BOARD, Role.ORGANISER, act=_type_wrongly),
    View("plan-publish", "drafted", _BOARD + "/publish", Role.ORGANISER, "#name-ar"),
    View("plan-unfit", "released", _BOARD + "/publish", Role.ORGANISER, ".conflicts"),
    View("changes", "released", "/{lang}/schedule/changes", shows=".release"),
    View("changes-none", "day", "/{lang}/schedule/changes"),
)
