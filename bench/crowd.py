"""The load generator as seen from Python: so many people on one server, and what they measured."""

from collections.abc import Sequence
from typing import Final, Self

import msgspec

from bench import machine
from bench.prepare import BUILD
from bench.programs import Program

_ANSWER_SECONDS: Final = 60.0
_COME_SECONDS: Final = 120.0
_LIFE_SECONDS: Final = 900


class Figures(msgspec.Struct, frozen=True):
    """What one window showed. Times are milliseconds; None where nothing of the kind happened.

    ``age`` is a frame's time from publication to parse, ``answer`` a ballot's from send to receipt,
    ``join`` a person's from the first connect to being in. ``age_p99_of_each`` is the median over
    all publications of the 99th percentile within each. ``cpu`` are the generator's own seconds.
    """

    seconds: float
    cpu: float
    open: int
    gone: int
    frames: int
    fewest: int
    most: int
    joins: int
    receipts: int
    refused: int
    waiting: int
    age_p50: float | None
    age_p95: float | None
    age_p99: float | None
    age_max: float | None
    age_p99_of_each: float | None
    answer_p50: float | None
    answer_p95: float | None
    answer_p99: float | None
    answer_max: float | None
    join_p50: float | None
    join_p95: float | None
    join_p99: float | None


class Ballots(msgspec.Struct, frozen=True):
    """What people vote about: the contest, its options, and how many may be ranked."""

    contest: str
    options: Sequence[str]
    longest: int

    def flags(self) -> tuple[str, ...]:
        """As the generator takes them."""
        options = ",".join(self.options)
        return "--contest", self.contest, "--options", options, "--longest", str(self.longest)


class Crowd:
    """People on real sockets to one port; they come at once, and go when the block ends."""

    def __init__(self, port: int, people: int, *flags: str, core: int | None = None) -> None:
        command = [str(BUILD / "load"), "--port", str(port), "--people", str(people)]
        command += ["--seconds", str(_LIFE_SECONDS), *flags]
        self._program = Program(command, core=machine.cores()[1] if core is None else core)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._program.end()

    def come(self) -> Figures:
        """Wait until everybody is in; the window from the start until then.

        Raises:
            Failed: It took too long.
        """
        return msgspec.convert(self._program.hear(_COME_SECONDS), Figures)

    def begin(self) -> None:
        """Begin a measured window."""
        self._program.tell("begin")
        self._program.hear(_ANSWER_SECONDS)

    def end(self) -> Figures:
        """End the window; its figures."""
        self._program.tell("end")
        return msgspec.convert(self._program.hear(_ANSWER_SECONDS), Figures)

    def vote(self) -> None:
        """Everybody casts, and again after each receipt, until `hush`."""
        self._program.tell("vote")

    def hush(self) -> None:
        """Nobody begins a new ballot."""
        self._program.tell("hush")

    def cast(self, seconds: float) -> None:
        """Everybody casts once, spread evenly over so long; 0 for all in the same instant."""
        self._program.tell(f"cast {seconds}")

    def waiting(self) -> int:
        """Ballots without an answer yet."""
        self._program.tell("waiting")
        return int(self._program.hear(_ANSWER_SECONDS)["waiting"])
