"""Our static files on a loopback address, with nothing else: where modules are tried alone."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser
from typing_extensions import override

Ask = Callable[[str, Any], Any]
"""Has a page evaluate a function with a value."""

_STATIC: Final = Path(__file__).resolve().parents[2] / "expo" / "web" / "static"


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012 - as in the class above it
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        "": "text/html; charset=utf-8",
    }

    @override
    def log_message(self, *_args: Any) -> None:
        """Say nothing: the page's own errors are what counts."""


@contextlib.contextmanager
def static_site() -> Iterator[str]:
    """The address, e.g. ``http://127.0.0.1:40123``; gone afterwards."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(_STATIC)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def asking(browser: Browser) -> Iterator[Ask]:
    """A page of our static files that modules can be imported into."""
    with static_site() as address:
        page = browser.new_page()
        page.goto(f"{address}/js/digest.js")
        yield page.evaluate
        page.close()
