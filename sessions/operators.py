"""Who is in the control room, and what each of them did last. Pure.

Who is connected is this process's own memory; who acts on another node is known by the staff log.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from expo.errors import Fact, StaleVersion
from expo.identity.people import Person
from sessions.orders import ACTIONS
from sessions.protocol import Operator, StaffLine

RECENT: Final = timedelta(minutes=10)
"""Whoever acted this recently is listed although no room of theirs is connected here."""
_OF_THE_SHOW: Final = frozenset(ACTIONS.values())


class Operators:
    """The control rooms that are open, by what the staff log calls their operators."""

    def __init__(self) -> None:
        self._here: Counter[str] = Counter()

    def arrive(self, person: Person | None) -> None:
        """A control room has connected."""
        if person is not None:
            self._here[called(person)] += 1

    def leave(self, person: Person | None) -> None:
        """A control room has gone; the same person may have another one."""
        if person is not None:
            self._here[called(person)] -= 1
            self._here += Counter()  # drops whoever has none left

    def lines(self, log: Iterable[StaffLine], at: datetime) -> tuple[Operator, ...]:
        """Everybody by name, with what they did last.

        Args:
            log: The staff log, newest first.
            at: The instant.
        """
        done = _last_by_actor(log)
        recent = {one for one, line in done.items() if at - line.at <= RECENT}
        return tuple(_line(one, done, one in self._here) for one in sorted({*self._here, *recent}))


def called(person: Person) -> str:
    """What the staff log calls somebody."""
    return person.label or person.role.value


def last_of_the_show(log: Iterable[StaffLine]) -> StaffLine | None:
    """What was last done to the show, whoever did it."""
    return next((line for line in log if line.action in _OF_THE_SHOW), None)


def with_deed(refusal: StaleVersion, line: StaffLine | None) -> StaleVersion:
    """The refusal that also says who acted first and what it was, as far as the log tells."""
    if line is None:
        return refusal
    told: dict[str, Fact] = {"actor": line.actor, "action": line.action}
    return StaleVersion(**{**refusal.facts, **told})


def _last_by_actor(log: Iterable[StaffLine]) -> dict[str, StaffLine]:
    done: dict[str, StaffLine] = {}
    for line in log:
        if line.actor:
            done.setdefault(line.actor, line)
    return done


def _line(name: str, done: Mapping[str, StaffLine], here: bool) -> Operator:
    line = done.get(name)
    if line is None:
        return Operator(name, here, None, None, None)
    return Operator(name, here, line.action, line.subject, line.at)
