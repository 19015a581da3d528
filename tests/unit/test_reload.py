"""What an edited schedule may change while the expo runs."""

import pytest

from sessions.programme import Programme
from sessions.reload import REASONS, Change, Kind, Standing, compare
from tests.support.schedules import SCHEDULE, programme
from voting.contests import Phase

OLD = programme()
OPEN = {"water": Standing(Phase.OPEN, ballots=3, is_live=True)}
READY = {"water": Standing(Phase.READY)}


def without_water() -> Programme:
    """The schedule without its first session."""
    start, end = SCHEDULE.index("      - id: water\n"), SCHEDULE.index("      - id: talk\n")
    return programme((SCHEDULE[start:end], ""))


def test_same_schedule_changes_nothing() -> None:
    found = compare(OLD, programme(), OPEN)

    assert found.changes == ()
    assert found.programme == OLD


def test_text_of_an_initiative_may_change_while_voting() -> None:
    new = programme(("{ar: مشكلة, en: Problem}", "{ar: مشكلة, en: A clearer problem}"))

    found = compare(OLD, new, OPEN)

    assert found.changes == (
        Change(Kind.CHANGED, "initiatives.leak.problem.en", "Problem", "A clearer problem"),
    )
    assert found.programme == new


@pytest.mark.parametrize("standings", [OPEN, READY, {"water": Standing(Phase.PUBLISHED)}])
@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("[leak, meter]", "[meter, leak]", "sessions.water.initiatives"),
        ("{ar: تسرب, en: Leak}", "{ar: تسرب, en: Flood}", "initiatives.leak.title.en"),
        ("id: small", "id: other", "expo.id"),
        (
            "        entity: water\n        starts",
            "        starts",
            "sessions.water.entity",
        ),
    ],
)
def test_what_is_being_asked_is_put_back(
    old: str, new: str, path: str, standings: dict[str, Standing]
) -> None:
    found = compare(OLD, programme((old, new)), standings)

    assert [change.path for change in found.refused] == [path]
    assert found.programme == OLD
    assert all(change.reason in REASONS for change in found.refused)


def test_the_same_edits_apply_before_the_contest_is_ready() -> None:
    new = programme(("[leak, meter]", "[meter, leak]"), ("id: small", "id: other"))

    found = compare(OLD, new, {"water": Standing(Phase.DRAFT)})

    assert found.refused == ()
    assert found.programme == new


def test_session_with_ballots_is_not_removed() -> None:
    found = compare(OLD, without_water(), OPEN)

    assert [(c.kind, c.path, c.reason) for c in found.refused] == [
        (Kind.REMOVED, "sessions.water", "has-ballots")
    ]
    assert found.programme == OLD


def test_session_on_stage_without_contest_is_not_removed() -> None:
    start, end = SCHEDULE.index("      - id: talk\n"), SCHEDULE.index("  - date: 2017-04-18")
    new = programme((SCHEDULE[start:end], ""))

    found = compare(OLD, new, {"talk": Standing(is_live=True)})

    assert [(c.path, c.reason) for c in found.refused] == [("sessions.talk", "on-stage")]
    assert found.programme == OLD


def test_session_nobody_depends_on_is_removed() -> None:
    new = without_water()

    found = compare(OLD, new, {})

    assert [(c.kind, c.path, c.allowed) for c in found.changes] == [
        (Kind.REMOVED, "sessions.water", True)
    ]
    assert found.programme == new


def test_new_id_of_a_running_session_is_a_removal_and_conflicts() -> None:
    new = programme(("      - id: water\n", "      - id: h2o\n"))

    found = compare(OLD, new, OPEN)

    assert [change.path for change in found.refused] == ["sessions.water"]
    assert found.programme is None
    assert [finding.code for finding in found.conflicts] == ["overlap"]


