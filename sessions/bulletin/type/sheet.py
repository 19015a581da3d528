"""A bulletin as ``bulletin.typ`` sets it: finished strings and lengths in thousandths. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from expo import words
from expo.errors import N_
from sessions.bulletin.edition import Edition, EditionContest, EditionGroup, EditionPlace
from sessions.bulletin.type.letters import settable
from sessions.bulletin.type.wording import Wording
from voting.wording import METHOD_NAMES

Drawing = Callable[[str], str]
"""Draws the QR code of an address as an SVG."""
_GROUP_OF_ROOT: Final = 4  # signs, as a receipt's code is read aloud
_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rank": N_("Rank"),
        "initiative": N_("Initiative"),
        "support": N_("Support"),
        "won": N_("Won"),
        "level": N_("Drawn"),
        "lost": N_("Lost"),
        "electorate": N_("Electorate"),
        "ballots": N_("Ballots"),
        "share": N_("Share of the result"),
        "check": N_("Check this result yourself"),
        "how": N_(
            "The page of the results holds every counted ballot without names, the program that counts "
            "them again, and the way to find your own ballot."
        ),
        "reading": N_("The result in sentences"),
        "voters": N_("Who voted"),
        "not-held": N_("Not held"),
    }
)


class Correction(msgspec.Struct, frozen=True):
    """That this version corrects one before it, and how."""

    title: str
    text: str


class Place(msgspec.Struct, frozen=True, rename="kebab"):
    """A row of the ranking."""

    rank: str
    title: str
    below: str
    support: str
    thousandths: int
    won: str
    level: str
    lost: str
    is_first: bool


class Group(msgspec.Struct, frozen=True):
    """A row of the electorates; ``status`` is empty where it counted."""

    name: str
    ballots: str
    share: str
    thousandths: int
    status: str


class Part(msgspec.Struct, frozen=True):
    """A contest; ``root`` in groups of four signs, ``qr`` an SVG."""

    title: str
    summary: str
    nothing: str
    said: tuple[str, ...]
    places: tuple[Place, ...]
    groups: tuple[Group, ...]
    root: tuple[str, ...]
    ledger: str
    address: str
    shown: str
    qr: str
    alt: str


class Sheet(msgspec.Struct, frozen=True, rename="kebab"):
    """A whole bulletin."""

    language: str
    title: str
    description: str
    running: str
    expo: str
    day: str
    heading: str
    when: tuple[str, ...]
    address: str
    correction: Correction | None
    introduction: tuple[str, ...]
    contests: tuple[Part, ...]
    not_held: tuple[str, ...]
    labels: dict[str, str]


def sheet(edition: Edition, says: Wording, draw: Drawing) -> Sheet:
    """The edition, ready to be set."""
    heading = says.name(edition.heading) or says.day(edition)
    paragraphs = edition.introduction.in_(says.language).splitlines()
    return Sheet(
        language=says.language,
        title=f"{heading} · {says.name(edition.expo)}",
        description=says.phrase(N_("Results of the ranked votes, with what checks them.")),
        running=f"{heading} · {_version(edition, says)}",
        expo=says.name(edition.expo),
        day=says.day(edition),
        heading=heading,
        when=_when(edition, says),
        address=says.home(edition),
        correction=_correction(edition, says),
        introduction=tuple(line for line in map(settable, paragraphs) if line),
        contests=tuple(_part(contest, says, draw) for contest in edition.contests),
        not_held=tuple(says.name(one.title) or one.id for one in edition.not_held),
        labels=_labels(says),
    )


def _version(edition: Edition, says: Wording) -> str:
    return says.phrase(N_("Version {n}"), n=says.number(edition.version))


def _when(edition: Edition, says: Wording) -> tuple[str, ...]:
    lines = [words.day(edition.on, says.language)] if edition.on else []
    if edition.published_at is None:
        lines.append(says.phrase(N_("Draft, not published")))
    else:
        published = says.phrase(N_("Published {at}"), at=says.moment(edition.published_at))
        lines.append(f"{published} · {_version(edition, says)}")
    return tuple(lines)


def _correction(edition: Edition, says: Wording) -> Correction | None:
    if edition.correction is None:
        return None
    replaced = says.number(edition.replaces or edition.version - 1)
    title = says.phrase(N_("Correction: this version replaces version {n}"), n=replaced)
    return Correction(title, says.name(edition.correction))


def _part(contest: EditionContest, says: Wording, draw: Drawing) -> Part:
    address = says.address(contest.href)
    method = says.phrase(METHOD_NAMES.get(contest.method, contest.method))
    final = says.phrase(N_("Final result"))
    summary = [final, says.ballots(contest.counted), method]
    if contest.waiting:
        summary.append(says.waiting(contest.waiting))
    if contest.stayed_held:
        summary.append(says.stayed_held(contest.stayed_held))
    alt = N_("QR code that leads to the results and their check: {address}")
    return Part(
        title=says.title(contest),
        summary=" · ".join(summary),
        nothing="" if contest.places else says.nothing(contest),
        said=tuple(map(settable, contest.said.get(says.language, ()))),
        places=tuple(_place(place, says, is_fine=contest.is_fine) for place in contest.places),
        groups=tuple(_group(group, says) for group in contest.groups),
        root=_in_groups(contest.root),
        ledger=says.phrase(N_("Root of the ledger, {n} records"), n=says.number(contest.size)),
        address=address,
        shown=says.shown_address(contest.href),
        qr=draw(address),
        alt=says.phrase(alt, address=address),
    )


def _place(place: EditionPlace, says: Wording, *, is_fine: bool) -> Place:
    below = [says.name(place.entity)]
    if place.is_shared:
        below.append(says.phrase(N_("shared place")))
    if place.is_sample:
        below.append(says.phrase(N_("Sample")))
    return Place(
        rank=says.number(place.rank),
        title=says.name(place.title),
        below=" · ".join(filter(None, below)),
        support=says.support(place.support, is_fine=is_fine),
        thousandths=place.support,
        won=says.number(place.wins),
        level=says.number(place.draws),
        lost=says.number(place.losses),
        is_first=place.rank == 1,
    )


def _group(group: EditionGroup, says: Wording) -> Group:
    status = {
        "counted": "",
        "waiting": says.phrase(N_("too few to count")),
        "without-weight": says.phrase(N_("shown only, without weight")),
    }[group.status]
    return Group(
        name=says.name(group.name),
        ballots=says.number(group.ballots),
        share=says.share(group.share),
        thousandths=group.share,
        status=status,
    )


def _in_groups(root: str) -> tuple[str, ...]:
    return tuple(root[at : at + _GROUP_OF_ROOT] for at in range(0, len(root), _GROUP_OF_ROOT))


def _labels(says: Wording) -> dict[str, str]:
    return {label: says.phrase(message) for label, message in _LABELS.items()}
