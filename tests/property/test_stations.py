"""Where a station's lines stand, and who belongs to which: always the same, evenly, without gaps."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.elections import ELECTORATES, OPTIONS, logs, recount
from voting.ballots import tag_of
from voting.methods.tally import Line, Tally
from voting.stations import MOST_STATIONS, at, following, last, lasts, length, place, station_of

many = st.integers(1, MOST_STATIONS)
tags = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(tags, many)
def test_voter_has_one_station_for_good(tag: str, stations: int) -> None:
    found = station_of(tag, stations)

    assert 0 <= found < stations
    assert station_of(tag, stations) == found == int.from_bytes(bytes.fromhex(tag)) % stations


def test_stations_of_known_tags_never_change() -> None:
    found = [station_of(tag_of(b"s" * 32, f"p{n}"), 4) for n in range(12)]

    assert found == [1, 3, 1, 0, 3, 0, 1, 2, 3, 0, 3, 1]


@pytest.mark.parametrize("stations", [2, 4, 7, 64])
def test_voters_are_spread_evenly(stations: int) -> None:
    people = 1_000 * stations
    found = Counter(station_of(tag_of(b"k" * 32, f"p{n}"), stations) for n in range(people))

    assert set(found) == set(range(stations))
    assert max(abs(n - 1_000) for n in found.values()) < 160  # five standard deviations


@given(many, st.data())
def test_every_position_is_one_line_of_one_station(stations: int, data: st.DataObject) -> None:
    position = data.draw(st.integers(1, 10**9))

    station, line = at(position, stations), length(position, stations)

    assert 0 <= station < stations
    assert place(station, line, stations) == last(station, line, stations) == position


@given(st.lists(st.integers(0, 40), min_size=1, max_size=MOST_STATIONS), st.data())
def test_stations_share_the_positions_without_touching(
    lengths: list[int], data: st.DataObject
) -> None:
    stations = len(lengths)
    heads = lasts(lengths, stations)
    logs = [list(following(n, 0, head, stations)) for n, head in enumerate(heads)]

    assert [len(log) for log in logs] == lengths
    assert len({position for log in logs for position in log}) == sum(lengths)
    assert [length(head, stations) for head in heads] == lengths
    station = data.draw(st.integers(0, stations - 1))
    for n, position in enumerate(logs[station]):
        rest = following(station, position, heads[station], stations)
        assert list(rest) == logs[station][n + 1 :]


@given(st.integers(0, 10**6))
def test_one_station_is_no_station(line: int) -> None:
    assert place(0, line + 1, 1) == line + 1
    assert (last(0, line, 1), length(line, 1)) == (line, line)
    assert lasts((), 3) == (0, 0, 0)


@given(logs(), many, st.booleans(), st.data())
def test_sum_of_the_stations_is_the_count_of_the_whole(
    log: list[Line], stations: int, ballots: bool, data: st.DataObject
) -> None:
    parts = [Tally(OPTIONS, ELECTORATES, ballots=ballots) for _ in range(stations)]
    for station, lines in enumerate(spread(log, stations, data)):
        parts[station].apply_all(lines)

    whole = Tally(OPTIONS, ELECTORATES, ballots=ballots)
    for part in parts:
        whole.take_in(part)

    assert whole.groups() == recount(OPTIONS, ELECTORATES, log).groups()
    assert whole.position == max(part.position for part in parts)
    if ballots:
        again = recount(OPTIONS, ELECTORATES, log)
        assert set(whole.patterns()) == set(again.patterns())
        assert whole.own_ballots() == again.own_ballots()


def spread(log: list[Line], stations: int, data: st.DataObject) -> list[list[Line]]:
    """The same log written down by stations: each voter in one of them, in the same order."""
    home = {voter: data.draw(st.integers(0, stations - 1)) for voter in {one.voter for one in log}}
    found: list[list[Line]] = [[] for _ in range(stations)]
    stands: dict[str, int] = {}
    for line in log:
        mine = found[home[line.voter]]
        position = place(home[line.voter], len(mine) + 1, stations)
        before = stands.get(line.voter)
        mine.append(msgspec.structs.replace(line, position=position, replaces=before))
        stands[line.voter] = position
    return found
