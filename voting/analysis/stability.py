"""How steady an order would be with a similar crowd: a thousand crowds drawn from the ballots. Pure.

For each electorate 256 buckets of ballots are drawn with replacement, what one ballot weighs stays as
it was, and the order is found again by the contest's own rule. The draw is made of SHA-256 alone,
seeded from the ledger's final root, so anybody gets the same figures in any language. It is no
probability of being right, and never part of a result. Source: counting page 6.4.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from voting.analysis.sample import BUCKETS, Bucket, Sample
from voting.methods.pairwise import Combined
from voting.methods.registry import Order

VERSION: Final = "sawt-stability/1"
"""Names the draw, the resamples and the range; another way of doing it has another name."""
RESAMPLES: Final = 1_000
_CUT: Final = (
    50  # crowds left out at each end: 5 per cent of 1,000, so that 90 per cent are between
)
_BLOCKS: Final = BUCKETS // 32  # digests of 32 bytes for one draw


class Steady(msgspec.Struct, frozen=True):
    """One option: in how many of the crowds it is first, and the ranks in the middle 90 per cent."""

    id: str
    first: int
    best: int
    worst: int


class Stability(msgspec.Struct, frozen=True):
    """The options in the contest's own order, over so many drawn crowds."""

    options: tuple[Steady, ...]
    resamples: int = RESAMPLES
    version: str = VERSION


def seed_of(contest: str, root: bytes) -> bytes:
    """What the draw begins with; ``root`` is empty for a contest without a ledger."""
    return sha256(b"\0".join((VERSION.encode(), contest.encode(), root))).digest()


def drawn(seed: bytes, electorate: str, crowd: int) -> bytes:
    """256 bucket numbers, a byte each: which parts of the electorate make up this crowd."""
    head = seed + electorate.encode() + b"\0" + crowd.to_bytes(4, "big")
    return b"".join(sha256(head + bytes((block,))).digest() for block in range(_BLOCKS))


def stability(
    sample: Sample, combined: Combined, order: Order, lot: Sequence[str], seed: bytes
) -> Stability:
    """The figures of a contest.

    Args:
        sample: Its counted ballots.
        combined: The same ballots weighed; its coefficients are kept.
        order: The contest's own rule.
        lot: The last word between options that nothing else parts.
        seed: From `seed_of`.
    """
    places = [Counter[int]() for _ in combined.options]
    for crowd in crowds(sample, combined, seed):
        for rank, option in enumerate(order(crowd, lot), start=1):
            places[option][rank] += 1
    return Stability(
        tuple(
            _steady(option, ranks) for option, ranks in zip(combined.options, places, strict=True)
        )
    )


def _steady(option: str, ranks: Counter[int]) -> Steady:
    in_order = sorted(ranks.elements())
    return Steady(option, ranks[1], in_order[_CUT], in_order[-1 - _CUT])


def crowds(sample: Sample, combined: Combined, seed: bytes) -> Iterator[Combined]:
    """The weighted sums of a thousand crowds.

    All figures of a bucket travel in one whole number, a field each, so that drawing a crowd is 256
    additions for each electorate instead of 256 times as many as there are pairs.
    """
    present = [weighed for weighed in combined.electorates if weighed.counted]
    width = _width(sum(weighed.coefficient * weighed.n for weighed in present))
    tables = [
        (weighed.id, _table(sample.buckets[weighed.id], weighed.coefficient, width))
        for weighed in present
    ]
    fields = len(combined.options) * (len(combined.options) + 1)
    for crowd in range(RESAMPLES):
        whole = sum(sum(map(table.__getitem__, drawn(seed, name, crowd))) for name, table in tables)
        yield _summed(combined, _fields(whole, fields, width))


def _width(total: int) -> int:
    """Bytes that hold any field of any crowd: at worst one bucket has all ballots and comes 256 times."""
    return (total * BUCKETS).bit_length() // 8 + 1


def _table(buckets: Mapping[int, Bucket], coefficient: int, width: int) -> list[int]:
    table = [0] * BUCKETS
    for place, bucket in buckets.items():
        figures = [*(n for row in bucket.above for n in row), *bucket.firsts]
        packed = b"".join((n * coefficient).to_bytes(width, "little") for n in figures)
        table[place] = int.from_bytes(packed, "little")
    return table


def _fields(whole: int, fields: int, width: int) -> list[int]:
    packed = whole.to_bytes(fields * width, "little")
    ends = range(0, fields * width, width)
    return [int.from_bytes(packed[start : start + width], "little") for start in ends]


def _summed(combined: Combined, figures: Sequence[int]) -> Combined:
    """The weighted sum made of these figures: the pairs row by row, then the first choices."""
    size = len(combined.options)
    support = tuple(tuple(figures[size * a : size * (a + 1)]) for a in range(size))
    across = tuple(zip(*support, strict=True))
    margins = tuple(
        tuple(for_it - against for for_it, against in zip(row, column, strict=True))
        for row, column in zip(support, across, strict=True)
    )
    return Combined(
        combined.options,
        combined.scale,
        combined.electorates,
        support,
        margins,
        combined.total,
        net=tuple(map(sum, margins)),
        firsts=tuple(figures[size * size :]),
    )
