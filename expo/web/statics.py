"""Static files: read once, served from memory under the digest of the whole tree, for ever.

``/static/<digest>/js/ballot.js``: relative imports keep working and nothing ever goes stale.
"""

import functools
import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from expo.web.kept import Headers, unchanged
from expo.web.visiting import accepts_gzip

_FOLDER: Final = Path(__file__).resolve().parent / "static"
_ALREADY_COMPRESSED: Final = {".woff2", ".png", ".jpg"}
_IMMUTABLE: Final = b"public, max-age=31536000, immutable"
_POLICY: Final = b"default-src 'none'"
"""A file is no page: it needs nothing, and the pages' long policy is half a kilobyte on each of ten."""
_WORKER: Final = "worker.js"
_OF_WORKER: Final = b"default-src 'none'; script-src 'self'"
"""A worker goes by the policy of its own file, and this one is made of modules."""
_TYPES: Final = {".woff2": "font/woff2", ".js": "text/javascript", ".svg": "image/svg+xml"}


class StaticFile(msgspec.Struct, frozen=True):
    """One file: as it is, compressed where that helps, and what is said about it."""

    content: bytes
    packed: bytes | None
    media_type: str
    etag: bytes
    """Weak: the same for both encodings."""
    policy: bytes = _POLICY

    def body(self, *, is_packed: bool) -> bytes:
        """What is sent."""
        return self.packed if is_packed and self.packed is not None else self.content

    def headers(self, *, is_packed: bool, is_current: bool = True) -> Headers:
        """The headers of `body`, lower-case names."""
        body = self.body(is_packed=is_packed)
        told = [
            (b"content-type", self.media_type.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", _IMMUTABLE if is_current else b"no-cache"),
            (b"vary", b"accept-encoding"),
            (b"etag", self.etag),
            (b"content-security-policy", self.policy),
        ]
        return [*told, (b"content-encoding", b"gzip")] if is_packed else told


class Statics:
    """Every file of a folder, with its compressed form and media type.

    Args:
        folder: Root of the tree; read whole at construction (a few hundred kilobytes).
    """

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._files: dict[str, StaticFile] = {}
        digest = hashlib.sha256()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            content = path.read_bytes()
            digest.update(name.encode() + b"\0" + content)
            self._files[name] = _file(path, content)
        self.digest = digest.hexdigest()[:12]
        self._current = {
            f"/static/{self.digest}/{name}".encode(): file for name, file in self._files.items()
        }

    def address(self, name: str) -> str:
        """The address of a file, e.g. ``css/tokens.css``.

        Raises:
            KeyError: There is no such file; a page must not ship a dead link.
        """
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.digest}/{name}"

    def current(self, path: bytes) -> StaticFile | None:
        """The file at this address, if it is one that `address` gives."""
        return self._current.get(path)

    @property
    def route(self) -> Route:
        """The route that serves the files; older digests answer too, without being kept."""
        return Route("/static/{digest}/{name:path}", self._serve, methods=["GET"], name="static")

    async def _serve(self, request: Request[Any]) -> Response:
        found = self._files.get(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        is_known = found.etag.decode() in request.headers.get("if-none-match", "")
        is_packed = found.packed is not None and accepts_gzip(
            request.headers.get("accept-encoding", "")
        )
        is_current = request.path_params["digest"] == self.digest
        response = Response(
            b"" if is_known else found.body(is_packed=is_packed),
            status_code=304 if is_known else 200,
        )
        headers = found.headers(is_packed=is_packed, is_current=is_current)
        response.raw_headers = unchanged(headers) if is_known else headers
        return response


def _file(path: Path, content: bytes) -> StaticFile:
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:20]}"'.encode()
    media_type = _media_type(path)
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    policy = _OF_WORKER if path.name == _WORKER else _POLICY
    return StaticFile(content, _compressed(path, content), media_type, etag, policy)


def _compressed(path: Path, content: bytes) -> bytes | None:
    if path.suffix in _ALREADY_COMPRESSED:
        return None
    packed = _packed(content)
    return packed if len(packed) < len(content) else None


@functools.cache
def _packed(content: bytes) -> bytes:
    """Compressed once for every expo of this process: a rehearsal has two, its tests hundreds."""
    return gzip.compress(content, 9, mtime=0)


def _media_type(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain"
