"""The book of contests: newest version wins, and questions by day."""

import msgspec

from tests.support.contests import contest
from voting.contest_book import Contests


def test_book_keeps_the_newest_version() -> None:
    old = msgspec.structs.replace(contest(), version=3)
    new = msgspec.structs.replace(old, version=4)
    book = Contests([new])

    assert not book.put(old)
    assert not book.put(new)
    assert book.get("s1") is new
    assert book.put(msgspec.structs.replace(old, version=5))


def test_book_answers_by_day() -> None:
    book = Contests([contest("s2", day=2), contest("s3"), contest("s1")])

    assert [one.id for one in book.all()] == ["s1", "s3", "s2"]
    assert [one.id for one in book.on_day(1)] == ["s1", "s3"]
    assert book.get("nowhere") is None
