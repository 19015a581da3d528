"""What a browser sends: bounded forms, strict JSON, and where a page may lead next."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from types import MappingProxyType
from typing import Any, BinaryIO, Final, TypeVar

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from expo.errors import BadRequest
from expo.words import latin_digits

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


class Upload(msgspec.Struct, frozen=True):
    """A file that came with a form; it lies on disk without a name and goes with the request."""

    name: str
    """What the browser called it: never a path of ours."""
    size: int
    """Bytes."""
    file: BinaryIO
    """At its beginning, with a descriptor of its own."""


@asynccontextmanager
async def client_upload(
    request: Request[Any], *, last: str, most_fields: int = MOST_FIELDS
) -> AsyncIterator[tuple[Mapping[str, str], Upload | None]]:
    """Every field of a posted form, and the one file it may bring; the file is gone after the block.

    Args:
        request: Its route says with ``most_bytes`` how long the body may be.
        last: Name of the form's last field. A body that was cut off lacks its end, and the parser
            would pass over that in silence.
        most_fields: Fields besides the file.

    Raises:
        BadRequest: As `client_form`; also when the end is missing.
        HTTPException: 413, the whole body is too long.
    """
    if content_type(request) != _FORMS[1] or "content-encoding" in request.headers:
        raise BadRequest(what="content-type")
    async with aclosing(request.stream()) as stream:
        most: dict[str, Any] = {"max_fields": most_fields, "max_part_size": LONGEST_FIELD}
        parser = _Parser(request.headers, stream, max_files=1, **most)
        try:
            yield _parts(await _parsed(parser), last)
        finally:
            parser.close()


class _Parser(MultiPartParser):
    """Starlette's, which forgets the file of a part that was cut off."""

    def close(self) -> None:
        """Let go of every file there is."""
        for file in self._files_to_close_on_error:
            file.close()


async def _parsed(parser: _Parser) -> FormData:
    try:
        return await parser.parse()
    except (MultiPartException, UnicodeDecodeError, LookupError, ValueError) as error:
        raise BadRequest(what="form") from error


def _parts(form: FormData, last: str) -> tuple[Mapping[str, str], Upload | None]:
    fields: dict[str, str] = {}
    upload = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            upload = _upload(value)
        elif name in fields or not _is_text(name + value):
            raise BadRequest(what="field")
        else:
            fields[name] = value
    if last not in fields:
        raise BadRequest(what="form")
    return MappingProxyType(fields), upload


def _upload(value: UploadFile) -> Upload | None:
    """The file, on disk; None for the empty one a browser sends where none was chosen."""
    if not value.filename and not value.size:
        return None
    value.file.rollover()  # type: ignore[attr-defined]  # a SpooledTemporaryFile: small ones are in memory
    return Upload(value.filename or "", value.size or 0, value.file)


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


def whole_number(fields: Mapping[str, str], name: str, most: int) -> int:
    """The whole number from 1 to ``most`` in this field, in any digits.

    Raises:
        BadRequest: There is none; ``what`` names the field.
    """
    digits = latin_digits(fields.get(name, "")).strip()
    if not re.fullmatch("[0-9]{1,6}", digits) or not 1 <= int(digits) <= most:
        raise BadRequest(what=name)
    return int(digits)


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
