"""The one Jinja environment: autoescaped, strict, with our words and addresses built in."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from expo import words
from expo.rights import Action, may
from expo.web import translations
from expo.web.qr import svg
from expo.web.statics import Statics
from expo.words import Language, Text

_TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"
_PLAIN: Final = "/~!$&'()*+,;=:@"  # characters a path may hold as they are (RFC 3986)
# Every page says in its corners who is looking, and may bring a device its cookie: no cache that
# several people share may keep it.
_OWN: Final = {"cache-control": "private, no-cache"}


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
        self.environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
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
            "site": site,
            "zone": zone.key,
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
        }

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
        other language), ``path``, ``visit`` (who is looking) and ``role``.
        """
        code = translations.language.get()
        visit = request.state["visit"]
        path = _path_of(request)
        common = {
            "lang": code,
            "dir": words.direction(code),
            "other_lang": words.other(code),
            "other_href": _in_language(path, words.other(code)),
            "path": path,
            "visit": visit,
            "role": visit.role,
        }
        html = self.environment.get_template(template).render({**common, **values})
        return HTMLResponse(html, status_code=status, headers={**_OWN, **(headers or {})})


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


def _percent(part: int, whole: int, decimals: int = 0) -> str:
    return words.percent(part, whole, translations.language.get(), decimals=decimals)


def _time(zone: ZoneInfo, value: datetime) -> Markup:
    local = value.astimezone(zone)
    shown = words.clock_time(local, translations.language.get())
    return Markup('<time class="nw" datetime="{}"><bdi>{}</bdi></time>').format(
        local.isoformat(), shown
    )
