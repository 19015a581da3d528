"""The one Jinja environment: autoescaped, strict, with our words and addresses built in."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from typing_extensions import override

from expo import words
from expo.errors import N_
from expo.rights import Action, Role, may
from expo.web import translations
from expo.web.kept import Content, KeptPage, KeptPages, Made, StandsOn, unchanged
from expo.web.qr import svg
from expo.web.statics import Statics
from expo.web.visiting import Visitor, accepts_gzip
from expo.words import ERASED, Language, Text

_TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"
_SHEETS: Final = Path(__file__).resolve().parent / "static" / "css"
_PLAIN: Final = "/~!$&'()*+,;=:@"  # characters a path may hold as they are (RFC 3986)
# Every page says in its corners who is looking, and may bring a device its cookie: no cache that
# several people share may keep it.
_OWN: Final = {"cache-control": "private, no-cache"}
_REHEARSAL: Final = N_("Rehearsal")
# Somebody without a label stands in the logs as the name of the role.
_ROLES: Final[Mapping[str, str]] = {
    Role.TEAM.value: N_("Member of an innovation team"),
    Role.PRESENTER.value: N_("Presenter of an innovation team"),
    Role.MODERATOR.value: N_("Moderator"),
    Role.OFFICER.value: N_("Officer"),
    Role.ORGANISER.value: N_("Organiser"),
    Role.AUDITOR.value: N_("Auditor"),
}


class Parts(msgspec.Struct, frozen=True):
    """Parts of a page that each visitor sees in an order of their own.

    The template puts ``{{ cut }}`` before the first part, between two, and after the last.
    """

    seed: str
    """Tells this visitor from others."""
    order_of: Callable[[str], int]
    """The order a seed is shown."""
    arrange: Callable[[int], Sequence[int]]
    """The places of the parts, as the template has them, in an order."""
    own: str = ""
    """What this answer alone has where the template puts ``{{ own }}``; fit to stand in HTML."""


class _Compiled(BytecodeCache):
    """Templates as compiled, for every expo of this process: a rehearsal has two, its tests thousands."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], Any] = {}

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED: Final = _Compiled()


