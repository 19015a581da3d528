"""What a browser may send as a ballot, and what a contest makes of it."""

import json

import pytest

from expo.errors import Refusal
from tests.support.clock import Clock
from tests.support.contests import OPTIONS, cast, contest, member, person
from voting.ballots import (
    DuplicateOption,
    SamePlace,
    TooManyRanked,
    UnknownOption,
    UnreadablePlace,
    admit,
    ranking_in,
    shuffled,
    tag_of,
    tracker_in,
    tracker_of,
    whole_ms,
)
from voting.contests import Rules
from voting.protocol import AskMine, Cast
from voting.reading import Unreadable, cast_in, frame_in, kind_of

GOOD = {
    "type": "cast",
    "id": "6f1f3c52-7f0a-4b1e-9c2d-0a1b2c3d4e5f",
    "contest": "s1",
    "ranking": ["a", "b"],
}


def frame(**changes: object) -> bytes:
    """The good frame with some keys changed; None leaves a key out."""
    value = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return json.dumps(value).encode()


def test_good_frames_are_read() -> None:
    nonce = "A" * 43

    assert frame_in(frame(nonce=nonce)) == Cast(
        id=str(GOOD["id"]), contest="s1", ranking=("a", "b"), nonce=nonce
    )
    assert frame_in(frame(ranking=[])) == Cast(str(GOOD["id"]), "s1", ())
    assert frame_in(b'{"type":"ask-mine","contest":"s1"}') == AskMine("s1")
    assert cast_in(frame(type=None)).ranking == ("a", "b")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        frame(ranking=[float("nan"), float("inf")]),
        b'{"type":"cast","ranking":["a"],"ranking":["b"],"id":"%s","contest":"s1"}'
        % str(GOOD["id"]).encode(),
        b'{"type":"cast","rank\\u0069ng":["a"],"ranking":["b"],"id":"%s","contest":"s1"}'
        % str(GOOD["id"]).encode(),
        frame(ranking=[10**4000]),
        b'{"type":"cast","ranking":' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"type":"cast","ranking":' + b"[" * 100_000,
        b'{"type":"cast","id":1e400}',
        frame().replace(b'"a"', b'"\\ud800"'),
        b"\xef\xbb\xbf" + frame(),
        frame().decode().encode("utf-16"),
        frame().replace(b'"a"', b'"\xe9"'),
        frame().replace(b'"a"', b'"\xff\xfe"'),
        frame(ranking="ab"),
        frame(ranking=[1, 2]),
        frame(ranking=[1.0]),
        frame(ranking=[True]),
        frame(ranking=[None]),
        frame(ranking=[["a"]]),
        frame(ranking={"a": 1}),
        frame(ranking=[""]),
        frame(ranking=["x" * 65]),
        frame(ranking=["a"] * 65),
        frame(ranking=None),
        frame(id=None),
        frame(id="not-a-uuid"),
        frame(id="6F1F3C52-7F0A-4B1E-9C2D-0A1B2C3D4E5F"),
        frame(id="../../etc/passwd"),
        frame(id="x'; DROP TABLE ballot; --"),
        frame(id=2**64),
        frame(contest=None),
        frame(contest=""),
        frame(contest="x" * 65),
        frame(contest=["s1"]),
        frame(nonce="short"),
        frame(nonce="A" * 44),
        frame(nonce="A" * 42 + "="),
        frame(__proto__={}),
        frame(constructor={}),
        frame(voter="p1"),
        frame(weight=100),
        frame(role="organiser"),
        frame(type="Cast"),
        frame(type="receipt"),
        b'{"type":"ask-mine"}',
        b'{"type":"ask-mine","contest":"s1","ranking":[]}',
    ],
    ids=range(51),
)
def test_hostile_frame_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        frame_in(raw)


def test_id_that_looks_like_a_key_is_no_key() -> None:
    odd = frame(ranking=["ranking", "type"])

    assert frame_in(odd) == Cast(str(GOOD["id"]), "s1", ("ranking", "type"))


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b'{"type":"beat","scene":"join"}', "beat"),
        (b'{"scene":"join"}', ""),
        (b'{"type":7}', None),
        (b"[]", None),
        (b"{", None),
        (b"[" * 100_000, None),
        (b'{"type":"\xff"}', None),
    ],
)
def test_kind_of_a_frame_is_told_apart(raw: bytes, kind: str | None) -> None:
    assert kind_of(raw) == kind


