"""The metrics as a scraper reads them: for organisers or for whoever brings the token, in two formats."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from command import metrics
from expo.rights import Role
from tests.support.roles import stranger
from tests.support.serving import socket_url
from tests.support.show import ROOT
from tests.support.whole import PROGRAM, Whole, ballot, whole

TOKEN = "kJ8-sQ2_vX7zB4nM1pL9wR6tY3uE5aC0"
OPENMETRICS = "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"
WANTED = {
    "sawt_build_info", "sawt_viewers", "sawt_viewers_limit", "sawt_viewers_peak", "sawt_room_viewers",
    "sawt_connections_total", "sawt_handshakes_refused_total", "sawt_frames_sent_total",
    "sawt_frames_coalesced_total", "sawt_viewers_shed_total", "sawt_replies_total",
    "sawt_replies_dropped_total", "sawt_ballots", "sawt_ballots_refused_total",
    "sawt_ballots_waiting", "sawt_ballots_recorded_total", "sawt_ballots_busy_total",
    "sawt_ballot_batches_total", "sawt_ballot_batch_seconds_total", "sawt_ballot_batch_size_bucket",
    "sawt_ballot_answer_seconds_bucket", "sawt_count_behind", "sawt_count_age_seconds",
    "sawt_pages_hits_total", "sawt_pages_kept_bytes", "sawt_database_connections",
    "sawt_notifier_connected", "sawt_leases_held", "sawt_loop_lag_seconds_bucket",
    "sawt_loop_lag_max_seconds", "sawt_gc_pause_seconds_total", "process_cpu_seconds_total",
    "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
}  # fmt: skip


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path, {"SAWT_METRICS_TOKEN": TOKEN}) as there:
        yield there


async def scraped(house: Whole, token: str = TOKEN, **headers: str) -> httpx2.Response:
    """What a scraper gets that was given this token."""
    async with stranger(house.url) as client:
        return await client.get(
            "/metrics", headers={"authorization": f"Bearer {token}", "accept": "*/*", **headers}
        )


async def test_scraper_with_the_token_reads_everything_and_comments_on_each(house: Whole) -> None:
    await house.open()
    voter = await house.person(Role.CUSTOMER)
    options = house.contest().options
    cast = await voter.post("/en/ballots/khda", json=ballot(options[0].id), headers=PROGRAM)
    await house.ballots()
    async with house.ear("/live/day"):
        answer = await scraped(house)

    found = list(text_string_to_metric_families(answer.text))
    samples = {sample.name for family in found for sample in family.samples}
    assert cast.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    # A family whose labels have no value yet has no sample; its comment is there all the same.
    assert {
        name for name in WANTED if name not in samples and f" {name} " not in answer.text
    } == set()
    assert all(family.documentation for family in found)
    assert 'sawt_ballots{contest="khda"} 1.0' in answer.text
    assert 'sawt_room_viewers{room="board"} 1.0' in answer.text
    assert "sawt_ballot_answer_seconds_count 1.0" in answer.text


def as_page_has_it(family: Metric) -> str:
    """A metric's name without its prefix, with its labels."""
    endings = {"counter": "_total", "info": "_info"}
    labels = getattr(family, "_labelnames", ()) or (
        family.samples[0].labels if family.type == "info" else ()
    )
    told = f"{{{','.join(labels)}}}" if labels else ""
    return f"{family.name.removeprefix('sawt_')}{endings.get(family.type, '')}{told}"


async def test_page_about_metrics_names_those_there_are_and_no_others(house: Whole) -> None:
    found = {as_page_has_it(one) for one in metrics.families(house.expo.counted)}
    page = (ROOT / "docs" / "METRICS.md").read_text(encoding="utf-8")
    table = page.partition("| group | names |")[2].partition("\n\n")[0]

    written = re.findall(r"`([^`]+)`", table)

    assert sorted(written) == sorted(found)


async def test_alarms_and_runbook_watch_metrics_there_are(house: Whole) -> None:
    answer = await scraped(house)
    lines = re.findall(r"# TYPE (\S+) (\S+)", answer.text)
    known = {name for name, _ in lines} | {
        f"{name}_bucket" for name, kind in lines if kind == "histogram"
    }

    for name in ("METRICS.md", "RUNBOOK.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        named = set(re.findall(r"\b(sawt_[a-z_]+|process_[a-z]+_[a-z_]+)", text)) - {"sawt_"}
        assert named <= known, name


async def test_scraper_that_asks_for_openmetrics_gets_it(house: Whole) -> None:
    answer = await scraped(house, accept=OPENMETRICS)

    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN,
     f"bearer {TOKEN.lower()}", "Bearer \u00e9", f"Bearer {'x' * 4000}"],
)  # fmt: skip
async def test_wrong_token_reads_nothing(house: Whole, authorization: str) -> None:
    async with stranger(house.url) as client:
        headers = [(b"authorization", authorization.encode("latin-1"))]
        answer = await client.get("/metrics", headers=headers)

    assert answer.status_code == 403
    assert "sawt_" not in answer.text.replace("sawt_device", "")


async def test_token_opens_nothing_else(house: Whole) -> None:
    async with stranger(house.url) as client:
        headers = {"authorization": f"Bearer {TOKEN}"}
        answers = [
            await client.get(path, headers=headers)
            for path in ("/en/staff/load", "/en/staff/control", "/en/staff/log")
        ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_without_a_token_only_organisers_read(tmp_path: Path) -> None:
    async with whole(tmp_path) as there:
        empty = await scraped(there, "x")
        organiser = await (await there.person(Role.ORGANISER)).get("/metrics")
        customer = await (await there.person(Role.CUSTOMER)).get("/metrics")

    assert (empty.status_code, customer.status_code) == (403, 403)
    assert organiser.status_code == 200


async def test_hostile_name_of_a_room_stays_one_value(house: Whole) -> None:
    evil = 'a"} 1\nsawt_forged{x="\\'
    house.expo.hub.publish(evil, b"{}")

    answer = await scraped(house)

    families = {one.name: one for one in text_string_to_metric_families(answer.text)}
    rooms = {sample.labels["room"] for sample in families["sawt_room_viewers"].samples}
    assert evil in rooms
    assert "sawt_forged" not in families


async def test_refused_handshakes_are_counted_by_reason(house: Whole) -> None:
    address = socket_url(house.url, "/live/day")
    with pytest.raises(InvalidStatus):
        async with connect(address, origin=Origin("https://evil.example"), proxy=None):
            pass

    answer = await scraped(house)

    assert 'sawt_handshakes_refused_total{reason="origin"} 1.0' in answer.text


async def test_people_for_whom_a_full_node_has_no_room_are_counted(house: Whole) -> None:
    config = house.expo.server.config
    room, config.limit_concurrency = config.limit_concurrency, 0
    with pytest.raises(InvalidStatus, match="503"):
        async with connect(socket_url(house.url, "/live/day"), proxy=None):
            pass
    config.limit_concurrency = room

    answer = await scraped(house)

    assert 'sawt_handshakes_refused_total{reason="full"} 1.0' in answer.text
