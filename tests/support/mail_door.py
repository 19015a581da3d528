"""Signing in by e-mail as a program does it: asking, typing, and reading what a page says."""

import re
from typing import Final

import httpx2

from expo.identity.people import Visit
from tests.support.whole import Whole

ADDRESS: Final = "mariam@authority.example"


async def ask(client: httpx2.AsyncClient, address: str = ADDRESS, **more: str) -> httpx2.Response:
    """Ask for a letter."""
    return await client.post("/en/sign-in", data={"address": address, **more})


async def type_(client: httpx2.AsyncClient, code: str) -> httpx2.Response:
    """Type a code."""
    return await client.post("/en/sign-in/code", data={"code": code})


async def letters_to(house: Whole, address: str = ADDRESS) -> list[str]:
    """What the letters to an address say, newest first."""
    found = await house.expo.post.listed()
    return [one.letter.text for one in found if one.letter.to == address]


async def code_and_link(house: Whole, address: str = ADDRESS) -> tuple[str, str]:
    """What the newest letter has."""
    said = (await letters_to(house, address))[0]
    code, link = re.search(r"\b\d{6}\b", said), re.search(r"^http\S+$", said, re.MULTILINE)
    assert code is not None
    assert link is not None
    return code[0], link[0]


def refusal(answer: httpx2.Response) -> str:
    """The code of a refusal on a page."""
    found = re.search(r'data-code="([\w-]+)"', answer.text)
    return found[1] if found else ""


def standing(answer: httpx2.Response) -> str:
    """In which state the page of the code is."""
    found = re.search(r'data-standing="([\w-]+)"', answer.text)
    return found[1] if found else ""


def other_than(code: str) -> str:
    """A wrong code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def visit_of(house: Whole, client: httpx2.AsyncClient) -> Visit:
    """The visit this client's cookies stand for."""
    return await house.expo.visits.of(
        client.cookies.get("sawt_visit"), client.cookies.get("sawt_device")
    )
