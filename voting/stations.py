"""Polling stations: the logs one contest's ballots are spread over, and where their lines stand. Pure.

A contest has one log, or one for each of its S stations. A voter belongs to one station for good, so
everything that holds of one log holds of a voter's. The lines of all stations share one numbering
without touching each other's: the n-th line of station s stands at position (n - 1) · S + s + 1. With
one station that is the n-th position, as if there were no stations. Source: architecture page 6.
"""

from collections.abc import Sequence
from typing import Final

MOST_STATIONS: Final = 64
"""Beyond it a close, which takes every head, would wait longer than it gains."""


def station_of(tag: str, stations: int) -> int:
    """The station of the voter with this tag, from 0: always the same, and as likely as any other.

    Args:
        tag: Hexadecimal digits of a keyed hash, so it is spread evenly whoever votes.
        stations: How many the contest has.
    """
    return int(tag, 16) % stations if stations > 1 else 0


def place(station: int, line: int, stations: int) -> int:
    """The position of a station's line, both counted: the station from 0, its lines from 1."""
    return (line - 1) * stations + station + 1


def at(position: int, stations: int) -> int:
    """The station whose line stands at this position."""
    return (position - 1) % stations


def length(position: int, stations: int) -> int:
    """How many lines a station's log has whose last one stands at this position; 0 for position 0."""
    return (position - 1) // stations + 1


def last(station: int, lines: int, stations: int) -> int:
    """The position of the last of so many lines of a station; 0 when there is none."""
    return place(station, lines, stations) if lines else 0


def lasts(lengths: Sequence[int], stations: int) -> tuple[int, ...]:
    """As `last`, of every station; before a contest is ready, none has a log to be long."""
    whole = (*lengths, *[0] * (stations - len(lengths)))
    return tuple(last(station, lines, stations) for station, lines in enumerate(whole))


def following(station: int, after: int, head: int, stations: int) -> range:
    """Positions of a station's lines after one of them (0: from the first) up to its last."""
    first = after + stations if after else station + 1
    return range(first, head + 1, stations)
