"""Static files: read once, served from memory under the digest of the whole tree, for ever.

``/static/<digest>/js/ballot.js``: relative imports keep working and nothing ever goes stale.
"""

import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOLDER: Final = Path(__file__).resolve().parent / "static"
_ALREADY_COMPRESSED: Final = {".woff2", ".png", ".jpg"}
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_POLICY: Final = "default-src 'none'"
"""A file is no page: it needs nothing, and the pages' long policy is half a kilobyte on each of ten."""
_TYPES: Final = {".woff2": "font/woff2", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Statics:
    """Every file of a folder, with its compressed form and media type.

    Args:
        folder: Root of the tree; read whole at construction (a few hundred kilobytes).
    """

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._files: dict[str, tuple[bytes, bytes | None, str]] = {}
        digest = hashlib.sha256()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            content = path.read_bytes()
            digest.update(name.encode() + b"\0" + content)
            self._files[name] = (content, _compressed(path, content), _media_type(path))
        self.digest = digest.hexdigest()[:12]

    def address(self, name: str) -> str:
        """The address of a file, e.g. ``css/tokens.css``.

        Raises:
            KeyError: There is no such file; a page must not ship a dead link.
        """
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.digest}/{name}"

    @property
    def route(self) -> Route:
        """The route that serves the files; older digests answer too, without being kept."""
        return Route("/static/{digest}/{name:path}", self._serve, methods=["GET"], name="static")

    async def _serve(self, request: Request[Any]) -> Response:
        found = self._files.get(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        content, compressed, media_type = found
        current = request.path_params["digest"] == self.digest
        headers = {
            "cache-control": _IMMUTABLE if current else "no-cache",
            "vary": "accept-encoding",
            "content-security-policy": _POLICY,
        }
        if compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            content = compressed
        return Response(content, media_type=media_type, headers=headers)


def _compressed(path: Path, content: bytes) -> bytes | None:
    if path.suffix in _ALREADY_COMPRESSED:
        return None
    packed = gzip.compress(content, 9, mtime=0)
    return packed if len(packed) < len(content) else None


def _media_type(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain"
