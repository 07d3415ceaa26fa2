"""What is drawn over a film lies where it was measured."""

import re
from itertools import pairwise

from medimg.report.quality.overlay import contours, kind_of, marks, path
from medimg.report.quality.words import Words

LINE = {"kind": "line", "label": "midline <b>", "points": [[10.0, 20.0], [300.0, 25.04]]}
POINT = {"kind": "point", "label": "dome", "points": [[50.0, 60.0]]}
BOX = {"kind": "box", "label": "lungs", "points": [[9.5, 19.5], [109.5, 219.5]]}


def rule(name, verdict, *drawn):
    return {"rule": name, "verdict": verdict, "marks": list(drawn)}


def film(*rules, **organs):
    return {"shape": [400, 300], "rules": list(rules), "contours": organs}


def test_rows_are_heights_and_columns_are_widths():
    assert path([(1, 2), (3, 4.04)], closed=True) == "M2 1L4 3Z"
    assert contours(film(lung_r=[[[0, 1], [2, 3], [4, 0]], [[9, 9], [8, 8]]], heart=[])) == [("lung_r", "lung", "M1 0L3 2L0 4Z")]


def test_every_kind_of_mark_is_drawn_at_its_place():
    svg = str(marks(film(rule("C1_x", "pass", LINE, POINT, BOX)), Words("en")))
    assert 'd="M20 10L25 300"' in svg
    assert '<circle cx="60.0" cy="50.0"' in svg
    assert '<rect x="19.5" y="9.5" width="200.0" height="100.0"' in svg
    assert "<title>midline &lt;b&gt;</title>" in svg
    assert 'id="m-C1_x" class="pass"' in svg


def test_only_rules_that_speak_against_the_film_carry_their_number():
    svg = str(
        marks(film(rule("C1_x", "pass", POINT), rule("C2_x", "fail", POINT), rule("C3_x", "warn", LINE), rule("C4_x", "fail")), Words("en"))
    )
    assert re.findall(r">(C\d)</text>", svg) == ["C2", "C3"]
    assert "m-C4_x" not in svg


def test_numbers_do_not_lie_on_each_other():
    svg = str(marks(film(*(rule(f"C{n}_x", "fail", POINT) for n in range(4))), Words("en")))
    heights = [float(y) for y in re.findall(r'<text x="[\d.]+" y="([\d.]+)"', svg)]
    assert len(heights) == 4
    assert min(b - a for a, b in pairwise(heights)) > 2.7 * 4


def test_organs_of_both_sides_look_alike_and_unlike_their_overlap():
    assert [kind_of(organ) for organ in ("lung_r", "lung_both", "ribs_r", "diaphragm", "liver")] == [
        "lung",
        "lung_both",
        "ribs",
        "diaphragm",
        "other",
    ]
