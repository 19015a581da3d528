"""Several nodes on PostgreSQL."""

import sys
from typing import Final

from bench.measures import at_least, at_most, spread
from bench.peers import Absent
from bench.programs import Failed
from bench.report import Detail, Part, Row, cell
from bench.scenarios import nodes
from bench.scenarios.nodes import Nodes
from tests.support.postgres import Cluster

_PEOPLE: Final = 2_000
_SECONDS: Final = 2.5
_COUNTS: Final = (1, 2, 4)
_CASES: Final = {(1, 1): 2, (2, 1): None, (2, 4): 1, (4, 1): 1}
"""Nodes and polling stations of the contest, with the most runs of what only stands beside the goal."""
_HOW: Final = f"""{_PEOPLE:,} voters with one ballot each on its way, spread over one, two and four
nodes that share one PostgreSQL (`synchronous_commit` on) and tell each other to look again through it.
All nodes and PostgreSQL share the server's core, so another node costs and cannot speed anything up:
the table shows what it costs, and that the record stays exact. Then the people of one node cast once
more in the same instant, and somebody's page on every node is watched until it has counted them. That
viewers of a killed node are back within 3 s is shown by `tests/fleet`, behind nginx. With several
polling stations ([decision 0026](decisions/0026-polling-stations.md)) nodes do not queue for one head."""
Found = dict[tuple[int, int], list[Nodes]]


def part(runs: int) -> Part:
    """The part."""
    found: Found = {case: [] for case in _CASES}
    why = ""
    try:
        with nodes.postgres() as cluster:
            why = _measured(cluster, runs, found)
    except Absent as absent:
        why = str(absent)
    return Part("Several nodes", _HOW, _rows(found, why), (_detail(found),))


def _measured(cluster: Cluster, runs: int, found: Found) -> str:
    """Why some runs have no figures; empty when all have."""
    why = ""
    for run in range(runs):
        for case in _due(run):
            count, stations = case
            try:
                one = nodes.measure(cluster, count, _PEOPLE, _SECONDS, stations)
            except (Failed, OSError) as error:
                why = str(error)
                print(f"{count} nodes, {stations} stations: {error}", file=sys.stderr)
            else:
                found[case].append(one)
                print(f"  {one}", file=sys.stderr)
    return why


def _due(run: int) -> list[tuple[int, int]]:
    """The cases that are still measured in the run of this number, from 0."""
    return [case for case, most in _CASES.items() if most is None or run < most]


def _rows(found: Found, why: str) -> tuple[Row, ...]:
    rows = []
    for count in _COUNTS[1:]:
        those = [one for case, some in found.items() if case[0] == count for one in some]
        exact = spread(one.exact for one in those)
        same = spread(one.same_ms / 1000 for one in those)
        name = f"{count} nodes on PostgreSQL"
        rows += [
            Row(f"{name}: runs whose record is exact", exact, at_least(1), "", why),
            Row(f"{name}: all screens equal within", same, at_most(1), "s", why),
        ]
    return tuple(rows)


def _detail(found: Found) -> Detail:
    columns = (
        "nodes",
        "stations",
        "ballots a second",
        "µs per ballot, nodes only",
        "p99 ms",
        "screens equal, ms",
    )
    figures = ("per_second", "ballot_us", "answer_p99", "same_ms")
    rows = tuple(
        (*map(str, case), *(cell(spread(getattr(one, key) for one in those)) for key in figures))
        for case, those in found.items()
    )
    return Detail(f"{_PEOPLE:,} voters, one ballot each on its way", columns, rows)
