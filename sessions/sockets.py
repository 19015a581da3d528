"""The live endpoints: who may listen to which rooms, and where what they say goes.

One checks, looks up what the newcomer must know first, accepts, and hands the connection to the
wire; after that no task stays and nothing is looked up any more: what a frame needs to know of the
person travels in ``Caller``.
"""

from functools import cache
from typing import Any, Final, TypedDict

import msgspec
from starlette.routing import BaseRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from expo.clock import Now
from expo.errors import NotAllowed, NotFound
from expo.identity.people import Visit
from expo.rights import Action, may
from expo.settings import Settings
from expo.web import translations
from expo.web.pages import guarded_socket
from expo.wire import live
from expo.wire.codes import Close
from expo.wire.handshake import Handshake
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier
from expo.wire.viewer import Viewer
from expo.wire.welcome import Welcome
from expo.words import Language
from sessions.frames import BINARY, MALFORMED, TOO_FAST, Caller, ShowFrames, refused
from sessions.presenting.protocol import room_of as console_room
from sessions.presenting.usecases import Presenting
from sessions.projector.pages import SCREEN
from sessions.questions.protocol import DESK, room_of
from sessions.screens import VIEWS, console_line, device_room, sighted, stage_room
from sessions.show_follower import BOARD, STAFF, STAGE
from sessions.streams.frames import DelayFrames
from sessions.usecases import TOPIC, Show
from voting import visibility
from voting.frames import VotingFrames
from voting.holds import origin_of
from voting.usecases import Voting

NOTICE: Final = "notice"
_PLACE, _DAY = "/live/", "day"
_OTHER_PLACES: Final = frozenset({"staff", "screen"})
_JUNK: Final = {"binary": BINARY, "too-fast": TOO_FAST}


class LiveState(TypedDict):
    """What these endpoints need."""

    settings: Settings
    now: Now
    hub: Hub
    notifier: Notifier
    visit: Visit
    voting: Voting
    show: Show
    presenting: Presenting


Socket = WebSocket[LiveState]


class _Desk:
    """What the endpoints of one application share."""

    def __init__(self, state: LiveState) -> None:
        self.hub = state["hub"]
        self.notifier = state["notifier"]
        show = state["show"]
        zone = show.programme.zone
        self.ballots = VotingFrames(state["voting"], state["hub"], zone)
        self.frames = ShowFrames(state["show"], state["now"])
        self.delays = DelayFrames(show.delays, show.is_on, _voter, state["now"])
        # Who may follow what is asked by the route; a page that may not is told so after the accept.
        self.handshake = Handshake(
            state["settings"].origins,
            may_enter=lambda _socket: True,
            visit_of=lambda socket: socket.state["visit"].id,
            refused=self.hub.refused,
        )
        # Bound once: every viewer holds them for hours.
        self.callbacks: dict[str, Any] = {
            "on_text": self.on_text,
            "on_junk": self.on_junk,
            "on_leave": self.on_leave,
        }

    def on_text(self, viewer: Viewer, raw: bytes) -> None:
        """Hand a text to whoever understands it; answer and count what nobody does."""
        if self.frames.on_beat(viewer, raw) or self.ballots.on_text(viewer, raw):
            return
        if self.delays.on_text(viewer, raw):
            return
        viewer.reply(refused(MALFORMED, _language(viewer)))
        viewer.strike()

    def on_junk(self, viewer: Viewer, kind: str) -> None:
        """Answer what is no text, or comes too fast; the wire counts."""
        viewer.reply(refused(_JUNK.get(kind, MALFORMED), _language(viewer)))

    def on_leave(self, viewer: Viewer) -> None:
        """Give the seat back, and tell whom it concerns that a connection has gone."""
        caller = viewer.who
        if isinstance(caller, Caller):
            if caller.seat is not None:
                caller.seat.leave()
            self.frames.left(caller)
            if caller.screen is not None or caller.is_staff:
                self.notifier.notify(TOPIC)