class Renderer:
    """Makes pages; what is the same on every page is given once, here.

    Args:
        statics: Knows the address of each static file.
        zone: The event's time zone; every clock time on a page is in it.
        site: Name of the event in both languages.
        rehearsal: Whether pages carry the rehearsal banner.
        public_url: Address people type, e.g. ``https://expo.example``; QR codes carry it.
    """

    def __init__(
        self, *, statics: Statics, zone: ZoneInfo, site: Text, rehearsal: bool, public_url: str
    ) -> None:
        self.zone = zone
        self.site = site
        self.rehearsal = rehearsal
        self.public_url = public_url
        self.pages = KeptPages()
        self.environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            bytecode_cache=_COMPILED,
        )
        # Arabic as it is written: six times shorter than escapes; tojson still escapes < > & '
        self.environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}
        self.environment.policies["ext.i18n.trimmed"] = True  # as the catalogues are gathered
        # newstyle: `{% trans %}` and `_("…", name=value)` escape their values
        self.environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by ext.i18n
            translations.gettext, translations.ngettext, newstyle=True
        )
        self.environment.globals |= {
            "static": statics.address,
            "rehearsal": rehearsal,
            "twin": "",
            "site": site,
            "zone": zone.key,
            "public_url": public_url,
            "qr": lambda text, **kw: Markup(svg(text, **kw)),  # noqa: S704 - our own drawing
            "plural_forms": translations.plural_forms,
            "sentence": translations.sentence,
            "may": may,
            "Action": Action,
        }
        self.environment.filters |= {
            "text": _text,
            "number": lambda value: words.number(value, translations.language.get()),
            "percent": _percent,
            "day": lambda value: words.day(value, translations.language.get()),
            "time": partial(_time, zone),
            "exact": lambda value: words.exact_time(value.astimezone(zone)),
            "iso": lambda value: value.isoformat(),
            "isolated": words.isolated,
            "grouped": words.grouped,
            "named": _named,
        }

    def mark_as_twin(self) -> None:
        """Let every page say in both languages, whatever its own, that this is a copy to rehearse on."""
        said = (translations.catalogue(code).gettext(_REHEARSAL) for code in words.LANGUAGES)
        self.environment.globals["twin"] = " · ".join(said)

    def page(
        self,
        request: Request[Any],
        template: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """The template as a whole page in the request's language.

        Every template also gets ``lang``, ``dir``, ``other_lang``, ``other_href`` (this page in the
        other language), ``path``, ``visit`` (who is looking), ``role``, ``cut`` and ``own`` (see `Parts`).
        """
        html = self._text(template, request.state["visit"], _path_of(request), values)
        return HTMLResponse(html, status_code=status, headers={**_OWN, **(headers or {})})

    def document(
        self, template: str, part: str, parts: Mapping[Language, Mapping[str, Any]], sheet: str
    ) -> str:
        """A page that is a file of its own: everything is in it, in both languages.

        Args:
            template: Of the whole; gets ``styles``, ``parts``, and what the first part gets.
            part: Template of the same in one language.
            parts: What it gets, by language; the reader's first.
            sheet: Name of a style sheet.
        """
        made = []
        for code, values in parts.items():
            with translations.speaking(code):
                common = {**values, "lang": code, "dir": words.direction(code)}
                made.append(Markup(self.environment.get_template(part).render(common)))  # noqa: S704 - escaped when it was made
        code, values = next(iter(parts.items()))
        styles = Markup("<style>\n{}</style>").format(Markup((_SHEETS / sheet).read_text()))  # noqa: S704 - our own sheet
        shown = {**values, "lang": code, "dir": words.direction(code), "styles": styles}
        return self.environment.get_template(template).render({**shown, "parts": made})

    def kept(
        self,
        request: Request[Any],
        template: str,
        kind: Visitor | None,
        values: Callable[[], Mapping[str, Any]],
        stands_on: StandsOn,
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
        parts: Parts | None = None,
    ) -> Response:
        """The same page, kept for everybody of this kind as long as what it stands on is the same.

        Args:
            request: Who asks; only path and language are used for the page.
            template: As for `page`.
            kind: The stand-in the template gets for its ``visit``; None: nobody shares this page.
            values: As for `page`; asked whenever the page must be made, also when the request is over.
            stands_on: Everything the page shows, cheaply compared; the template must use no more.
            headers: Further headers, the same for everybody; asked like the values.
            parts: Which visitor sees which parts in which order.
        """
        if kind is None:
            return self.page(request, template, values(), headers=headers())
        code, path = translations.language.get(), _path_of(request)
        # One page for all spellings of an address; the desk finds it by the usual one, as it travels.
        key = (quote(request.scope["path"], safe=_PLAIN).encode("ascii"), code, kind)
        found = self.pages.find(key)
        if found is None:
            make = partial(self._made, template, kind, code, path, values, headers, parts)
            found = self.pages.keep(key, KeptPage(make, stands_on))
        return _sent(request, found, parts.seed if parts else "", parts.own if parts else "")

    def _made(
        self,
        template: str,
        kind: Visitor,
        code: Language,
        path: str,
        values: Callable[[], Mapping[str, Any]],
        headers: Callable[[], Mapping[str, str]],
        parts: Parts | None,
    ) -> Made:
        """A page to be kept; asked for again when the clock moves on, whoever asks then."""
        mark = secrets.token_hex(16) if parts else ""  # by chance: nothing that is shown holds it
        cut = f"<!--{mark}-->" if parts else ""
        token = translations.language.set(code)
        try:
            told = {**_OWN, **headers(), "content-type": "text/html; charset=utf-8"}
            shown = {**values(), "cut": Markup(cut)}  # noqa: S704 - our own mark
            if parts and parts.own:
                shown["own"] = mark
            return _content(self._text(template, kind, path, shown), mark, parts), told
        finally:
            translations.language.reset(token)

    def _text(self, template: str, visit: Visitor, path: str, values: Mapping[str, Any]) -> str:
        code = translations.language.get()
        common = {
            "lang": code,
            "dir": words.direction(code),
            "other_lang": words.other(code),
            "other_href": _in_language(path, words.other(code)),
            "path": path,
            "visit": visit,
            "role": visit.role,
            "cut": "",
            "own": "",
        }
        return self.environment.get_template(template).render({**common, **values})


def _content(text: str, mark: str, parts: Parts | None) -> Content:
    """The page's text in pieces."""
    if parts is None:
        return Content(text)
    head, *between, tail = text.split(f"<!--{mark}-->")
    own = mark if parts.own else ""
    return Content(head, tuple(between), tail, parts.arrange, parts.order_of, own)


def _sent(request: Request[Any], page: KeptPage, seed: str, own: str) -> Response:
    is_packed = accepts_gzip(request.headers.get("accept-encoding", ""))
    order = page.order_of(seed)
    if page.etag and page.etag.decode() in request.headers.get("if-none-match", ""):
        response = Response(status_code=304)
        response.raw_headers = unchanged(page.headers)
        return response
    if page.is_shared_whole:
        body = page.body(order, is_packed=is_packed)
    else:
        body = page.own_body(order, own.encode(), is_packed=is_packed)
    response = Response(body)
    response.raw_headers = page.answers(len(body), is_packed=is_packed)
    return response


def _path_of(request: Request[Any]) -> str:
    """This page's path, fit for a link: ``//evil.example/`` would lead away from here."""
    return "/" + quote(request.scope["path"].lstrip("/"), safe=_PLAIN)


def _in_language(path: str, code: Language) -> str:
    """This page's address in another language: by its first path segment, else by query."""
    segment = f"/{words.other(code)}"
    if path == segment or path.startswith(segment + "/"):
        return f"/{code}{path[len(segment) :]}"
    return f"{path}?lang={code}"


def _text(value: Text) -> Markup:
    """Content in the language in force, isolated; marked when only the other language has it."""
    code = translations.language.get()
    own = value.ar if code == "ar" else value.en
    if own:
        return Markup("<bdi>{}</bdi>").format(own)
    return Markup('<bdi lang="{}">{}</bdi>').format(words.other(code), value.in_(code))


def _named(actor: str) -> str:
    """What a log calls somebody; words for whoever was erased, or is known by a role alone."""
    if actor in _ROLES:
        return translations.gettext(_ROLES[actor])
    return translations.sentence(actor, {}) if actor == ERASED else actor


def _percent(part: int, whole: int, decimals: int = 0) -> str:
    return words.percent(part, whole, translations.language.get(), decimals=decimals)


def _time(zone: ZoneInfo, value: datetime) -> Markup:
    local = value.astimezone(zone)
    shown = words.clock_time(local, translations.language.get())
    return Markup('<time class="nw" datetime="{}"><bdi>{}</bdi></time>').format(
        local.isoformat(), shown
    )
