"""Streams and channels: which addresses may be shown, and which may be put into a page.

A stream is a provider and an id, never pasted HTML; the address of the player is built here. Three
providers are embedded, HLS is played by the page itself, ``own`` keeps the place of the expo's own
stream, and everything else is a link card, only to hosts named here. No address is ever fetched by
the server. Pure.

Source: streaming page 4 (embeds), reliability catalogue C, item 63 (hostile addresses).
"""

import re
from typing import Final, Literal, get_args
from urllib.parse import parse_qs, quote, urlsplit

import msgspec

Provider = Literal["own", "youtube", "vimeo", "facebook", "hls", "link"]
PROVIDERS: Final[tuple[str, ...]] = get_args(Provider)
ChannelKind = Literal["youtube", "instagram", "x", "facebook", "web"]
CHANNEL_KINDS: Final[tuple[str, ...]] = get_args(ChannelKind)

OF_IDS: Final = frozenset({"youtube", "vimeo", "facebook"})
"""Providers whose streams have an id; `OF_ADDRESSES` are known by their address."""
OF_ADDRESSES: Final = frozenset({"hls", "link"})
MOST_DELAY: Final = 45  # seconds; no ballot is held back longer (streaming page 4)

_IDS: Final = {
    "youtube": re.compile(r"[A-Za-z0-9_-]{11}"),
    "vimeo": re.compile(r"[0-9]{6,12}"),
    "facebook": re.compile(r"[0-9]{8,20}"),
}
_URL_LENGTH: Final = 300  # characters; the longest honest watch address is under 120
_URL_SHAPE: Final = re.compile(r"https://[!-\[\]-~]+")  # printable ASCII without space or backslash
_HLS_SHAPE: Final = re.compile(r"https://[A-Za-z0-9._~/%+=&?:@$*,-]+")
_PRIVATE: Final = frozenset(
    {"local", "localhost", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}
)
"""Last parts of names that mean something only inside one network."""
_HOST_SHAPE: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}")
_YOUTUBE: Final = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be"})
_VIMEO: Final = frozenset({"vimeo.com", "player.vimeo.com"})
_INSTAGRAM: Final = frozenset({"instagram.com", "www.instagram.com"})
_X: Final = frozenset({"x.com", "twitter.com", "www.twitter.com"})
_FACEBOOK: Final = frozenset({"facebook.com", "www.facebook.com", "fb.watch"})
_HOSTS: Final[dict[str, frozenset[str]]] = {
    "youtube": _YOUTUBE,
    "vimeo": _VIMEO,
    "instagram": _INSTAGRAM,
    "x": _X,
    "facebook": _FACEBOOK,
    "link": _YOUTUBE | _VIMEO | _INSTAGRAM | _X | _FACEBOOK,
}


class Stream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One place to watch a session: an embeddable ``id``, or the address of ``hls`` or a ``link``.

    ``delay`` is how many seconds its picture is behind the hall where nobody can measure it; None
    means what `delay_of` says of the provider.
    """

    provider: Provider
    id: str = ""
    url: str = ""
    delay: int | None = None


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account of the organiser, shown as a link card; ``handle`` may be empty."""

    kind: ChannelKind
    url: str
    handle: str = ""


def is_safe_link(url: str) -> bool:
    """Whether this is an https address of a named host, with nothing hidden in it.

    Numeric hosts, names of private networks, ports, user names, backslashes and anything but
    printable ASCII are not.
    """
    if len(url) > _URL_LENGTH or not _URL_SHAPE.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.netloc
    return bool(_HOST_SHAPE.fullmatch(host)) and host.rpartition(".")[2] not in _PRIVATE


def is_hls(url: str) -> bool:
    """Whether this is a safe address of an HLS playlist; viewers fetch it, the server never does."""
    plain = bool(_HLS_SHAPE.fullmatch(url)) and is_safe_link(url)
    return plain and urlsplit(url).path.endswith(".m3u8")


def is_link_of(kind: str, url: str) -> bool:
    """Whether this is a safe address on a host that belongs to the provider or channel kind.

    Kinds without hosts of their own (``web``) accept every safe address.
    """
    hosts = _HOSTS.get(kind)
    return is_safe_link(url) and (hosts is None or urlsplit(url).netloc in hosts)


def is_stream_id(provider: str, stream_id: str) -> bool:
    """Whether the id has exactly the form this provider gives out."""
    shape = _IDS.get(provider)
    return shape is not None and shape.fullmatch(stream_id) is not None


def id_in(provider: str, url: str) -> str | None:
    """The video id inside a provider's page address, or None where there is no certain one.

    Understands watch, live, shorts, embed and youtu.be addresses, and video pages of Vimeo and
    Facebook.
    """
    if provider not in _IDS or not is_link_of(provider, url):
        return None
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    asked = parse_qs(parts.query).get("v", [])
    named = asked if steps in (["watch"], ["watch", "live"]) else steps[-1:]
    if len(named) != 1 or not is_stream_id(provider, named[0]):
        return None
    return named[0]


def watch_url(stream: Stream) -> str:
    """The provider's own page for this stream; a plain link that always works. Empty for ``own``."""
    match stream.provider:
        case "youtube":
            return f"https://www.youtube.com/watch?v={stream.id}"
        case "vimeo":
            return f"https://vimeo.com/{stream.id}"
        case "facebook":
            return f"https://www.facebook.com/watch/?v={stream.id}"
        case _:
            return stream.url


def embed_url(stream: Stream, origin: str) -> str | None:
    """The address of the player to put into the page after consent, or None where there is none.

    ``origin`` is our own origin; YouTube's player asks for it (streaming page 4, error 153).
    """
    match stream.provider:
        case "youtube":
            options = (
                f"enablejsapi=1&origin={quote(origin, safe='')}"
                "&playsinline=1&rel=0&cc_load_policy=1"
            )
            return f"https://www.youtube-nocookie.com/embed/{stream.id}?{options}"
        case "vimeo":
            return f"https://player.vimeo.com/video/{stream.id}?dnt=1"
        case "facebook":
            page = quote(watch_url(stream), safe="")
            return f"https://www.facebook.com/plugins/video.php?href={page}&show_text=false"
        case _:
            return None


def is_playable(stream: Stream) -> bool:
    """Whether a page can play it: embedded, or by itself."""
    return stream.provider in OF_IDS or stream.provider == "hls"


def origin_of(address: str) -> str:
    """Scheme and host of one of these addresses, as a policy names them."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def delay_of(stream: Stream) -> int:
    """Seconds the picture is taken to be behind the hall while nobody has measured it.

    HLS tells its own time where it can, so its figure is only for streams without one.
    """
    return _USUAL_DELAY[stream.provider] if stream.delay is None else stream.delay


def is_outside(stream: Stream) -> bool:
    """Whether people may watch it where nobody can measure how far behind they are."""
    return stream.provider not in {"own", "hls"}


_USUAL_DELAY: Final[dict[str, int]] = {
    "own": 8,
    "hls": 10,
    "youtube": 12,
    "vimeo": 15,
    "facebook": 15,
    "link": 20,
}
