"""Counts by which a node decides, while ballots arrive, which of them to hold. Pure.

In memory and per node: with k nodes behind a balancer a source may bring up to k times as many before
it is held, and a node that starts anew counts anew. Whoever came before a source was too many keeps
counting; what a voter says later is judged again.
"""

from collections.abc import Sequence
from typing import Final

from expo.identity.people import Assurance, is_enough
from voting.holds import HoldRule, Origin

MOST_SOURCES: Final = 100_000  # about 20 MB; beyond it the source seen first is forgotten


class Persons:
    """How many different persons came from each source, up to a limit."""

    __slots__ = ("_known", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, str | set[str]] = {}

    def is_beyond(self, source: str, person: str) -> bool:
        """Count a person in; whether as many others from this source came before."""
        known = self._known.get(source)
        if known is None:
            if len(self._known) >= MOST_SOURCES:
                del self._known[next(iter(self._known))]
            self._known[source] = (
                person  # most sources bring one person: a set for each would be big
            )
            return self._most < 1
        if isinstance(known, str):
            if known == person:
                return self._most < 1
            known = self._known[source] = {known}
        if person in known:
            return self._most < 1
        if len(known) >= self._most:
            return True
        known.add(person)
        return False

    def clear(self) -> None:
        """Forget everybody: another window begins."""
        self._known.clear()


class _Rule:
    """One rule with its counts."""

    __slots__ = ("_ends_ms", "_kind", "_persons", "_seconds_ms", "_spared", "rule")

    def __init__(self, rule: HoldRule) -> None:
        self.rule = rule
        self._persons = Persons(rule.most)
        self._seconds_ms = rule.seconds * 1000
        self._ends_ms = 0
        # a tuple: of a set every look would hash the level, which an enumeration does slowly
        self._spared = tuple(
            level for level in Assurance if level != rule.up_to and is_enough(level, rule.up_to)
        )
        self._kind = rule.kind

    def holds(self, person: str, group: str, level: Assurance, origin: Origin, at_ms: int) -> bool:
        """Count a ballot in; whether it is to be held."""
        if level in self._spared:
            return False
        kind = self._kind
        if kind == "quick":
            return origin.opened_ms is not None and at_ms - origin.opened_ms < self.rule.most
        source = group if kind == "burst" else origin.source(kind)
        if not source:
            return False
        if self._seconds_ms and at_ms >= self._ends_ms:
            self._persons.clear()
            self._ends_ms = at_ms + self._seconds_ms
        return self._persons.is_beyond(source, person)


class Counters:
    """The rules of one contest with their counts. Mutable: it belongs to the loop's thread."""

    __slots__ = ("_calm", "_rules", "is_armed")

    def __init__(self, rules: Sequence[HoldRule]) -> None:
        self._rules = [_Rule(rule) for rule in rules]
        self._calm = [rule for rule in self._rules if rule.rule.kind != "burst"]
        self.is_armed = False
        """Whether rules against bursts are at work."""

    def judge(
        self, person: str, electorate: str, level: Assurance, origin: Origin, at_ms: int
    ) -> str | None:
        """Why a ballot is held; None: it counts.

        Every rule counts every ballot; of those that hold it the first says why.

        Args:
            person: Who casts.
            electorate: The group it is weighed in.
            level: How surely the person is known.
            origin: Where it comes from.
            at_ms: When it arrived, in milliseconds of the server's clock.
        """
        why: str | None = None
        for rule in self._rules if self.is_armed else self._calm:
            if rule.holds(person, electorate, level, origin, at_ms) and why is None:
                why = rule.rule.kind
        return why
