"""A member of a team goes from the pass to a proposal that is handed in: with keys alone, and without scripts."""

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from expo.catalogue.proposals.states import State
from expo.rights import Role
from expo.words import Language
from tests.support.browsing import Browsing, Person
from tests.support.inspection import barriers, faults
from tests.support.proposals import DESK, WHOLE, filled, moved, picture
from tests.support.show import Running

pytestmark = pytest.mark.timeout(180)
_MOST_TABS = 90  # stops on the longest of these pages, and then some
_IS_AT = "wanted => document.activeElement?.matches(wanted) ?? false"
TEXTS = {
    "idea": {name: getattr(WHOLE, name) for name in ("title", "short", "summary")},
    "impact": {
        name: getattr(WHOLE, name)
        for name in ("problem", "proposal", "benefit", "evidence", "needed")
    },
}


def reach(page: Page, selector: str) -> None:
    """Press Tab until the focus is where it is wanted."""
    for _ in range(_MOST_TABS):
        if page.evaluate(_IS_AT, selector):
            return
        page.keyboard.press("Tab")
    message = f"no key leads to {selector}"
    raise AssertionError(message)


def press(page: Page, selector: str, key: str = "Enter") -> None:
    reach(page, selector)
    page.keyboard.press(key)


def write(page: Page, selector: str, text: str) -> None:
    reach(page, selector)
    page.keyboard.type(text)


def day(page: Page, selector: str, on: date) -> None:
    """Type a day whose number is its month's: which comes first hangs on the machine's own locale."""
    reach(page, selector)
    page.keyboard.type(on.strftime("%d%m%Y"))


def entered(people: Browsing, show: Running, lang: Language) -> Person:
    """A member of a team who has come in by a pass, at the team's home."""
    person = people.person(show, lang=lang)
    page = person.visit(f"/{lang}{show.pass_for(Role.TEAM, 'Mona')}")
    page.locator("main form button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{lang}/team")
    return person


def stored(show: Running, proposal_id: str) -> tuple[State, str]:
    found = show.do(lambda expo: expo.proposals.own(DESK, proposal_id))
    return found.state, found.content.title.en


def is_sound(page: Page, lang: str) -> None:
    assert [*barriers(page), *faults(page, lang)] == []


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_team_proposes_with_keys_alone(people: Browsing, show: Running, lang: Language) -> None:
    person = entered(people, show, lang)
    page = person.page
    press(page, "main form button")
    page.wait_for_url("**/idea")
    for name, text in TEXTS["idea"].items():
        write(page, f"#{name}-{lang}", text.in_(lang))
    press(page, "#life_stage", "ArrowDown")
    press(page, 'button[value="next"]')
    page.wait_for_url("**/impact")
    for name, text in TEXTS["impact"].items():
        write(page, f"#{name}-{lang}", text.in_(lang))
    day(page, "#stage-1", date(2017, 1, 1))
    day(page, "#stage-2", date(2017, 3, 3))
    press(page, 'button[value="next"]')
    page.wait_for_url("**/people")
    write(page, "#member-1-name", "Mona منى")
    press(page, "#member-1-speaks", "Space")
    press(page, 'button[value="next"]')
    page.wait_for_url("**/check")

    press(page, '#problems a[href$="#member-1-consents"]')
    page.wait_for_url("**/people?check*")
    expect(page.locator("#member-1-consents")).to_be_focused()
    page.keyboard.press("Space")
    press(page, 'button[value="next"]')
    page.wait_for_url("**/check")
    expect(page.locator("#problems")).to_have_count(0)
    expect(page.locator("#untranslated")).to_be_visible()
    press(page, "main form .go button")
    page.wait_for_url("**/team/proposals/*")

    proposal_id = page.url.rsplit("/", 1)[-1]
    expect(page.locator(".tracker")).to_have_text(proposal_id.upper())
    expect(page.locator("[data-state=submitted]").first).to_be_visible()
    assert stored(show, proposal_id)[0] is State.SUBMITTED
    is_sound(page, lang)
    assert person.watch.faults() == []


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_team_proposes_without_scripts(
    people: Browsing, show: Running, lang: Language, tmp_path: Path
) -> None:
    file = tmp_path / "holiday.png"
    file.write_bytes(picture())
    person = people.person(show, Role.TEAM, lang=lang, java_script_enabled=False)
    page = person.visit(f"/{lang}/team")
    page.locator("main form button").click()
    for step in ("idea", "impact"):
        for name, text in TEXTS[step].items():
            for code in ("ar", "en"):
                page.locator(f"#{name}-{code}").fill(text.in_(code))
        if step == "idea":
            page.locator("#life_stage").select_option("business")
        else:
            page.locator("#stage-1").fill("2017-01-10")
            page.locator("#stage-2").fill("2017-03-02")
        page.locator('button[value="next"]').click()
    page.locator("#member-1-name").fill("Mona")
    page.locator("#member-1-speaks").check()
    page.locator("#member-1-consents").check()
    page.locator("#image").set_input_files(file)
    page.locator("#image-new-ar").fill("باب أخضر")
    page.locator("#image-new-en").fill("A green door")
    page.locator('button[value="image"]').click()
    expect(page.locator("#pictures img")).to_have_count(1)
    expect(page.locator("#image-1-en")).to_have_value("A green door")
    page.locator('button[value="next"]').click()
    page.locator("main form .go button").click()

    proposal_id = page.url.rsplit("/", 1)[-1]
    assert stored(show, proposal_id) == (State.SUBMITTED, WHOLE.title.en)
    expect(page.locator(".tracker")).to_have_text(proposal_id.upper())


