"""Reading a schedule: what its parts become, and the sentences of its mistakes."""

import re
from datetime import UTC, date, datetime

import pytest

from expo.catalogue.values import ModelStage
from expo.identity.people import Assurance
from expo.words import Text
from sessions import schedule_words
from sessions.programme import Slot
from sessions.programme_drafts import SessionDraft
from sessions.programme_rules import overlap
from sessions.schedule_dump import dump
from sessions.schedule_file import parse
from sessions.streams.sources import Channel, Stream
from tests.support.schedules import SCHEDULE, changed, line_of, problems, programme, told
from voting.holds import USUAL, HoldRule


def test_small_schedule_becomes_values() -> None:
    found = programme()

    assert (found.id, found.edition, found.timezone) == ("small", "1", "Asia/Dubai")
    assert found.title == Text(ar="معرض", en="Fair")
    assert [day.n for day in found.days] == [1, 2]
    assert [day.announced_only for day in found.days] == [False, True]
    assert found.days[0].date == date(2017, 4, 17)
    water, talk = found.sessions
    assert water.starts_at == datetime(2017, 4, 17, 4, 30, tzinfo=UTC)
    assert (water.minutes, water.entity, water.initiatives) == (45, "water", ("leak", "meter"))
    assert (talk.entity, talk.slots, talk.initiatives) == (None, (Slot("talk", 45),), ())
    assert found.electorates[0].level is Assurance.CONTACT
    assert found.electorates[0].in_contest().full_weight_at == 10


def test_defaults_of_voting_hold_where_nothing_is_written() -> None:
    usual = programme().voting

    assert (usual.method, usual.visibility, usual.own) == ("ranked_pairs", "hidden", "abstain")
    assert (usual.max_ranked, usual.grace_seconds, usual.stations) == (None, 10, 1)


def test_written_voting_rules_are_read() -> None:
    voting = (
        "voting: {method: schulze, max_ranked: 3, visibility: live, own: count, grace_seconds: 0,"
        " stations: 4}\n"
    )
    found = programme(("electorates:\n", voting + "electorates:\n")).voting

    assert (found.method, found.visibility, found.own) == ("schulze", "live", "count")
    assert (found.max_ranked, found.grace_seconds, found.open_minutes) == (3, 0, 10)
    assert found.stations == 4


def test_rules_that_hold_ballots_are_read_and_written_back() -> None:
    rules = "holds: [{kind: network, most: 50, seconds: 60}, {kind: quick, most: 2000, up_to: B}]"
    found = programme(("electorates:\n", f"voting: {{{rules}}}\nelectorates:\n"))

    assert found.voting.holds == (
        HoldRule("network", 50, 60),
        HoldRule("quick", 2_000, up_to=Assurance.CONTACT),
    )
    assert found.voting.rules_for(4).holds == found.voting.holds
    assert parse(dump(found).encode()).voting == found.voting
    assert programme().voting.holds == USUAL
    nothing = programme(("electorates:\n", "voting: {holds: []}\nelectorates:\n"))
    assert nothing.voting.holds == ()
    assert parse(dump(nothing).encode()).voting == nothing.voting


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("{kind: ranking, most: 1}", "voting.holds[0].kind"),
        ("{kind: device}", "voting.holds[0].most"),
        ("{kind: device, most: -1}", "voting.holds[0].most"),
        ("{kind: device, most: 1, seconds: 0}", "voting.holds[0].seconds"),
        ("{kind: device, most: 1, up_to: D}", "voting.holds[0].up_to"),
        ("{kind: device, most: 1, option: dewa}", "voting.holds[0].option"),
        ("device", "voting.holds[0]"),
    ],
)
def test_senseless_hold_rule_is_told(written: str, path: str) -> None:
    found = told(changed(("electorates:\n", f"voting: {{holds: [{written}]}}\nelectorates:\n")))

    assert path in [where for _, where, _ in found]


@pytest.mark.parametrize("written", ["0", "65", "-1", "many", "2.5", "[2]"])
def test_senseless_number_of_stations_is_told(written: str) -> None:
    found = told(changed(("electorates:\n", f"voting: {{stations: {written}}}\nelectorates:\n")))

    assert [path for _, path, _ in found] == ["voting.stations"]