class Live:
    """The endpoints of one application; what they share is made with the first connection."""

    def __init__(self) -> None:
        self._desk: _Desk | None = None

    async def day(self, socket: Socket) -> None:
        """The board, for home and day pages."""
        await self._follow(socket, _caller(socket), (BOARD, NOTICE))

    def at_once(self, state: LiveState, path: str, language: Language) -> Welcome | None:
        """What `day` and `session` do for somebody nobody knows; None: ask the routes."""
        show, place = state["show"], path.removeprefix(_PLACE)
        if place == path or place in _OTHER_PLACES:
            return None
        desk, contest = self._shared_with(state), None
        always: tuple[str, ...] = (BOARD, NOTICE)
        if place != _DAY:
            if show.programme.session(place) is None:
                return None
            contest = show.contest(place)
            always = (*always, room_of(place))
        more: tuple[str, ...] = ()
        greeting: tuple[bytes, ...] = (desk.frames.hello(caller := _anybody(language)),)
        if contest is not None:
            more, mine = desk.ballots.of_nobody(contest.id, language)
            greeting = (*greeting, mine)
        return Welcome(desk.hub, caller, (*always, *more), greeting, **desk.callbacks)

    async def session(self, socket: Socket) -> None:
        """The board, one session's contest and its questions; ballots come in here."""
        show = socket.state["show"]
        found = show.programme.session(socket.path_params["session"])
        if found is None:
            await self._turn_away(socket, NotFound.code, Close.NOTHING_HERE)
            return
        contest = show.contest(found.id)
        caller = _caller(socket)
        if contest is None:
            await self._follow(socket, caller, (BOARD, NOTICE, room_of(found.id)))
            return
        ballots = self._shared(socket).ballots
        # The exact order is for the control room; a public page on an organiser's laptop may be
        # seen by a whole hall.
        staff = visibility.staff_room(contest.id)
        rooms = [one for one in await ballots.rooms(caller.visit, contest.id) if one != staff]
        mine = await ballots.greeting(caller.visit, contest.id, caller.language)
        always = (BOARD, NOTICE, room_of(found.id))
        await self._follow(socket, caller, (*always, *rooms), *mine)

    async def screen(self, socket: Socket) -> None:
        """A projector, an overlay or an agent: the stage as its device sees it, and the device."""
        name, view = socket.path_params["screen"], socket.path_params.get("view", "")
        if not SCREEN.fullmatch(name) or view not in VIEWS:
            await self._turn_away(socket, NotFound.code, Close.NOTHING_HERE)
            return
        has_own = socket.state["show"].own_scene(name) is not None
        rooms = (stage_room(name) if has_own else STAGE, device_room(name))
        await self._follow(socket, _caller(socket, screen=sighted(name, view)), rooms)

    async def staff(self, socket: Socket) -> None:
        """The control room, with the exact running order of the contest on the stage."""
        contest = socket.state["show"].rundown.stage.contest
        rooms = (visibility.staff_room(contest),) if contest else ()
        await self._follow(socket, _caller(socket, is_staff=True), (STAFF, NOTICE, DESK, *rooms))

    async def present(self, socket: Socket) -> None:
        """The console of one session, for its own team and whoever runs the show."""
        session = socket.path_params["session"]
        await self._console(socket, _caller(socket, screen=console_line(session)))

    async def cues(self, socket: Socket) -> None:
        """What is on the console of one session, for the desk that sends cues to it."""
        await self._console(socket, _caller(socket))

    async def turn_away(self, socket: Socket) -> None:
        """Tell a page that it is not for whoever is asking."""
        self._shared(socket).hub.refused[NotAllowed.code] += 1
        await self._turn_away(socket, NotAllowed.code, Close.NOT_ALLOWED)

    async def _console(self, socket: Socket, caller: Caller) -> None:
        presenting = socket.state["presenting"]
        try:
            session = presenting.session_for(caller.visit.person, socket.path_params["session"])
        except NotFound:
            await self._turn_away(socket, NotFound.code, Close.NOTHING_HERE)
            return
        except NotAllowed:
            await self.turn_away(socket)
            return
        await presenting.refresh()
        state = msgspec.json.encode(presenting.console(session))
        await self._follow(socket, caller, (console_room(session.id), NOTICE), state)

    async def _follow(
        self, socket: Socket, caller: Caller, rooms: tuple[str, ...], *more: bytes
    ) -> None:
        """Make a viewer of whoever is asking; nothing may follow on the server's side."""
        desk = self._shared(socket)
        seat = await desk.handshake.admit(socket)
        if seat is None:
            return
        await live.accept(socket)
        desk.frames.came(caller)
        if caller.screen is not None or caller.is_staff:
            desk.notifier.notify(TOPIC)  # the staff room is empty while nobody listens
        await live.serve(
            socket,
            desk.hub,
            who=caller if caller.visit.id is None else msgspec.structs.replace(caller, seat=seat),
            rooms=rooms,
            greeting=(desk.frames.hello(caller), *more),
            **desk.callbacks,
        )

    async def _turn_away(self, socket: Socket, code: str, close: Close) -> None:
        seat = await self._shared(socket).handshake.admit(socket)
        if seat is None:
            return
        try:
            await socket.accept()
            await socket.send_text(refused(code, translations.language.get()).decode())
            await socket.close(close)
        except WebSocketDisconnect:
            pass  # leaving first is fine
        finally:
            seat.leave()

    def _shared(self, socket: Socket) -> _Desk:
        return self._shared_with(socket.state)

    def _shared_with(self, state: LiveState) -> _Desk:
        if self._desk is None:
            self._desk = _Desk(state)
        return self._desk


