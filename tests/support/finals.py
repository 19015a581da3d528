"""An expo whose last day is a final among the winners of two sessions."""

import uuid
from typing import Final

from expo.identity.people import Assurance, Person, PersonId
from expo.rights import Role
from sessions.orders import Kind
from tests.support.schedules import SCHEDULE
from tests.support.stagehouse import House
from voting.closing_follower import ClosingFollower
from voting.contests import Phase
from voting.protocol import Cast

_INITIATIVE: Final = """\
  - id: {id}
    entity: {entity}
    title: {{ar: {ar}, en: {en}}}
    short: {{ar: {ar}, en: {en}}}
    summary: {{ar: خلاصة, en: Summary}}
    problem: {{ar: مشكلة, en: Problem}}
    proposal: {{ar: مقترح, en: Proposal}}
    benefit: {{ar: فائدة, en: Benefit}}
    model_stages: {{1: 2017-01-01, 2: 2017-02-01}}
"""
_ROADS: Final = """\
      - id: roads
        title: {ar: جلسة الطرق, en: Roads session}
        entity: roads
        starts: "10:00"
        ends: "10:45"
        initiatives: [bus, tram]
"""
OF_DAY_ONE: Final = """\
    sessions:
      - id: final
        title: {ar: النهائي الكبير, en: Grand final}
        starts: "13:00"
        ends: "14:00"
        final: {days: [1]}
"""
_BUS: Final = _INITIATIVE.format(id="bus", entity="roads", ar="حافلة", en="Bus")
_TRAM: Final = _INITIATIVE.format(id="tram", entity="roads", ar="ترام", en="Tram")
_SECOND_DAY: Final = "  - date: 2017-04-18\n"
WITH_FINAL: Final = (
    SCHEDULE.replace("days:\n", f"{_BUS}{_TRAM}days:\n", 1)
    .replace(_SECOND_DAY, f"{_ROADS}{_SECOND_DAY}", 1)
    .replace("    announced_only: true\n", OF_DAY_ONE, 1)
    .replace("min: 5", "min: 0")
)
"""The small schedule with a second contest, and a final among both winners on the last day."""


def voter(n: int, electorate: str = "customers") -> Person:
    """Somebody who may vote everywhere."""
    role = Role.CUSTOMER if electorate == "customers" else Role.EMPLOYEE
    return Person(PersonId(f"v{n}"), role, electorate, None, Assurance.CONTACT)


async def cast(stage: House, contest: str, *rankings: tuple[str, ...]) -> None:
    """One voter after the other, with these rankings."""
    for n, ranking in enumerate(rankings):
        ballot = Cast(str(uuid.uuid4()), contest, ranking)
        await stage.voting.cast(voter(n), ballot, stage.clock())


async def held(stage: House, session: str, *rankings: tuple[str, ...]) -> None:
    """A whole session: started, voted in, closed, counted, revealed, published and ended."""
    await stage.order(Kind.START, session)
    await stage.order(Kind.OPEN, session)
    await cast(stage, session, *rankings)
    await published(stage, session)
    await stage.order(Kind.END, session)


async def published(stage: House, session: str) -> None:
    """An open contest closed, counted, revealed and published."""
    await stage.order(Kind.CLOSE, session)
    await stage.pass_time(seconds=11)
    follower = ClosingFollower(stage.voting)
    while stage.contest(session).phase is Phase.CLOSING or not await stage.voting.result(session):
        await follower.look()
        await stage.voting.refresh()
    places = max(1, len(found.ranks)) if (found := stage.voting.frozen(session)) else 1
    for _ in range(places):
        await stage.order(Kind.REVEAL, session)
    await stage.order(Kind.PUBLISH, session)