@pytest.mark.parametrize(("options", "ranks"), [(2, 2), (3, 3), (6, 6), (7, 5), (12, 5)])
def test_ranks_follow_the_rule_of_six(options: int, ranks: int) -> None:
    assert programme().voting.ranks_for(options) == ranks
    assert programme().voting.rules_for(options).max_ranked == ranks


def test_stated_ranks_never_exceed_the_options() -> None:
    voting = "voting: {max_ranked: 4}\n"
    found = programme(("electorates:\n", voting + "electorates:\n")).voting

    assert [found.ranks_for(options) for options in (2, 4, 12)] == [2, 4, 4]


def test_streams_and_channels_are_read_from_ids_and_addresses() -> None:
    streams = """\
        streams:
          - {provider: youtube, id: aqz-KE-bpKQ}
          - {provider: youtube, url: "https://www.youtube.com/live/aqz-KE-bpKQ?feature=share"}
          - {provider: vimeo, url: "https://vimeo.com/123456789"}
          - {provider: link, url: "https://www.instagram.com/DTMCentre/"}
      - id: talk"""
    channels = '  channels: [{kind: x, handle: "@a", url: "https://x.com/a"}, {kind: web, url: "https://a.ae"}]\n'
    found = programme(
        ("      - id: talk", streams), ("electorates:\n", channels + "electorates:\n")
    )

    assert found.sessions[0].streams == (
        Stream("youtube", id="aqz-KE-bpKQ"),
        Stream("youtube", id="aqz-KE-bpKQ"),
        Stream("vimeo", id="123456789"),
        Stream("link", url="https://www.instagram.com/DTMCentre/"),
    )
    assert found.channels == (Channel("x", "https://x.com/a", "@a"), Channel("web", "https://a.ae"))


@pytest.mark.parametrize(
    ("stream", "path", "code"),
    [
        ("{provider: youtube}", "", "stream-without-address"),
        ("{provider: link}", "", "stream-without-address"),
        (
            '{provider: youtube, id: aqz-KE-bpKQ, url: "https://youtu.be/aqz-KE-bpKQ"}',
            "",
            "stream-with-two-addresses",
        ),
        ("{provider: youtube, id: short}", ".id", "bad-stream-id"),
        ("{provider: facebook, id: a1b2c3d4}", ".id", "bad-stream-id"),
        ('{provider: hls, url: "https://cdn.example.org/live.mp4"}', ".url", "bad-hls"),
        ('{provider: hls, url: "https://nas.local/live.m3u8"}', ".url", "bad-hls"),
        ("{provider: hls, id: live}", ".id", "bad-stream-id"),
        ("{provider: hls}", "", "stream-without-address"),
        ("{provider: own, id: main}", "", "own-stream-with-address"),
        ("{provider: own, delay: 46}", ".delay", "not-a-number"),
        ("{provider: vimeo, id: aqz-KE-bpKQ}", ".id", "bad-stream-id"),
        ('{provider: youtube, url: "https://vimeo.com/123456789"}', ".url", "bad-link"),
        ("{provider: link, id: aqz-KE-bpKQ}", ".id", "bad-stream-id"),
        ('{provider: myspace, url: "https://x.com/a"}', ".provider", "not-a-choice"),
    ],
)
def test_stream_mistakes_are_told(stream: str, path: str, code: str) -> None:
    text = changed(("      - id: talk", f"        streams: [{stream}]\n      - id: talk"))

    assert [one[1:] for one in told(text)] == [(f"days[0].sessions[0].streams[0]{path}", code)]


