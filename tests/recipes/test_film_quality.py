"""The quality run as a whole: bad files never stop it, it goes on where it was killed, and the same input gives the same tables."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import fakes
import films
import numpy as np
import pytest
from command import medimg, refused
from PIL import Image
from qc.shapes import frontal_masks, lateral_masks

from medimg.data.film_frame import framed
from medimg.io import workers
from medimg.io.identity import hash_id
from medimg.qc.load import load
from medimg.recipes import film_quality
from medimg.recipes.films.options import RunOptions
from medimg.run.configs import config_root

TABLES = ("films.csv", "rules.csv", "studies.csv", "skipped.csv")


def run(source, out, *words, code=0, children=False):
    answer = medimg("qc", "run", source, f"out={out}", "workers=1", "--json", *words, children=children)
    assert answer.code == code, answer
    return answer.json


def table(out, name):
    with (out / f"{name}.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def tables(out):
    return {name: (out / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return films.cohort(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="module")
def judged(cohort, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "results"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_HOME", str(tmp_path_factory.mktemp("first")))
        return out, run(cohort, out)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_answered_with_how_to_go_on(cohort, tmp_path, monkeypatch, number, code):
    monkeypatch.setattr(film_quality, "write_tables", lambda *_: signal.raise_signal(number))
    told = refused("qc", "run", cohort, f"out={tmp_path / 'out'}", "workers=1", code=code)
    assert f"what was measured is kept in {tmp_path / 'out'}. The same command goes on from there." in told


def test_all_tables_tell_the_same_films(judged):
    out, told = judged
    rows = table(out, "films")
    assert told["films"] == told["files"] == len(rows) == 4
    assert [row["view"] for row in rows].count("PA") == 2
    assert rows == sorted(rows, key=lambda row: (row["study"], row["film"]))
    told = table(out, "rules")
    assert {row["film"] for row in told if not row["rule"].startswith("S")} == {row["film"] for row in rows}
    assert {row["film"] for row in told if row["rule"].startswith("S")} == {row["study"] for row in table(out, "studies")}
    assert [json.loads(line)["film"] for line in (out / "films.jsonl").open()] == [row["film"] for row in rows]
    assert len(table(out, "studies")) == 2
    for row in rows:
        page = json.loads((out / "films" / f"{row['film']}.json").read_text())
        assert page["verdict"]["verdict"] == row["verdict"]
        assert page["shape"] == [250, 250]
        assert page["contours"]["spine"]
        assert (out / "films" / f"{row['film']}.jpg").read_bytes().startswith(b"\xff\xd8")
    assert json.loads((out / "summary.json").read_text())["ms"]["decode"]["p50"] > 0


def test_measures_are_those_of_the_masks(judged):
    out, _ = judged
    view = {row["film"]: row["view"] for row in table(out, "films")}
    rotation = [float(row["value"]) for row in table(out, "rules") if row["metric"] == "rotation" and view[row["film"]] == "PA"]
    assert rotation == pytest.approx([1, 1], abs=0.08)  # a pixel of fourteen


def test_nothing_personal_leaves_the_reader(judged):
    out, _ = judged
    for path in (path for path in out.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for secret in (*fakes.SECRETS, "Smith", "PID-"):
            assert secret.encode() not in content, path.name


def test_the_same_command_again_walks_once_starts_no_child_and_writes_the_same(cohort, tmp_path, monkeypatch):
    out, walks = tmp_path / "out", []
    run(cohort, out)
    before = tables(out)
    walk = film_quality.found_in
    monkeypatch.setattr(film_quality, "found_in", lambda *told: walks.append(told) or walk(*told))
    monkeypatch.setattr(workers, "_start", None)
    assert run(cohort, out)["new_files"] == 0
    assert len(walks) == 1
    assert tables(out) == before


def test_another_order_and_batch_give_the_same_tables(cohort, tmp_path):
    run(cohort, tmp_path / "one", "batch=1")
    run(cohort, tmp_path / "two", "batch=3", "workers=2", children=True)
    assert tables(tmp_path / "one") == tables(tmp_path / "two")


def test_judged_again_by_the_same_rules_is_the_same_and_by_others_is_not(cohort, tmp_path):
    out = tmp_path / "out"
    run(cohort, out)
    before = tables(out)
    assert medimg("qc", "rejudge", f"out={out}", "--json").code == 0
    assert tables(out) == before
    site = tmp_path / "site.yaml"
    site.write_text("version: site-1\nextends: [chest]\nrules:\n  P1_rotation:\n    limits: [1.5, 1.6, null, null]\n")
    assert medimg("qc", "rejudge", f"out={out}", f"rules={site}", "--json").code == 0
    found = [row for row in table(out, "rules") if row["rule"] == "P1_rotation"]
    assert {row["verdict"] for row in found} == {"fail"}
    assert {row["version"] for row in table(out, "films")} == {"site-1"}
    back = medimg("qc", "rejudge", f"out={out}", "rules=chest")
    assert "was judged by the rules site-1 before, and is by chest-1 now" in back.err
    assert tables(out) == before


def test_judged_again_without_rules_a_folder_keeps_its_own_and_says_which_films_other_rules_changed(cohort, tmp_path):
    out, site = tmp_path / "out", tmp_path / "site.yaml"
    assert run(cohort, out)["changed"] == []
    site.write_text("version: site-1\nextends: [chest]\nrules:\n  I6_sharpness:\n    enabled: false\n")
    seen = medimg("qc", "rejudge", f"out={out}", f"rules={site}")
    assert "Films with another verdict than before" in seen.text
    assert "I6_sharpness 2" in seen.text
    by_site = tables(out)
    site.unlink()
    again = medimg("qc", "rejudge", f"out={out}")
    assert (again.code, tables(out)) == (0, by_site)
    assert "another verdict" not in again.text
    sharpness = next(rule for rule in json.loads((out / "rules.json").read_text()) if rule["id"] == "I6_sharpness")
    assert sharpness["set_by"]["enabled"].endswith("site.yaml, line 5")
    back = medimg("qc", "rejudge", f"out={out}", "rules=chest", "--json").json
    assert back["changed"] == [{"before": "pass", "now": "fail", "films": 2, "rules": {"I6_sharpness": 2}}]


def test_a_folder_that_does_not_hold_its_rules_is_judged_again_by_those_that_are_named(cohort, tmp_path):
    out = tmp_path / "out"
    run(cohort, out)
    with sqlite3.connect(out / "qc.sqlite") as store:
        store.execute("DELETE FROM meta WHERE name = 'rules'")
    assert "was judged by the rules chest-1, which it does not hold. Name them: rules=chest" in refused("qc", "rejudge", f"out={out}")
    with sqlite3.connect(out / "qc.sqlite") as store:
        store.execute(
            "INSERT INTO meta VALUES ('rules', ?)", ('{"values": {"version": "x", "rules": {"P1": {"metric": "none"}}}, "places": []}',)
        )
    assert "cannot use the rules chest-1" in refused("qc", "rejudge", f"out={out}")
    assert medimg("qc", "rejudge", f"out={out}", "rules=chest").code == 0


def bad_files(folder):
    """One of each kind; returns reason by file."""
    (folder / "deep").mkdir(parents=True)
    (folder / "empty.dcm").touch()
    (folder / "notes.txt").write_text("no film " * 50)
    fakes.absurd(folder / "absurd.dcm")
    fakes.truncated(fakes.chest_film(folder / "deep" / "cut.dcm"), keep=0.8)
    fakes.chest_film(folder / "hand.dcm", BodyPartExamined="HAND")
    fakes.chest_film(folder / "mr.dcm", modality="MR")
    fakes.chest_film(folder / "frames.dcm", np.zeros((3, 8, 8), np.uint16))
    fakes.without_pixels(folder / "report.dcm")
    fakes.chest_film(folder / "noview.dcm", view="")
    fakes.chest_film(folder / "colour.dcm", np.zeros((8, 8, 3), np.uint8), photometric="RGB", bits=8)
    fakes.chest_film(folder / "scout.dcm", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    fakes.chest_film(folder / "raw.dcm", PresentationIntentType="FOR PROCESSING")
    fakes.truncated(fakes.without_syntax(fakes.chest_film(folder / "nosyntax.dcm")), keep=0.9)
    (folder / "link.dcm").symlink_to(folder / "nowhere")
    return {
        "empty.dcm": "not_dicom", "notes.txt": "not_dicom", "absurd.dcm": "io_error", "deep/cut.dcm": "truncated",
        "hand.dcm": "not_applicable", "mr.dcm": "not_applicable", "frames.dcm": "not_applicable", "report.dcm": "not_applicable",
        "noview.dcm": "not_applicable", "link.dcm": "io_error", "colour.dcm": "not_applicable", "scout.dcm": "not_applicable",
        "raw.dcm": "not_applicable", "nosyntax.dcm": "no_transfer_syntax",
    }  # fmt: skip


def test_every_bad_file_has_its_reason_and_the_run_goes_on(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    expected = bad_files(folder)
    fakes.chest_film(folder / "good.dcm", fakes.ramp(64, 64))
    told = run(folder, out, code=3, children=True)
    assert told["files"] == len(expected) + 1
    assert told["films"] == 1
    assert {row["path"]: row["reason"] for row in table(out, "skipped")} == expected
    assert str(tmp_path) not in (out / "skipped.csv").read_text()


def test_without_masks_a_person_has_to_look(tmp_path):
    fakes.chest_film(tmp_path / "in" / "good.dcm", fakes.ramp(64, 64), PatientAge="050Y")
    run(tmp_path / "in", tmp_path / "out")
    row = table(tmp_path / "out", "films")[0]
    assert row["verdict"] == "review"
    assert "no_organs" in row["notes"]


def test_duplicates_are_counted_and_the_first_stays(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    fakes.chest_film(folder / "b.dcm", fakes.ramp(64, 64), sop="1.2.3")
    fakes.chest_film(folder / "a.dcm", fakes.ramp(64, 64, 0, 4000), sop="1.2.3")
    fakes.chest_film(folder / "c.dcm", fakes.ramp(64, 64), sop="1.2.4")
    told = run(folder, out, code=3)
    assert told["duplicates"] == 1
    assert [row["path"] for row in table(out, "skipped")] == ["b.dcm"]
    assert len(list((out / "films").glob("*.json"))) == 2


def test_a_study_of_two_patients_and_a_film_without_station_are_unknown(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in ("a", "b"):
        fakes.chest_film(folder / f"{name}.dcm", fakes.ramp(64, 64, ord(name)), patient=name, study="1.2.9", StationName="")
    told = run(folder, out)
    assert told["unknown"]["study"] == told["unknown"]["StationName"] == 2
    assert all("patient_conflict" in row["notes"] for row in table(out, "films"))
    assert table(out, "studies") == []


def test_wrong_polarity_fails_only_that_rule(tmp_path):
    rows = [films.film(tmp_path, "a", inverted=True)]
    manifest, out = fakes.table(tmp_path / "manifest.csv", rows), tmp_path / "out"
    run(manifest, out)
    found = {row["metric"]: row["verdict"] for row in table(out, "rules") if row["rule"]}
    assert found["polarity"] == "fail"


def test_broken_masks_are_for_a_person(tmp_path):
    masks = frontal_masks(films.POSE)
    masks["lung_r"] = np.zeros_like(masks["lung_r"])
    run(fakes.table(tmp_path / "manifest.csv", [films.film(tmp_path, "a", masks=masks)]), tmp_path / "out")
    assert table(tmp_path / "out", "films")[0]["verdict"] == "review"


def test_a_file_that_two_sources_name_keeps_the_first_name(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    fakes.chest_film(folder / "good.dcm", fakes.ramp(64, 64))
    fakes.chest_film(folder / "mr.dcm", modality="MR")
    for _ in range(2):
        answer = medimg("qc", "run", folder, folder / "mr.dcm", f"out={out}", "workers=1", "--json")
        assert answer.json["files"] == 2
        assert [row["path"] for row in table(out, "skipped")] == ["in/mr.dcm"]


def test_films_judged_again_tell_the_version_that_measured_them_and_the_one_that_judged(cohort, tmp_path, monkeypatch):
    out = tmp_path / "out"
    run(cohort, out)
    measured = {row["medimg"] for row in table(out, "films")}
    monkeypatch.setattr("medimg.__version__", "9.9")
    told = medimg("qc", "rejudge", f"out={out}", "--json").json
    assert {told["medimg"]} == {row["medimg"] for row in table(out, "films")} == {f"{one}, judged by 9.9" for one in measured}
    assert "measured otherwise" in refused("qc", "run", cohort, f"out={out}")


class Lateral:
    """Networks that are sure of a lateral film's organs, and find half of a frontal film's."""

    name, device = "fake", "cpu"

    def organs(self, view):
        return tuple(self._masks(view))

    def _masks(self, view):
        return lateral_masks(films.POSE) if view == "LAT" else frontal_masks(films.POSE)

    def segment(self, images, views):
        told = [list(self._masks(view).items()) for view in views]
        found = [dict(masks if view == "LAT" else masks[::2]) for masks, view in zip(told, views, strict=True)]
        return [({organ: framed(mask) for organ, mask in masks.items()}, dict.fromkeys(masks, 0.9)) for masks in found]


def test_a_lateral_film_that_its_file_calls_pa_is_for_a_person_and_told_as_what_it_looks_like(tmp_path):
    films.film(tmp_path / "in", "a", masks=lateral_masks(films.POSE))  # its masks lie beside it, where nobody looks
    rules = load("chest", config_root() / "qc")
    film_quality.run([str(tmp_path / "in" / "a.dcm")], RunOptions(str(tmp_path / "out"), workers=1), rules, Lateral())
    (row,) = table(tmp_path / "out", "films")
    assert (row["view"], row["predicted_view"], row["verdict"]) == ("PA", "LAT", "review")
    assert "looks_like:LAT" in row["notes"].split("|")
    told = json.loads((tmp_path / "out" / "films.jsonl").read_text())
    assert (told["decoder"], told["device"]) == ("numpy", "cpu")
    (rule,) = (one for one in table(tmp_path / "out", "rules") if one["rule"] == "P5_view_match")
    assert (rule["value"], rule["verdict"], rule["reason"]) == ("0.0", "unevaluable", "gate:networks_disagree")


def test_gate_ends_with_five(cohort, tmp_path):
    site = tmp_path / "site.yaml"
    site.write_text("version: s\nextends: [chest]\nrules:\n  P1_rotation:\n    limits: [1.5, 1.6, null, null]\n")
    told = run(cohort, tmp_path / "out", f"rules={site}", "gate.max_fail_rate=0.01", code=5)
    assert told["gate"]["failed"]


def killed_and_continued(source, out, *words, kills, films):
    """Kill a run after every so many more images, let the same command end it, and say how often it was killed."""
    command, done = [sys.executable, "-m", "medimg", "qc", "run", str(source), f"out={out}", *words], 0
    for _ in range(kills):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        began, images = time.monotonic(), len(list(out.glob("films/*.jpg")))
        while process.poll() is None and time.monotonic() - began < 60 and len(list(out.glob("films/*.jpg"))) < images + films:
            time.sleep(0.02)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            done += 1
        process.wait()
    return done


@pytest.mark.slow
def test_killed_runs_go_on_to_the_same_tables(tmp_path):
    manifest = films.cohort(tmp_path, patients=8)
    run(manifest, tmp_path / "whole")
    out = tmp_path / "killed"
    assert killed_and_continued(manifest, out, "workers=1", "batch=2", "--json", kills=4, films=3) >= 2
    run(manifest, out)
    assert tables(out) == tables(tmp_path / "whole")


@pytest.mark.slow
def test_a_thousand_films_among_bad_files_of_every_kind_are_all_accounted_for_also_after_kills(tmp_path):
    folder, expected, n, each = tmp_path / "in", {}, 1000, 50
    for k in range(n):
        fakes.chest_film(folder / "good" / f"{k:04d}.dcm", fakes.ramp(48, 48, k, 4095), patient=f"p{k // 2}", study=f"1.2.{k // 2}")
    for k in range(each):
        expected |= {f"bad{k:02d}/{name}": reason for name, reason in bad_files(folder / f"bad{k:02d}").items()}
        (folder / "twice").mkdir(exist_ok=True)
        shutil.copy(folder / "good" / f"{k:04d}.dcm", folder / "twice" / f"{k:04d}.dcm")
        expected[f"twice/{k:04d}.dcm"] = "duplicate"
    told = run(folder, tmp_path / "whole", "xlsx=false", code=3, children=True)
    assert (told["films"], told["files"]) == (n, n + len(expected))
    assert {row["path"]: row["reason"] for row in table(tmp_path / "whole", "skipped")} == expected
    assert told["skipped"] == dict(sorted(Counter(expected.values()).items()))
    out = tmp_path / "killed"
    assert killed_and_continued(folder, out, "workers=2", "xlsx=false", kills=3, films=n // 4) >= 2
    run(folder, out, "xlsx=false", code=3, children=True)
    assert tables(out) == tables(tmp_path / "whole")


def test_other_folders_are_left_alone(cohort, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    assert "something else" in refused("qc", "run", cohort, f"out={tmp_path / 'mine'}")


def test_wrong_words_fit_on_one_screen(cohort, tmp_path):
    text = refused("qc", "run", cohort, "batch=0", "otu=x")
    assert "Did you mean out?" in text
    assert "out= is missing" in text
    assert "no such file" in refused("qc", "run", tmp_path / "absent", f"out={tmp_path / 'x'}")
    assert "no results" in refused("qc", "rejudge", f"out={tmp_path}")


def test_a_film_without_age_is_judged(tmp_path):
    fakes.chest_film(tmp_path / "in" / "a.dcm", fakes.ramp(64, 64), PatientBirthDate="")
    run(tmp_path / "in", tmp_path / "out")
    (row,) = table(tmp_path / "out", "films")
    assert (row["age"], row["verdict"]) == ("", "review")


def test_what_could_not_be_read_is_looked_at_again_and_what_is_no_film_is_not(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    fakes.chest_film(folder / "a.dcm", fakes.ramp(64, 64))
    fakes.chest_film(folder / "hand.dcm", fakes.ramp(64, 64), BodyPartExamined="HAND")
    run(folder, out, code=3)
    with sqlite3.connect(out / "qc.sqlite") as store:  # as if it could not have been read: root may read everything
        store.execute("UPDATE files SET film = NULL, reason = 'io_error', detail = 'a fault' WHERE path = 'a.dcm'")
    assert run(folder, out, code=3)["new_files"] == 1
    assert [row["path"] for row in table(out, "skipped")] == ["hand.dcm"]


def test_films_that_come_back_have_their_image_still(tmp_path):
    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "out"
    fakes.chest_film(one / "a.dcm", fakes.ramp(64, 64), sop="1.2.1")
    fakes.chest_film(two / "b.dcm", fakes.ramp(64, 64, 0, 4000), sop="1.2.2")
    for sources in ((one, two), (one,), (one, two)):
        assert medimg("qc", "run", *sources, f"out={out}", "workers=1").code == 0
    for row in table(out, "films"):
        assert all((out / "films" / f"{row['film']}.{ending}").is_file() for ending in ("jpg", "json", "html"))


def test_a_run_that_was_stopped_is_not_judged_again(tmp_path):
    fakes.chest_film(tmp_path / "in" / "a.dcm", fakes.ramp(64, 64))
    run(tmp_path / "in", tmp_path / "out")
    with sqlite3.connect(tmp_path / "out" / "qc.sqlite") as store:
        store.execute("UPDATE meta SET value = '2' WHERE name = 'run'")
    refused(medimg("qc", "rejudge", f"out={tmp_path / 'out'}"), "was stopped in it")


def test_a_corrected_mask_is_measured_again(tmp_path):
    manifest = films.cohort(tmp_path / "films")
    before = run(manifest, tmp_path / "out")["films"]
    mask = next(iter((tmp_path / "films").rglob("*heart*")))
    mask.write_bytes(mask.read_bytes() + b"\0")
    told = run(manifest, tmp_path / "out")
    assert (told["new_files"], told["films"]) == (1, before)


def test_names_are_told_as_text_whatever_their_bytes_and_without_folders_elsewhere(tmp_path):
    fakes.chest_film(tmp_path / "Smith" / "a.dcm", modality="MR")
    for folder in ("in", "lists"):
        (tmp_path / folder).mkdir()
    (tmp_path / "in" / os.fsdecode(b"\xc4\xe3.dcm")).write_bytes(b"no film")
    (tmp_path / "lists" / "list.csv").write_text(f"image\n{tmp_path / 'Smith' / 'a.dcm'}\n")
    run(tmp_path / "in", tmp_path / "one", code=3)
    run(tmp_path / "lists" / "list.csv", tmp_path / "two", code=3)
    assert [row["path"] for row in table(tmp_path / "one", "skipped")] == ["\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}.dcm"]
    assert [row["path"] for row in table(tmp_path / "two", "skipped")] == ["a.dcm"]


def test_a_missing_view_is_told_of_its_study_in_the_rules_and_in_the_report(tmp_path):
    fakes.chest_film(tmp_path / "in" / "a.dcm", fakes.ramp(64, 64), study="1.2.9")
    run(tmp_path / "in", tmp_path / "out")
    (row,) = (row for row in table(tmp_path / "out", "rules") if row["rule"].startswith("S1"))
    (study,) = table(tmp_path / "out", "studies")
    assert (row["film"], row["verdict"]) == (study["study"], "fail")
    assert "S1 " in (tmp_path / "out" / "report.html").read_text()


def test_the_site_of_a_file_is_its_institution_hashed_and_a_manifest_comes_first(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name, more in (("a", {"InstitutionName": "North hospital"}), ("b", {"InstitutionName": "", "DeviceSerialNumber": "S-1"})):
        fakes.chest_film(folder / f"{name}.dcm", fakes.ramp(64, 64, ord(name)), **more)
    fakes.chest_film(tmp_path / "c.dcm", fakes.ramp(64, 64, 3), InstitutionName="North hospital")
    fakes.table(tmp_path / "manifest.csv", [{"image": "c.dcm", "patient_id": "p", "site": "east"}])
    assert medimg("qc", "run", folder, tmp_path / "manifest.csv", f"out={out}", "workers=1").code == 0
    assert {row["site"] for row in table(out, "films")} == {hash_id("North hospital"), hash_id("S-1"), "east"}


def test_built_in_films_are_said_to_show_the_method_until_others_take_their_place(tmp_path):
    folder, out = tmp_path / "chest", tmp_path / "out"
    fakes.chest_film(folder / "images" / "a.dcm", fakes.ramp(64, 64))
    (folder / "cohort.json").write_text(json.dumps({"name": "chest", "version": "1", "parameters": "0"}))
    assert run(folder / "images", out)["cohort"] == "phantom:chest@1"
    assert medimg("qc", "rejudge", f"out={out}", "--json").json["cohort"] == "phantom:chest@1"
    assert "shows the method, not medicine" in (out / "report.html").read_text()
    fakes.chest_film(tmp_path / "real" / "b.dcm", fakes.ramp(64, 64, 5))
    assert run(tmp_path / "real", out)["cohort"] == ""
    assert "shows the method, not medicine" not in (out / "report.html").read_text()


def test_masks_are_saved_as_images_those_of_earlier_runs_too_and_go_with_their_film(tmp_path):
    manifest, out = fakes.table(tmp_path / "manifest.csv", [films.film(tmp_path, "a")]), tmp_path / "out"
    run(manifest, out)
    assert not (out / "masks").exists()
    run(manifest, out, "save_masks=true")
    (film,) = (row["film"] for row in table(out, "films"))
    drawn = frontal_masks(films.POSE)
    with Image.open(out / "masks" / film / "heart.png") as image:
        assert image.mode == "1"
        assert np.array_equal(np.asarray(image), drawn["heart"])
    assert {path.stem for path in (out / "masks" / film).iterdir()} == set(drawn)
    fakes.chest_film(tmp_path / "other" / "b.dcm", fakes.ramp(64, 64))
    run(tmp_path / "other", out, "save_masks=true")
    assert not (out / "masks" / film).exists()
