"""A tiny font with a few Chinese letters, and machines that have it or nothing but matplotlib's own."""

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager

from medimg.report import fonts

LETTERS = "甲状腺结节" + "".join(map(chr, range(32, 127)))
OWN = fonts.machine()[:1]


def only_matplotlibs(monkeypatch):
    """A machine without any other font."""
    monkeypatch.setattr(fonts, "machine", lambda: OWN)


def chinese_font(path, monkeypatch):
    """A machine that has one more font, in which each letter is a full square."""
    names = {ord(letter): f"u{ord(letter):04x}" for letter in LETTERS}
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap(names)
    builder.setupGlyf(dict.fromkeys([".notdef", *names.values()], square))
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", *names.values()], (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Tiny Chinese", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(str(path))
    monkeypatch.setattr(fontManager, "ttflist", list(fontManager.ttflist))
    fontManager.addfont(path)
    monkeypatch.setattr(fonts, "machine", lambda: (*OWN, fonts.Font("Tiny Chinese", str(path))))
