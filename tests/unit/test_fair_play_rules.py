"""Which ballots rules hold, which windows are odd, and who may be the second person."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expo.identity.people import Assurance, Person, PersonId, Visit
from expo.networks import network_of
from expo.rights import Role
from voting.holds import USUAL, HoldRule, Origin, lifted, origin_of
from voting.integrity.counters import Counters
from voting.integrity.review import (
    HeldBallot,
    NothingHeld,
    Reviewer,
    SecondPersonNeeded,
    check_second,
    groups,
    reason_of,
    selected,
)
from voting.integrity.signals import Signal, SignalKind, content_alarm, filled, signals
from voting.integrity.windows import Gathering, Source, Window, begins, mark_of, merged

KEY = b"k" * 32
AT = 1_500_000_000_000
DEVICE, CONTACT, VERIFIED = Assurance.DEVICE, Assurance.CONTACT, Assurance.VERIFIED


# --- where ballots come from ---


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.1", "192.0.2.0/24"),
        ("2001:db8:1:2::5", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("testclient", ""),
        ("999.1.1.1", ""),
    ],
)
def test_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_origin_has_the_batch_of_the_pass() -> None:
    origin = origin_of(Visit(device="d", batch="b"), "192.0.2.7", 5)

    assert origin == Origin("d", "192.0.2.0/24", "b", 5)
    assert [origin.source(kind) for kind in ("device", "network", "batch", "burst")] == [
        "d", "192.0.2.0/24", "b", "",
    ]  # fmt: skip


# --- rules ---


def told(rule: HoldRule, *people: str, gap_ms: int = 0, **origin: object) -> list[str | None]:
    """What one rule says of one ballot each of these people casts from one place."""
    counters = Counters([rule])
    counters.is_armed = True
    place = Origin(**origin)  # type: ignore[arg-type]  # by name, as tests write it
    return [
        counters.judge(one, "customers", DEVICE, place, AT + n * gap_ms)
        for n, one in enumerate(people)
    ]


def test_source_holds_who_comes_beyond_the_number() -> None:
    rule = HoldRule("device", most=2)

    assert told(rule, "a", "b", "c", "a", "c", device="d") == [
        None, None, "device", None, "device",
    ]  # fmt: skip
    assert told(rule, "a", "b", "c") == [None] * 3  # from nowhere in particular


def test_one_person_who_changes_their_mind_holds_nobody() -> None:
    assert told(HoldRule("network", most=1, seconds=60), *"aaaa", network="n") == [None] * 4


def test_window_begins_anew() -> None:
    rule = HoldRule("network", most=1, seconds=1)

    assert told(rule, "a", "b", "c", gap_ms=600, network="n") == [None, "network", None]


def test_quick_holds_what_no_person_could_have_read() -> None:
    rule = HoldRule("quick", most=2_000)

    assert told(rule, "a", opened_ms=AT - 1_999) == ["quick"]
    assert told(rule, "a", opened_ms=AT - 2_000) == [None]
    assert told(rule, "a") == [None]


def test_burst_rule_sleeps_until_it_is_armed() -> None:
    counters = Counters([HoldRule("burst", most=1, seconds=10)])
    said = [counters.judge(one, "customers", DEVICE, Origin(), AT) for one in "ab"]
    counters.is_armed = True
    said += [counters.judge(one, "customers", DEVICE, Origin(), AT) for one in "cd"]
    said += [counters.judge("e", "teams", DEVICE, Origin(), AT)]

    assert said == [None, None, None, "burst", None]


def test_surer_people_are_not_held_and_lift_their_hold() -> None:
    rule = HoldRule("device", most=0)
    counters = Counters([rule])
    place = Origin(device="d")

    assert counters.judge("a", "g", DEVICE, place, AT) == "device"
    assert counters.judge("a", "g", CONTACT, place, AT) is None
    assert not lifted([rule], "device", DEVICE)
    assert lifted([rule], "device", CONTACT)
    assert not lifted([rule], "network", VERIFIED)
    assert not lifted([HoldRule("device", 0, up_to=CONTACT)], "device", CONTACT)


def test_usual_rules_do_not_know_addresses() -> None:
    assert {rule.kind for rule in USUAL} == {"device", "burst"}


@given(
    st.integers(0, 4),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("xy")), max_size=40),
)
def test_never_more_than_the_number_of_people_pass_from_one_source(
    most: int, ballots: list[tuple[str, str]]
) -> None:
    counters = Counters([HoldRule("device", most=most)])
    passed: dict[str, set[str]] = {"x": set(), "y": set()}
    for person, device in ballots:
        if counters.judge(person, "g", DEVICE, Origin(device=device), AT) is None:
            passed[device].add(person)

    for device, people in passed.items():
        first = list(dict.fromkeys(p for p, d in ballots if d == device))[:most]
        assert people == set(first)


# --- windows ---


def person(name: str) -> Person:
    return Person(PersonId(name), Role.CUSTOMER, "customers")


def test_window_names_no_source_in_the_clear() -> None:
    gathering = Gathering(begins(AT))
    made = f"{AT - 1000:011x}{'0' * 12}"
    for n in range(3):
        gathering.add(
            person(made), "customers", Origin("dev", "192.0.2.0/24", "", AT), AT + n, "device"
        )
    window = gathering.window(KEY)

    assert (window.n, window.quick, window.timed, window.fresh) == (3, 3, 3, 3)
    assert window.held == {"device": 3}
    assert window.sources["network"] == (
        Source(mark_of(KEY, "network", "192.0.2.0/24"), 3, gaps=2, squares=2),
    )
    assert b"192.0" not in str(window).encode()
    assert mark_of(b"other" * 8, "network", "192.0.2.0/24") != window.sources["network"][0].mark


def test_windows_of_nodes_add_up() -> None:
    one = Window(AT, {"g": {"C": 2}}, {"network": (Source("m", 2),)}, {"network": 2}, quick=1)
    other = Window(
        AT, {"g": {"C": 1, "B": 4}}, {"network": (Source("m", 1), Source("k", 4))}, {"network": 5}
    )

    (both,) = merged([one, other])

    assert (both.n, both.of("g"), both.quick) == (7, 7, 1)
    assert both.sources["network"] == (Source("k", 4), Source("m", 3))
    assert merged([one]) == (one,)


# --- signals ---


def minutes(many: list[int], /, **last: object) -> tuple[Window, ...]:
    """Windows with so many ballots, each from a network of its own; the last one as given."""
    found = [
        Window(AT + n * 10_000, {"g": {"C": count}}, {"network": ()}, {"network": count})
        for n, count in enumerate(many)
    ]
    if last:
        found[-1] = Window(found[-1].begins_ms, **last)  # type: ignore[arg-type]  # by name, as tests write it
    return tuple(found)


def kinds(found: tuple[Signal, ...]) -> set[SignalKind]:
    return {one.kind for one in found}


def test_rush_is_told_and_a_steady_crowd_is_not() -> None:
    steady = [30, 28, 33, 31, 29, 30, 32, 27]

    assert signals(minutes([*steady, 35]), (), ["g"]) == ()
    (rush,) = signals(minutes([*steady, 200]), (), ["g"])
    assert (rush.kind, rush.n, rush.electorate) == (SignalKind.BURST, 200, "g")


def test_few_ballots_are_no_rush_however_unusual() -> None:
    assert signals(minutes([0] * 10 + [20]), (), ["g"]) == ()
    assert kinds(signals(minutes([0] * 10 + [21]), (), ["g"])) == {SignalKind.BURST}


def test_what_follows_a_call_on_air_is_no_rush_and_no_baseline() -> None:
    counts = [10] * 8 + [300] * 6 + [10] * 2 + [300]
    called = AT + 8 * 10_000

    found = signals(minutes(counts), (called,), ["g"])

    assert [one.begins_ms for one in found] == [AT + 16 * 10_000]


def test_many_from_one_source_are_told_by_its_share_before() -> None:
    odd = {"counts": {"g": {"C": 60}}, "known": {"network": 60}}
    scripted = odd | {"sources": {"network": (Source("m", 40),)}}
    found = signals(minutes([30] * 8 + [60], **scripted), (), ["g"])
    assert [one.mark for one in found if one.kind is SignalKind.CONCENTRATION] == ["m"]

    hall = [
        Window(AT + n * 10_000, {"g": {"C": 30}}, {"network": (Source("m", 20),)}, {"network": 30})
        for n in range(8)
    ]
    more = Window(AT + 80_000, {"g": {"C": 33}}, {"network": (Source("m", 23),)}, {"network": 33})
    assert signals([*hall, more], (), ["g"]) == ()


def test_clockwork_is_told() -> None:
    even = {"counts": {"g": {"C": 30}}, "known": {"network": 30}}
    clock = even | {"sources": {"network": (Source("m", 30, 29 * 100, 29 * 100 * 100),)}}

    assert kinds(signals(minutes([30], **clock), (), ["g"])) == {SignalKind.EVEN}


@pytest.mark.parametrize("part", ["quick", "fresh", "revised"])
def test_unusual_shares_are_told(part: str) -> None:
    whole = {"counts": {"g": {"C": 40}}, "timed": 40}
    usually = {part: 2}
    before = [
        Window(AT + n * 10_000, {"g": {"C": 40}}, timed=40, **usually)  # type: ignore[arg-type]  # by name, as tests write it
        for n in range(4)
    ]
    usual = Window(AT + 40_000, **whole, **{part: 4})  # type: ignore[arg-type]  # by name, as tests write it
    odd = Window(AT + 40_000, **whole, **{part: 30})  # type: ignore[arg-type]  # by name, as tests write it

    assert signals([*before, usual], (), ["g"]) == ()
    assert kinds(signals([*before, odd], (), ["g"])) == {SignalKind(part)}


def test_silence_is_part_of_what_is_usual() -> None:
    (one,) = minutes([5])
    found = filled([one], AT - 20_000, AT + 10_000)

    assert [window.n for window in found] == [0, 0, 5, 0]


def test_content_alarm_needs_a_clear_difference() -> None:
    assert not content_alarm([10, 9, 11], [100, 95, 104])
    assert content_alarm([90, 1, 1], [100, 95, 104])


# --- two people ---

NOW = datetime(2017, 4, 17, 9, tzinfo=UTC)
ONE = Reviewer("p1", "Mariam", "device-1", frozenset({"mark-1"}))


@pytest.mark.parametrize(
    "second",
    [
        ONE,
        Reviewer("p1", "Mariam", "device-2", frozenset({"mark-2"})),  # one person, two devices
        Reviewer("p2", "Omar", "device-1", frozenset({"mark-2"})),  # two accounts, one device
        Reviewer("p2", "Omar", "device-2", frozenset({"mark-1", "mark-2"})),  # one identity
        Reviewer("p2", "Omar", "device-2", frozenset()),  # nobody knows who
    ],
)
def test_second_person_must_be_another(second: Reviewer) -> None:
    with pytest.raises(SecondPersonNeeded):
        check_second(ONE, second)


def test_another_person_may_be_the_second() -> None:
    check_second(ONE, Reviewer("p2", "Omar", "device-2", frozenset({"mark-2"})))


def held(position: int, why: str = "network", **more: object) -> HeldBallot:
    at = NOW + timedelta(seconds=position)
    return HeldBallot(position, why, "customers", at, 1, "C", **more)  # type: ignore[arg-type]  # by name, as tests write it


def test_groups_name_what_ballots_have_in_common() -> None:
    ballots = [held(1, network="n"), held(2, network="n"), held(3, "device", device="d")]

    found = {group.key: (group.n, group.proposed) for group in groups(ballots, frozenset({1}))}

    start = int(NOW.timestamp() * 1000)
    assert found == {
        "all": (3, 1),
        "reason:network": (2, 1),
        "reason:device": (1, 0),
        "network:n": (2, 1),
        f"window:{start}": (3, 1),
    }
    assert groups([]) == ()
    for key, (n, _) in found.items():
        assert len(selected(ballots, key)) == n
    assert selected(ballots, "one:3") == (ballots[2],)


@pytest.mark.parametrize("key", ["", "network:", "device:", "one:9", "voter:x", "reason:%"])
def test_keys_that_name_nothing_are_refused(key: str) -> None:
    with pytest.raises(NothingHeld):
        selected([held(1)], key)


def test_decisions_carry_known_reasons_only() -> None:
    assert reason_of("release", "anything") == "review"
    assert reason_of("void", "automated") == "automated"
    assert reason_of("void", "i-dislike-it") is None