def test_accepted_proposal_is_read_by_everybody_and_its_change_too(
    people: Browsing, show: Running
) -> None:
    ids = show.do(filled)
    team = people.person(show, Role.TEAM)
    page = team.visit(f"/en/team/proposals/{ids['scheduled']}/idea")
    page.locator("#title-en").fill("Bills, and no visit at all")
    page.locator('button[value="later"]').click()
    expect(page.locator("[data-state=scheduled]").first).to_be_visible()

    visitor = people.person(show, lang="ar")
    shown = visitor.visit(f"/ar/proposals/{ids['scheduled']}")

    expect(shown.locator("#revision-1")).to_contain_text("فواتير")
    expect(shown.locator("figure img")).to_have_js_property("complete", True)
    assert shown.locator("figure img").evaluate("image => image.naturalWidth") == 640
    is_sound(shown, "ar")
    assert visitor.watch.faults() == []
    assert team.watch.faults() == []


def test_counters_tell_what_is_left_and_files_too_large_stay_here(
    people: Browsing, show: Running, tmp_path: Path
) -> None:
    ids = show.do(filled)
    team = people.person(show, Role.TEAM)
    page = team.visit(f"/en/team/proposals/{ids['draft']}/idea")
    page.locator("#short-en").fill("x" * 20)
    expect(page.locator("#short-en-count")).to_have_text("2 characters too many")
    page.locator("#short-en").fill("x" * 17)
    expect(page.locator("#short-en-count")).to_have_text("1 character left")
    expect(page.locator("#say")).to_have_text("1 character left")

    large = tmp_path / "large.png"
    large.write_bytes(picture() + b"\0" * (10 * 1024 * 1024))
    page.on("dialog", lambda dialog: dialog.accept())
    page = team.visit(f"/en/team/proposals/{ids['draft']}/people")
    page.locator("#image").set_input_files(large)
    page.locator('button[value="image"]').click()

    expect(page.locator("#image")).to_be_focused()
    assert "10 megabytes" in page.locator("#image").evaluate("field => field.validationMessage")
    assert team.watch.faults() == []


def test_returned_proposal_is_mended_and_handed_in_again(people: Browsing, show: Running) -> None:
    ids = show.do(filled)
    team = people.person(show, Role.TEAM, lang="ar")
    page = team.visit(f"/ar/team/proposals/{ids['returned']}/impact")
    expect(page.locator("[data-comment=benefit]")).to_contain_text("How many customers?")
    page.locator("#benefit-en").fill("500,000 customers, since 2016.")
    page.locator('button[value="later"]').click()
    page.locator(".status a.primary").click()
    page.locator("main form .go button").click()
    expect(page.locator(".tracker")).to_be_visible()

    show.do(lambda expo: moved(expo, ids["returned"], State.ACCEPTED))
    page.reload()
    expect(page.locator("[data-state=accepted]").first).to_be_visible()
    assert team.watch.faults() == []
