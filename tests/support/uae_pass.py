"""UAE PASS as its published pages describe it, on loopback: strict about every step, generous with data.

Source: docs.uaepass.ae, "Authentication", steps 1 to 5. It refuses what the real one refuses, and tells
more about a person than anybody should keep, so that tests can see that nobody does.
"""

import html
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.forger import CLIENT, SECRET
from tests.support.serving import running

SCOPE = "urn:uae:digitalid:profile:general"
PRIVATE = {
    "idn": "784199012345678",
    "mobile": "971501234567",
    "nationalityEN": "ARE-canary",
    "nationalityAR": "الإمارات-canary",
    "gender": "Female-canary",
    "dob": "1990-canary",
}
"""What is told beyond what we read; none of it may be found anywhere afterwards."""


def profile(user_type: str = "SOP3", **changed: Any) -> dict[str, Any]:
    """What userinfo says of somebody."""
    return {
        "sub": "UAEPASS/5fb6f4e0-7a2a-44ab-8cd1-fc6a1c1a4c29",
        "uuid": "5fb6f4e0-7a2a-44ab-8cd1-fc6a1c1a4c29",
        "userType": user_type,
        "fullnameEN": "Mariam,,,,Al Test,,",
        "fullnameAR": "مريم,,,,التجربة,,",
        "firstnameEN": "Mariam",
        "lastnameEN": "Al Test",
        "email": "mariam@a.example",
        "mobile": PRIVATE["mobile"],
        **(PRIVATE if user_type != "SOP1" else {}),
        **changed,
    }


@dataclass
class UaePassFake:
    """What it tells, and what it was asked."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=profile)
    refuses_with: str = ""
    """The error that comes back instead of a code."""
    shows_page: bool = False
    """Whether a page asks, as for a person, instead of going back at once."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The queries of authorize, in order."""
    farewells: list[str] = field(default_factory=list)
    """Where browsers wanted to go after signing out."""
    _codes: dict[str, str] = field(default_factory=dict)
    _tokens: set[str] = field(default_factory=set)

    async def authorize(self, request: Request) -> Response:
        """Step 1."""
        asked = dict(request.query_params)
        self.asked.append(asked)
        needed = {"response_type", "client_id", "redirect_uri", "state", "scope", "acr_values"}
        if needed - set(asked) or asked["response_type"] != "code" or asked["client_id"] != CLIENT:
            return JSONResponse({"error": "invalid_request"}, 400)
        if self.shows_page:
            return self._page(asked)
        return RedirectResponse(self._answer(asked, self.refuses_with), 302)

    def _answer(self, asked: dict[str, str], error: str) -> str:
        code = f"code-{len(self._codes)}"
        answer = {"error": error} if error else {"code": code}
        self._codes[code] = asked["redirect_uri"]
        return f"{asked['redirect_uri']}?{urlencode(answer | {'state': asked['state']})}"

    def _page(self, asked: dict[str, str]) -> Response:
        yes, no = (html.escape(self._answer(asked, e)) for e in ("", "cancelledOnApp"))
        return HTMLResponse(
            f'<!doctype html><html lang="{asked["ui_locales"]}"><title>UAE PASS</title>'
            f'<a id="yes" href="{yes}">Confirm</a> <a id="no" href="{no}">Cancel</a>'
        )

    async def token(self, request: Request) -> Response:
        """Step 3: multipart and HTTP Basic, as the page has it."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind != "Basic" or b64decode(given).decode() != f"{CLIENT}:{SECRET}":
            return JSONResponse({"error": "invalid_client"}, 401)
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return JSONResponse({"error": "invalid_request"}, 415)
        form = await request.form()
        back = self._codes.pop(str(form.get("code")), None)
        if form.get("grant_type") != "authorization_code" or back != form.get("redirect_uri"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = f"token-{len(self._tokens)}"
        self._tokens.add(token)
        return JSONResponse(
            {"access_token": token, "scope": SCOPE, "token_type": "Bearer", "expires_in": 3600}
        )

    async def userinfo(self, request: Request) -> Response:
        """Step 4."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or given not in self._tokens:
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse(self.person)

    async def logout(self, request: Request) -> Response:
        """Step 5."""
        self.farewells.append(request.query_params["redirect_uri"])
        return RedirectResponse(request.query_params["redirect_uri"], 302)


@asynccontextmanager
async def faking(fake: UaePassFake | None = None, port: int = 0) -> AsyncIterator[UaePassFake]:
    """The fake at work; on a free port where none is given."""
    fake = fake or UaePassFake()
    routes = [
        Route("/idshub/authorize", fake.authorize),
        Route("/idshub/token", fake.token, methods=["POST"]),
        Route("/idshub/userinfo", fake.userinfo),
        Route("/idshub/logout", fake.logout),
    ]
    async with running(Starlette(routes=routes), port=port) as fake.url:
        yield fake
