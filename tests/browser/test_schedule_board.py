"""The schedule board with a pointer, with a keyboard, and without scripts."""

import pytest
from playwright.sync_api import Page, expect

from expo.rights import Role
from expo.words import Language
from sessions.planning.values import entries
from tests.support.browsing import Browsing
from tests.support.show import Running

DESKTOP = (1280, 900)
BOARD = "/{lang}/staff/plan"


def where(show: Running, session: str) -> tuple[int, str, int]:
    """Day, begin on the hall's clock, and length of a session in the draft."""

    async def look(expo: object) -> tuple[int, str, int]:
        view = await show.expo.production.planning.view()
        one = entries(view.programme.days)[session]
        at = one.session.starts_at.astimezone(view.programme.zone)
        return one.day, at.strftime("%H:%M"), one.session.minutes

    return show.do(look)


def board(people: Browsing, show: Running, lang: Language, *, scripts: bool = True) -> Page:
    organiser = people.person(
        show, Role.ORGANISER, lang=lang, size=DESKTOP, java_script_enabled=scripts
    )
    return organiser.visit(BOARD.format(lang=lang))


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_card_dragged_to_another_day_snaps_to_five_minutes(
    show: Running, people: Browsing, lang: Language
) -> None:
    page = board(people, show, lang)
    grip = page.locator("#s-culture .plan-grip")
    grip.scroll_into_view_if_needed()
    grip.hover()
    box = grip.bounding_box()
    day = page.locator(".plan-day[data-day='2']").bounding_box()
    assert box
    assert day
    page.mouse.down()
    y = box["y"] + box["height"] / 2
    page.mouse.move(day["x"] + day["width"] / 2, y - 100, steps=4)
    page.mouse.move(day["x"] + day["width"] / 2, y - 197, steps=4)  # 61 minutes and a bit
    expect(page.locator("#s-culture [data-time]")).to_contain_text("12:45")
    page.mouse.up()

    expect(page.locator(".note.ok")).to_be_visible()
    assert where(show, "culture") == (2, "12:45", 45)
    expect(page.locator(".plan-day[data-day='2'] #s-culture")).to_be_visible()

    page.locator("form:has(input[value='undo']) button").click()
    expect(page.locator(".plan-day[data-day='1'] #s-culture")).to_be_visible()
    assert where(show, "culture") == (1, "13:45", 45)


@pytest.mark.parametrize(("lang", "aside"), [("ar", "ArrowLeft"), ("en", "ArrowRight")])
def test_arrow_keys_move_a_card_and_escape_leaves_it(
    show: Running, people: Browsing, lang: Language, aside: str
) -> None:
    page = board(people, show, lang)
    grip = page.locator("#s-culture .plan-grip")
    grip.focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#s-culture [data-time]")).to_contain_text(
        "3:40" if lang == "en" else "1:40"
    )
    page.keyboard.press("Escape")
    expect(page.locator("#s-culture [data-time]")).to_contain_text(
        "3:45" if lang == "en" else "1:45"
    )
    assert where(show, "culture") == (1, "13:45", 45)

    for key in (aside, "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator("#plan-said")).to_contain_text("3:35" if lang == "en" else "1:35")
    expect(grip).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".note.ok")).to_be_visible()
    assert where(show, "culture") == (2, "13:35", 45)


def test_form_of_a_card_does_the_same_without_scripts(show: Running, people: Browsing) -> None:
    page = board(people, show, "en", scripts=False)
    card = page.locator("#s-culture")
    expect(card.locator(".plan-grip")).to_be_hidden()
    card.locator("summary").click()
    card.locator("[name=starts]").fill("09:00")
    card.locator("[name=minutes]").fill("30")
    card.locator("[name=day]").select_option("3")
    card.locator(".plan-place button").click()

    expect(page.locator(".plan-day[data-day='3'] #s-culture")).to_be_visible()
    assert where(show, "culture") == (3, "09:00", 30)


def test_conflict_is_marked_at_both_cards_and_leads_to_them(
    show: Running, people: Browsing
) -> None:
    page = board(people, show, "en")
    page.locator("#s-culture .plan-grip").focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    expect(page.locator(".conflicts li")).to_have_count(1)
    expect(page.locator(".plan-card.clashes")).to_have_count(2)
    page.locator(".conflicts a[href='#s-rta']").press("Enter")
    expect(page.locator("#s-rta")).to_be_in_viewport()
