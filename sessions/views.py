"""What the public pages show of a session and an initiative, ready for a template. Pure."""

from datetime import datetime

import msgspec

from expo.catalogue.values import Entity, Initiative
from expo.words import Text
from sessions.programme import Session, Slot
from sessions.stage import Rundown
from sessions.streams import sources
from sessions.streams.sources import Stream


class StreamView(msgspec.Struct, frozen=True):
    """One place to watch; ``embed_url`` is None where only a link card is shown."""

    provider: str
    id: str
    watch_url: str
    embed_url: str | None


class SessionView(msgspec.Struct, frozen=True):
    """A session as its page shows it; hrefs are without the language prefix."""

    id: str
    title: Text
    entity: Entity | None
    starts_at: datetime
    ends_at: datetime
    status: str
    streams: tuple[StreamView, ...]
    initiatives: tuple[Initiative, ...]
    slots: tuple[Slot, ...]
    day_n: int
    href: str
    ics_href: str
    code: str | None

    @property
    def embeds(self) -> bool:
        """Whether a player can be put into the page after consent."""
        return any(stream.embed_url for stream in self.streams)


def session_view(rundown: Rundown, session: Session, *, origin: str) -> SessionView:
    """The session with everything its page needs.

    Args:
        rundown: Programme and progress.
        session: One of the programme's.
        origin: Our own origin; YouTube's player asks for it.
    """
    programme = rundown.programme
    day = programme.day_of(session.id)
    state = rundown.at(session.id)
    return SessionView(
        id=session.id,
        title=session.title,
        entity=programme.entity(session.entity),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        status=state.status.value,
        streams=tuple(_stream(one, origin) for one in session.streams),
        initiatives=programme.options_of(session),
        slots=session.slots,
        day_n=day.n if day else 0,
        href=f"/session/{session.id}",
        ics_href=f"/session/{session.id}.ics",
        code=state.code,
    )


def _stream(stream: Stream, origin: str) -> StreamView:
    return StreamView(
        stream.provider, stream.id, sources.watch_url(stream), sources.embed_url(stream, origin)
    )
