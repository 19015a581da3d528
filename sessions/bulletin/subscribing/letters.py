"""What subscribers are written: the letter with the link that confirms, and the bulletins. Pure.

Plain text, each paragraph in one language; an address stands alone on its line without isolates, because
programs that make links of addresses would take an isolate's end for a part of it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from expo.errors import N_
from expo.post.letters import Letter
from expo.words import Text, isolated
from sessions.bulletin.edition import Edition
from sessions.bulletin.subscribing.subscribers import CONFIRM_WITHIN, Subscriber

CONFIRMING: Final = "confirm-subscription"
PURPOSE: Final = "bulletin"
Say = Callable[[str, dict[str, str | int]], str]
"""The sentence in the language in force, with its facts filled in."""

_OF_USE: Final = timedelta(days=3)
_SUBJECT: Final = N_("Confirm: bulletins of {site} by e-mail")
_WHY: Final = N_("Somebody asked for the daily bulletins of {site} at this address. If it is you:")
_OPEN: Final = N_("Open this address within 24 hours and press the button there:")
_ELSE: Final = N_("If it is not you, nothing needs to be done: no bulletin is sent.")
_ALREADY: Final = N_("You get the bulletins of {site} already; nothing needs to be done.")
_PUBLISHED: Final = N_("The bulletin is published:")
_CORRECTED: Final = N_("The bulletin was corrected: {correction}")
_READ: Final = N_("Read it, with every figure and file:")
_END: Final = N_("You get this because you asked for it. To get no more bulletins:")
_CORRECTED_SUBJECT: Final = N_("Corrected: {heading}")


class Site(msgspec.Struct, frozen=True):
    """What the event is called, and its public address without a slash at the end."""

    name: Text
    url: str


def confirmation(
    say: Say, site: Site, one: Subscriber, links: tuple[str, str], at: datetime
) -> Letter:
    """The letter with the link that confirms, or, to whoever is confirmed, the way out.

    Args:
        say: Words of the subscriber's language.
        site: The expo.
        one: Who asked.
        links: To confirm, and to end.
        at: When it is written.
    """
    named: dict[str, str | int] = {"site": isolated(site.name.in_(one.language))}
    parts: tuple[str, ...]
    if one.confirmed_at is not None:
        parts = (say(_ALREADY, named), say(_END, {}), links[1])
    else:
        parts = (say(_WHY, named), say(_OPEN, {}), links[0], say(_ELSE, {}))
    return Letter(
        to=one.address,
        language=one.language,
        subject=say(_SUBJECT, {"site": site.name.in_(one.language)}),
        text="\n\n".join(parts) + "\n",
        purpose=CONFIRMING,
        use_until=at + CONFIRM_WITHIN,
        unsubscribe=links[1] if one.confirmed_at is not None else "",
    )


def bulletin_letter(
    say: Say, site: Site, one: Subscriber, edition: Edition, way_out: str, at: datetime
) -> Letter:
    """The letter about a published edition.

    Args:
        say: Words of the subscriber's language.
        site: The expo.
        one: Who gets it.
        edition: What was published.
        way_out: The whole address that ends the subscription.
        at: When it is written.
    """
    language = one.language
    heading = edition.heading.in_(language)
    is_corrected = edition.correction is not None
    subject = say(_CORRECTED_SUBJECT, {"heading": heading}) if is_corrected else heading
    return Letter(
        to=one.address,
        language=language,
        subject=f"{site.name.in_(language)}: {subject}",
        text="\n\n".join(_parts(say, site, one, edition, way_out)) + "\n",
        purpose=PURPOSE,
        use_until=at + _OF_USE,
        unsubscribe=way_out,
    )


def _parts(
    say: Say, site: Site, one: Subscriber, edition: Edition, way_out: str
) -> tuple[str, ...]:
    language = one.language
    opening = say(_PUBLISHED, {})
    if edition.correction is not None:
        text = edition.correction.in_(language)
        opening = say(_CORRECTED, {"correction": isolated(text)})
    introduction = edition.introduction.in_(language)
    contests = (
        "\n".join((contest.title.in_(language), *contest.said.get(language, ())[:1]))
        for contest in edition.contests
    )
    return (
        opening,
        edition.heading.in_(language),
        *((introduction,) if introduction else ()),
        *contests,
        say(_READ, {}),
        f"{site.url}/{language}/bulletin/day/{edition.day}",
        say(_END, {}),
        way_out,
    )
