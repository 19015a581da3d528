"""What the public pages show of a session and an initiative, ready for a template. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec

from expo.catalogue.values import Entity, Initiative
from expo.words import Text
from sessions.cues import Status
from sessions.programme import Session, Slot
from sessions.stage import Rundown
from sessions.streams import sources
from sessions.streams.sources import Stream

_NAMES: Final = {
    "youtube": "YouTube",
    "vimeo": "Vimeo",
    "facebook": "Facebook",
    "youtube.com": "YouTube",
    "vimeo.com": "Vimeo",
    "facebook.com": "Facebook",
    "instagram.com": "Instagram",
    "x.com": "X",
}


class StreamView(msgspec.Struct, frozen=True):
    """One place to watch; without ``embed_url`` and ``hls_url`` only a link card is shown.

    ``delay`` is how many seconds its picture is taken to be behind while nobody has measured it.
    """

    provider: str
    watch_url: str
    embed_url: str | None
    hls_url: str | None
    delay: int

    @property
    def plays(self) -> bool:
        """Whether the page can play it."""
        return bool(self.embed_url or self.hls_url)

    @property
    def is_card(self) -> bool:
        """Whether it is a link to somebody else's page and nothing more."""
        return self.provider == "link"

    @property
    def name(self) -> str:
        """Who is asked for it; the names are the same in every language."""
        return _NAMES.get(self.provider) or _NAMES.get(self.host, self.host)

    @property
    def host(self) -> str:
        """Who is asked for it, as a reader knows them."""
        address = urlsplit(self.hls_url or self.watch_url)
        return address.netloc.removeprefix("www.")


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
    def players(self) -> tuple[str, ...]:
        """Origins of the players that can be put into the page after consent."""
        return _origins(stream.embed_url for stream in self.streams)

    @property
    def media(self) -> tuple[str, ...]:
        """Origins of the streams the page can play itself after consent."""
        return _origins(stream.hls_url for stream in self.streams)

    @property
    def plays(self) -> bool:
        """Whether the page can show the picture."""
        return self.status not in _OVER and any(stream.plays for stream in self.streams)


_OVER: Final = frozenset({Status.CANCELLED.value, Status.POSTPONED.value})


def _origins(addresses: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sources.origin_of(one) for one in addresses if one))


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
        stream.provider,
        sources.watch_url(stream),
        sources.embed_url(stream, origin),
        stream.url if stream.provider == "hls" else None,
        sources.delay_of(stream),
    )
