"""One Chromium for all browser tests, a fresh expo or a shared one, and people with browsers."""

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.browsing import ARGS, CHROMIUM, Browsing, browsing
from tests.support.fleet_show import shows_on_a_fleet
from tests.support.show import Running, running

expect.set_options(timeout=20_000)  # ms; a busy machine is slow, not wrong


@pytest.fixture(scope="session", autouse=True)
def fleet(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """With ``--fleet`` every show is served by two nodes behind nginx."""
    with contextlib.ExitStack() as stack:
        if request.config.getoption("--fleet"):
            stack.enter_context(shows_on_a_fleet(tmp_path_factory.mktemp("nats")))
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; nothing is downloaded."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        yield found
        found.close()


@pytest.fixture
def people(browser: Browser) -> Iterator[Browsing]:
    """People with browsers of their own."""
    with browsing(browser) as found:
        yield found


@pytest.fixture
def show() -> Iterator[Running]:
    """An expo of one's own, ten minutes into its first session, with nothing started yet."""
    with running() as found:
        yield found
