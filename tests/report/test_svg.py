"""Figures as text."""

from matplotlib.figure import Figure

from medimg.report.svg import inline_svg, svg_text


def test_an_inline_svg_has_no_address_no_style_sheet_and_ids_of_its_own():
    text = (
        '<?xml version="1.0"?><!DOCTYPE svg "http://a/b"><svg xmlns="http://a" xmlns:xlink="http://b" width="10pt" height="5pt">'
        '<metadata>http://c</metadata><style type="text/css">*{x:y}</style><path id="p"/><use xlink:href="#p" clip-path="url(#p)"/></svg>'
    )
    body = inline_svg("roc", text, 'a "b" <c>')
    assert "http" not in body
    assert "<style" not in body
    assert '<svg role="img" aria-label="a &quot;b&quot; &lt;c>" width="10pt">' in body
    assert '<path id="roc-p"/><use xlink:href="#roc-p" clip-path="url(#roc-p)"/>' in body


def test_a_figure_gives_the_same_text_twice():
    figure = Figure()
    figure.subplots().plot([0, 1], [1, 0])
    assert svg_text("a", figure) == svg_text("a", figure) != svg_text("b", figure)
