"""The whole crowd: comes in with its passes, spread over all electorates, and takes part."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from sessions.rehearsal.crowd import habit, ranking
from sessions.rehearsal.door import CONNECTIONS, Door
from sessions.rehearsal.member import Announced, Member, Think
from sessions.rehearsal.report import Report

_AT_ONCE: Final = 300  # people with a ballot to cast come and go: descriptors are few

Came = Callable[[int], None]


class Audience:
    """Synthetic people on real sockets.

    Args:
        url: Where the server is, ``http://…``.
        passes: Per electorate that needs one, the paths of single-use passes (``/pass/…``);
            whoever has no pass joins as a customer.
        size: How many people in all.
        seed: The same seed gives the same people and opinions.
        pace: 1 for a show; more to make everybody faster.
        ballots: When given, member ``i`` casts ``ballots[i]`` in the end, whatever it tried before,
            and leaves.
        origin: What the server calls itself, if that differs from ``url``.
    """

    def __init__(
        self,
        url: str,
        *,
        passes: Mapping[str, Sequence[str]],
        size: int,
        seed: int = 2017,
        pace: float = 1.0,
        ballots: Sequence[tuple[str, ...]] | None = None,
        origin: str | None = None,
    ) -> None:
        self.report = Report()
        self.finished = asyncio.Event()
        """Set once everybody who takes part has had the answer to the last ballot it will cast."""
        self.door = Door(url, origin)
        self.electorates: list[str] = []
        self._passes = {electorate: list(paths) for electorate, paths in passes.items()}
        self._size = size
        self._seed = seed
        self._pace = pace
        self._ballots = ballots
        self._still_voting = size
        self._cookies: list[str] = []
        self._announced = Announced()

    async def run(self, came: Came = lambda _number: None) -> None:
        """Come in and take part until cancelled."""
        async with self.door:
            await self.come_in(came)
            await self.take_part()

    async def take_part(self) -> None:
        """Whoever has come in takes part until cancelled."""
        seats = asyncio.Semaphore(_AT_ONCE if self._ballots is not None else max(1, self._size))
        async with asyncio.TaskGroup() as members:
            for number, who in enumerate(self._cookies):
                members.create_task(self._attend(seats, self._member(number, who)))
        if not self._cookies:
            self.finished.set()

    async def _attend(self, seats: asyncio.Semaphore, member: Member) -> None:
        async with seats:
            await member.run()

    async def come_in(self, came: Came = lambda _number: None) -> None:
        """Let everybody in; electorates take turns as long as their passes last.

        Raises:
            TurnedAway: Somebody was not let in.
        """
        tickets = self._tickets()
        self._cookies = []
        for start in range(0, self._size, CONNECTIONS):
            batch = range(start, min(start + CONNECTIONS, self._size))
            self._cookies += await asyncio.gather(*(self._enter(tickets.get(n)) for n in batch))
            came(len(self._cookies))

    def _tickets(self) -> dict[int, str]:
        """Which member has which pass: thirds, the customers being those without one."""
        tickets: dict[int, str] = {}
        kinds = sorted(self._passes)
        self.electorates = ["customers"] * self._size
        for number in range(self._size):
            kind = number % (len(kinds) + 1)
            if kind < len(kinds) and self._passes[kinds[kind]]:
                tickets[number] = self._passes[kinds[kind]].pop()
                self.electorates[number] = kinds[kind]
        return tickets

    async def _enter(self, path: str | None) -> str:
        return await (self.door.redeem(path) if path else self.door.join())

    def _member(self, number: int, cookies: str) -> Member:
        ways = habit(self._seed, number, self._pace)
        if self._ballots is not None:
            ways = msgspec.structs.replace(ways, silent=False, withdraws=False, late=False)
        return Member(
            number,
            url=self.door.url.replace("http", "ws", 1),
            origin=self.door.origin,
            cookies=cookies,
            habit=ways,
            think=self._thoughts(number, last=0 if ways.revises_after is None else 1),
            report=self.report,
            announced=self._announced,
            on_done=self._one_done,
            leaves=self._ballots is not None,
        )

    def _one_done(self) -> None:
        self._still_voting -= 1
        if self._still_voting <= 0:
            self.finished.set()

    def _thoughts(self, number: int, *, last: int) -> Think:
        def thoughts(options: Sequence[str], longest: int, attempt: int) -> tuple[str, ...]:
            if self._ballots is not None and attempt == last:
                return self._ballots[number]
            return ranking(self._seed, number, options, longest, attempt)

        return thoughts
