"""Pages of teams and of what they propose, for the gallery."""

from typing import Final

from playwright.sync_api import Page, expect

from expo.rights import Role
from tests.support.gallery_view import View, World
from tests.support.proposals import LONG, filled
from tests.support.show import Running

TEAM, PUBLIC = Role.TEAM, Role.PUBLIC
_ONE: Final = "/{lang}/team/proposals/"


def proposals(show: Running, _voter: dict[str, str]) -> dict[str, str]:
    """Ids of proposals by state; one of each is there."""
    return show.do(filled)


def proposed(path: str, world: World) -> str:
    """The address with the id of the proposal in a state, where it asks for one: ``{of:draft}``."""
    for state, proposal_id in world.trackers.items():
        path = path.replace(f"{{of:{state}}}", proposal_id)
    return path


def _too_long(page: Page) -> None:
    page.locator("#benefit-en").fill(LONG * 2)
    page.locator("#stage-3").fill("2017-12-31")
    page.locator('button[value="next"]').click()
    expect(page.locator("#mend")).to_be_visible()


def _meanwhile(page: Page) -> None:
    """A colleague saved first: the page is sent with a version that is no more."""
    page.locator("input[name=version]").evaluate("field => { field.value = '1'; }")
    page.locator("#title-en").fill("Mine, and not theirs")
    page.locator('button[value="next"]').click()
    expect(page.locator(".theirs").first).to_be_visible()


def _no_picture(page: Page) -> None:
    file = {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.locator("#image").set_input_files(file)  # type: ignore[arg-type]  # a dictionary as Playwright takes it
    page.locator('button[value="image"]').click()
    expect(page.locator("#image[aria-invalid]")).to_be_visible()


def _withdraw(page: Page) -> None:
    page.locator("details.undo summary").click()
    expect(page.locator("#reason")).to_be_visible()


PROPOSING: Final = (
    View("team-home", "proposals", "/{lang}/team", TEAM, ".mine"),
    View("team-home-empty", "before", "/{lang}/team", TEAM, ".empty"),
    View("team-idea", "proposals", _ONE + "{of:returned}/idea", TEAM, "[data-comment]"),
    View("team-idea-check", "proposals", _ONE + "{of:draft}/idea?check", TEAM, "#mend"),
    View("team-idea-stale", "proposals", _ONE + "{of:draft}/idea", TEAM, act=_meanwhile),
    View("team-impact", "proposals", _ONE + "{of:returned}/impact", TEAM, "[data-comment]"),
    View("team-impact-wrong", "proposals", _ONE + "{of:draft}/impact", TEAM, act=_too_long),
    View("team-people", "proposals", _ONE + "{of:accepted}/people", TEAM, ".picture img"),
    View("team-people-wrong", "proposals", _ONE + "{of:draft}/people", TEAM, act=_no_picture),
    View("team-plain", "proposals", _ONE + "{of:draft}/people", TEAM, scripts=False),
    View("team-check", "proposals", _ONE + "{of:draft}/check", TEAM, "#problems"),
    View("team-check-done", "proposals", _ONE + "{of:returned}/check", TEAM, ".note.ok"),
    *(
        View(f"team-{state}", "proposals", f"{_ONE}{{of:{state}}}", TEAM, f"[data-state={state}]")
        for state in ("draft", "submitted", "returned", "accepted", "scheduled")
    ),
    View("team-withdrawn", "proposals", _ONE + "{of:withdrawn}", TEAM, "[data-state=withdrawn]"),
    View("team-withdraws", "proposals", _ONE + "{of:draft}", TEAM, act=_withdraw),
    View("team-preview", "proposals", _ONE + "{of:accepted}/preview", TEAM, ".pv-hall"),
    View("proposal", "proposals", "/{lang}/proposals/{of:accepted}", PUBLIC, "#revision-1"),
    View("proposal-hidden", "proposals", "/{lang}/proposals/{of:draft}", PUBLIC),
)
"""Every state of a proposal, each step, and what a public reader sees."""

SAYING_NO: Final = frozenset(
    {"team-idea-stale", "team-impact-wrong", "team-people-wrong", "proposal-hidden"}
)
"""Views whose answer is no success."""
