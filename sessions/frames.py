"""What a live connection of the show is told first, and what it may say; ballots go to voting."""

from typing import Final

import msgspec

from expo.clock import Now
from expo.errors import N_, Fact
from expo.identity.people import Visit
from expo.rights import Role
from expo.web import translations
from expo.wire.handshake import Seat
from expo.wire.viewer import Viewer
from expo.words import Language
from sessions.protocol import Beat, Hello, ObsReport
from sessions.usecases import Show
from voting.holds import NOWHERE, Origin
from voting.protocol import Refused

VERSION: Final = "1"
"""Of the frames; a page made for another version reloads when convenient."""

MALFORMED: Final = N_("malformed-frame")
BINARY: Final = N_("binary-frame")
TOO_FAST: Final = N_("too-fast")


class Caller(msgspec.Struct, frozen=True):
    """Who is at the other end of a connection; kept with it, since there is no request later."""

    visit: Visit
    language: Language
    screen: str | None = None
    """The projector this connection feeds."""
    is_staff: bool = False
    """Whether this is a control room."""
    origin: Origin = NOWHERE
    """Where what is cast over it comes from."""
    seat: Seat | None = None
    """One of those this visit may take; None for somebody without a visit."""


class ShowFrames:
    """What sockets ask of the show.

    Args:
        show: Hears the beats of screens.
        now: The clock.
    """

    def __init__(self, show: Show, now: Now) -> None:
        self._show = show
        self._now = now

    def hello(self, caller: Caller) -> bytes:
        """The first frame: the server's clock, and what one is here."""
        person = caller.visit.person
        return msgspec.json.encode(
            Hello(
                server_at=self._now(),
                version=VERSION,
                role=caller.visit.role.value,
                electorate=person.electorate if person else None,
                joined=person is not None and person.role is not Role.PUBLIC,
            )
        )

    def on_beat(self, viewer: Viewer, raw: bytes) -> bool:
        """Take a screen's beat, or how OBS is; whether it was one."""
        caller = viewer.who
        if not isinstance(caller, Caller) or caller.screen is None:
            return False
        try:
            said = _said.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return False
        if isinstance(said, Beat):
            self._show.beat(caller.screen, said)
        else:
            self._show.screens.report(caller.screen, said, self._now())
        return True

    def came(self, caller: Caller) -> None:
        """A screen or a control room has connected."""
        if caller.is_staff:
            self._show.operators.arrive(caller.visit.person)
        if caller.screen is not None:
            self._show.screens.arrive(caller.screen, self._now())

    def left(self, caller: Caller) -> None:
        """A screen or a control room has gone."""
        if caller.is_staff:
            self._show.operators.leave(caller.visit.person)
        if caller.screen is not None:
            self._show.screens.leave(caller.screen)


def refused(code: str, language: Language, facts: dict[str, Fact] | None = None) -> bytes:
    """A refused frame that is about no ballot, in the caller's language."""
    token = translations.language.set(language)
    try:
        message = translations.sentence(code, facts or {})
    finally:
        translations.language.reset(token)
    return msgspec.json.encode(Refused(code=code, facts=facts or {}, message=message))


_said = msgspec.json.Decoder(Beat | ObsReport)