@pytest.mark.parametrize(
    ("ranking", "refusal", "facts"),
    [
        (["a", "z"], UnknownOption, {"option": "z"}),
        (["\u202eevil\u0000"], UnknownOption, {"option": "evil"}),
        (["a", "b", "a"], DuplicateOption, {"option": "a"}),
        (["a", "b", "c"], TooManyRanked, {"most": 2, "ranked": 3}),
    ],
)
def test_ranking_a_contest_cannot_hold_is_refused(
    ranking: list[str], refusal: type[Refusal], facts: dict[str, str | int]
) -> None:
    asked = contest(rules=Rules(max_ranked=2))
    sent = Cast(str(GOOD["id"]), "s1", tuple(ranking))

    with pytest.raises(refusal) as refused:
        admit(sent, asked, person(), "customers", Clock()())

    assert refused.value.facts == facts


def test_admitted_ballot_says_what_is_own_and_when_it_came() -> None:
    clock = Clock()
    clock.move(microseconds=1_999)

    ballot = admit(cast("ba"), contest(), member("m1", "entity-b"), "teams", clock())
    counted = admit(
        cast("ba"), contest(rules=Rules(own="count")), member("m1", "entity-b"), "teams", clock()
    )

    assert (ballot.own, ballot.electorate, ballot.ranking) == (("b",), "teams", ("b", "a"))
    assert ballot.arrived_at.microsecond == 1_000
    assert counted.own == ()


def test_form_becomes_a_ranking() -> None:
    fields = {
        "id": "x",
        "rank-a": "3",
        "rank-b": " ١ ",
        "rank-c": "",
        "rank-d": "7",
        "next": "/ar/",
    }

    assert ranking_in(fields) == ("b", "a", "d")
    assert ranking_in({}) == ()


@pytest.mark.parametrize("place", ["0", "-1", "1.5", "x", "1e3", "9" * 400, "²", "①", "1;2", "٣x"])
def test_place_that_is_no_number_is_refused(place: str) -> None:
    with pytest.raises(UnreadablePlace) as refused:
        ranking_in({"rank-a": place})

    assert len(str(refused.value.facts["found"])) <= 20


def test_two_options_on_one_place_are_refused() -> None:
    with pytest.raises(SamePlace) as refused:
        ranking_in({"rank-a": "1", "rank-b": "01"})

    assert refused.value.facts == {"place": 1}


def test_tag_hides_the_person_and_differs_by_contest() -> None:
    one, other = tag_of(b"1" * 32, "p1"), tag_of(b"2" * 32, "p1")

    assert one != other
    assert tag_of(b"1" * 32, "p2") != one
    assert len(one) == 64
    assert "p1" not in one


def test_tracker_is_sixteen_plain_characters_and_survives_retyping() -> None:
    tracker = tracker_of(b"1" * 32, tag_of(b"1" * 32, "p1"))
    grouped = "-".join(tracker[at : at + 4] for at in range(0, 16, 4)).lower()

    assert len(tracker) == 16
    assert not set(tracker) & set("ILOU")
    assert tracker_in(f" {grouped} ") == tracker
    assert tracker_in("O1" * 8) == "01" * 8
    assert tracker_in(f"\u2068{grouped}\u2069\u200f") == tracker
    assert tracker_in("short") is None
    assert tracker_in("U" * 16) is None
    assert tracker_in("x" * 10_000) is None


def test_every_seed_has_an_order_of_its_own() -> None:
    orders = {shuffled(OPTIONS, f"seed {n}") for n in range(200)}

    assert shuffled(OPTIONS, "same") == shuffled(OPTIONS, "same")
    assert len(orders) == 24
    assert all(sorted(order) == list(OPTIONS) for order in orders)
    firsts = [shuffled(OPTIONS, f"seed {n}")[0] for n in range(2_000)]
    assert all(400 < firsts.count(option) < 600 for option in OPTIONS)


def test_stamp_on_record_has_whole_milliseconds() -> None:
    clock = Clock()
    clock.move(microseconds=1_234_999)

    assert whole_ms(clock()).microsecond == 234_000
