"""How far sealing is, kept in memory: it ages by itself, and says nothing where another node seals."""

from expo.load.levels import SEALING_SECONDS
from voting.receipts import INCLUDED_WITHIN
from voting.sealing.progress import Progress


def test_what_waits_grows_older_though_nobody_looks() -> None:
    progress = Progress()
    progress.begin(100.0)
    progress.waits("s1", 3, 90.0)
    progress.waits("s2", 4, 95.0)
    progress.looked(101.0, 0.5)

    assert (progress.lines, progress.looks, progress.look_seconds) == (7, 1, 0.5)
    assert progress.oldest_seconds(101.0) == 11.0
    assert progress.oldest_seconds(201.0) == 111.0
    assert progress.age_seconds(201.0) == 100.0
    progress.sealed("s1")
    assert (progress.lines, progress.oldest_seconds(101.0)) == (4, 6.0)


def test_nothing_waits_where_another_node_seals() -> None:
    progress = Progress()
    progress.begin(0.0)
    progress.waits("s1", 3, 0.0)
    progress.key_lost("s1")

    progress.end()

    assert (progress.lines, progress.oldest_seconds(500.0), progress.age_seconds(500.0)) == (
        0,
        0,
        0,
    )
    assert progress.lost == frozenset()


def test_a_ledger_that_cannot_grow_any_more_is_forgotten() -> None:
    progress = Progress()
    progress.begin(0.0)
    for name in ("s1", "s2"):
        progress.waits(name, 1, 0.0)
        progress.key_lost(name)

    progress.growing(["s2", "s3"])

    assert (progress.lines, progress.lost) == (1, frozenset({"s2"}))
    progress.sealed("s2")
    assert (progress.lines, progress.lost) == (0, frozenset())


def test_the_load_page_calls_late_what_breaks_a_receipts_promise() -> None:
    assert SEALING_SECONDS.over == INCLUDED_WITHIN.total_seconds()
