"""Which files are pictures, by their first bytes and their name; what every picture becomes. Pure.

Source: reliability page 3.9; participation page 5.9.
"""

from enum import StrEnum
from typing import Final

import msgspec

from expo.errors import N_, Fault, Refusal

MOST_BYTES: Final = (
    10 * 1024 * 1024
)  # of one file as it comes; a telephone's photograph has 3 to 8 MB
MOST_PIXELS: Final = 24_000_000  # width times height; what a telephone makes, 96 MB once decoded
LEAST_SIDE: Final = 64  # pixels; whatever is narrower shows nothing
LONGEST_SIDE: Final = 1920  # pixels of what is kept; a projector has no more
HEAD_BYTES: Final = 12  # of a file, enough to tell its kind
MEDIA_TYPE: Final = "image/webp"
"""What every picture becomes."""
_NAMES: Final = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp")


class Kind(StrEnum):
    """What is taken; the values are the decoder's names."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"


class Size(msgspec.Struct, frozen=True):
    """Pixels of a picture that is kept."""

    width: int
    height: int


class NotAPicture(Refusal):
    """Neither JPEG, PNG nor WebP, or named as something else."""

    code = N_("image-unknown-kind")
    status = 415


class PictureBroken(Refusal):
    """It begins like a picture and cannot be decoded to its end."""

    code = N_("image-broken")
    status = 422


class PictureTooLarge(Refusal):
    """The file has more than ``most_mb`` megabytes."""

    code = N_("image-too-large")
    status = 413


class TooManyPixels(Refusal):
    """Width times height is above ``most`` million."""

    code = N_("image-too-many-pixels")
    status = 422


class PictureTooSmall(Refusal):
    """One side has fewer than ``least`` pixels."""

    code = N_("image-too-small")
    status = 422


class PictureMoves(Refusal):
    """It has more than one frame."""

    code = N_("image-animated")
    status = 422


class NoRoom(Fault):
    """The disk is full; nothing was kept."""

    code = N_("image-no-room")
    status = 507


def kind_of(head: bytes, name: str) -> Kind:
    """The kind of a file.

    Args:
        head: Its first `HEAD_BYTES` bytes.
        name: What the browser called it; used for nothing else and kept nowhere.

    Raises:
        NotAPicture: None that is taken.
    """
    if name.lower().endswith(_NAMES):
        if head.startswith(b"\xff\xd8\xff"):
            return Kind.JPEG
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return Kind.PNG
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return Kind.WEBP
    raise NotAPicture


def refused(word: str) -> Refusal:
    """What a decoder's word means; anything it did not say means that the picture is broken."""
    match word:
        case "too-many-pixels":
            return TooManyPixels(most=MOST_PIXELS // 1_000_000)
        case "too-small":
            return PictureTooSmall(least=LEAST_SIDE)
        case "animated":
            return PictureMoves()
        case _:
            return PictureBroken()


def too_large() -> PictureTooLarge:
    """The refusal of a file above `MOST_BYTES`."""
    return PictureTooLarge(most_mb=MOST_BYTES // (1024 * 1024))
