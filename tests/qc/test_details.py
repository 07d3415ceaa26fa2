"""Gates, organs and reasons have words in every language, whatever the code asks for."""

import ast
from itertools import chain
from pathlib import Path

import pytest

import medimg.qc
from medimg.qc.details import GATES, GATES_OF_ORGANS, MARKS, NO_VALUE, gate, mark, no_value, organ
from medimg.qc.film import ORGANS as OF_VIEWS
from medimg.qc.registry import metrics
from medimg.qc.rules import LANGUAGES

ASKED = sorted({name for metric in metrics().values() for name in metric.gates})


def is_chinese(text):
    return any("一" <= letter <= "鿿" for letter in text)


@pytest.mark.parametrize("name", ASKED)
def test_every_gate_of_the_registry_has_words_of_its_own(name):
    assert name in GATES or name.split("_")[0] in GATES_OF_ORGANS
    english, chinese = gate(name, "en"), gate(name, "zh")
    assert "_" not in english + chinese
    assert is_chinese(chinese)
    assert not is_chinese(english)


def test_no_two_gates_are_called_alike():
    for language in LANGUAGES:
        assert len({gate(name, language) for name in ASKED}) == len(ASKED)


def test_a_gate_of_another_package_is_called_by_its_name():
    assert gate("image_depth", "zh") == "image depth"


def test_every_organ_has_a_name():
    for name in set(chain.from_iterable(OF_VIEWS.values())):
        assert is_chinese(organ(name, "zh"))


def template(text):
    """A text in the code, {} for what is filled in."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)


def calls():
    for path in sorted(Path(medimg.qc.__file__).parent.glob("*.py")):
        yield from (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def raised():
    """Texts of NotMeasurable and NotApplicable."""
    return (template(node.args[0]) for node in calls() if getattr(node.func, "id", "") in ("NotMeasurable", "NotApplicable"))


def drawn():
    """Labels of marks."""
    for node in calls():
        if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "marks":
            label = node.args[0]
            yield from map(template, [label.body, label.orelse] if isinstance(label, ast.IfExp) else [label])


def test_every_reason_for_no_value_is_told_in_chinese():
    found = set(raised())
    assert len(found) > 30
    assert found - {"{} of the {}"} <= set(NO_VALUE)
    for text in found - {"{} of the {}"}:
        told = no_value(text.replace("{}", "spine"), "zh")
        assert is_chinese(told), text
        assert not any(word in told for word in ("the", "of")), told


def test_organs_are_named_in_reasons():
    assert no_value("there is no mask of the right clavicle", "zh") == "缺少右锁骨的分割"
    assert no_value("too little was found of the overlap of the lungs", "zh") == "双肺重叠分割过少"
    assert no_value("nothing was found of the right diaphragm", "zh") == "未找到右膈"
    assert no_value("the posterior costophrenic angle is cut off by the side of the frame", "zh") == "后肋膈角被照射野侧缘截断"
    assert no_value("another package's own words", "zh") == "another package's own words"
    assert no_value("the heart covers the lungs", "en") == "the heart covers the lungs"


def test_every_mark_is_told_in_chinese():
    found = {*drawn(), "dome", "right dome", "left dome", "left heart border"}
    assert len(found) > 25
    assert found == set(MARKS)
    assert all(is_chinese(mark(label.replace("{}", "right lung"), "zh")) for label in found)
    assert mark("cut right lung", "zh") == "右肺截断处"
    assert mark("rib", "en") == "rib"
    assert mark("another package's label", "zh") == "another package's label"
