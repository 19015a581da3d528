"""What the leaves of a public ledger say, byte for byte."""

from typing import Any

from expo.record import canonical
from voting.ledger import records

AWKWARD = 'a"\\/ ن\n'


def test_hand_written_records_are_canonical() -> None:
    for sid, group, own in (("s", "g", ()), (AWKWARD, AWKWARD, ("x", AWKWARD))):
        said = records.content(
            sid=sid, electorate=group, ranking=(AWKWARD, "b"), tracker="T" * 16, revision=3, own=own
        )
        value = {
            "grp": group,
            "rank": [AWKWARD, "b"],
            "rev": 3,
            "sid": sid,
            "trk": "T" * 16,
            "v": 1,
        }
        com = records.commitment(bytes(32), said)
        record = records.ballot_record(
            sid=sid, electorate=group, tracker="T" * 16, revision=3, com=com
        )

        assert said == canonical.encode(value | ({"own": list(own)} if own else {}))
        assert canonical.encode(canonical.decode(record)) == record


def test_decisions_say_what_they_are_about() -> None:
    about: dict[str, Any] = {"sid": "s", "tracker": "T", "revision": 2}

    assert records.hold_record(**about, why="burst") == (
        b'{"rev":2,"sid":"s","t":"hold","trk":"T","v":1,"why":"burst"}'
    )
    assert records.release_record(**about) == b'{"rev":2,"sid":"s","t":"release","trk":"T","v":1}'
    assert records.void_record(**about, why="automated") == (
        b'{"by":"officer","rev":2,"sid":"s","t":"void","trk":"T","v":1,"why":"automated"}'
    )


def test_the_close_names_every_electorate_and_the_seed() -> None:
    figures = records.Figures(counted={"b": 2}, held=1, superseded=3, void=4, withdrawn=5)

    assert records.close_record(sid="s", figures=figures, seed=bytes(32), groups=["b", "a"]) == (
        b'{"counted":{"a":0,"b":2},"held":1,"lot_seed":"' + b"0" * 64 + b'","sid":"s",'
        b'"superseded":3,"t":"close","v":1,"void":4,"withdrawn":5}'
    )


def test_only_a_sealed_electorate_says_how_it_is_audited() -> None:
    groups = (records.Group("a", 1, 20, 5), records.Group("b", 1, 20, 5, is_sealed=True))
    opening = records.Announced(
        sid="s", options=("x",), groups=groups, method="borda", max_ranked=1, own="abstain",
        k_public=10, opens="o", closes="c", lot_commit="l", rules_hash="r", code_hash="h",
    )  # fmt: skip

    said = canonical.decode(records.open_record(opening))

    assert said["groups"] == [
        {"full": 20, "id": "a", "min": 5, "w": 1},
        {"audit": "sealed", "full": 20, "id": "b", "min": 5, "w": 1},
    ]
    assert (said["t"], said["v"], said["beacon"]) == ("open", 1, "")


def test_a_nonce_is_the_browsers_or_derived_from_the_secret() -> None:
    given = records.to_base64url(b"\xff" * 32)

    assert records.nonce_of(given, b"s", "T", 1) == b"\xff" * 32
    derived = {records.nonce_of(None, s, t, r) for s in (b"1", b"2") for t in "AB" for r in (1, 2)}
    assert len(derived) == 8
    assert records.nonce_of(None, b"1", "A", 1) == records.derived_nonce(b"1", "A", 1)