@pytest.mark.parametrize(
    ("old", "new", "path", "code"),
    [
        ("{ar: معرض, en: Fair}", "{en: Fair}", "expo.title", "language-missing"),
        ("{ar: معرض, en: Fair}", '{ar: "", en: Fair}', "expo.title.ar", "empty-text"),
        ("{ar: معرض, en: Fair}", "{ar: , en: Fair}", "expo.title", "language-missing"),
        ("{ar: معرض, en: Fair}", "{ar: x, en: Fair, fr: Foire}", "expo.title.fr", "unknown-key"),
        ("{ar: معرض, en: Fair}", "Fair", "expo.title", "not-a-mapping"),
        ("{ar: معرض, en: Fair}", "{ar: [x], en: Fair}", "expo.title.ar", "not-text"),
        ("  id: small\n", "", "expo.id", "missing"),
        ("short: {ar: ماء, en: Water}", f"short: {{ar: ماء, en: {'x' * 19}}}", "entities[0].short.en", "too-long"),
        ("summary: {ar: خلاصة, en: Summary}", f"summary: {{ar: {'س' * 141}, en: x}}", "initiatives[0].summary.ar", "too-long"),
        ("    entity: water\n", "    entity: watr\n", "initiatives[0].entity", "unknown-entity-near"),
        ("    entity: water\n", "    entity: fire\n", "initiatives[0].entity", "unknown-entity"),
        ("[leak, meter]", "[leak, metre]", "days[0].sessions[0].initiatives[1]", "unknown-initiative-near"),
        ("[leak, meter]", "[leak, qqqqq]", "days[0].sessions[0].initiatives[1]", "unknown-initiative"),
        ("[leak, meter]", "[leak, leak]", "days[0].sessions[0].initiatives[1]", "repeated-option"),
        ("[leak, meter]", "leak", "days[0].sessions[0].initiatives", "not-a-list"),
        ("{1: 2017-01-01, 2: 2017-02-01}", "{1: 2017-01-01}", "initiatives[0]", "stage-missing"),
        ("{1: 2017-01-01, 2: 2017-02-01}", "{1: 2017-01-01, 2: 2017-05-01}", "initiatives[0].model_stages.2", "stage-after-expo"),
        ("{1: 2017-01-01, 2: 2017-02-01}", "{1: 2017-03-01, 2: 2017-02-01}", "initiatives[0].model_stages.2", "stage-before-earlier"),
        ("{1: 2017-01-01, 2: 2017-02-01}", "{1: soon, 2: 2017-02-01}", "initiatives[0].model_stages.1", "bad-date"),
        ("minutes: 45", "minutes: 44", "days[0].sessions[1].slots", "slots-do-not-fit"),
        ("kind: talk", "kind: party", "days[0].sessions[1].slots[0].kind", "not-a-choice"),
        ("    announced_only: true\n", "", "days[1]", "day-empty"),
        ("    announced_only: true\n", "    announced_only: yes\n", "days[1].announced_only", "not-a-choice"),
        ("2017-04-18", "2017-04-17", "days[1].date", "days-out-of-order"),
        ("min: 5", "min: 11", "electorates[0].min", "min-above-full"),
        ("min: 5,", "min: 5, expected: 9,", "electorates[0].full_weight_at", "full-above-expected"),
        ("id: employees", "id: workers", "electorates[0].id", "not-a-choice"),
        ("id: customers", "id: employees", "electorates[1].id", "duplicate-id"),
        ("level: B", "level: D", "electorates[0].level", "not-a-choice"),
        ("{id: roads", "{id: water", "entities[1].id", "duplicate-id"),
        ("id: talk", "id: staff", "days[0].sessions[1].id", "reserved-id"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_where_it_is(old: str, new: str, path: str, code: str) -> None:
    assert (path, code) in {one[1:] for one in told(changed((old, new)))}


def test_no_weight_at_all_is_told() -> None:
    text = SCHEDULE.replace("weight: 50", "weight: 0")

    assert [one[1:] for one in told(text)] == [("electorates", "no-weight")]


def test_empty_lists_are_told() -> None:
    text = changed((SCHEDULE[SCHEDULE.index("days:\n") :], "days: []\n"))

    assert [one[1:] for one in told(text)] == [("days", "empty-list")]


def test_initiative_of_another_entity_is_told() -> None:
    text = changed(("id: meter\n    entity: water", "id: meter\n    entity: roads"))

    (found,) = problems(text)

    assert (found.path, found.code) == ("days[0].sessions[0].initiatives[1]", "foreign-initiative")
    assert found.facts == {"id": "meter", "owner": "roads", "entity": "water"}


def test_announced_day_with_sessions_is_told() -> None:
    text = changed(("    sessions:\n", "    announced_only: true\n    sessions:\n"))

    assert [one[1:] for one in told(text)] == [
        ("days[0].announced_only", "announced-with-sessions")
    ]


def test_one_broken_session_does_not_hide_the_others() -> None:
    text = changed(
        ('starts: "08:30"\n        ends: "09:15"', 'starts: "0830"\n        ends: "09:15"'),
        ("[leak, meter]", "[leak, metre]"),
        ("minutes: 45", "minutes: 40"),
    )

    assert {(path, code) for _, path, code in told(text)} == {
        ("days[0].sessions[0].starts", "bad-time"),
        ("days[0].sessions[0].initiatives[1]", "unknown-initiative-near"),
        ("days[0].sessions[1].slots", "slots-do-not-fit"),
    }


def test_problems_come_in_the_order_of_lines() -> None:
    text = changed(("minutes: 45", "minutes: x"), ("  id: small\n", "  id: s m\n"))

    lines = [one.line for one in problems(text)]

    assert lines == [line_of(text, "s m"), line_of(text, "minutes: x")]


def test_sessions_are_read_in_the_order_of_time() -> None:
    first, second = SCHEDULE.index("      - id: water"), SCHEDULE.index("      - id: talk")
    end = SCHEDULE.index("  - date: 2017-04-18")
    text = SCHEDULE[:first] + SCHEDULE[second:end] + SCHEDULE[first:second] + SCHEDULE[end:]

    assert parse(text.encode()) == parse(SCHEDULE.encode())


def test_small_programme_round_trips() -> None:
    found = programme()

    assert parse(dump(found).encode()) == found
    assert found.initiatives[0].model_stages[0] == ModelStage(1, date(2017, 1, 1))


def test_every_problem_has_a_sentence_whose_facts_are_given() -> None:
    spoiled = [
        changed(("edition:", "edision:"), ("[leak, meter]", "[leak, metre, qqqqq]")),
        changed(
            ("weight: 50", "weight: 0777"), ("kind: talk", "kind: x"), ("2017-04-18", "2017-02-30")
        ),
        changed(("expo:", "a: &x 1\nb: *x\nc: !!str y\nexpo:\nexpo:")),
    ]

    for problem in (one for text in spoiled for one in problems(text)):
        wanted = set(re.findall(r"{(\w+)}", schedule_words.message_of(problem.code)))
        assert problem.code in schedule_words.MESSAGES
        assert wanted <= set(problem.facts)


def test_programme_finds_its_parts() -> None:
    found = programme()

    assert [session.id for session in found.sessions_of("leak")] == ["water"]
    assert found.sessions_of("nothing") == ()
    assert (found.day(2), found.day(3)) == (found.days[1], None)
    assert (found.day_of("talk"), found.day_of("nothing")) == (found.days[0], None)
    assert (found.session("talk"), found.session("nothing")) == (found.sessions[1], None)
    assert (found.entity("roads"), found.entity(None)) == (found.entities[1], None)
    assert [one.id for one in found.options_of(found.sessions[0])] == ["leak", "meter"]


def test_sessions_without_times_do_not_overlap() -> None:
    timed, untimed = (
        SessionDraft("x", "x", starts_at, starts_at, None, None, ())
        for starts_at in (datetime(2017, 4, 17, tzinfo=UTC), None)
    )

    assert not overlap(timed, untimed)
    assert not overlap(untimed, timed)


def test_sealed_ballots_cannot_be_counted_by_instant_runoff() -> None:
    sealed = SCHEDULE.replace("min: 5, level: B}", "min: 10, level: B, audit: sealed}", 1)
    found = parse(sealed.encode())
    assert (found.electorates[0].audit, found.electorates[1].audit) == ("sealed", "open")
    assert found.electorates[0].in_contest().audit == "sealed"
    assert parse(dump(found).encode()) == found

    runoff = f"{sealed}\nvoting: {{method: irv}}\n"

    assert [one[1:] for one in told(runoff)] == [("voting.method", "sealed-and-runoff")]
    assert told(runoff.replace("audit: sealed", "audit: open")) == []
    assert [one[1] for one in told(sealed.replace("sealed", "closed"))] == ["electorates[0].audit"]


def test_sealed_ballots_count_from_ten() -> None:
    few = SCHEDULE.replace("level: B}", "level: B, audit: sealed}", 1)

    assert [one[1:] for one in told(few)] == [("electorates[0].min", "sealed-and-few")]
    assert told(few.replace("min: 5, level: B", "min: 10, level: B")) == []
