from dataclasses import replace

import pytest
from film_objects import read, result, rules, write_film

from medimg.io.objects import write_objects

pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")


def written(tmp_path, **changes):
    from highdicom.sr import srread

    (path,) = write_objects(write_film(tmp_path / "film.dcm"), result(**changes), tmp_path / "out", ["sr"])
    return srread(path)


@pytest.fixture
def report(tmp_path):
    return written(tmp_path)


def groups(report):
    found = report.content.get_image_measurement_groups()
    return {group.tracking_identifier: group for group in found}


def test_it_is_an_enhanced_report_of_template_1500_about_the_film(report):
    assert report.SOPClassUID.name == "Enhanced SR Storage"
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert evidence.ReferencedSOPInstanceUID == "1.2.3.4.1"
    assert report.CompletionFlag == "COMPLETE"
    assert report.VerificationFlag == "UNVERIFIED"


def test_there_is_a_group_for_the_film_and_each_rule(report):
    assert list(groups(report)) == ["film", *(rule.rule for rule in rules())]


def test_values_come_back_with_all_their_digits_and_their_unit(report):
    for rule in rules():
        measured = groups(report)[rule.rule].get_measurements()
        assert [one.value for one in measured] == ([rule.value] if rule.value is not None else [])
        assert all(one.unit.scheme_designator == "UCUM" for one in measured)
    assert groups(report)["P1_rotation"].get_measurements()[0].unit.value == "{ratio}"
    assert groups(report)["C1_apex_margin"].get_measurements()[0].unit.value == "1"


def test_codes_of_the_standard_are_used_where_it_has_them(report):
    assert groups(report)["I1_deviation_index"].get_measurements()[0].name.value == "113847"
    own = groups(report)["P1_rotation"].get_measurements()[0].name
    assert (own.scheme_designator, own.value, own.meaning) == ("99MEDIMG", "rotation", "Rotation")


def test_every_verdict_is_a_code(report):
    said = {name: group.get_qualitative_evaluations() for name, group in groups(report).items()}
    assert [(one.name.value, one.value.value) for one in said["P1_rotation"]] == [("111050", "fail")]
    assert said["I6_sharpness"][0].value.value == "373121007"
    assert said["P7_posterior_borders"][0].value.value == "385432009"
    film = {one.name.value: one.value.value for one in said["film"]}
    assert film == {
        "111050": "fail", "overall_verdict": "pass", "organs_verdict": "pass", "imaging_verdict": "warn", "position_verdict": "fail",
        "reject_reason": "111209", "grade": "C",
    }  # fmt: skip


def test_limits_and_reasons_are_texts(report):
    assert texts(report, "P1_rotation") == ["Rotation", "fail < 0.4, warn < 0.6", "The patient is turned."]
    assert texts(report, "I6_sharpness") == ["Sharpness", "warn > 2, fail > 3 mm", "too few edges"]
    assert texts(report, "P7_posterior_borders") == ["Posterior borders", "no spacing"]


def test_the_film_says_what_speaks_against_it(tmp_path):
    assert texts(written(tmp_path, reasons=("P1 Rotation", "C1 Apex margin")), "film") == ["P1 Rotation", "C1 Apex margin"]


def texts(report, rule):
    items = groups(report)[rule][0].ContentSequence
    return [item.TextValue for item in items if item.ConceptNameCodeSequence[0].CodeValue == "121106"]


def test_it_says_what_the_film_was_judged_by(report):
    items = groups(report)["film"][0].ContentSequence
    by = [item.TextValue for item in items if item.ConceptNameCodeSequence[0].CodeValue == "111002"]
    assert by == ["limits chest-1", "config c1", "model m1"]


def test_chinese_texts_are_said_to_be_chinese(tmp_path):
    turned = replace(rules()[0], title="旋转", texts=("患者身体有旋转。",))
    report = written(tmp_path, language="zh", rules=(turned,))
    assert texts(report, "P1_rotation") == ["旋转", "不合格 < 0.4, 警告 < 0.6", "患者身体有旋转。"]
    assert report.ContentSequence[0].ConceptCodeSequence[0].CodeValue == "zh"


def test_a_film_without_rules_has_its_verdict(tmp_path):
    report = written(tmp_path, verdict="not_applicable", grade="", rules=(), groups={}, reject={})
    assert [one.value.value for one in groups(report)["film"].get_qualitative_evaluations()] == ["385432009"]


def test_private_codes_say_whose_they_are(tmp_path):
    (path,) = write_objects(write_film(tmp_path / "film.dcm"), result(), tmp_path / "out", ["sr"])
    scheme = read(path).CodingSchemeIdentificationSequence[0]
    assert (scheme.CodingSchemeDesignator, scheme.CodingSchemeResponsibleOrganization) == ("99MEDIMG", "medimg")
