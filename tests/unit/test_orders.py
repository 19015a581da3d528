"""What an order must say, and what has to be confirmed."""

import msgspec
import pytest

from sessions.orders import (
    NEEDS_CONFIRMATION,
    OF_SESSION,
    OF_STAGE,
    ConfirmFirst,
    IncompleteOrder,
    Kind,
    Order,
    check,
)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in OF_STAGE])
def test_order_without_its_subject_is_incomplete(kind: Kind) -> None:
    with pytest.raises(IncompleteOrder) as refused:
        check(Order(kind, 1, confirmed=True))

    expected = "session" if kind in OF_SESSION else "contest"
    assert refused.value.facts == {"missing": expected}


def test_extension_without_minutes_is_incomplete() -> None:
    with pytest.raises(IncompleteOrder) as refused:
        check(Order(Kind.EXTEND, 1, contest="water"))

    assert refused.value.facts == {"missing": "minutes"}


@pytest.mark.parametrize("by", [None, 0])
def test_move_by_no_minutes_is_incomplete(by: int | None) -> None:
    with pytest.raises(IncompleteOrder) as refused:
        check(Order(Kind.MINUTES, 1, session="water", by=by))

    assert refused.value.facts == {"missing": "by"}


@pytest.mark.parametrize("kind", list(Kind))
def test_what_cannot_be_undone_needs_a_second_press(kind: Kind) -> None:
    order = Order(kind, 1, session="water", contest="water", minutes=1, by=2)

    if kind in NEEDS_CONFIRMATION:
        with pytest.raises(ConfirmFirst):
            check(order)
    else:
        check(order)
    check(msgspec.structs.replace(order, confirmed=True))


def test_closing_publishing_ending_and_cancelling_are_what_cannot_be_undone() -> None:
    assert {Kind.CLOSE, Kind.PUBLISH, Kind.END, Kind.CANCEL} == NEEDS_CONFIRMATION


@pytest.mark.parametrize(
    "raw",
    [
        b'{"kind": "destroy", "version": 1}',
        b'{"kind": "open", "version": -1, "contest": "a"}',
        b'{"kind": "open", "version": 1.5, "contest": "a"}',
        b'{"kind": "open", "version": true, "contest": "a"}',
        b'{"kind": "open", "version": 99999999999999999999, "contest": "a"}',
        b'{"kind": "open", "version": 1, "contest": ""}',
        b'{"kind": "extend", "version": 1, "contest": "a", "minutes": 0}',
        b'{"kind": "extend", "version": 1, "contest": "a", "minutes": 61}',
        b'{"kind": "add-minutes", "version": 1, "session": "a", "by": -61}',
        b'{"kind": "scene", "version": 1, "scene": "winner"}',
        b'{"kind": "open", "version": 1, "contest": "a", "role": "organiser"}',
        b'{"kind": "open"}',
        b"[]",
    ],
)
def test_hostile_order_is_not_decoded(raw: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw, type=Order)
