"""The fonts of printed bulletins, made from their published source so that Arabic can be copied out.

    npm pack @expo-google-fonts/readex-pro@0.4.1
    python tools/type_fonts.py expo-google-fonts-readex-pro-0.4.1.tgz sessions/bulletin/type

Needs fontTools, which nothing else here does: a throw-away environment serves. The source is Readex Pro
(SIL Open Font License 1.1); NOTICE says what was changed: lam followed by alef is drawn as ever, but as
two glyphs side by side, the shape and a blank, each standing for one letter. Readers of PDF files turn
lines from right to left glyph by glyph, and a glyph that stands for two letters comes out as
"alef lam". Where a mark follows, the font's own ligature is kept: it knows where the mark belongs.
"""

import argparse
import hashlib
import sys
import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from fontTools.otlLib import builder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables import otTables
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphComponent

SOURCE_SHA512: Final = (
    "0400ec2b249ddc4fca207be6e6b1cdbda4464ccd96989e848272c06a3de4b205"
    "7ec3205b45a392bea8a4da0621d34bdbef80144991a6bde8bf61e02fdcaa2bb3"
)
STYLES: Final = ("400Regular", "600SemiBold", "700Bold")
ALEFS: Final = ("0627", "0623", "0625", "0622")
LAMS: Final = {"uni0644.medi": "uni0644{alef}.fina", "uni0644.init": "uni0644{alef}"}
"""Each form of lam with the name of its ligature."""
BLANK_PART: Final = 0.4  # of the ligature's width, for the alef; it lies to the left of the lam
_AS_IT_IS: Final = 0x2 | 0x4  # flags of a component: offsets are x and y, rounded to the grid
_MARK: Final = 3
_BASE: Final = 1


def shape_of(font: TTFont, ligature: str) -> tuple[Glyph, tuple[int, int]]:
    """The ligature's outline with room for a blank before it, and its advance and bearing."""
    width, bearing = font["hmtx"][ligature]
    blank = round(width * BLANK_PART)
    component = GlyphComponent()
    component.glyphName, component.flags = ligature, _AS_IT_IS
    component.x, component.y = -blank, 0
    glyph = Glyph()
    glyph.numberOfContours, glyph.components = -1, [component]
    return glyph, (width - blank, bearing - blank)


def blank_of(font: TTFont, ligature: str) -> tuple[Glyph, tuple[int, int]]:
    """What stands for the alef: nothing, as wide as its part of the ligature."""
    glyph = Glyph()
    glyph.numberOfContours = 0
    return glyph, (round(font["hmtx"][ligature][0] * BLANK_PART), 0)


def add(font: TTFont, glyphs: dict[str, tuple[Glyph, tuple[int, int]]]) -> None:
    """These glyphs after the ones the font has, as bases."""
    font.setGlyphOrder([*font.getGlyphOrder(), *glyphs])
    font["glyf"].glyphOrder = font.getGlyphOrder()
    font["maxp"].numGlyphs = len(font.getGlyphOrder())
    for name, (glyph, metrics) in glyphs.items():
        font["glyf"].glyphs[name] = glyph
        font["hmtx"].metrics[name] = metrics
        font["GDEF"].table.GlyphClassDef.classDefs[name] = _BASE


def rule(
    font: TTFont,
    letters: Sequence[list[str]],
    after: Sequence[list[str]],
    lookups: Sequence[int],
) -> Any:
    """Letters in a row, perhaps with others after them, each replaced by its lookup; none: untouched."""
    order = font.getReverseGlyphMap()
    made = otTables.ChainContextSubst()
    made.Format = 3
    made.BacktrackGlyphCount, made.BacktrackCoverage = 0, []
    made.InputGlyphCount, made.LookAheadGlyphCount = len(letters), len(after)
    made.InputCoverage = [builder.buildCoverage(set(names), order) for names in letters]
    made.LookAheadCoverage = [builder.buildCoverage(set(names), order) for names in after]
    made.SubstCount, made.SubstLookupRecord = len(lookups), []
    for at, lookup in enumerate(lookups):
        record = otTables.SubstLookupRecord()
        record.SequenceIndex, record.LookupListIndex = at, lookup
        made.SubstLookupRecord.append(record)
    return made


def lookup_of(kind: int, tables: list[Any]) -> Any:
    """A lookup of this kind that skips no glyph."""
    made = otTables.Lookup()
    made.LookupType, made.LookupFlag = kind, 0
    made.SubTable, made.SubTableCount = tables, len(tables)
    return made


def split(font: TTFont) -> TTFont:
    """The same font whose lam-alef is two glyphs, unless a mark follows."""
    pairs = [
        (lam, f"uni{alef}.fina", ligature.format(alef=alef))
        for alef in ALEFS
        for lam, ligature in LAMS.items()
    ]
    add(font, {f"{lam}.{ligature}": shape_of(font, ligature) for lam, _, ligature in pairs})
    add(font, {f"{alef}.{ligature}": blank_of(font, ligature) for _, alef, ligature in pairs})
    table = font["GSUB"].table
    lookups = table.LookupList.Lookup
    features = [f.Feature for f in table.FeatureList.FeatureRecord if f.FeatureTag == "rlig"]
    own = features[0].LookupListIndex[0]
    marks = [
        name for name, kind in font["GDEF"].table.GlyphClassDef.classDefs.items() if kind == _MARK
    ]
    rules = [rule(font, [list(LAMS), [f"uni{alef}.fina" for alef in ALEFS]], [marks], [])]
    ligatures = lookups[own]
    for lam, alef, ligature in pairs:
        for letter in (lam, alef):
            to = builder.buildSingleSubstSubtable({letter: f"{letter}.{ligature}"})
            lookups.append(lookup_of(1, [to]))
        rules.append(rule(font, [[lam], [alef]], [], [len(lookups) - 2, len(lookups) - 1]))
    lookups[own] = lookup_of(6, rules)
    lookups.append(ligatures)
    table.LookupList.LookupCount = len(lookups)
    for feature in features:
        feature.LookupListIndex, feature.LookupCount = [own, len(lookups) - 1], 2
    return font


def main(arguments: list[str]) -> int:
    """Write the fonts; exit 1 if the package is not the one this was written for."""
    parser = argparse.ArgumentParser(description="The fonts of bulletins from their source.")
    parser.add_argument("package", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args(arguments)
    if hashlib.sha512(asked.package.read_bytes()).hexdigest() != SOURCE_SHA512:
        print(f"{asked.package} is not the package these fonts are made from")
        return 1
    with tarfile.open(asked.package) as source:
        for style in STYLES:
            name = f"ReadexPro_{style}.ttf"
            file = source.extractfile(f"package/{style}/{name}")
            if file is None:
                raise FileNotFoundError(name)
            font = TTFont(BytesIO(file.read()), recalcTimestamp=False)
            split(font).save(asked.folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
