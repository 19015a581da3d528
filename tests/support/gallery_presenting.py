"""Consoles of presenters and the desk's cues, for the gallery; the audience's questions go along."""

from collections.abc import Callable
from typing import Final

from command.assembly import Expo
from expo.identity.people import Person, PersonId, Visit
from expo.rights import Role
from sessions.cues import Scene
from sessions.orders import Kind as Press
from sessions.orders import Order
from sessions.presenting.values import Kind
from sessions.protocol import Beat
from sessions.questions.orders import DeskOrder
from sessions.questions.values import Act
from sessions.reactions.values import Kind as Reaction
from tests.support.gallery_planning import PLANNING, PLANS_PLANNING
from tests.support.gallery_questions import PLANS_QUESTIONS, QUESTIONS
from tests.support.gallery_view import View
from tests.support.show import ORGANISER, SESSION, Running


def _cued(show: Running, _voter: dict[str, str]) -> dict[str, str]:
    """A session on the stage with a cue, a question and reactions; another's console is seen."""
    show.begin()

    async def tell(expo: Expo) -> None:
        production = expo.production
        somebody = Visit(person=Person(PersonId("asker-1"), Role.CUSTOMER))
        one = await production.questions.ask(somebody, "khda", "هل تشمل الخدمة الطلبة الوافدين؟")
        for act, version in ((Act.PUBLISH, 1), (Act.SEND, 2)):
            await production.questions.act(ORGANISER, DeskOrder(act, one.id, version))
        production.reactions.react(somebody, "khda", Reaction.SLOWER)
        await production.reactions.gather()
        words = "Please speak up, the last row cannot hear you · ارفع صوتك من فضلك"
        await production.presenting.send(ORGANISER, "khda", Kind.WORDS, words)
        await production.presenting.send(ORGANISER, "dewa", Kind.STAND_BY, "")
        session = production.presenting.session_for(ORGANISER, "dewa")
        await production.presenting.see(session, 1)

    show.do(tell)
    return {}


def _late(show: Running, _voter: dict[str, str]) -> dict[str, str]:
    """The session on the stage was given twelve minutes and is over its time all the same."""
    show.begin()
    show.do(_add_minutes)
    show.pass_time(minutes=_OVER)
    return {}


def _held(show: Running, voter: dict[str, str]) -> dict[str, str]:
    """The same, and the show is on hold; of two screens one shows something old."""
    _late(show, voter)
    show.do(_hold)
    return {}


async def _add_minutes(expo: Expo) -> None:
    version = expo.show.progress(SESSION).version
    await expo.show.act(ORGANISER, Order(Press.MINUTES, version, session=SESSION, by=12))


async def _hold(expo: Expo) -> None:
    version = expo.show.rundown.stage.version
    expo.show.beat("old-wall", Beat(Scene.NOW, version))
    await expo.show.act(ORGANISER, Order(Press.HOLD, version))
    expo.show.beat("main", Beat(Scene.NOW, version + 1))


PLANS_SHOW: Final[dict[str, Callable[[Running, dict[str, str]], dict[str, str]]]] = {
    **PLANS_QUESTIONS,
    **PLANS_PLANNING,
    "cued": _cued,
    "late": _late,
    "held": _held,
}
_OVER: Final = 100  # minutes after which every session of that morning is over its time
_DESK: Final = "/{lang}/staff/presenter?session="
AUDIENCE_AND_STAGE: Final = (
    *QUESTIONS,
    *PLANNING,
    View("console-stage", "cued", "/{lang}/present/khda", Role.ORGANISER, "#console.stage .say"),
    View("console-plain", "cued", "/{lang}/present/khda", Role.ORGANISER, scripts=False),
    View("console-waiting", "cued", "/{lang}/present/dewa", Role.TEAM, "#console.waiting"),
    View("console-next", "cued", "/{lang}/present/trakhees", Role.ORGANISER, "#console.next"),
    View("consoles", "cued", "/{lang}/present", Role.TEAM, ".mine"),
    View("cue-desk", "cued", f"{_DESK}khda", Role.ORGANISER, "#p-cue .not"),
    View("cue-desk-seen", "cued", f"{_DESK}dewa", Role.ORGANISER, "#p-cue .yes"),
    View("console-overtime", "late", "/{lang}/present/khda", Role.ORGANISER, "#console.overtime"),
    View("control-late", "late", "/{lang}/staff/control", Role.ORGANISER, "#do-hold"),
    View("schedule-late", "late", "/{lang}/schedule", shows="[data-show-late]"),
    View("console-held", "held", "/{lang}/present/khda", Role.ORGANISER, "#console"),
    View("control-held", "held", "/{lang}/staff/control", Role.ORGANISER, "[data-order=go-on]"),
    View("home-held", "held", "/{lang}/", shows="[data-held]"),
    View("screens", "held", "/{lang}/staff/screens", Role.ORGANISER, "main"),
)
