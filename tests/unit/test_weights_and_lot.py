from hashlib import sha256

import pytest

from voting.methods import lot
from voting.methods.group_tally import group_of
from voting.methods.pairwise import combine
from voting.methods.weights import (
    FULL_RANGE,
    MIN_RANGE,
    NO_ELECTORATE,
    NO_WEIGHT,
    TWICE,
    WEIGHT_RANGE,
    InvalidShares,
    Share,
    checked,
)


def test_shares_within_range_are_returned() -> None:
    shares = [Share("a", 0), Share("b", 1_000_000, 20, 5), Share("c", 1, 5, 5)]

    assert checked(shares) == tuple(shares)


@pytest.mark.parametrize(
    ("shares", "electorate", "reason"),
    [
        ([], "", NO_ELECTORATE),
        ([Share("a", 1), Share("a", 1)], "a", TWICE),
        ([Share("a", 1), Share("b", -1)], "b", WEIGHT_RANGE),
        ([Share("a", 1_000_001)], "a", WEIGHT_RANGE),
        ([Share("a", True)], "a", WEIGHT_RANGE),
        ([Share("a", 1.5)], "a", WEIGHT_RANGE),  # type: ignore[arg-type]  # what a caller might do
        ([Share("a", 1, 0)], "a", FULL_RANGE),
        ([Share("a", 1, 10**7)], "a", FULL_RANGE),
        ([Share("a", 1, 5, 6)], "a", MIN_RANGE),
        ([Share("a", 1, 5, -1)], "a", MIN_RANGE),
        ([Share("a", 0), Share("b", 0)], "a", NO_WEIGHT),
    ],
)
def test_shares_out_of_range_are_refused(shares: list[Share], electorate: str, reason: str) -> None:
    with pytest.raises(InvalidShares) as refused:
        checked(shares)

    assert refused.value.facts == {"electorate": electorate, "reason": reason}
    assert str(refused.value) == f"{electorate}: {reason}"
    assert isinstance(refused.value, ValueError)


def test_provisional_lot_is_order_of_digests() -> None:
    ids = [f"option-{n}" for n in range(9)]

    drawn = lot.provisional(ids)

    assert drawn == lot.provisional(reversed(ids))
    digests = [sha256(b"\x04" + option.encode()).hexdigest() for option in drawn]
    assert digests == sorted(digests)


def test_final_lot_depends_on_seed_root_and_beacon() -> None:
    ids = [f"option-{n}" for n in range(20)]
    seed, root = bytes(range(32)), bytes(32)

    drawn = lot.final(ids, seed=seed, root=root, beacon="123456")

    keys = [sha256(b"\x04" + seed + root + b"123456" + o.encode()).digest() for o in drawn]
    assert keys == sorted(keys)
    others = {
        lot.final(ids, seed=root, root=seed, beacon="123456"),
        lot.final(ids, seed=seed, root=root, beacon="123457"),
        lot.final(ids, seed=seed, root=seed, beacon="123456"),
        lot.provisional(ids),
    }
    assert len(others) == 4
    assert drawn not in others


def test_final_lot_wants_whole_seed_and_root_and_plain_beacon() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        lot.final(["a"], seed=b"short", root=bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        lot.final(["a"], seed=bytes(32), root=b"")
    with pytest.raises(UnicodeEncodeError):
        lot.final(["a"], seed=bytes(32), root=bytes(32), beacon="٣")


def test_share_without_group_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        combine("AB", [group_of("AB", "one", [])], [Share("other", 1)])


def test_coefficient_of_unknown_electorate_is_a_mistake_of_the_caller() -> None:
    combined = combine("AB", [group_of("AB", "one", [])], [Share("one", 1)])

    assert combined.coefficient("one") == 0
    with pytest.raises(KeyError):
        combined.coefficient("other")
