"""What happened in a rehearsal: counts, waiting times and every acknowledged ballot. Pure."""

from collections import Counter
from typing import Any

import msgspec


class Acknowledged(msgspec.Struct, frozen=True):
    """One ballot the server promised to count."""

    member: int
    contest: str
    ballot: str
    ranking: tuple[str, ...]
    tracker: str
    revision: int


class Report:
    """Filled while the audience takes part."""

    def __init__(self) -> None:
        self.connected = 0
        self.lost_connections = 0
        self.vanished = 0
        self.sent = 0
        self.put_off = 0
        self.acknowledged: list[Acknowledged] = []
        self.refused: Counter[str] = Counter()
        self.waits: list[float] = []

    def answered(
        self, member: int, ballot: dict[str, Any], frame: dict[str, Any], seconds: float
    ) -> None:
        """Note the answer to one ballot and how long it took."""
        if frame["type"] == "refused":
            self.refused[frame["code"]] += 1
            return
        self.waits.append(seconds)
        self.acknowledged.append(
            Acknowledged(
                member=member,
                contest=ballot["contest"],
                ballot=ballot["id"],
                ranking=tuple(ballot["ranking"]),
                tracker=frame["tracker"],
                revision=frame["revision"],
            )
        )

    def latest(self) -> dict[tuple[int, str], Acknowledged]:
        """Per member and contest the acknowledged ballot with the highest revision."""
        latest: dict[tuple[int, str], Acknowledged] = {}
        for each in self.acknowledged:
            key = (each.member, each.contest)
            if key not in latest or latest[key].revision < each.revision:
                latest[key] = each
        return latest

    def percentile_ms(self, share: float) -> int | None:
        """Waiting time from sending to the receipt, in whole milliseconds; None before the first."""
        if not self.waits:
            return None
        waits = sorted(self.waits)
        return round(waits[min(len(waits) - 1, int(share * len(waits)))] * 1000)

    def summary(self) -> dict[str, Any]:
        """The figures for the terminal and for JSON."""
        return {
            "connected": self.connected,
            "lost_connections": self.lost_connections,
            "vanished_before_the_answer": self.vanished,
            "sent": self.sent,
            "told_to_come_back": self.put_off,
            "acknowledged": len(self.acknowledged),
            "voters": len({(each.member, each.contest) for each in self.acknowledged}),
            "refused": dict(sorted(self.refused.items())),
            "receipt_ms": {"p50": self.percentile_ms(0.5), "p99": self.percentile_ms(0.99)},
        }
