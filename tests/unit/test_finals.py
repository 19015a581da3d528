"""Finals: who is in one, what a schedule may say of it, and what it may not."""

from datetime import UTC, datetime

import msgspec
import pytest

from sessions.contest_plan import contests_of, with_options
from sessions.cues import Status
from sessions.desk.editing import WrongEntry, with_contest
from sessions.finals.lists import Source, finalists, source_of, sources_of, standing
from sessions.programme import FinalOf, Programme
from sessions.schedule_dump import dump
from sessions.schedule_file import parse
from tests.support.contests import contest, option
from tests.support.finals import OF_DAY_ONE, WITH_FINAL
from tests.support.schedules import problems
from voting.contests import MOST_OPTIONS, Contest, Phase
from voting.methods.tally import Tally
from voting.results import Result, freeze

AT = datetime(2017, 4, 17, 10, tzinfo=UTC)


def programme(text: str = WITH_FINAL) -> Programme:
    return parse(text.encode())


def published(phase: Phase = Phase.PUBLISHED) -> Contest:
    return msgspec.structs.replace(contest(), phase=phase)


def result(*ranks: tuple[str, ...]) -> Result:
    """A result with these places."""
    empty = Tally(
        [one.id for one in contest().options],
        [one.id for one in contest().electorates],
        ballots=True,
    )
    found = freeze(contest(), empty, position=1, at=AT)
    return msgspec.structs.replace(found, ranks=ranks)


def drawn(
    status: Status = Status.ENDED, found: Contest | None = None, got: Result | None = None
) -> Source:
    session = programme().sessions[0]
    return source_of(1, session, status, found, got)


def test_final_reads_and_writes_back_equal() -> None:
    final = programme().session("final")

    assert final is not None
    assert final.final == FinalOf(days=(1,))
    assert final.asks
    assert [(day, one.id) for day, one in sources_of(programme(), final)] == [
        (1, "water"), (1, "roads"),
    ]  # fmt: skip
    assert parse(dump(programme()).encode()) == programme()
    assert [one.id for one in contests_of(programme())] == ["water", "roads", "final"]


def test_final_of_named_sessions_is_of_these() -> None:
    text = WITH_FINAL.replace("{days: [1]}", "{sessions: [roads, water]}")
    final = programme(text).session("final")

    assert final is not None
    assert [one.id for _, one in sources_of(programme(text), final)] == ["water", "roads"]


def test_first_place_is_in_once_it_is_published_and_all_who_share_it() -> None:
    unseen = drawn(found=published(Phase.REVEALING), got=result(("a",), ("b",)))
    won = drawn(found=published(), got=result(("a",), ("b",)))
    shared = drawn(found=published(), got=result(("a", "c"), ("b",)))
    amended = drawn(found=published(Phase.AMENDED), got=result(("b",)))
    again = drawn(found=published())

    assert (unseen.outcome, unseen.winners) == ("waiting", ())
    assert [one.id for one in won.winners] == ["a"]
    assert [one.id for one in shared.winners] == ["a", "c"]
    assert [one.id for one in amended.winners] == ["b"]
    assert again.outcome == "waiting"


def test_contest_without_result_and_one_called_off_give_nobody() -> None:
    assert drawn(found=published(), got=result()).outcome == "none"
    assert drawn(Status.CANCELLED, found=contest()).outcome == "none"
    assert drawn(Status.POSTPONED, found=contest()).outcome == "waiting"
    assert drawn(Status.SCHEDULED).outcome == "waiting"


def test_initiative_that_won_twice_is_one_option() -> None:
    twice = [
        drawn(found=published(), got=result(("a", "b"))),
        drawn(found=published(), got=result(("a",))),
    ]

    assert [one.id for one in finalists(twice)] == ["a", "b"]


def test_states_of_a_final() -> None:
    a, b = (drawn(found=published(), got=result((one,))) for one in "ab")
    draft = contest("final")
    many = msgspec.structs.replace(
        a, winners=tuple(option(f"o{n}") for n in range(MOST_OPTIONS + 1))
    )
    fixed = msgspec.structs.replace(draft, phase=Phase.READY, options=finalists([a, b]))

    assert standing("final", [a, drawn()], draft).state == "waiting"
    assert standing("final", [a, a], draft).state == "too-few"
    assert standing("final", [a, b], draft).state == "whole"
    assert standing("final", [many], draft).state == "too-many"
    assert (standing("final", [a, b], fixed).state, standing("final", [a, b], fixed).changed) == (
        "fixed",
        False,
    )
    assert standing("final", [b, b], fixed).changed
    assert not standing("final", [b, drawn()], fixed).changed


