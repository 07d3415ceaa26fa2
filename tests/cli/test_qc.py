"""The verbs of the quality office as a user meets them."""

import csv
import json

import fakes
import films
import pytest
from command import medimg, refused


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_HOME", str(tmp_path_factory.mktemp("home")))
        assert medimg("qc", "run", films.cohort(folder, patients=3), f"out={folder / 'out'}", "workers=1").code == 0
    return folder / "out"


def test_run_ends_with_a_table_and_times(tmp_path):
    answer = medimg("qc", "run", films.cohort(tmp_path, patients=1), f"out={tmp_path / 'out'}", "workers=1")
    assert answer.code == 0
    assert "Films by verdict" in answer.text
    assert all(word in answer.text for word in ("Overall completeness", "to be looked at", "Study"))  # as the report has it
    assert "2 films of 2 files" in answer.text
    assert "measure p50" in answer.text


def test_films_without_masks_are_told_with_the_way_to_outline_them(tmp_path):
    fakes.chest_film(tmp_path / "in" / "a.dcm", fakes.ramp(64, 64))
    answer = medimg("qc", "run", tmp_path / "in", f"out={tmp_path / 'out'}", "workers=1")
    assert answer.code == 0
    assert "1 film without outlined organs, left to a person: network=RUN_PA,RUN_LAT outlines such films, with another out=." in answer.text


