"""Somebody's own schedule: stars by keyboard, kept on the device, and a widget in another site's page."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from playwright.sync_api import expect
from typing_extensions import override

from tests.support.browsing import Browsing
from tests.support.show import Running


def test_stars_stay_on_the_device_and_lead_to_a_calendar(show: Running, people: Browsing) -> None:
    page = people.person(show).visit("/ar/schedule")
    first, others = page.locator(".slot").first, page.locator(".slot:visible")
    name = first.get_attribute("data-id")
    every = others.count()
    first.locator(".star").focus()
    page.keyboard.press("Space")
    expect(first.locator(".star")).to_have_attribute("aria-pressed", "true")

    page.locator("[data-only]").press("Enter")
    expect(others).to_have_count(1)
    href = page.locator("[data-add]").get_attribute("href") or ""
    assert unquote(href).endswith(f"only={name}")

    page.reload()
    expect(others).to_have_count(every)
    expect(page.locator(".slot").first.locator(".star")).to_have_attribute("aria-pressed", "true")

    page.locator("[data-only]").press("Enter")
    page.locator(".slot").first.locator(".star").press("Enter")
    expect(others).to_have_count(0)
    expect(page.locator("[data-none]")).to_be_visible()
    expect(page.locator("[data-only]")).to_be_focused()


@contextlib.contextmanager
def another_site(body: str) -> Iterator[str]:
    """A real server of somebody else with one page; its address."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        @override
        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_widget_stands_in_a_page_of_another_site(show: Running, people: Browsing) -> None:
    page = people.person(show).visit("/en/schedule")
    with another_site(page.locator("#frame-code").input_value()) as address:
        page.goto(address)

        frame = page.frame_locator("iframe")
        expect(frame.locator(".slot").first).to_be_visible()
        assert page.locator("iframe").get_attribute("title") == "Schedule"
