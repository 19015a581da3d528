"""One thing of the programme changed at a time: told before and after, and never what is fixed."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from expo.db import Tx
from expo.errors import BadRequest
from expo.words import Text
from sessions.orders import Kind
from sessions.programme import Programme
from sessions.reloading.usecases import ChangeRefused, DoesNotFit
from tests.support.stagehouse import ORGANISER, House, house

pytestmark = pytest.mark.each_database


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        yield found


def renamed(programme: Programme) -> Programme:
    """The programme with its first entity called otherwise."""
    first, *others = programme.entities
    called = msgspec.structs.replace(first, name=Text("اسم جديد", "New name"))
    return msgspec.structs.replace(programme, entities=(called, *others))


def without_initiatives(programme: Programme) -> Programme:
    return msgspec.structs.replace(programme, initiatives=())


async def test_change_is_in_force_and_on_the_log_with_before_and_after(stage: House) -> None:
    before = stage.show.programme.entities[0]

    await stage.show.amend(ORGANISER, renamed, action="change-entity", subject=before.id)

    assert stage.show.programme.entities[0].name.en == "New name"
    lines = [line for line in (await stage.show.control()).log if line.action == "change-entity"]
    assert {(one.facts["path"], one.facts["before"], one.facts["after"]) for one in lines} == {
        (f"entities.{before.id}.name.ar", before.name.ar, "اسم جديد"),
        (f"entities.{before.id}.name.en", before.name.en, "New name"),
    }


async def test_change_of_nothing_leaves_no_line(stage: House) -> None:
    await stage.show.amend(ORGANISER, lambda same: same, action="change-entity", subject="x")

    assert (await stage.show.control()).log == ()


async def test_programme_that_would_not_fit_is_refused_whole(stage: House) -> None:
    before = stage.show.programme

    with pytest.raises((DoesNotFit, ChangeRefused)):
        await stage.show.amend(ORGANISER, without_initiatives, action="change", subject="x")

    await stage.show.refresh()
    assert stage.show.programme == before


async def test_what_a_ready_contest_asks_is_fixed(stage: House) -> None:
    await stage.order(Kind.READY, "water")
    session = stage.show.programme.session("water")
    assert session is not None

    def retitled(programme: Programme) -> Programme:
        changed = tuple(
            msgspec.structs.replace(one, title=Text("آخر", "Another"))
            if one.id in session.initiatives
            else one
            for one in programme.initiatives
        )
        return msgspec.structs.replace(programme, initiatives=changed)

    with pytest.raises(ChangeRefused) as refused:
        await stage.show.amend(ORGANISER, retitled, action="change", subject="x")
    assert refused.value.facts["reason"] == "options-fixed"


async def test_what_belongs_to_the_change_happens_with_it_or_not_at_all(stage: House) -> None:
    async def refuse(_tx: Tx) -> None:
        raise BadRequest(what="also")

    with pytest.raises(BadRequest):
        await stage.show.amend(ORGANISER, renamed, action="change", subject="x", also=refuse)

    await stage.show.refresh()
    assert stage.show.programme.entities[0].name.en != "New name"
