"""The program that makes a picture anew: decodes it, drops everything but the pixels, encodes WebP.

It is started with ``python -I`` for one picture and knows nothing of Sawt: the file comes on standard
input, the new one goes to standard output (both are files), one line of JSON to standard error. What
a hostile file does to the decoder stays inside its limits of memory, time and output.

    python -I render.py KIND MOST_PIXELS LEAST_SIDE LONGEST_SIDE

Exit status 0 with ``{"width": …, "height": …}``, or 3 with ``{"refused": word}``.
"""

import json
import resource
import sys
import warnings
from typing import Final

MEMORY_BYTES: Final = 512 * 1024 * 1024  # address space; the largest WebP takes 480 MB of it
CPU_SECONDS: Final = 10  # the largest picture takes two on a slow machine
_OUTPUT_BYTES: Final = 16 * 1024 * 1024
_QUALITY: Final = 82
_REFUSED: Final = 3
_BY_TABLE: Final = frozenset({"1", "P", "PA"})
"""Modes whose pixels cannot be mixed before they are colours."""
_WITH_ALPHA: Final = frozenset({"RGBA", "LA", "La", "RGBa"})
_TOO_MANY_PIXELS: Final = "too-many-pixels"
_TOO_SMALL: Final = "too-small"
_ANIMATED: Final = "animated"


def limit() -> None:
    """Take away what a decoder does not need; before it is even loaded."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, _OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    limit()

from PIL import Image, ImageOps  # noqa: E402 - only now, inside the limits


class Refused(Exception):
    """This picture is not taken; ``word`` says why."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def main(arguments: list[str]) -> int:
    """Make one picture anew; the exit status."""
    kind, *numbers = arguments
    most_pixels, least_side, longest_side = map(int, numbers)
    Image.MAX_IMAGE_PIXELS = most_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(sys.stdin.buffer, formats=[kind]) as found:
            check(found, most_pixels, least_side)
            made = anew(found, longest_side)
        made.save(sys.stdout.buffer, "WEBP", quality=_QUALITY, method=4)
        sys.stdout.buffer.flush()
    except Refused as refused:
        return tell(_REFUSED, refused=refused.word)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return tell(_REFUSED, refused=_TOO_MANY_PIXELS)
    except Exception:  # noqa: BLE001 - decoders raise everything; whatever it was, it is no picture
        return tell(_REFUSED, refused="broken")
    return tell(0, width=made.width, height=made.height)


def check(found: Image.Image, most_pixels: int, least_side: int) -> None:
    """Nothing, if the head promises a picture of a size we take.

    Raises:
        Refused: It does not.
    """
    if found.width * found.height > most_pixels:
        raise Refused(_TOO_MANY_PIXELS)
    if min(found.size) < least_side:
        raise Refused(_TOO_SMALL)
    # A telephone's JPEG may carry a second view (MPO): still one picture.
    if getattr(found, "n_frames", 1) > 1 and found.format != "MPO":
        raise Refused(_ANIMATED)


def anew(found: Image.Image, longest_side: int) -> Image.Image:
    """The pixels alone, upright, no larger than a screen shows.

    Made small first: each full-size copy of the largest picture takes 96 MB.
    """
    found.draft("RGB", (longest_side, longest_side))  # a JPEG is decoded no larger than needed
    found.load()
    if found.mode in _BY_TABLE:
        has_alpha = found.mode == "PA" or "transparency" in found.info
        found = found.convert("RGBA" if has_alpha else "RGB")
    found.thumbnail((longest_side, longest_side))
    upright = ImageOps.exif_transpose(found)
    has_alpha = upright.mode in _WITH_ALPHA or "transparency" in upright.info
    bare = upright.convert("RGBA" if has_alpha else "RGB")
    bare.info.clear()
    return bare


def tell(status: int, **said: str | int) -> int:
    """Say one line about the picture; the status as given."""
    sys.stderr.write(json.dumps(said) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