def test_where_no_file_is_a_film_there_is_no_table_and_the_reasons_are_told_as_in_the_report(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("no film " * 50)
    answer = medimg("qc", "run", tmp_path / "in", f"out={tmp_path / 'out'}", "workers=1")
    assert answer.code == 3
    assert "Films by verdict" not in answer.text
    assert "No film could be judged. 0 films of 1 file, rules chest-1." in answer.text
    assert "Skipped: not DICOM (1). Why stands in" in answer.text


def test_a_folder_without_files_is_nothing_to_do_and_leaves_no_report(tmp_path):
    (tmp_path / "films").mkdir()
    answer = medimg("qc", "run", tmp_path / "films", f"out={tmp_path / 'out'}", "workers=1")
    assert answer.code == 4
    assert "films: no file is there. Check the path." in answer.text
    assert not (tmp_path / "out").exists()
    (tmp_path / "manifest.csv").write_text("image,patient_id,view\n")
    answer = medimg("qc", "run", tmp_path / "manifest.csv", f"out={tmp_path / 'out'}", "workers=1")
    assert answer.code == 4
    assert "manifest.csv: has no rows. Write one for each film" in answer.text


def labels(path, results):
    with (results / "films.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["view"] == "PA"]
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["film", "group", "verdict", "reader"])
        writer.writerows([row["film"], "overall", "fail" if row["overall"] == "fail" else "pass", "A"] for row in rows)
        writer.writerow(["0" * 16, "overall", "pass", "A"])
    return len(rows)


def test_agreement_of_equal_verdicts_is_whole_and_lost_labels_are_told(results, tmp_path):
    n = labels(tmp_path / "labels.csv", results)
    answer = medimg("qc", "agree", f"out={results}", f"human={tmp_path / 'labels.csv'}", "--json")
    assert answer.code == 3
    accuracy = next(row for row in answer.json["verdicts"] if row["metric"] == "accuracy")
    assert accuracy["estimate"] == 1
    assert accuracy["n"] == n
    assert answer.json["lost"] == ["0" * 16]
    assert (results / "agreement.csv").is_file()


def test_agreement_on_the_screen_names_its_table(results, tmp_path):
    labels(tmp_path / "labels.csv", results)
    answer = medimg("qc", "agree", f"out={results}", f"human={tmp_path / 'labels.csv'}")
    assert f"All columns: {results}/agreement.csv" in answer.text
    assert "Overall completeness" in answer.text
    assert "kappa: agreement beyond chance" in answer.text
    assert "pabak" not in answer.text


def test_agreement_explains_measurements_and_why_a_figure_has_no_interval(results, tmp_path):
    with (results / "rules.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["rule"] == "C1_apex_margin" and row["value"]]
    told = [f"{row['film']},{row['rule']},{('pass', 'fail')[n % 2]},{float(row['value']) + n / 100}" for n, row in enumerate(rows)]
    (tmp_path / "labels.csv").write_text("\n".join(["film,rule,verdict,value", *told, ""]))
    answer = medimg("qc", "agree", f"out={results}", f"human={tmp_path / 'labels.csv'}")
    assert "limits of agreement" in answer.text
    assert "too few patients for an interval" in " ".join(answer.out.replace("│", " ").split())


def test_agreement_shows_rules_only_where_verdicts_differ(results, tmp_path):
    with (results / "rules.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["rule"] in ("C1_apex_margin", "I6_sharpness")]
    same = [f"{row['film']},{row['rule']},{'fail' if row['verdict'] == 'fail' else 'pass'}" for row in rows if row["rule"][0] == "C"]
    other = [f"{row['film']},{row['rule']},{'pass' if row['verdict'] == 'fail' else 'fail'}" for row in rows if row["rule"][0] == "I"]
    (tmp_path / "labels.csv").write_text("\n".join(["film,rule,verdict", *same, *other, ""]))
    answer = medimg("qc", "agree", f"out={results}", f"human={tmp_path / 'labels.csv'}")
    assert "I6_sharpness" in answer.out
    assert "C1_apex_margin" not in answer.out


def test_agreement_knows_a_sites_rules_and_verdicts_on_studies(tmp_path):
    rows = [films.film(tmp_path, f"p{p}", patient=f"PID-{p}", number=p, StudyInstanceUID=f"1.2.{p}") for p in range(2)]
    site = tmp_path / "site.yaml"
    site.write_text(
        "version: site-1\nextends: [chest]\nrules:\n  Z9_sides:\n    group: overall\n    views: [PA]\n    metric: lateral_margin\n"
        "    unit: frac\n    limits: [0.9, 0.95, null, null]\n    cid7011: Positioning\n    source: ours\n"
        "    text:\n      title: {en: Sides, zh: 两侧}\n"
        "      low: {finding: {en: a, zh: a}, mend: {en: b, zh: b}}\n"
    )
    manifest, out = fakes.table(tmp_path / "manifest.csv", rows), tmp_path / "out"
    assert medimg("qc", "run", manifest, f"out={out}", f"rules={site}", "workers=1").code == 0
    with (out / "studies.csv").open(newline="") as stream:
        studies = list(csv.DictReader(stream))
    with (out / "films.csv").open(newline="") as stream:
        film = next(csv.DictReader(stream))["film"]
    label = tmp_path / "labels.csv"
    told = [f",{row['study']},{item},pass" for row in studies for item in ("S1", "film")]
    label.write_text("\n".join(["film,study,rule,verdict", *told, f"{film},,Z9,pass", ""]))
    answer = medimg("qc", "agree", f"out={out}", f"human={label}", "--json")
    assert answer.code == 0
    cells = {row["item"]: row["answer_only"] for row in answer.json["verdicts"]}
    assert [row["verdict"] for row in studies] == ["fail", "fail"]
    assert cells == {"S1_views_present": 2, "Z9_sides": 1, "film": 2}


def test_calibration_refuses_few_films_and_changes_nothing(results, tmp_path):
    answer = medimg("qc", "calibrate", f"out={results}", f"site={tmp_path / 'site.yaml'}")
    assert answer.code == 0
    assert "No limit is to be changed" in answer.text
    assert "at least 368" in answer.text
    assert not (tmp_path / "site.yaml").exists()


def test_rules_that_have_no_limits_yet_are_calibrated_on_films_whose_masks_are_trusted(results, tmp_path):
    def n():
        proposals = medimg("qc", "calibrate", f"out={results}", f"site={tmp_path / 'site.yaml'}", "--json").json["proposals"]
        return {one["rule"]: one["n"] for one in proposals if one["rule"] in ("I3_lung_grey", "I5_retrocardiac", "I7_noise")}

    assert n() == {"I3_lung_grey": 3, "I5_retrocardiac": 3, "I7_noise": 3}
    site = tmp_path / "doubtful.yaml"
    site.write_text("version: a\nextends: [chest]\nrules:\n  O3_lung_area:\n    limits: [0.9, 0.9, 0.95, 0.95]\n")
    assert medimg("qc", "rejudge", f"out={results}", f"rules={site}").code == 0
    assert set(n().values()) == {0}
    again = medimg("qc", "rejudge", f"out={results}", "rules=chest")
    assert again.code == 0
    assert "p50" not in again.text  # no film was looked at


def test_rules_are_listed_and_one_is_told_in_full():
    listed = medimg("qc", "rules")
    assert "P1_rotation" in listed.text
    full = medimg("qc", "rules", "P1")
    assert "fail_lo 0.4 ratio" in full.text
    assert "gate clavicle_y_diff at most 0.05" in full.text
    assert "gate spine_rows at least 0.3" in full.text
    assert full.out.count("set in   chest_pa.yaml, lines ") == 2  # P1 is two rules
    sharpness = medimg("qc", "rules", "I6_sharpness").text
    assert "critical: a film that fails it has grade D" in sharpness
    assert "where unit=[px]: enabled=false" in sharpness
    assert json.loads(medimg("qc", "rules", "c1", "--json").out)["rules"][0]["id"] == "C1_apex_margin"


def test_mistakes_have_a_way_out(results, tmp_path):
    assert "there is no rule 'P77'" in refused("qc", "rules", "P77")
    assert "human= is missing. Write human=labels.csv." in refused("qc", "agree", f"out={results}")
    assert "there is no rule set 'chset'" in refused("qc", "rejudge", f"out={results}", "rules=chset")
    assert "open=maybe" in refused("qc", "agree", f"out={results}", "human=x.csv", "open=maybe")
    assert "lies in out=" in refused("qc", "run", results, f"out={results}")
    assert "network" not in refused("qc", "run", tmp_path / "nowhere", f"out={tmp_path / 'new'}", "network=/nowhere")
    faults = refused("qc", "run", ".", f"out={tmp_path / 'new'}", "workers=two", "bom=yes", "network=", "nework=x")
    assert "workers=two: a whole number is needed" in faults
    assert "bom=yes: true or false is needed" in faults
    assert "network=: a word is needed" in faults
    assert "Did you mean network?" in faults
    assert "Check the path" in refused("qc", "agree", f"out={tmp_path / 'new'}", "human=labels.csv")