def test_rules_follow_the_number_of_finalists() -> None:
    text = programme()
    session = text.session("final")
    assert session is not None
    draft = contests_of(text)[-1]
    eight = tuple(option(f"o{n}") for n in range(8))

    assert with_options(text, session, draft, eight).rules.max_ranked == 5
    assert with_options(text, session, draft, eight[:3]).rules.max_ranked == 3


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ("{days: [3]}", "days[1].sessions[0].final.days[0]", "unknown-day"),
        ("{days: [0]}", "days[1].sessions[0].final.days[0]", "unknown-day"),
        ("{days: [1, 1]}", "days[1].sessions[0].final.days[1]", "repeated-source"),
        ("{days: [one]}", "days[1].sessions[0].final.days[0]", "not-a-number"),
        ("{days: [999999999999]}", "days[1].sessions[0].final.days[0]", "too-long"),
        ("{days: 1}", "days[1].sessions[0].final.days", "not-a-list"),
        ("{days: [[1]]}", "days[1].sessions[0].final.days[0]", "not-text"),
        ("{sessions: [roads, wter]}", "days[1].sessions[0].final.sessions[1]", "unknown-session-near"),
        ("{sessions: [roads, nobody-here]}", "days[1].sessions[0].final.sessions[1]", "unknown-session"),
        ("{sessions: [roads, roads]}", "days[1].sessions[0].final.sessions[1]", "repeated-source"),
        ("{sessions: [roads, final]}", "days[1].sessions[0].final.sessions[1]", "final-of-itself"),
        ("{sessions: [roads, talk]}", "days[1].sessions[0].final.sessions[1]", "source-asks-nothing"),
        ("{sessions: [roads]}", "days[1].sessions[0].final", "too-few-sources"),
        ("{days: [2]}", "days[1].sessions[0].final", "too-few-sources"),
        ("{sesions: [roads, water]}", "days[1].sessions[0].final.sesions", "unknown-key-near"),
        ("{}", "days[1].sessions[0].final", "final-of-nothing"),
        ("[1]", "days[1].sessions[0].final", "not-a-mapping"),
        ("true", "days[1].sessions[0].final", "not-a-mapping"),
        ("{days: [1]}\n        initiatives: [leak, meter]", "days[1].sessions[0].initiatives", "final-with-initiatives"),
        ("{days: [1]}\n        entity: water", "days[1].sessions[0].entity", "final-with-entity"),
    ],
)  # fmt: skip
def test_what_a_final_cannot_be_is_told_with_its_line(change: str, path: str, code: str) -> None:
    text = WITH_FINAL.replace("{days: [1]}", change)

    found = {(one.path, one.code): one.line for one in problems(text)}

    assert (path, code) in found
    first = text[: text.index("final: ")].count("\n") + 1
    assert first <= found[path, code] <= first + 1


def test_final_stands_after_those_it_is_drawn_from() -> None:
    early = OF_DAY_ONE.replace('"13:00"', '"10:00"').replace('"14:00"', '"10:45"')
    sessions = "".join(early.splitlines(keepends=True)[1:])
    text = (
        WITH_FINAL.replace(OF_DAY_ONE, "    announced_only: true\n")
        .replace('"10:00"\n        ends: "10:45"\n        initiatives', '"11:00"\n        ends: "11:45"\n        initiatives')
        .replace("  - date: 2017-04-18\n", f"{sessions}  - date: 2017-04-18\n")
    )  # fmt: skip

    found = [(one.path, one.code, one.facts) for one in problems(text)]

    assert found == [
        ("days[0].sessions[3].final.days[0]", "source-not-before", {"id": "roads"}),
    ]


def test_more_sources_than_can_be_ranked_are_told() -> None:
    more = "".join(
        f"""\
      - id: s{n}
        title: {{ar: جلسة, en: Session}}
        starts: "11:{4 * n:02}"
        ends: "11:{4 * n + 4:02}"
        initiatives: [leak, meter]
"""
        for n in range(11)
    )
    text = WITH_FINAL.replace("  - date: 2017-04-18\n", f"{more}  - date: 2017-04-18\n")

    (found,) = problems(text)

    assert (found.code, found.facts) == ("too-many-sources", {"found": 13, "most": MOST_OPTIONS})


def test_final_of_days_still_to_be_announced_may_wait_for_them() -> None:
    later = """\
  - date: 2017-04-19
    title: {ar: الثالث, en: Third}
    starts: "08:30"
    ends: "14:30"
"""
    text = WITH_FINAL.replace(OF_DAY_ONE, "    announced_only: true\n") + later
    text += OF_DAY_ONE.replace("[1]", "[2]")

    assert problems(text) == ()


def test_desk_keeps_a_final_and_gives_it_no_initiatives() -> None:
    kept = with_contest(programme(), "final", (), {"rules": "expo"})

    assert kept.session("final") == programme().session("final")
    with pytest.raises(WrongEntry) as wrong:
        with_contest(programme(), "final", ("leak", "meter"), {"rules": "expo"})
    assert [(one.path, one.code) for one in wrong.value.problems] == [
        ("initiatives", "final-with-initiatives")
    ]