def test_running_session_may_end_later_but_not_start_again() -> None:
    later = (
        ('ends: "09:15"', 'ends: "09:30"'),
        ('starts: "09:15"\n        ends: "10:00"', 'starts: "09:30"\n        ends: "10:15"'),
    )
    extended = compare(OLD, programme(*later), OPEN)
    moved = compare(
        OLD, programme(('starts: "08:30"\n        ends', 'starts: "08:45"\n        ends')), OPEN
    )

    assert extended.refused == ()
    assert extended.programme == programme(*later)
    assert [change.reason for change in moved.refused] == ["on-stage"]
    assert moved.programme == OLD


def test_session_with_options_fixed_stays_on_its_day() -> None:
    start, end = SCHEDULE.index("      - id: water\n"), SCHEDULE.index("      - id: talk\n")
    block = SCHEDULE[start:end]
    new = programme((block, ""), ("    announced_only: true\n", "    sessions:\n" + block))

    found = compare(OLD, new, READY)

    assert [(c.path, c.before, c.after) for c in found.refused] == [
        ("sessions.water.day", "1", "2")
    ]
    assert found.programme is None
    assert [finding.code for finding in found.conflicts] == ["day-empty"]


def test_session_cannot_return_to_a_day_that_is_gone() -> None:
    start = SCHEDULE.index("  - date: 2017-04-18")
    second = SCHEDULE[start:]
    old = programme(("    announced_only: true\n", LATE_TALK))
    new = programme((second, ""))

    found = compare(old, new, {"late": Standing(is_live=True)})

    assert [(change.path, change.reason) for change in found.refused] == [
        ("sessions.late", "on-stage")
    ]
    assert found.programme is None


LATE_TALK = """\
    sessions:
      - id: late
        title: {ar: حوار, en: Talk}
        starts: "09:15"
        ends: "10:00"
        slots: [{kind: talk, minutes: 45}]
"""


def test_electorate_of_a_running_contest_stays_and_weights_wait() -> None:
    gone = SCHEDULE[SCHEDULE.index("  - {id: customers") : SCHEDULE.index("entities:")]
    new = programme((gone, ""), ("weight: 50", "weight: 60"))

    found = compare(OLD, new, OPEN)

    assert [(c.path, c.allowed, c.reason) for c in found.changes] == [
        ("electorates.employees.weight", True, "later-contests"),
        ("electorates.customers", False, "expo-fixed"),
    ]
    assert found.programme is not None
    assert [one.id for one in found.programme.electorates] == ["employees", "customers"]


def test_removed_options_and_their_entity_are_kept() -> None:
    start, end = SCHEDULE.index("initiatives:\n"), SCHEDULE.index("days:\n")
    water = "  - {id: water, name: {ar: المياه, en: Water}, short: {ar: ماء, en: Water}}\n"
    session = SCHEDULE[SCHEDULE.index("      - id: water\n") : SCHEDULE.index("      - id: talk\n")]
    new = programme((SCHEDULE[start:end], "initiatives: []\n"), (water, ""), (session, ""))

    found = compare(OLD, new, OPEN)

    assert {change.path for change in found.refused} == {
        "entities.water",
        "initiatives.leak",
        "initiatives.meter",
        "sessions.water",
    }
    assert found.programme is not None
    assert found.programme.sessions == OLD.sessions
    assert {one.id for one in found.programme.entities} == {"roads", "water"}


def test_lists_and_added_things_are_told_in_one_line() -> None:
    stream = "        streams: [{provider: vimeo, id: 123456789}]\n      - id: talk"
    entity = "  - {id: parks, name: {ar: حدائق, en: Parks}, short: {ar: حدائق, en: Parks}}\ninitiatives:\n"
    new = programme(("      - id: talk", stream), ("initiatives:\n", entity))

    found = compare(OLD, new, OPEN)

    assert [(c.kind, c.path, c.after) for c in found.changes] == [
        (
            Kind.ADDED,
            "sessions.water.streams",
            '[{"provider":"vimeo","id":"123456789","url":"","delay":null}]',
        ),
        (Kind.ADDED, "entities.parks", "parks"),
    ]
    assert found.programme == new
