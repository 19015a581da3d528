"""The public ledger, sealed while people vote."""

from typing import Final

from bench.measures import at_most
from bench.report import Detail, Part, Row, cell
from bench.runs import repeat
from bench.scenarios import sealing
from voting.sealing.batching import MOST_AT_ONCE

_VOTERS: Final = 2_000
_SECONDS: Final = 2.5
_MOST_RUNS: Final = 1  # it waits twice until a batch may be sealed
_HOW: Final = f"""{_VOTERS:,} voters have one ballot each on its way for {_SECONDS} s, with the bound lifted
that is lifted for the steady figure of ballots. Then nobody does anything until every one of these ballots is
a leaf of the signed ledger; the server's processor time of that while, less that of a server which is only
asked how far it is, is what sealing costs. A leaf is made, hashed, sorted into its batch, put into the tree and
stored in a transaction of up to {MOST_AT_ONCE:,}, with a checkpoint signed for each; the rate is from the first such
checkpoint to the last. Its share is of what a ballot costs in all, from the socket to the ledger. The answer
times are those of {_VOTERS:,} people who cast once within a second in which others' ballots are being sealed."""


def part(runs: int) -> Part:
    """The part."""
    found = repeat(
        ("eager",),
        min(runs, _MOST_RUNS),
        lambda server: sealing.measure(server, _VOTERS, _SECONDS),
    )
    why = found.why("eager")
    rows = (
        Row(
            "leaves sealed a second in a live contest",
            found.one("eager", "per_second"),
            None,
            "",
            why,
        ),
        Row(
            "the sealing of a ballot over all its processor time",
            found.one("eager", "share"),
            None,
            "",
            why,
        ),
        Row(
            "ballots cast meanwhile: p95", found.one("eager", "answer_p95"), at_most(250), "ms", why
        ),
    )
    cells = [
        cell(found.one("eager", one)) for one in ("leaves", "per_second", "leaf_us", "ballot_us")
    ]
    columns = ("server", "leaves", "leaves a second", "µs per leaf", "µs per ballot before")
    detail = Detail("One core", columns, (("Sawt, SQLite with synchronous FULL", *cells),))
    return Part("The ledger", _HOW, rows, (detail,))
