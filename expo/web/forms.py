"""What a browser sends: bounded forms, strict JSON, and where a page may lead next."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from expo.errors import BadRequest

T = TypeVar("T")

MOST_FIELDS: Final = 64  # a ballot of 12 options has 16; the longest staff form has 12
LONGEST_FIELD: Final = 60_000  # bytes; a whole edited schedule must fit, the body limit is above it
_LONGEST_NEXT: Final = 512
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")

# A path of this site: one slash, then nothing a browser could read as a host, a scheme or a header.
_LOCAL: Final = re.compile(
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%-]+/?)*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_CODED_TRICK: Final = re.compile(r"%(?:0[0-9a-f]|1[0-9a-f]|5c|2f|7f)", re.IGNORECASE)


def content_type(request: Request[Any]) -> str:
    """The media type of the body, lower case and without parameters; empty when not given."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def client_form(request: Request[Any]) -> Mapping[str, str]:
    """Every field of a posted form, by name.

    Raises:
        BadRequest: Not a form, a file, a field given twice, too many or too long fields, or bytes
            that are not text (``what`` names which).
        HTTPException: 413, the whole body is too long.
    """
    if content_type(request) not in _FORMS or "content-encoding" in request.headers:
        raise BadRequest(what="content-type")
    try:
        form = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
    except HTTPException as refused:
        if refused.status_code != BadRequest.status:
            raise
        raise BadRequest(what="form") from refused
    except (UnicodeDecodeError, LookupError, ValueError) as error:  # a charset nobody knows
        raise BadRequest(what="form") from error
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str) or name in fields or not _is_text(name + value):
            raise BadRequest(what="field")
        fields[name] = value
    return MappingProxyType(fields)


async def client_json(request: Request[Any], kind: type[T]) -> T:
    """The JSON body as a value of this kind.

    Raises:
        BadRequest: Not declared as JSON, not JSON, or not of this kind.
        HTTPException: 413, the body is too long.
    """
    if content_type(request) != "application/json" or "content-encoding" in request.headers:
        raise BadRequest(what="content-type")
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(what="json") from error


def safe_next(address: str | None, default: str) -> str:
    """The address if it is a plain path of this site, else the default.

    Foreign hosts, schemes, backslashes, control characters (coded or not) and dot segments are
    never followed (bad input 94).
    """
    if not address or len(address) > _LONGEST_NEXT or not _LOCAL.fullmatch(address):
        return default
    path = address.partition("?")[0]
    if _CODED_TRICK.search(address) or {".", ".."} & set(
        path.lower().replace("%2e", ".").split("/")
    ):
        return default
    return address


def _is_text(value: str) -> bool:
    """Whether it can be stored and sent: no NUL, no lone surrogate."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
