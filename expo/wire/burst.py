"""One frame to many sockets in one call: `burst.c`, where the set-up could compile it.

The interpreter lets other threads run meanwhile; none of them may touch the arrays, which belong to
the loop's thread. Without the compiled part, and for a connection that is no plain socket, every
viewer is written to through its transport, one after the other: the same bytes in the same order.
"""

import ctypes
import logging
import sysconfig
import zlib
from array import array
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

SOURCE: Final = Path(__file__).with_name("burst.c")
LIBRARY: Final = (
    Path(sysconfig.get_path("platlib")) / f"sawt_burst_{zlib.crc32(SOURCE.read_bytes()):08x}.so"
)
"""Beside the packages, named by its source: what was compiled from another one is never loaded."""
_NONE: Final[tuple[tuple[int, int], ...]] = ()

Burst = Callable[["array[int]", bytes], Iterable[tuple[int, int]]]
"""Sends the bytes to every descriptor. Tells of each that did not take all its place and how many
bytes it took; the rest is the transport's, which knows what to do whatever the reason was."""


def load(library: Path = LIBRARY) -> Burst | None:
    """The compiled loop, or None where there is none."""
    if not library.exists():
        return None
    try:
        send = ctypes.CDLL(str(library)).sawt_burst
    except (OSError, AttributeError):
        logger.warning("The compiled burst cannot be loaded; frames go out without it")
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int
    send.restype = number
    send.argtypes = (pointer, number, ctypes.c_char_p, ctypes.c_size_t, pointer)

    def burst(fds: "array[int]", data: bytes) -> Iterable[tuple[int, int]]:
        odd = array("i", bytes(2 * fds.itemsize * len(fds)))
        found = send(fds.buffer_info()[0], len(fds), data, len(data), odd.buffer_info()[0])
        return zip(odd[0 : 2 * found : 2], odd[1 : 2 * found : 2], strict=True) if found else _NONE

    return burst


COMPILED: Final = load()
"""What this process uses; None where every frame goes through its transport."""
