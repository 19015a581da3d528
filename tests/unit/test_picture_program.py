"""The program that makes a picture anew, by its parts; its limits are tried on the whole of it elsewhere."""

import json

import pytest
from PIL import Image

from expo.catalogue.pictures.kinds import LEAST_SIDE, LONGEST_SIDE, MOST_PIXELS
from expo.catalogue.pictures.render import Refused, anew, check, tell

WIDE = (3000, 300)


@pytest.mark.parametrize(
    ("size", "word"),
    [
        ((MOST_PIXELS, 2), "too-many-pixels"),
        ((LEAST_SIDE - 1, 900), "too-small"),
        ((900, 0), "too-small"),
    ],
)
def test_sizes_nobody_needs_are_refused_by_the_head(size: tuple[int, int], word: str) -> None:
    found = Image.new("1", (1, 1))
    found._size = size  # as a head may promise

    with pytest.raises(Refused) as refused:
        check(found, MOST_PIXELS, LEAST_SIDE)

    assert refused.value.word == word


def test_sizes_on_the_limit_are_taken() -> None:
    check(Image.new("1", (LEAST_SIDE, LEAST_SIDE)), MOST_PIXELS, LEAST_SIDE)
    check(Image.new("1", (6000, 4000)), MOST_PIXELS, LEAST_SIDE)


@pytest.mark.parametrize(
    ("mode", "made"),
    [("RGB", "RGB"), ("RGBA", "RGBA"), ("LA", "RGBA"), ("L", "RGB"), ("P", "RGB"), ("CMYK", "RGB"), ("I;16", "RGB"), ("1", "RGB")],
)  # fmt: skip
def test_every_kind_of_pixel_becomes_one_of_two(mode: str, made: str) -> None:
    found = Image.new(mode, (90, 80))
    found.info["comment"] = "a secret"

    bare = anew(found, LONGEST_SIDE)

    assert (bare.mode, bare.size, bare.info) == (made, (90, 80), {})


def test_pictures_in_a_table_of_colours_are_mixed_as_colours() -> None:
    found = Image.linear_gradient("L").resize((3000, 3000)).convert("P")

    assert len(anew(found, LONGEST_SIDE).getcolors(100_000) or ()) > 200


def test_what_is_transparent_by_one_colour_stays_so() -> None:
    found = Image.new("P", (90, 80))
    found.info["transparency"] = 0

    assert anew(found, LONGEST_SIDE).mode == "RGBA"


def test_picture_is_no_larger_than_a_screen_and_keeps_its_shape() -> None:
    assert anew(Image.new("RGB", WIDE), LONGEST_SIDE).size == (1920, 192)


def test_what_is_told_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(3, refused="broken") == 3

    said = capsys.readouterr().err
    assert json.loads(said) == {"refused": "broken"}
    assert said.count("\n") == 1
