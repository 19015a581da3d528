"""Browsers for tests: contexts that are watched, people who are signed in, and gestures on the ballot.

Watching: whatever a page asks of another origin, every error it logs and every breach of the content
security policy is kept, and `Watch.faults` tells it.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, Self

import msgspec
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from expo.rights import Role
from expo.words import Language
from tests.support.show import SESSION, Running

Theme = Literal["light", "dark"]
ARGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CHROMIUM: Final = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
"""Without windows, where Debian's package of it is installed: a browser starts at a third of the cost."""
PHONE: Final = (390, 844)
_NO_PAGE: Final = "/static/any/css/tokens.css"  # of the same origin, with no script and no socket
_LOCALES: Final = {"ar": "ar-AE", "en": "en-GB"}
_NOTE_BREACHES: Final = """
addEventListener('securitypolicyviolation', e => console.error(
  `securitypolicyviolation: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
"""


class Watch:
    """What the pages of one context did that they must not do.

    Args:
        context: Watched from now on.
        origins: Where requests may go.
    """

    def __init__(self, context: BrowserContext, origins: Sequence[str]) -> None:
        self.requests: list[Request] = []
        self.frames: list[str] = []
        """Texts the pages received over sockets, in order."""
        self._logged: list[str] = []
        self.begin(origins)
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda found: self._logged.append(str(found.error)))
        context.on("page", self._opened)

    def begin(self, origins: Sequence[str]) -> None:
        """Forget what the pages did so far."""
        self._origins = tuple(origins)
        for noted in (self.requests, self.frames, self._logged):
            noted.clear()

    def _said(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self._logged.append(said.text)

    def _opened(self, page: Page) -> None:
        page.on(
            "websocket",
            lambda line: line.on("framereceived", lambda text: self.frames.append(str(text))),
        )

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def faults(self, *, failed_loads: bool = False) -> list[str]:
        """Everything that must not happen.

        Args:
            failed_loads: Whether answers that say no, and lines that break, are part of the test;
                browsers log both as errors.
        """
        own = (*self._origins, "data:", "blob:")
        strange = [r.url for r in self.requests if not r.url.startswith(own)]
        logged = [
            text for text in self._logged if not (failed_loads and _is_about_the_network(text))
        ]
        return [*(f"asked elsewhere: {url}" for url in strange), *logged]


def _is_about_the_network(text: str) -> bool:
    return text.startswith(("Failed to load resource", "WebSocket connection to"))


class Person:
    """Somebody at a browser of their own.

    Args:
        context: The browser.
        show: The expo they are at.
        base: The address they use.
        cookies: What they came with.
    """

    def __init__(
        self, context: BrowserContext, show: Running, base: str, cookies: dict[str, str]
    ) -> None:
        self.context = context
        self.show = show
        self.base = base
        self.watch = Watch(context, (show.url, show.cable.url))
        context.add_init_script(_NOTE_BREACHES)
        self.sign_in(cookies)
        self.page = context.new_page()

    def sign_in(self, cookies: dict[str, str]) -> None:
        """Take these cookies along."""
        kept = [{"name": name, "value": value, "url": self.base} for name, value in cookies.items()]
        self.context.add_cookies(msgspec.convert(kept, list[Any]))

    @property
    def cookies(self) -> dict[str, str]:
        """What the browser would send."""
        return {
            str(one.get("name")): str(one.get("value")) for one in self.context.cookies(self.base)
        }

    def become_new(self, show: Running) -> None:
        """Be somebody at an expo who has never been anywhere; only the browser's process stays.

        A new browser takes six times as long, most of it to start a process and to read scripts again.
        """
        self.context.set_offline(False)
        self.page.goto(show.url + _NO_PAGE)
        self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        self.page.mouse.move(0, 0)
        self.context.clear_cookies()
        self.show, self.base = show, show.url
        self.watch.begin((show.url, show.cable.url))

    def visit(self, path: str) -> Page:
        """Go to a path and wait until the page's scripts have run."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page

    def stored(self, session: str = SESSION) -> tuple[str, ...] | None:
        """The ranking of this person in the server's database."""
        return self.show.stored(self.cookies, session)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something on the server's side while the page goes on."""
        for _ in range(200):
            if is_so():
                return
            self.page.wait_for_timeout(100)
        message = "it did not come about"
        raise AssertionError(message)

    def close(self) -> None:
        """Leave."""
        self.context.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


class Browsing:
    """Makes people with browsers; closes what is still open at the end."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._people: list[Person] = []

    def person(
        self,
        show: Running,
        role: Role = Role.PUBLIC,
        *,
        lang: Language = "en",
        size: tuple[int, int] = PHONE,
        label: str = "",
        theme: Theme = "light",
        over_cable: bool = False,
        **options: Any,
    ) -> Person:
        """Somebody of this role; a customer has joined already, the public has not.

        Args:
            show: The expo they are at.
            role: Who they are.
            lang: Of their browser.
            size: CSS pixels of the window.
            label: What the log calls them.
            theme: What their device prefers.
            over_cable: Whether they come through the show's cable.
            options: As for Playwright's ``new_context``.
        """
        width, height = size
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            locale=_LOCALES[lang],
            color_scheme=theme,
            **{"reduced_motion": "reduce", **options},
        )
        context.set_default_timeout(20_000)
        base = show.cable.url if over_cable else show.url
        cookies = {} if role is Role.PUBLIC else show.cookies_of(role, label)
        found = Person(context, show, base, cookies)
        self._people.append(found)
        return found

    def close(self) -> None:
        """Everybody leaves."""
        for one in self._people:
            with contextlib.suppress(Exception):
                one.close()


class Ballot:
    """The ballot on a page, as a person handles it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("#ballot")

    @property
    def order(self) -> list[str]:
        """What is ranked on the page, first place first."""
        return [str(one) for one in self.page.locator(".ranked .item").evaluate_all(_IDS)]

    def card(self, option: str) -> Locator:
        """The card of an option."""
        return self.page.locator(f'.item[data-id="{option}"]')

    def add(self, *options: str) -> None:
        """Tap options into the ranking, one after the other."""
        for option in options:
            self.card(option).locator(".t.add").click()

    def submit(self) -> None:
        """Press the one button."""
        self.page.locator("#ack-b").click()

    def expect(self, ack: str) -> None:
        """Wait until the bar says this: idle, sending, saved, dirty, queued or failed."""
        expect(self.page.locator("#act")).to_have_attribute("data-ack", ack)

    def shows(self, ack: str) -> bool:
        """Whether the bar says this now."""
        return self.page.locator("#act").get_attribute("data-ack") == ack

    def expect_state(self, state: str) -> None:
        """Wait until the ballot shows this state: open, paused, closed, late and so on."""
        expect(self.root).to_have_attribute("data-state", state)

    def expect_live(self) -> None:
        """Wait until the page's own line to the server is up."""
        expect(self.root).to_be_visible()
        self.page.wait_for_function("() => document.documentElement.classList.contains('js')")

    @property
    def has_receipt(self) -> bool:
        """Whether the page knows of a stored ballot."""
        return bool(self.page.locator("#receipt [data-tracker]").get_attribute("data-tracker"))

    @property
    def tracker(self) -> str:
        """The receipt number the page shows."""
        return self.page.locator("#receipt [data-tracker]").get_attribute("data-tracker") or ""


_IDS: Final = "cards => cards.map(card => card.dataset.id)"


@contextlib.contextmanager
def browsing(browser: Browser) -> Iterator[Browsing]:
    """People with browsers, gone afterwards."""
    found = Browsing(browser)
    try:
        yield found
    finally:
        found.close()
