"""The served fonts, made from their published source: smaller, and with digits of one width.

    npm pack @fontsource-variable/readex-pro@5.3.0
    python tools/fonts.py fontsource-variable-readex-pro-5.3.0.tgz expo/web/static/fonts

Needs fontTools and brotli, which nothing else here does: a throw-away environment serves. The
source is Readex Pro (SIL Open Font License 1.1, no Reserved Font Name), so changed files may carry
its name; NOTICE says what was changed:

- ``readex-ar``: the Arabic file, weights 400 to 700 only.
- ``readex-la``: basic Latin and the punctuation our pages use, weights 400 to 700 only.
- ``expo-digits-500``, ``-700``: the ten digits at one advance width, so that live counts stand still.
"""

import argparse
import hashlib
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Final

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

SOURCE_SHA512: Final = (
    "79bac4733f2c8f3424f76c7a2b75ad6333a010a4c80dee43fa23ea79fd1862f3"
    "dda827f1cd5911829b288393ce5f8b166bb7b8c1c70243522198cb9191ada166"
)
ARABIC: Final = "package/files/readex-pro-arabic-wght-normal.woff2"
LATIN: Final = "package/files/readex-pro-latin-wght-normal.woff2"
WEIGHTS: Final = (400, 700)
DIGITS: Final = range(0x30, 0x3A)
BASIC_LATIN: Final = [*range(0x20, 0x7F), *map(ord, "\u00a0«·»×é–—‘’“”•…−")]


def opened(source: tarfile.TarFile, member: str) -> TTFont:
    """The font in this member of the published package."""
    file = source.extractfile(member)
    if file is None:
        raise FileNotFoundError(member)
    return TTFont(BytesIO(file.read()))


def subset(font: TTFont, characters: list[int], features: list[str]) -> TTFont:
    """The same font with these characters and layout features, without screen hints."""
    subsetter = Subsetter(Options(layout_features=features, hinting=False))
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    return font


def with_even_digits(font: TTFont) -> TTFont:
    """Ten digits as wide as the widest, each in the middle of its place."""
    names = [font.getBestCmap()[digit] for digit in DIGITS]
    width = max(font["hmtx"][name][0] for name in names)
    for name in names:
        own, bearing = font["hmtx"][name]
        shift = (width - own) // 2
        glyph = font["glyf"][name]
        glyph.coordinates.translate((shift, 0))
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (width, bearing + shift)
    return font


def named(font: TTFont, name: str) -> TTFont:
    """The font under a family name of its own."""
    for number in (1, 3, 4, 6):
        for record in [r for r in font["name"].names if r.nameID == number]:
            font["name"].setName(name, number, record.platformID, record.platEncID, record.langID)
    return font


def made(source: tarfile.TarFile) -> dict[str, TTFont]:
    """Every served font by its file name."""
    limits = {"wght": WEIGHTS}
    fonts = {
        "readex-ar.woff2": instantiateVariableFont(opened(source, ARABIC), limits),
        "readex-la.woff2": instantiateVariableFont(
            subset(opened(source, LATIN), BASIC_LATIN, ["kern", "liga"]), limits
        ),
    }
    for weight in (500, 700):
        digits = subset(opened(source, LATIN), list(DIGITS), [])
        even = with_even_digits(instantiateVariableFont(digits, {"wght": weight}))
        fonts[f"expo-digits-{weight}.woff2"] = named(even, f"ExpoDigits{weight}")
    return fonts


def main(arguments: list[str]) -> int:
    """Write the fonts; exit 1 if the package is not the one this was written for."""
    parser = argparse.ArgumentParser(description="The served fonts from their published source.")
    parser.add_argument("package", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args(arguments)
    if hashlib.sha512(asked.package.read_bytes()).hexdigest() != SOURCE_SHA512:
        print(f"{asked.package} is not the package these fonts are made from")
        return 1
    with tarfile.open(asked.package) as source:
        for name, font in made(source).items():
            font.flavor = "woff2"
            font.recalcTimestamp = False
            font.save(asked.folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
