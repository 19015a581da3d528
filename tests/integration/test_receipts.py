"""A receipt whichever way the ballot came: signed by the published key, its leaf in the public ledger."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import text

from expo.record import merkle, notes
from expo.rights import Role
from tests.support.promised import is_promised, leaf_of
from tests.support.whole import PROGRAM, Whole, ballot, whole

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
BALLOTS = "/en/ballots/khda"
NONCE = "B" * 42 + "A"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Whole]:
    async with whole(tmp_path_factory.mktemp("expo")) as found:
        await found.open()
        yield found


async def vkeys(house: Whole) -> set[str]:
    """What receipts may be signed by, as published."""
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False) as client:
        found = (await client.get("/ledger/keys.json")).json()["keys"]
    return {str(key["receipts"]) for key in found}


async def by_json(house: Whole, client: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    """The receipt of a ballot sent as JSON."""
    options = [option.id for option in house.contest().options][:2]
    answer = await client.post(BALLOTS, json=ballot(*options, **more))
    found: dict[str, Any] = answer.json()
    return found


async def by_form(house: Whole, client: httpx2.AsyncClient) -> dict[str, Any]:
    """The receipt of a ballot sent as a form."""
    first, second = [option.id for option in house.contest().options][:2]
    fields = {"id": str(uuid.uuid4()), f"rank-{first}": "1", f"rank-{second}": "2"}
    found: dict[str, Any] = (await client.post(BALLOTS, data=fields, headers=PROGRAM)).json()
    return found


async def by_socket(house: Whole, client: httpx2.AsyncClient) -> dict[str, Any]:
    """The receipt of a ballot sent over a socket."""
    options = [option.id for option in house.contest().options][:2]
    async with house.ear("/live/khda", client) as ear:
        await ear.say({"type": "cast", "nonce": NONCE, **ballot(*options)})
        return await ear.frame("receipt")


async def test_every_way_brings_a_receipt_signed_by_the_published_key(house: Whole) -> None:
    (vkey,) = await vkeys(house)
    client = await house.person(Role.CUSTOMER, "all-ways")

    found = [
        await by_json(house, client, nonce=NONCE),
        await by_form(house, client),
        await by_socket(house, client),
    ]

    assert [one["revision"] for one in found] == [1, 2, 3]
    assert [one["nonce"] == NONCE for one in found] == [True, False, True]
    assert [leaf_of(one) == one["leaf"] for one in found] == [True] * 3
    assert [is_promised(one, vkey) for one in found] == [True] * 3


async def test_own_device_alone_is_told_what_opens_the_ballot(house: Whole) -> None:
    mine, other = await house.person(Role.CUSTOMER, "me"), await house.person(Role.CUSTOMER, "you")
    receipt = await by_json(house, mine, nonce=NONCE)

    own = (await mine.get(f"{BALLOTS}/mine")).json()["receipt"]
    page = await other.get(f"/en/receipt/{receipt['tracker']}")
    kept = await mine.get(f"/en/receipt/{receipt['tracker']}")

    assert own == receipt | {"proof": None}
    assert receipt["leaf"] in page.text
    assert NONCE not in page.text
    assert NONCE in kept.text
    assert kept.headers["cache-control"] == "no-store"


async def test_ballot_again_has_the_same_leaf_and_a_fresh_promise(house: Whole) -> None:
    (vkey,) = await vkeys(house)
    client = await house.person(Role.CUSTOMER, "again")
    options = [option.id for option in house.contest().options][:2]
    sent = ballot(*options, nonce=NONCE)

    first, *others = [
        answer.json()
        for answer in await asyncio.gather(*[client.post(BALLOTS, json=sent) for _ in range(4)])
    ]

    assert {one["leaf"] for one in others} == {first["leaf"]}
    assert all(is_promised(one, vkey) for one in (first, *others))


@pytest.mark.parametrize("nonce", ["B" * 43, "B" * 42, "B" * 42 + "=", "é" * 43, "B" * 42 + "A\n"])
async def test_nonce_with_a_second_spelling_is_refused(house: Whole, nonce: str) -> None:
    client = await house.person(Role.CUSTOMER, "odd")

    answer = await client.post(BALLOTS, json=ballot(nonce=nonce))

    assert answer.status_code == 400


async def test_promised_leaf_is_in_the_ledger(house: Whole) -> None:
    client = await house.person(Role.CUSTOMER, "sealed")
    receipt = await by_form(house, client)
    address = f"/ledger/khda/proof/{receipt['tracker']}/{receipt['revision']}"

    before = await client.get(address)
    await house.expo.publication.ledgers.seal("khda")
    proof = notes.parsed_proof((await client.get(address)).text)

    vkey = await house.expo.publication.ledgers.vkey("khda")
    assert before.status_code == 404
    assert vkey is not None
    head = notes.parsed_checkpoint(proof.note, notes.parsed_vkey(vkey))
    leaf = bytes.fromhex(receipt["leaf"])
    assert merkle.verify_inclusion(leaf, proof.index, head.size, proof.path, head.root)


async def test_receipts_page_and_codes_are_for_everybody(house: Whole) -> None:
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False) as client:
        page = await client.get("/ar/receipts")
        code = await client.get("/ar/results/khda/qr.svg")
        none = await client.get("/ar/results/nothing/qr.svg")

    assert (page.status_code, code.status_code, none.status_code) == (200, 200, 404)
    assert code.headers["content-type"] == "image/svg+xml"
    assert json.loads(page.text.split('id="words">')[1].split("</script>")[0])["site"]


async def test_contest_that_began_before_ledgers_promises_none(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with whole(tmp_path_factory.mktemp("before")) as there:
        async with there.expo.database.write() as tx:
            await tx.execute(text("UPDATE signing_key SET retired_at = made_at"))
        await there.open()
        await there.expo.publication.begin()
        voter = await there.person(Role.CUSTOMER)

        receipt = await by_json(there, voter, nonce=NONCE)
        own = (await voter.get(f"{BALLOTS}/mine")).json()["receipt"]
        page = await voter.get(f"/en/receipt/{receipt['tracker']}")

    assert own == receipt
    assert [receipt[name] for name in ("leaf", "included_by", "proof")] == [None] * 3
    assert receipt["nonce"] == NONCE
    assert "promises no place" in page.text
