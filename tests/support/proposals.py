"""Proposals for tests: contents, pictures, and an expo with one proposal in every state."""

import contextlib
import io
import re
import tempfile
from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO, Final, NamedTuple

import httpx2
import msgspec
from PIL import Image as Pixels

from command.assembly import Expo
from expo.catalogue.proposals.moves import Word
from expo.catalogue.proposals.states import State
from expo.catalogue.proposals.values import (
    Comment,
    Content,
    Image,
    LifeStage,
    Member,
    Need,
    Proposal,
)
from expo.catalogue.values import ModelStage
from expo.identity.people import Person, PersonId
from expo.rights import Role
from expo.words import Text
from tests.support.whole import Whole

TEAM: Final = Person(PersonId("team-dewa"), Role.TEAM, entity="dewa", label="Mona منى")
OTHERS: Final = Person(PersonId("team-rta"), Role.TEAM, entity="rta", label="Omar")
DESK: Final = Person(PersonId("desk"), Role.ORGANISER, label="Mariam")
LONG: Final = "One visit less for every customer, and an answer at once. " * 12

WHOLE: Final = Content(
    title=Text(ar="فواتير بلا زيارة", en="Bills without a visit"),
    short=Text(ar="بلا زيارة", en="No visits"),
    summary=Text(
        ar="ادفع فاتورتك في دقيقة من هاتفك.", en="Pay your bill in a minute, from your phone."
    ),
    life_stage=LifeStage.NEW_BABY,
    services=(Text(ar="دفع الفواتير", en="Paying bills"),),
    problem=Text(ar="يقف الناس في الطابور ساعة.", en="People queue for an hour.\nSome come twice."),
    proposal=Text(ar="رسالة فيها زر واحد.", en="A message with one button."),
    benefit=Text(ar="توفير مليون زيارة.", en="A million visits saved."),
    evidence=Text(ar="تجربة على 500 متعامل.", en="A trial with 500 customers."),
    needed=Text(ar="قرار واحد.", en="One decision."),
    model_stages=(ModelStage(1, date(2017, 1, 10)), ModelStage(2, date(2017, 3, 2))),
    members=(
        Member("Mona منى", "Lead", speaks=True, consents=True),
        Member("Saif", "Analyst"),
    ),
    access_needs=(Need.SEAT,),
)
"""Nothing is missing and nothing is untranslated."""


class File(NamedTuple):
    """A file as a form brings it."""

    name: str
    size: int
    file: BinaryIO


@contextlib.contextmanager
def file_of(content: bytes, name: str = "a.png") -> Iterator[File]:
    """These bytes as a file on disk."""
    with tempfile.TemporaryFile() as found:
        found.write(content)
        found.seek(0)
        yield File(name, len(content), found)


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 360), **more: Any) -> bytes:
    """A picture of this kind."""
    found = io.BytesIO()
    Pixels.new("RGB", size, "#0B6A62").save(found, kind, **more)
    return found.getvalue()


async def proposed(expo: Expo, content: Content = WHOLE, team: Person = TEAM) -> str:
    """Id of a new draft with this content."""
    made = await expo.proposals.create(team)
    await expo.proposals.save(team, made.id, made.version, lambda _: content)
    return made.id


async def moved(expo: Expo, proposal_id: str, to: State, **said: Any) -> None:
    """Move a proposal, as whoever may."""
    found = await expo.proposals.own(DESK, proposal_id)
    actor = TEAM if to in {State.SUBMITTED, State.WITHDRAWN} else DESK
    await expo.proposals.move(actor, proposal_id, found.version, to, Word(**said))


async def with_picture(expo: Expo, proposal_id: str, alt: Text = WHOLE.title) -> str:
    """Id of a picture added to a proposal."""
    found = await expo.proposals.own(DESK, proposal_id)
    with file_of(picture()) as file:
        made = await expo.pictures.take(f"{TEAM.id} of {proposal_id}", file)
    image = Image(made.id, made.size.width, made.size.height, alt)

    def edit(content: Content) -> Content:
        return msgspec.structs.replace(content, images=(*content.images, image))

    await expo.proposals.save(TEAM, proposal_id, found.version, edit, added=made.id)
    return made.id


async def filled(expo: Expo) -> dict[str, str]:
    """Ids of proposals by state: one in each that a team sees, with pictures, comments and revisions."""
    ids = {"draft": await proposed(expo, Content(title=Text(ar="", en="A first thought")))}
    for name in ("submitted", "returned", "accepted", "scheduled", "withdrawn"):
        ids[name] = await proposed(expo)
        await with_picture(expo, ids[name])
        await moved(expo, ids[name], State.SUBMITTED)
    said = (
        Comment("title", "Say who it is for."),
        Comment("benefit", "How many customers?\nSince when?"),
        Comment("members", "Who answers questions?"),
    )
    await moved(expo, ids["returned"], State.RETURNED, reason="Nearly there.", comments=said)
    for name in ("accepted", "scheduled"):
        await moved(expo, ids[name], State.ACCEPTED)
    await moved(expo, ids["scheduled"], State.SCHEDULED, session="dewa")
    await moved(
        expo, ids["withdrawn"], State.WITHDRAWN, reason="We join forces with another entity."
    )
    found = await expo.proposals.own(TEAM, ids["accepted"])

    def better(content: Content) -> Content:
        return msgspec.structs.replace(
            content,
            summary=Text(ar=content.summary.ar, en="Pay in a minute."),
            benefit=Text(ar="", en=LONG),
        )

    await expo.proposals.save(TEAM, found.id, found.version, better)
    return ids


def address(proposal_id: str, rest: str = "") -> str:
    """A page of a proposal, for its team."""
    return f"/en/team/proposals/{proposal_id}{rest}"


def version_on(page: str) -> str:
    """The version a page's form carries."""
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None, page
    return found[1]


async def filled_in(team: httpx2.AsyncClient, path: str, fields: dict[str, str]) -> httpx2.Response:
    """A step as a person fills it in: the page is read first, for its version."""
    page = await team.get(path)
    assert page.status_code == 200, page.text
    sent = {"version": version_on(page.text), **fields, "end": "1"}
    if path.endswith("/people"):
        return await team.post(path, data=sent, files={"image": ("", b"")})
    return await team.post(path, data=sent)


async def now(house: Whole, proposal_id: str) -> Proposal:
    """The proposal as it stands."""
    return await house.expo.proposals.own(DESK, proposal_id)
