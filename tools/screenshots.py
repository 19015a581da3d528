"""Makes the pictures of the README from the running product.

``python tools/screenshots.py``: rehearses the shipped day on a free port, ranks on a phone, closes
and reveals, and writes ``docs/screenshots/``. Needs Chromium, as the browser tests do.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

ROOT: Final = Path(__file__).resolve().parents[1]
PICTURES: Final = ROOT / "docs" / "screenshots"
BEGINS: Final = "2017-04-17T09:20:00+04:00"
_LINK: Final = re.compile(r"http://\S+/pass/\S+")
_ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
_PORT: Final = 18_765


@contextmanager
def product(folder: str) -> Iterator[list[str]]:
    """The rehearsal at work; the links it printed: organiser, employee, team, projector."""
    command = [sys.executable, str(ROOT / "run.py"), "serve", "--port", str(_PORT)]
    command += ["--data", folder, "--now", BEGINS, "--audience", "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        links: list[str] = []
        for line in process.stdout or ():
            links += _LINK.findall(line)
            if "Ctrl+C" in line:
                break
        time.sleep(20)  # the audience comes in and casts
        try:
            yield links
        finally:
            process.terminate()


def main() -> int:
    """Take every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        product(folder) as links,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS)
        organiser, projector = links[0], links[3]
        board(browser)
        ballot(browser)
        results(browser)
        show(browser, organiser, projector)
        browser.close()
    return 0


def board(browser: Browser) -> None:
    """The board in Arabic, as a desktop shows it."""
    page = opened(browser, 1280, 860, "/ar/")
    shot(page, "viewer-ar")


def ballot(browser: Browser) -> None:
    """Three initiatives ranked and saved on a phone."""
    page = opened(browser, 390, 780, "/ar/session/trakhees")
    for _ in range(3):
        page.locator("button.t.add").first.click()
        page.wait_for_timeout(400)
    page.locator("#ack-b").click()
    page.wait_for_timeout(2500)
    page.evaluate("scrollTo(0, 0)")
    shot(page, "ballot-ar")


def results(browser: Browser) -> None:
    """The day's results, the first contest."""
    page = opened(browser, 1280, 1100, "/en/results/day/1")
    shot(page, "results-en")


def show(browser: Browser, organiser: str, projector: str) -> None:
    """The control room while voting is open, and the projector after two revealed places."""
    control = entered(browser, organiser, 1280, 900)
    shot(control, "control-en")
    stage = entered(browser, projector, 1920, 1080)
    stage.goto(f"{stage.url.split('?')[0]}?lang=ar")
    for words in ("Close voting", "Yes, close", "Approve", "Reveal place", "Reveal place"):
        button = control.get_by_role("button", name=re.compile(words))
        button.locator("visible=true").first.click(timeout=60_000)
        control.wait_for_timeout(2000)
    stage.wait_for_timeout(4000)
    shot(stage, "stage-ar")


def opened(browser: Browser, width: int, height: int, path: str) -> Page:
    """A page of the product in a fresh browser profile."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"http://127.0.0.1:{_PORT}{path}")
    page.wait_for_timeout(1500)
    return page


def entered(browser: Browser, link: str, width: int, height: int) -> Page:
    """The first page behind a pass, in English."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    page = context.new_page()
    page.goto(link)
    page.locator("main form button").first.click()
    page.wait_for_timeout(2500)
    return page


def shot(page: Page, name: str) -> None:
    """Keep what the window shows."""
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    raise SystemExit(main())
