"""Published bulletins as an Atom feed (RFC 4287), one per language and one in both. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from expo.words import LANGUAGES, Language, Text, direction
from sessions.bulletin.edition import Edition

MEDIA_TYPE: Final = "application/atom+xml"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_BEFORE_ANY: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Entry(msgspec.Struct, frozen=True):
    """A day's newest edition, and when its first version was published."""

    edition: Edition
    first_at: datetime


class Feed(msgspec.Struct, frozen=True):
    """What a feed is about.

    ``site`` is the public address without a slash at the end; ``language`` None: both languages.
    ``corrected`` and ``title`` are the words "Correction" and "Daily bulletin" in both.
    """

    site: str
    expo: Text
    title: Text
    corrected: Text
    language: Language | None = None


def atom(feed: Feed, entries: Sequence[Entry]) -> bytes:
    """The feed as a file, newest first; the same bytes for the same bulletins.

    Args:
        feed: What it is about.
        entries: One per day; a corrected bulletin is the same entry, updated.
    """
    root = Element("feed", {"xmlns": _ATOM})
    if feed.language is not None:
        root.set("xml:lang", feed.language)
    own = "/bulletin/feed.atom" if feed.language is None else f"/{feed.language}/bulletin/feed.atom"
    _add(root, "id", feed.site + own)
    _add(root, "title", _said(feed, _titled(feed)))
    author = SubElement(root, "author")
    _add(author, "name", _said(feed, feed.expo))
    page = f"/{feed.language or LANGUAGES[0]}/bulletin"
    _link(root, "self", feed.site + own, MEDIA_TYPE)
    _link(root, "alternate", feed.site + page, "text/html")
    newest = sorted(entries, key=lambda one: (_at(one.edition), one.edition.day), reverse=True)
    _add(root, "updated", _instant(_at(newest[0].edition) if newest else _BEFORE_ANY))
    for entry in newest:
        _entry(root, feed, entry)
    return _document(root)


def _entry(root: Element, feed: Feed, entry: Entry) -> None:
    edition = entry.edition
    found = SubElement(root, "entry")
    _add(found, "id", f"{feed.site}/bulletin/day/{edition.day}")
    _add(found, "title", _said(feed, edition.heading))
    _add(found, "published", _instant(entry.first_at))
    _add(found, "updated", _instant(_at(edition)))
    language = feed.language or LANGUAGES[0]
    page = f"{feed.site}/{language}/bulletin/day/{edition.day}"
    _link(found, "alternate", page, "text/html", hreflang=language)
    files = f"{feed.site}/bulletin/day/{edition.day}/v{edition.version}"
    _link(found, "enclosure", f"{files}.{language}.pdf", "application/pdf", hreflang=language)
    _link(found, "related", f"{files}.json", "application/json")
    content = SubElement(found, "content", {"type": "xhtml"})
    whole = SubElement(content, "div", {"xmlns": _XHTML})
    for one in (feed.language,) if feed.language else LANGUAGES:
        _body(whole, feed, edition, one)


def _body(whole: Element, feed: Feed, edition: Edition, language: Language) -> None:
    """What the edition says in one language: correction, introduction, and a sentence per contest."""
    where: dict[str, str] = {"xml:lang": language, "dir": direction(language)}
    part = SubElement(whole, "div", where)
    if edition.correction is not None:
        text = f"{feed.corrected.in_(language)}: {edition.correction.in_(language)}"
        SubElement(SubElement(part, "p"), "strong").text = text
    if edition.introduction.in_(language):
        SubElement(part, "p").text = edition.introduction.in_(language)
    for contest in edition.contests:
        SubElement(part, "h2").text = contest.title.in_(language)
        SubElement(part, "p").text = " ".join(contest.said.get(language, ()))


def _titled(feed: Feed) -> Text:
    return Text(f"{feed.expo.ar}: {feed.title.ar}", f"{feed.expo.en}: {feed.title.en}")


def _said(feed: Feed, text: Text) -> str:
    if feed.language is not None:
        return text.in_(feed.language)
    return text.ar if text.ar == text.en else f"{text.ar} · {text.en}"


def _at(edition: Edition) -> datetime:
    return edition.published_at or _BEFORE_ANY


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _link(parent: Element, rel: str, href: str, media: str, hreflang: str = "") -> None:
    told = {"rel": rel, "href": href, "type": media} | ({"hreflang": hreflang} if hreflang else {})
    SubElement(parent, "link", told)


def _document(root: Element) -> bytes:
    found: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return found
