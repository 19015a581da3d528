"""Pages of the organisers' desk and of the review of proposals, for the gallery."""

from typing import Final

from playwright.sync_api import FilePayload, Page, expect

from expo.rights import Role
from tests.support.gallery_view import View

ORGANISER: Final = Role.ORGANISER
_EXPO, _PROPOSALS = "/{lang}/staff/expo", "/{lang}/staff/proposals"
SAYING_NO_DESK: Final = frozenset(
    {"entity-wrong", "contest-wrong", "streams-wrong", "expo-list-wrong", "proposal-without-reason"}
)
"""Views whose page says no."""


def _new_wrongly(page: Page) -> None:
    page.locator("#id").fill("Not An Id")
    for name in ("name_ar", "name_en", "short_ar", "short_en"):
        page.locator(f"#{name}").fill("هيئة" if name.endswith("ar") else "Authority")
    page.locator(".passform button.primary").click()
    expect(page.locator("#id[aria-invalid]")).to_be_visible()


def _rule_wrongly(page: Page) -> None:
    page.locator("#rules").select_option("own")
    page.locator("#open_minutes").fill("soon")
    page.locator(".contestform button.primary").click()
    expect(page.locator("#open_minutes[aria-invalid]")).to_be_visible()


def _stream_wrongly(page: Page) -> None:
    page.locator("#provider-0").select_option("hls")
    page.locator("#where-0").fill("https://nas.local/live.m3u8")
    page.locator(".contestform button.primary").click()
    expect(page.locator("#where-0[aria-invalid]")).to_be_visible()


def _bring(page: Page, content: str) -> None:
    file: FilePayload = {
        "name": "entities.csv", "mimeType": "text/csv", "buffer": content.encode(),
    }  # fmt: skip
    page.locator("#file-entities").set_input_files(file)
    page.locator("form[action$='list/entities'] button").click()


def _bring_wrong(page: Page) -> None:
    _bring(page, "id,name_ar,name_en,short_ar,short_en\nBad Id,هيئة,Authority,,\n")
    expect(page.locator("tr[data-line='2']").first).to_be_visible()


def _bring_changed(page: Page) -> None:
    with page.expect_download() as coming:
        page.locator("a[href$='list/entities']").click()
    content = coming.value.path().read_text("utf-8-sig")
    _bring(page, content + "one-more,هيئة أخرى,One more authority,أخرى,One more,\r\n")
    expect(page.locator("input[name=digest]")).to_be_attached()


def _return_silently(page: Page) -> None:
    page.locator("button[value=returned]").click()
    expect(page.locator("[role=alert][data-code]")).to_be_visible()


def _comment(page: Page) -> None:
    for summary in page.locator("details.list summary").all()[:2]:
        summary.click()
    expect(page.locator("textarea[name^=comment]").first).to_be_visible()


DESK: Final = (
    View("expo", "day", _EXPO, ORGANISER, "#lists"),
    View("expo-empty", "empty", _EXPO, ORGANISER, "#lists"),
    View("expo-list-wrong", "day", _EXPO, ORGANISER, act=_bring_wrong),
    View("expo-list-changed", "before", _EXPO, ORGANISER, act=_bring_changed),
    View("entity", "day", _EXPO + "/entities/dewa", ORGANISER, ".passform"),
    View("entity-wrong", "day", _EXPO + "/entities/new", ORGANISER, act=_new_wrongly),
    View("electorate", "day", _EXPO + "/electorates/teams", ORGANISER, ".passform"),
    View("contest", "before", _EXPO + "/contests/dewa", ORGANISER, ".contestform"),
    View("contest-wrong", "before", _EXPO + "/contests/dewa", ORGANISER, act=_rule_wrongly),
    View("contest-fixed", "day", _EXPO + "/contests/khda", ORGANISER, ".note"),
    View("streams", "day", "/{lang}/staff/streams", ORGANISER, ".lines"),
    View("streams-form", "day", "/{lang}/staff/streams/khda", ORGANISER, ".contestform"),
    View("streams-wrong", "day", "/{lang}/staff/streams/khda", ORGANISER, act=_stream_wrongly),
    View("proposals", "proposals", _PROPOSALS, ORGANISER, ".lines"),
    View("proposals-none", "day", _PROPOSALS, ORGANISER, ".none"),
    View("proposal-to-decide", "proposals", _PROPOSALS + "/{of:submitted}", ORGANISER, "#decide", _comment),
    View(
        "proposal-without-reason", "proposals", _PROPOSALS + "/{of:submitted}", ORGANISER,
        act=_return_silently,
    ),
    View("proposal-accepted", "proposals", _PROPOSALS + "/{of:accepted}", ORGANISER, "#session"),
    View("proposal-withdrawn", "proposals", _PROPOSALS + "/{of:withdrawn}", ORGANISER, ".events"),
)  # fmt: skip
