"""Pages of single results: whole, rounded for a small electorate, and still being revealed."""

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page

from expo.rights import Role
from tests.support.gallery_bulletin import corrected
from tests.support.gallery_view import View
from tests.support.show import Running

_RESULT: Final = "/{lang}/results/khda"


def shown(show: Running, _voter: dict[str, str]) -> dict[str, str]:
    """A published result of electorates that are all large enough to be shown, and its day's bulletin."""
    show.open()
    show.crowd(each=11)
    show.count()
    show.publish()
    corrected(show)
    return {}


def _unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def _checked(page: Page) -> None:
    page.locator("#start").click()
    page.locator("#verdict[data-kind=right]").wait_for()


PLANS_RESULTS: Final[dict[str, Callable[[Running, dict[str, str]], dict[str, str]]]] = {
    "shown": shown,
}
RESULTS: Final = (
    View("result", "shown", _RESULT, shows="svg.chart", act=_unfold),
    View("result-rounded", "day", _RESULT, Role.CUSTOMER, "#audit", _unfold),
    View("result-revealing", "day", "/{lang}/results/trakhees", shows=".later"),
    View("check", "shown", f"{_RESULT}/check", shows="#start", act=_checked),
    View("check-waiting", "day", "/{lang}/results/dewa/check", shows=".state"),
    View("result-waiting", "day", "/{lang}/results/dewa", shows=".state"),
)
