"""An edited schedule while the expo runs: what has a ballot is never silently changed."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sessions.orders import Kind
from sessions.reloading.usecases import (
    NothingToApply,
    ReloadOutdated,
    Unreadable,
    read_whole,
)
from tests.support import schedules
from tests.support.stagehouse import ORGANISER, STAGED, House, house
from voting.contests import Phase

pytestmark = pytest.mark.each_database

NEW_TITLE = ("title: {ar: حوار, en: Talk}", "title: {ar: حوار, en: Long talk}")
LATER = ('starts: "09:15"\n        ends: "10:00"', 'starts: "09:20"\n        ends: "10:05"')
FEWER = ("title: {ar: عداد, en: Meter}", "title: {ar: عداد, en: Smart meter}")


def changed(*changes: tuple[str, str]) -> str:
    """The schedule of the house with texts replaced."""
    return schedules.changed(*changes).replace("min: 5", "min: 0")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        yield found


async def apply(stage: House, text: str) -> None:
    preview = await stage.show.preview_reload(text.encode())
    assert preview.can_apply
    await stage.show.apply_reload(ORGANISER, text.encode(), preview.digest)


async def test_same_schedule_changes_nothing(stage: House) -> None:
    preview = await stage.show.preview_reload()

    assert (preview.changes, preview.problems, preview.can_apply) == ((), (), False)


async def test_preview_changes_nothing_and_apply_changes_what_was_shown(stage: House) -> None:
    stage.schedule.write_text(changed(NEW_TITLE, LATER))
    before = stage.show.programme
    preview = await stage.show.preview_reload()

    assert {change.path for change in preview.changes} == {
        "sessions.talk.title.en",
        "sessions.talk.starts_at",
        "sessions.talk.ends_at",
    }
    await stage.show.refresh()
    assert stage.show.programme == before

    await stage.show.apply_reload(ORGANISER, None, preview.digest)
    talk = stage.show.programme.session("talk")
    assert talk is not None
    assert talk.title.en == "Long talk"
    view = await stage.show.control()
    assert [(one.action, one.facts) for one in view.log] == [
        ("reload-programme", {"changes": 3, "refused": 0})
    ]


async def test_draft_contest_follows_the_programme(stage: House) -> None:
    await apply(stage, changed(FEWER))

    assert [one.title.en for one in stage.contest().options] == ["Leak", "Smart meter"]
    assert stage.contest().phase is Phase.DRAFT


async def test_open_contest_is_never_touched(stage: House) -> None:
    await stage.order(Kind.START)
    await stage.order(Kind.OPEN)
    running = stage.contest()

    await apply(stage, changed(FEWER, NEW_TITLE))

    assert stage.contest() == running
    assert [one.title.en for one in stage.contest().options] == ["Leak", "Meter"]
    meter = stage.show.programme.initiative("meter")
    assert meter is not None
    assert meter.title.en == "Meter"


async def test_sessions_keep_status_and_code(stage: House) -> None:
    await stage.order(Kind.START)
    before = stage.show.progress("water")

    await apply(stage, changed(NEW_TITLE))

    assert stage.show.progress("water") == before
    assert stage.show.rundown.stage.session == "water"


async def test_new_session_gets_a_code_of_its_own(stage: House) -> None:
    session = (
        "sessions:\n      - {id: late, title: {ar: مساء, en: Late}, "
        'starts: "09:00", ends: "09:30", slots: [{kind: talk, minutes: 30}]}\n'
    )
    text = changed(("announced_only: true\n", session))

    await apply(stage, text)

    codes = [stage.show.progress(one.id).code for one in stage.show.programme.sessions]
    assert len(set(codes)) == 3
    assert None not in codes


async def test_outcome_that_changed_since_the_preview_is_not_applied(stage: House) -> None:
    text = changed(FEWER).encode()
    preview = await stage.show.preview_reload(text)
    await stage.order(Kind.START)

    with pytest.raises(ReloadOutdated):
        await stage.show.apply_reload(ORGANISER, text, preview.digest)


async def test_schedule_with_mistakes_says_where_and_changes_nothing(stage: House) -> None:
    stage.schedule.write_text(STAGED.replace("Asia/Dubai", "Asia/Nowhere"))
    before = stage.show.rundown

    preview = await stage.show.preview_reload()

    assert not preview.can_apply
    assert [problem.path for problem in preview.problems] == ["expo.timezone"]
    with pytest.raises(NothingToApply):
        await stage.show.apply_reload(ORGANISER, None, preview.digest)
    await stage.show.refresh()
    assert stage.show.rundown == before


@pytest.mark.parametrize("what", ["gone", "folder", "pipe", "link out"])
async def test_file_that_cannot_be_read_leaves_the_programme_in_force(
    stage: House, what: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = stage.show.programme
    stage.schedule.unlink()
    if what == "folder":
        stage.schedule.mkdir()
    elif what == "pipe":
        os.mkfifo(stage.schedule)
    elif what == "link out":
        elsewhere = tmp_path_factory.mktemp("elsewhere") / "schedule.yaml"
        elsewhere.write_text(STAGED)
        stage.schedule.symlink_to(elsewhere)

    with pytest.raises(Unreadable) as refused:
        await stage.show.preview_reload()

    expected = {"gone": "missing", "folder": "not-a-file", "pipe": "not-a-file"}
    assert refused.value.facts == {"why": expected.get(what, "outside")}
    assert stage.show.programme == before


def test_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("x")
    (tmp_path / "schedule.yaml").symlink_to(tmp_path / "real.yaml")

    assert read_whole(tmp_path / "schedule.yaml") == b"x"