def _caller(socket: Socket, *, screen: str | None = None, is_staff: bool = False) -> Caller:
    visit: Visit = socket.state["visit"]
    language = translations.language.get()
    if visit.id is None and screen is None and not is_staff:
        return _anybody(language)
    opened_ms = int(socket.state["now"]().timestamp() * 1000)
    host = socket.client.host if socket.client else ""
    return Caller(visit, language, screen, is_staff, origin_of(visit, host, opened_ms))


@cache
def _anybody(language: Language) -> Caller:
    """Whoever nobody knows: nothing is kept of each of them, and most of an audience is that."""
    return Caller(Visit(), language)


def _voter(viewer: Viewer) -> str | None:
    """Id of the person at the other end, if they may vote."""
    person = viewer.who.visit.person if isinstance(viewer.who, Caller) else None
    return person.id if person and may(person.role, Action.CAST_BALLOT) else None


def _language(viewer: Viewer) -> Language:
    return viewer.who.language if isinstance(viewer.who, Caller) else "ar"


def routes(endpoints: Live) -> list[BaseRoute]:
    """The routes of one application."""
    follow = Action.FOLLOW_LIVE
    return [
        guarded_socket(_PLACE + _DAY, endpoints.day, follow),
        guarded_socket("/live/staff", endpoints.staff, Action.RUN_SHOW, refuse=endpoints.turn_away),
        guarded_socket(
            "/live/screen/{screen}",
            endpoints.screen,
            Action.SHOW_ON_SCREEN,
            refuse=endpoints.turn_away,
        ),
        guarded_socket(
            "/live/screen/{screen}/{view}",
            endpoints.screen,
            Action.SHOW_ON_SCREEN,
            refuse=endpoints.turn_away,
        ),
        guarded_socket(
            "/live/present/{session}",
            endpoints.present,
            Action.PRESENT,
            refuse=endpoints.turn_away,
        ),
        guarded_socket(
            "/live/cues/{session}", endpoints.cues, Action.RUN_SHOW, refuse=endpoints.turn_away
        ),
        guarded_socket("/live/{session}", endpoints.session, follow),
    ]
