"""Kept pages: what they are made of, when they are thrown away, and that every order is a whole page."""

import gzip
import itertools
from collections import Counter

import pytest

from expo.web.kept import Content, KeptPage, KeptPages, Made, StandsOn
from expo.web.visiting import accepts_gzip
from voting.ballot_orders import SHUFFLES, arranged, order_of, orders

OPTIONS = tuple(f"option {n}" for n in range(6))


class World:
    """What a page may stand on."""

    def __init__(self) -> None:
        self.version = 1
        self.tick = 0
        self.made = 0
        self.is_broken = False

    def make(self) -> Made:
        if self.is_broken:
            raise LookupError
        self.made += 1
        text = f"version {self.version} at {self.tick} " + "ا" * 3_000
        parts = tuple(f"<li>{option} {'x' * 50}</li>" for option in OPTIONS)
        content = Content(
            text,
            parts,
            "the end " + "ي" * 2_000,
            lambda order: [OPTIONS.index(one) for one in arranged(OPTIONS, order)],
            lambda seed: order_of(seed, len(OPTIONS)),
        )
        return content, {"content-type": "text/html", "cache-control": "no-store"}

    def stands_on(self) -> StandsOn:
        return StandsOn(lambda: (self.version,), lambda: self.tick)

    def page(self) -> KeptPage:
        return KeptPage(self.make, self.stands_on())


def plain(content: str, **headers: str) -> KeptPage:
    return KeptPage(lambda: (Content(content), headers), StandsOn(lambda: ()))


def test_page_is_the_same_compressed_in_every_order() -> None:
    page = World().page()

    for order in range(orders(len(OPTIONS))):
        packed = page.body(order, is_packed=True)

        assert gzip.decompress(packed) == page.body(order, is_packed=False)
        assert len(packed) < len(page.body(order, is_packed=False)) / 5


def test_page_in_one_order_is_compressed_whole() -> None:
    page = plain("<p>" + "word " * 500)

    assert gzip.decompress(page.body(0, is_packed=True)).decode() == "<p>" + "word " * 500


def test_page_shows_each_part_once_in_the_order_of_the_seed() -> None:
    page = World().page()

    for seed in ("one", "two", "three"):
        text = page.body(page.order_of(seed), is_packed=False).decode()
        places = [text.index(option) for option in arranged(OPTIONS, order_of(seed, len(OPTIONS)))]
        assert places == sorted(places)
        assert text.count("<li>") == len(OPTIONS)


def test_every_option_stands_in_every_place_equally_often() -> None:
    count = orders(len(OPTIONS))
    seen = Counter(
        (place, option)
        for order in range(count)
        for place, option in enumerate(arranged(OPTIONS, order))
    )

    assert set(seen.values()) == {SHUFFLES}
    assert len(seen) == len(OPTIONS) ** 2


def test_seeds_are_spread_over_all_orders() -> None:
    seen = Counter(order_of(f"seed {n}", len(OPTIONS)) for n in range(48_000))

    assert set(seen) == set(range(orders(len(OPTIONS))))
    assert max(seen.values()) < 1.2 * min(seen.values())


def test_order_of_nothing_is_empty_and_of_one_is_one() -> None:
    assert arranged((), order_of("seed", 0)) == ()
    assert arranged(("a",), order_of("seed", 1)) == ("a",)


def test_page_is_made_once_while_nothing_changes() -> None:
    world, pages = World(), KeptPages()
    pages.keep("key", world.page())

    found = [pages.find("key") for _ in range(100)]

    assert len(set(map(id, found))) == 1
    assert world.made == 1
    assert (pages.counters.hits, pages.counters.renders) == (100, 1)


def test_page_is_thrown_away_when_a_fact_changes() -> None:
    world, pages = World(), KeptPages()
    pages.keep("key", world.page())
    world.version = 2

    assert pages.find("key") is None
    assert pages.pages == 0


def test_page_is_made_again_when_the_clock_moves_on() -> None:
    world, pages = World(), KeptPages()
    pages.keep("key", world.page())
    world.tick = 7

    found = pages.find("key")

    assert found is not None
    assert b"version 1 at 7" in found.body(0, is_packed=False)
    assert pages.find("key") is found


def test_page_whose_making_fails_is_not_kept() -> None:
    world, pages = World(), KeptPages()
    pages.keep("key", world.page())
    world.tick = 1
    world.is_broken = True

    with pytest.raises(LookupError):
        pages.find("key")

    assert pages.find("key") is None


def test_pages_are_bounded_by_number_and_by_bytes() -> None:
    few = KeptPages(most=3)
    for n in range(10):
        few.keep(n, plain("text"))
    small = KeptPages(most_bytes=10_000)
    for n in range(100):
        small.keep(n, plain("y" * 1_000)).body(0, is_packed=False)

    assert few.pages == 3
    assert few.find(9) is not None
    assert small.held <= 11_000


def test_page_that_is_asked_for_outlives_pages_that_are_not() -> None:
    pages = KeptPages(most=3)
    pages.keep("wanted", plain("text"))
    for n in range(10):
        pages.keep(n, plain("once"))

        assert pages.find("wanted") is not None

    assert pages.pages == 3


def test_old_pages_make_room_before_good_ones() -> None:
    old, pages = World(), KeptPages(most=3)
    pages.keep("good", plain("text"))
    pages.keep("old", old.page())
    pages.keep("also good", plain("text"))
    old.version = 2
    pages.keep("new", plain("text"))

    assert [pages.find(key) is not None for key in ("good", "old", "also good", "new")] == [
        True, False, True, True,
    ]  # fmt: skip


def test_page_that_must_not_be_stored_has_no_tag() -> None:
    assert World().page().etag == b""
    tags = {plain(text, **{"cache-control": "no-cache"}).etag for text in ("one", "one", "two")}
    assert len(tags) == 2


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("gzip, deflate, br", True),
        ("GZIP", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("", False),
        ("identity", False),
        ("xgzip", False),
        ("," * 5_000 + "gzip", False),
    ],
)
def test_gzip_is_for_who_can_read_it(accept: str, *, wanted: bool) -> None:
    assert accepts_gzip(accept) is wanted


def test_neighbours_are_not_the_same_in_every_order() -> None:
    pairs = Counter(
        pair
        for order in range(orders(len(OPTIONS)))
        for pair in itertools.pairwise(arranged(OPTIONS, order))
    )

    assert max(pairs.values()) < orders(len(OPTIONS)) / 2
