"""Human verdicts read: words in two languages, and every fault with its line."""

import numpy as np
import pytest

from medimg.errors import ManifestError
from medimg.evaluate.human_labels import read_labels

ITEMS = ("overall", "organs", "imaging", "position", "P1_rotation", "C1_apex_margin", "C1_apex_margin_lat")


def read(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return read_labels(path, ITEMS)


def test_groups_rules_films_and_studies_are_read(tmp_path):
    found = read(tmp_path, "film,study,group,rule,verdict,reader,value\na,,overall,,pass,r1,\nb,,,P1,FAIL,r1,0.3\n,s1,film,,存疑,r2,\n")
    assert found[["film", "study", "item", "verdict", "reader"]].to_numpy().tolist() == [
        ["a", "", "overall", "pass", "r1"], ["b", "", "P1_rotation", "fail", "r1"], ["", "s1", "film", "unsure", "r2"]]  # fmt: skip
    assert np.array_equal(found["value"], [np.nan, 0.3, np.nan], equal_nan=True)


@pytest.mark.parametrize(("word", "verdict"), [("合格", "pass"), ("不合格", "fail"), ("reject", "fail"), ("0", "pass"), ("", "unsure")])
def test_verdicts_have_several_words(tmp_path, word, verdict):
    assert read(tmp_path, f"film,rule,verdict\na,P1_rotation,{word}\n")["verdict"].tolist() == [verdict]


def test_all_faults_come_in_one_list_with_their_lines(tmp_path):
    wrong = ["a,overal,pass,,x", "b,organs,pas,,x", ",organs,pass,,x", "c,organs,pass,wide,x", "d,organs,pass,,x", "d,organs,fail,,x"]
    text = "\n".join(["film,group,verdict,value,reader", *wrong, ""])
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, text)
    told = "\n".join(caught.value.faults)
    for part in ("'overal' is no group and no rule; did you mean overall? (line 2)", "'pas' is no verdict; did you mean pass? (line 3)",
                 "neither film nor study is told (line 4)", "value is no number (line 5)", "item and reader again (line 7)"):  # fmt: skip
        assert part in told
    assert len(caught.value.faults) == 5


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, "id,grade\na,1\n")
    assert [fault.partition("a column ")[2].split(" is needed")[0] for fault in caught.value.faults] == [
        "film or study", "group or rule", "value or verdict"]  # fmt: skip


def test_a_header_alone_is_refused(tmp_path):
    with pytest.raises(ManifestError, match="no label below the header"):
        read(tmp_path, "film,group,verdict\n")


def test_a_number_that_several_rules_share_is_refused_with_their_names(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("film,rule,verdict\na,P1,pass\nb,C1,pass\n", encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        read_labels(path, ["P1_rotation", "P1_rotation_mm", "C1_apex_margin", "C1_apex_margin_lat"])
    (fault,) = caught.value.faults
    assert "'P1' is several rules: P1_rotation, P1_rotation_mm; name one (line 2)" in fault


def test_a_film_told_with_and_without_its_study_is_one_film_and_infinity_no_number(tmp_path):
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, "film,study,rule,verdict,value\na,,P1,pass,0.5\na,s1,P1,fail,0.5\nb,s1,P1,pass,inf\n")
    told = "\n".join(caught.value.faults)
    assert "item and reader again (line 3)" in told
    assert "value is no number (line 4)" in told


def test_a_rules_number_stands_for_the_rule_of_each_view(tmp_path):
    found = read(tmp_path, "film,rule,verdict\na,C1,fail\n")
    assert found[["film", "item", "verdict"]].to_numpy().tolist() == [["a", "C1_apex_margin", "fail"], ["a", "C1_apex_margin_lat", "fail"]]


def test_a_number_that_names_two_rules_of_a_study_is_refused_and_so_is_a_rule_told_twice(tmp_path):
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, "film,study,rule,verdict\n,s,C1,fail\n,s,P1,fail\na,,C1,pass\na,,C1_apex_margin,fail\n")
    assert [fault.partition("csv: ")[2] for fault in caught.value.faults] == [
        "'C1' is several rules: C1_apex_margin, C1_apex_margin_lat; name one (line 2). Groups and rules: medimg qc rules.",
        "the same film, item and reader again (line 5). Keep one verdict of each reader.",
    ]
