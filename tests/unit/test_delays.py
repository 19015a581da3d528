"""Samples of delay are counted once a viewer and ten seconds, and forgotten after a minute."""

from datetime import UTC, datetime, timedelta

from sessions.streams.delays import DelayBook
from sessions.streams.grace import BINS

AT = datetime(2017, 4, 17, 10, 0, tzinfo=UTC)


def test_viewer_is_counted_once_in_ten_seconds() -> None:
    book = DelayBook()
    assert book.note("s1", "a", 7_400, AT)
    assert not book.note("s1", "a", 59_000, AT + timedelta(seconds=1))
    assert book.note("s1", "b", None, AT)
    assert book.note("s1", "a", 8_000, AT + timedelta(seconds=10))

    found = book.lately(AT + timedelta(seconds=10))["s1"]
    assert (found.counts[8], found.measured, found.unmeasured) == (2, 2, 1)


def test_minute_passes() -> None:
    book = DelayBook()
    book.note("s1", "a", 7_400, AT)
    assert "s1" in book.lately(AT + timedelta(seconds=59))
    assert book.lately(AT + timedelta(seconds=60)) == {}


def test_what_is_beyond_a_minute_is_one_bin() -> None:
    book = DelayBook()
    for viewer, ms in enumerate((60_001, 61_000, 600_000)):
        book.note("s1", viewer, ms, AT)
    assert book.lately(AT)["s1"].counts[BINS - 1] == 3


def test_made_up_sessions_do_not_fill_the_memory() -> None:
    book = DelayBook()
    noted = [book.note(f"s{n}", "a", 1, AT) for n in range(1_000)]
    assert sum(noted) == len(book.lately(AT)) < 20
