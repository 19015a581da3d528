"""The bulletin's pages and the receipts of a device, for the gallery."""

import json
from typing import Final

import httpx2
from playwright.sync_api import Page, expect

from expo.rights import Role
from tests.support.gallery_view import View
from tests.support.show import Running

_DAY, _DESK = "/{lang}/bulletin/day/1", "/{lang}/staff/bulletins"
_WORDS: Final = {
    "heading-ar": "نتائج اليوم الأول",
    "heading-en": "What day one brought",
    "introduction-ar": "يوم طويل وترتيب واضح.",
    "introduction-en": "A long day and a clear order.",
}
_MENDED: Final = {
    **_WORDS,
    "heading-en": "Day one, whole",
    "correction-ar": "سقطت كلمة من العنوان بالإنجليزية.",
    "correction-en": "A word was missing from the English heading.",
}
_KEPT: Final = {
    "contest": "dewa", "tracker": "7K3M9QXN2B4TVW5R", "revision": 2, "ranking": ["dewa-solar"],
    "own": [], "electorate": "customers", "accepted_at": "2017-04-17T06:20:00Z",
    "status": "counted", "leaf": "ab" * 32, "title": "Initiatives", "names": ["Solar"],
}  # fmt: skip


def corrected(show: Running) -> None:
    """The first day's bulletin, published by two people and then corrected by them."""
    with _person(show, Role.ORGANISER) as organiser, _person(show, Role.OFFICER) as officer:
        for words in (_WORDS, _MENDED):
            for client, what, revision in (
                (organiser, "begin", 0),
                (organiser, "send", 1),
                (officer, "review", 3),
                (organiser, "publish", 4),
            ):
                typed = words if what == "send" else {}
                fields = {"do": what, "revision": str(revision), **typed}
                answer = client.post("/en/staff/bulletins/1", data=fields)
                assert answer.status_code == 303, (what, answer.text)


def _person(show: Running, role: Role) -> httpx2.Client:
    cookies = show.cookies_of(role, "Salem سالم")
    return httpx2.Client(base_url=show.url, cookies=cookies, headers={"origin": show.url})


def _keep_two(page: Page) -> None:
    kept = [_KEPT, {**_KEPT, "tracker": "0" * 16, "differs": "leaf"}]
    page.evaluate("text => localStorage.setItem('sawt.receipts', text)", json.dumps(kept))
    page.reload()
    expect(page.locator("#receipts > li")).to_have_count(2)
    expect(page.locator("#receipts .note.err")).to_be_visible()
    page.locator("#forget summary").click()


BULLETIN: Final = (
    View("bulletin", "shown", _DAY, shows=".correction"),
    View("bulletin-old", "shown", _DAY + "/v1", shows=".banner.err"),
    View("bulletin-to-come", "day", "/{lang}/bulletin/day/2", shows=".state"),
    View("bulletins", "shown", "/{lang}/bulletin", shows=".dayline"),
    View("bulletins-none", "day", "/{lang}/bulletin", shows=".empty"),
    View("bulletin-subscribe", "shown", "/{lang}/bulletin/subscribe", shows="#address"),
    View("bulletin-desk", "shown", _DESK, Role.ORGANISER, ".lines"),
    View("bulletin-desk-day", "shown", _DESK + "/1", Role.ORGANISER, ".way"),
    View("receipts", "day", "/{lang}/receipts", act=_keep_two),
    View("receipts-none", "day", "/{lang}/receipts", shows="#none"),
)
SAYING_NO_BULLETIN: Final = frozenset({"bulletin-to-come", "receipts"})
"""Views that are no success, and mean to be; a ledger is asked for a leaf it does not have."""
