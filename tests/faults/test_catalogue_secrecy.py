"""Hidden results stay hidden: two expos with opposite votes look the same to everybody outside.

Everything a stranger, a voter and a screen can fetch or hear is recorded in each phase before the
publication, marks of time and chance are taken out, and the two records are compared to the byte.
Only what has been revealed may differ.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from expo.identity.people import Assurance, Person, PersonId
from expo.rights import Role
from sessions.orders import Kind
from tests.support.stagehouse import Ear
from tests.support.whole import Whole, ballot, whole
from voting.protocol import Cast

PAGES = {
    "stranger": (
        "/en/", "/ar/", "/en/schedule", "/en/day/1", "/en/session/khda", "/ar/session/khda",
        "/schedule.ics", "/en/session/khda.ics", "/en/initiative/khda-transfer", "/en/about",
        "/en/results/day/1", "/ar/results/day/1", "/results/day/1.json", "/results/day/1.csv",
        "/en/results/day/1.json", "/en/results/day/1.csv", "/readyz", "/en/ballots/khda/mine",
        "/en/results/khda", "/en/results/khda/check", "/results/khda/figures.json",
        "/results/khda/bundle.zip", "/results/khda/bundle/ballots.jsonl", "/results/khda/bundle/index.json",
        "/results/khda/files/ballots.csv", "/results/khda/files/result.json", "/en/bulletin/day/1",
        "/en/bulletin", "/bulletin/khda/card-wide.en.png", "/bulletin/feed.atom", "/schedule.json",
        "/schedule.csv",
    ),
    "voter": ("/en/", "/en/results/day/1", "/results/day/1.json", "/en/ballots/khda/mine"),
    "screen": ("/stage/main", "/en/results/day/1"),
}  # fmt: skip
"""Without the voter's session page: its options stand in an order that chance decides."""
CHANCE = (
    (
        re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        "UUID",
    ),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+\d\d:\d\d)?"), "INSTANT"),
    (re.compile(r"\b\d{8}T\d{6}Z?\b"), "INSTANT"),
    (re.compile(r"\b\d?\d:\d\d(:\d\d)?\b"), "TIME"),
    (re.compile(r"(127\.0\.0\.1|localhost):\d+", re.IGNORECASE), "HOST"),
    (re.compile(r'(<rect width="|--p: ?)\d+(\.\d+)?%'), "ELAPSED"),  # of the session's time
    (re.compile(r'(<path fill="[^"]+" d=")M4 4h7[^"]+'), "QR"),  # has the port in it
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{16}\b"), "TRACKER"),
    # A root hides what its leaves say behind nonces, as tests of the ledger show.
    (re.compile(r'("root": ?"|&#34;root&#34;: ?&#34;|"root\\":\\")[0-9a-f]{16}'), "ROOT"),
)
SECRET = {"SAWT_SECRET_KEY": "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"}
"""So that join codes are the same."""
PHASES = ("open", "closing", "closed", "revealing")
Record = dict[str, str]


def without_chance(text: str) -> str:
    """The text with instants, ids of chance and this server's port taken out."""
    for found, word in CHANCE:
        text = found.sub(word, text)
    return text


def same_for_all(headers: Iterable[tuple[str, str]]) -> str:
    """What the headers say, cookies, dates and digests of the text (compared itself) left out."""
    chance = {"set-cookie", "date", "content-length", "etag"}
    kept = sorted((k, v) for k, v in headers if k not in chance)
    return without_chance(str(kept))


async def crowd(house: Whole, pick: Callable[[list[str]], list[str]]) -> None:
    """Twelve ballots of each electorate, all saying the same."""
    ranking = tuple(pick([option.id for option in house.contest().options]))
    groups = (("employees", Role.EMPLOYEE, None), ("teams", Role.TEAM, "dewa"))
    for name, role, entity in (*groups, ("customers", Role.CUSTOMER, None)):
        sure = Assurance.DEVICE if role is Role.CUSTOMER else Assurance.CONTACT
        for n in range(12):
            voter = Person(PersonId(f"{name}-{n}"), role, name, entity, sure)
            cast = Cast(ballot()["id"], "khda", ranking)
            await house.expo.voting.cast(voter, cast, house.clock())
    await house.expo.voting.refresh()


