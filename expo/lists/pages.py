"""A list as a file that a browser keeps."""

import asyncio
from collections.abc import Iterable, Sequence

from starlette.responses import Response

from expo.lists.writing import Cell, as_csv
from expo.web.pages import NO_STORE


async def csv_file(head: Sequence[str], rows: Iterable[Sequence[Cell]], name: str) -> Response:
    """The list as an attachment of this name, which no cache keeps."""
    content = await asyncio.to_thread(as_csv, head, rows)
    headers = {"content-disposition": f'attachment; filename="{name}"', **NO_STORE}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
