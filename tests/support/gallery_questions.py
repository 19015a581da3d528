"""Pages of the audience's questions, for the gallery: asking, the moderators' queue, answers and what is kept."""

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page, expect

from command.assembly import Expo
from expo.identity.people import Person, PersonId, Visit
from expo.rights import Role
from sessions.questions.orders import DeskOrder
from sessions.questions.values import Act
from tests.support.gallery_view import View
from tests.support.show import ORGANISER, Running

_TEXTS: Final = (
    "متى تبدأ الخدمة الجديدة في المدارس الخاصة، وهل تشمل الطلبة من أصحاب الهمم؟",
    "How much does it cost a family with three children, and can it be paid in parts over the year?",
    "هل توجد رسوم؟",
    "Who decides about appeals?",
    "Call 050 1234567 or see www.spam.example",
    "Who decides about appeals",
)
SAYING_NO_QUESTIONS: Final = frozenset({"questions-too-short"})
"""Views whose page says no."""


def _asked(show: Running, voter: dict[str, str]) -> dict[str, str]:
    """Questions in every state in the session on the stage, one of them the voter's own."""
    show.begin()
    person = show.person(voter)

    async def ask(expo: Expo) -> None:
        questions = expo.production.questions
        found = []
        for n, text in enumerate(_TEXTS):
            somebody = Person(PersonId(f"asker-{n}"), Role.CUSTOMER)
            visit = Visit(person=person if n == 5 and person else somebody)
            found.append(await questions.ask(visit, "khda", text))
        orders = [(Act.PUBLISH, n, 1) for n in range(4)]
        orders += [(Act.SEND, 0, 2), (Act.SEND, 1, 2), (Act.SCREEN, 0, 3), (Act.ANSWER, 2, 2)]
        for act, n, version in orders:
            await questions.act(ORGANISER, DeskOrder(act, found[n].id, version))
        other = Person(PersonId("m2"), Role.MODERATOR, label="Huda")
        await questions.act(other, DeskOrder(Act.CLAIM, found[4].id))
        await questions.answer(ORGANISER, found[2].id, "لا رسوم على الأسر.\nFamilies pay no fee.")

    show.do(ask)
    return {}


def _too_short(page: Page) -> None:
    page.locator("#ask-text").fill("?!")
    page.locator("#ask button").click()
    expect(page.locator("#ask-text[aria-invalid]")).to_be_visible()


def _come_near(page: Page) -> None:
    page.locator("#questions").scroll_into_view_if_needed()
    expect(page.locator("#asked .q")).to_have_count(4)


def _unfold(page: Page) -> None:
    for summary in page.locator("#p-shown .more summary").all():
        summary.click()
    expect(page.locator("#p-shown select")).to_be_visible()


def _keys(page: Page) -> None:
    page.keyboard.press("Shift+Slash")
    expect(page.locator("#keys")).to_be_visible()


PLANS_QUESTIONS: Final[dict[str, Callable[[Running, dict[str, str]], dict[str, str]]]] = {
    "asked": _asked
}
_ROOM, _DESK = "/{lang}/session/khda/questions", "/{lang}/staff/questions"
QUESTIONS: Final = (
    View("questions-in-session", "asked", "/{lang}/session/khda", Role.CUSTOMER, act=_come_near),
    View("questions", "asked", _ROOM, Role.CUSTOMER, ".own .q"),
    View("questions-plain", "asked", _ROOM, Role.PUBLIC, "form[action$=join]", scripts=False),
    View("questions-too-short", "asked", _ROOM, Role.CUSTOMER, act=_too_short),
    View("questions-closed", "day", _ROOM, Role.CUSTOMER, ".note"),
    View("questions-kept", "asked", "/{lang}/questions", Role.PUBLIC, ".qa dd b"),
    View("questions-none", "empty", "/{lang}/questions", Role.PUBLIC, ".empty"),
    View("question-desk", "asked", _DESK, Role.ORGANISER, ".qcard.taken", act=_unfold),
    View("question-desk-keys", "asked", _DESK, Role.ORGANISER, act=_keys),
    View("question-desk-empty", "empty", _DESK, Role.ORGANISER, ".empty"),
    View("question-answers", "asked", "/{lang}/team/questions", Role.ORGANISER, ".answering"),
    View("question-answers-none", "asked", "/{lang}/team/questions", Role.TEAM, ".empty"),
)