async def heard(ear: Ear) -> str:
    """The latest frame of each type this socket has been sent, once it is quiet."""
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.8):  # longer than any room keeps news back
                ear.heard.append(json.loads(await ear.socket.recv()))
    latest = {frame["type"]: frame for frame in ear.heard}
    return without_chance(json.dumps(latest, sort_keys=True))


async def record(
    house: Whole, phase: str, clients: dict[str, httpx2.AsyncClient], ears: dict[str, Ear]
) -> Record:
    """Everything that can be known in this phase."""
    found: Record = {}
    for who, client in clients.items():
        for path in PAGES[who]:
            answer = await client.get(path, headers={"accept-language": "en"})
            text = answer.text
            if path == "/readyz":  # how busy the machine is differs from one expo to the other
                text = str(sorted(answer.json()["parts"]))
            found[f"{phase} {who} {path}"] = without_chance(text)
            found[f"{phase} {who} {path} head"] = same_for_all(answer.headers.items())
    sounds = await asyncio.gather(*(heard(ear) for ear in ears.values()))
    for who, sound in zip(ears, sounds, strict=True):
        found[f"{phase} {who} socket"] = sound
    return found


async def show_of(folder: Path, pick: Callable[[list[str]], list[str]]) -> tuple[Record, Any]:
    """The record of one expo with these votes, and its contest's result."""
    found: Record = {}
    async with whole(folder, SECRET) as house, contextlib.AsyncExitStack() as stack:
        clients = {
            "stranger": await house.person(Role.PUBLIC, "s"),
            "voter": await house.person(Role.EMPLOYEE, "v"),
            "screen": await house.person(Role.SCREEN, "p"),
        }
        await clients["stranger"].get("/en/")
        for who, client in clients.items():
            client.cookies.delete("sawt_device")
            client.cookies.set("sawt_device", f"device-of-a-{who:-<12}"[:24], domain="127.0.0.1")
        await house.open()
        await crowd(house, pick)
        ears = {
            "stranger": await stack.enter_async_context(house.ear("/live/khda")),
            "day": await stack.enter_async_context(house.ear("/live/day")),
            "voter": await stack.enter_async_context(house.ear("/live/khda", clients["voter"])),
            "screen": await stack.enter_async_context(
                house.ear("/live/screen/main", clients["screen"])
            ),
        }
        for phase in PHASES:
            await reach(house, phase)
            found |= await record(house, phase, clients, ears)
        return found, await house.expo.voting.result("khda")


async def reach(house: Whole, phase: str) -> None:
    """Bring the contest from the phase before into this one."""
    match phase:
        case "closing":
            await house.order(Kind.CLOSE)
        case "closed":
            house.pass_time(seconds=11)
            async with asyncio.timeout(10):
                while await house.expo.voting.result("khda") is None:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.01)
                while house.expo.show.stage().root is None:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.01)  # screens name it once the ledger is sealed
        case "revealing":
            await house.order(Kind.REVEAL)
    await house.expo.voting.refresh()


@pytest.mark.timeout(120)
async def test_nothing_outside_depends_on_the_votes_before_it_is_revealed(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("forwards", "backwards")]
    for folder in folders:
        folder.mkdir()

    (one, first), (two, second) = await asyncio.gather(
        show_of(folders[0], lambda options: options),
        show_of(folders[1], lambda options: options[::-1]),
    )

    assert first.ranks[0] == second.ranks[-1] != second.ranks[0]
    assert one.keys() == two.keys()
    hidden = {where for where in one if not where.startswith("revealing")}
    assert {where: (one[where], two[where]) for where in hidden if one[where] != two[where]} == {}
    shown = {where for where in one if one[where] != two[where]}
    assert any(where.endswith("socket") for where in shown)


@pytest.mark.timeout(60)
async def test_of_the_revealed_nothing_shows_the_order_of_the_rest(tmp_path: Path) -> None:
    """Two expos agree on the last place alone: after one reveal they still look the same."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()

    (one, first), (two, second) = await asyncio.gather(
        show_of(folders[0], lambda options: options),
        show_of(folders[1], lambda options: [*options[:-1][::-1], options[-1]]),
    )

    assert first.ranks[-1] == second.ranks[-1]
    assert first.ranks[0] != second.ranks[0]
    assert {where for where in one if one[where] != two[where]} == set()
