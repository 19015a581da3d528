"""From measured costs to an audience of any size: the arithmetic, with nothing hidden. Pure."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from bench.report import shown, table

KERNEL_KB: Final = 3.7
"""Kernel memory of one TCP connection with its descriptor: TCP 2368 + sock_inode 832 + filp 192 +
dentry 192 + epitem 128 bytes, from ``/proc/slabinfo`` of Linux 6."""
HEADER_BYTES: Final = 52 + 14 + 4
"""TCP with timestamps and IPv4, Ethernet, and a WebSocket head, for a frame in one segment."""
FULL: Final = 0.7
"""Share of a core planned for; the rest is for joins, ballots and the unforeseen."""
SIZES: Final = (1_000, 10_000, 50_000, 100_000, 1_000_000)


class Costs(msgspec.Struct, frozen=True):
    """What one of each costs one node: microseconds of a core, kilobytes, ballots a second."""

    frame_us: float
    viewer_kb: float
    join_us: float
    ballot_us: float
    ballots_per_second: float
    sockets: int
    """Viewers one process may hold open."""
    frame_bytes: int


class Need(msgspec.Struct, frozen=True):
    """What an audience needs: processes of one core each, memory, and network towards it."""

    viewers: int
    processes: int
    bound: str
    """What decides: "processor" or "descriptors"."""
    memory_gb: float
    gigabits: float
    join_seconds: float
    """Until everybody has come in, were all to come at once."""


def need(viewers: int, costs: Costs, hertz: float = 2.0) -> Need:
    """What so many viewers at so many frames a second need."""
    by_processor = math.ceil(viewers * hertz * costs.frame_us / 1e6 / FULL)
    by_sockets = math.ceil(viewers / costs.sockets)
    processes = max(1, by_processor, by_sockets)
    return Need(
        viewers=viewers,
        processes=processes,
        bound="processor" if by_processor >= by_sockets else "descriptors",
        memory_gb=viewers * (costs.viewer_kb + KERNEL_KB) / 1024 / 1024,
        gigabits=viewers * hertz * (costs.frame_bytes + HEADER_BYTES) * 8 / 1e9,
        join_seconds=viewers * costs.join_us / 1e6 / processes,
    )


def sheet(costs: Costs, sizes: Sequence[int] = SIZES) -> str:
    """The growth sheet as Markdown."""
    rows = [
        (
            f"{one.viewers:,}",
            f"{one.processes:,}",
            one.bound,
            shown(one.memory_gb),
            shown(one.gigabits),
            shown(one.join_seconds),
        )
        for one in (need(size, costs) for size in sizes)
    ]
    columns = ("viewers", "processes", "bound by", "memory GB", "Gbit/s out", "seconds to come in")
    million = need(1_000_000, costs)
    return f"""## Growth

| | cost |
|---|---|
| one frame to one viewer | {shown(costs.frame_us)} µs of a core |
| one idle viewer | {shown(costs.viewer_kb)} KB in the process and about {KERNEL_KB} KB in the kernel |
| one join (page, handshake, first frame) | {shown(costs.join_us)} µs of a core |
| one durable ballot | {shown(costs.ballot_us)} µs of a core |
| one process | {costs.sockets:,} viewers by its descriptors, {costs.ballots_per_second:,.0f} durable ballots a second |

Arithmetic, for whole states of {costs.frame_bytes} bytes twice a second: processes = the larger of
viewers × 2 × {shown(costs.frame_us)} µs ÷ {FULL} and viewers ÷ {costs.sockets:,}, rounded up; memory = viewers ×
({shown(costs.viewer_kb)} + {KERNEL_KB}) KB; network = viewers × 2 × ({costs.frame_bytes} + {HEADER_BYTES}) bytes.

{table(columns, rows)}

A million viewers are {million.processes:,} processes of one core, bound by the {million.bound},
{shown(million.memory_gb)} GB and {shown(million.gigabits)} Gbit/s. Were each of them to cast once
within a minute, that is 16,700 ballots a second, {shown(1e6 / 60 / max(1.0, costs.ballots_per_second))} times
what one writer records here: beyond one, a single contest is spread over several
[polling stations](decisions/0026-polling-stations.md), a log each. What is not measured here: a network
card instead of loopback, TLS, and a balancer in front.
"""
