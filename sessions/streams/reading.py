"""Reads the streams of a session from a schedule, with every mistake by its line. Pure."""

from typing import Final, cast

from sessions.schedule_fields import Form, Notes, Place
from sessions.schedule_nodes import quoted_fact
from sessions.streams.sources import (
    MOST_DELAY,
    OF_ADDRESSES,
    OF_IDS,
    PROVIDERS,
    Provider,
    Stream,
    id_in,
    is_hls,
    is_link_of,
    is_stream_id,
)

_LONGEST: Final = 300  # characters of an id or address


def stream(place: Place, notes: Notes) -> Stream | None:
    """One stream; an address of a known provider is taken for the id inside it."""
    form = Form(place, notes)
    provider = form.choice("provider", PROVIDERS)
    stream_id = form.text("id", _LONGEST, required=False)
    url = form.text("url", _LONGEST, required=False)
    delay = form.whole("delay", 0, MOST_DELAY, required=False)
    form.done()
    if provider is None:
        return None
    found = _found(form, provider, stream_id, url)
    if found is None:
        return None
    name_of, address = found
    return Stream(cast("Provider", provider), id=name_of, url=address, delay=delay)


def _found(
    form: Form, provider: str, stream_id: str | None, url: str | None
) -> tuple[str, str] | None:
    """Id and address of the stream, one of them empty; None for what is none, which is told."""
    if provider == "own" and not stream_id and not url:
        return "", ""
    if provider in OF_IDS and not (stream_id and url):
        name_of = stream_id or (id_in(provider, url) if url else None)
        if name_of and is_stream_id(provider, name_of):
            return name_of, ""
    if provider in OF_ADDRESSES and url and not stream_id and _is_address(provider, url):
        return "", url
    _tell(form, provider, stream_id, url)
    return None


def _is_address(provider: str, url: str) -> bool:
    return is_hls(url) if provider == "hls" else is_link_of("link", url)


def _tell(form: Form, provider: str, stream_id: str | None, url: str | None) -> None:
    if provider == "own":
        form.notes.tell(form.path, "own-stream-with-address")
    elif not stream_id and not url:
        form.notes.tell(form.path, "stream-without-address")
    elif stream_id and url:
        form.notes.tell(form.path, "stream-with-two-addresses")
    elif url:
        form.tell("url", "bad-hls" if provider == "hls" else "bad-link", found=quoted_fact(url))
    else:
        form.tell("id", "bad-stream-id", found=quoted_fact(stream_id or ""))
