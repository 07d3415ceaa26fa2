import csv
import shutil
import subprocess
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from medimg.errors import ConfigError
from medimg.io.dicom import read_dicom, read_stored
from medimg.phantoms import chest, chest_enriched, chest_training
from medimg.phantoms.chest import PARAMETERS, ROOMS, write_one
from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_faults import FAULTS, Rates, planted
from medimg.phantoms.chest_film import make
from medimg.phantoms.chest_patients import draw_patient
from medimg.phantoms.chest_shots import Shot, shots
from medimg.phantoms.chest_truth import LATERAL_LEAN_DEG, truth

pytest.importorskip("jpeg_ls", reason="the chest films are written in JPEG-LS (medimg[dicom])")
COARSE = tuple(replace(room, pixel_mm=room.pixel_mm * 8) for room in ROOMS)
PATIENT = replace(draw_patient(np.random.default_rng(3), "CXR-00003"), illness=(), heart=1.0, scoliosis_mm=0.5)
LIMIT = {  # the rules' fail limits: lowest, highest
    "centring_x": (None, 0.10), "tilt": (-5, 5), "apex_margin": (0.01, None), "base_margin": (0.03, None), "deviation_index": (-3, 3),
    "sharpness": (None, 3.0), "polarity": (1, None), "annotation_over_lung": (None, 0), "rotation": (0.4, None),
    "scapula_overlap": (None, 0.3), "inspiration": (8, None), "arm_over_lung": (None, 0.03), "posterior_borders": (None, 20),
}  # fmt: skip
ALSO = {  # what a fault moves besides its own metric, by anatomy
    "cut_apex": {"centring_x", "arm_over_lung"},
    "cut_angle": {"inspiration", "arm_over_lung"},
    "scapulae": set(),
}


def exam(view, **changes):
    margins = (28.0, 22.0, 48.0, 22.0) if view == "PA" else (28.0, 36.0, 42.0, 55.0)
    still = Exam(view, rotation_deg=0.3 if view == "PA" else 1.5, tilt_deg=0.5, ribs_above_dome=9.6, margins_mm=margins, seed=4)
    return replace(still, **changes)


def values(some_exam, room=COARSE[0]):
    return truth(make(PATIENT, some_exam, room), some_exam, room)


def failing(found):
    outside = set()
    found = found | ({"tilt": found["tilt"] - LATERAL_LEAN_DEG} if "wall_margin" in found else {})
    for metric, (low, high) in LIMIT.items():
        value = found.get(metric, found.get("centring_y") if metric == "centring_x" else None)
        if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
            outside.add(metric)
    return outside


@pytest.fixture(scope="module")
def good():
    return {view: make(PATIENT, exam(view), COARSE[0]) for view in ("PA", "LAT")}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chest")
    (folder / "images").mkdir()
    planned = [
        Shot(0, PATIENT, 1, number, exam(view), room, "OP01", "20230203", "101500", ())
        for number, (view, room) in enumerate(zip(("PA", "LAT", "PA"), (COARSE[0], COARSE[2], COARSE[4]), strict=True), start=1)
    ]
    return folder, [write_one((folder, shot, "test")) for shot in planned]


@pytest.mark.parametrize("view", ["PA", "LAT"])
def test_a_good_film_fails_no_rule(good, view):
    assert failing(truth(good[view], exam(view), COARSE[0])) == set()


@pytest.mark.parametrize(
    ("fault", "view"), [(fault, view) for fault in FAULTS for view in fault.views], ids=lambda value: getattr(value, "name", value)
)
def test_each_fault_moves_its_metric_beyond_the_limit_and_leaves_the_others(fault, view):
    small = fault.low if abs(fault.low) < abs(fault.high) else fault.high
    found = failing(values(planted(exam(view), fault, small)))
    assert fault.metric in found
    assert found - {fault.metric} - ALSO.get(fault.name, set()) == set()


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("name", ["tilt", "rotation", "rotated"])
def test_faults_with_a_direction_fail_both_ways(name, sign):
    fault = next(fault for fault in FAULTS if fault.name == name)
    assert fault.metric in failing(values(planted(exam(fault.views[0]), fault, sign * fault.low)))


def test_tilt_is_measured_as_planted():
    found = values(planted(exam("PA"), FAULTS[1], 7.0))
    straight = values(exam("PA", tilt_deg=0.0))
    assert found["tilt"] - straight["tilt"] == pytest.approx(7.0, abs=0.05)


def test_inspiration_counts_whole_ribs():
    assert [values(exam("PA", ribs_above_dome=ribs))["inspiration"] for ribs in (7.5, 9.4, 10.5)] == [7, 9, 10]


@pytest.mark.parametrize("view", ["PA", "LAT"])
def test_lungs_are_darker_than_heart_unless_inverted(good, view):
    film = good[view]
    lung = film.masks["lung_r"] if view == "PA" else film.masks["lung"] & ~film.masks["heart"]
    heart = film.masks["heart"]
    assert np.median(film.stored[lung]) < np.median(film.stored[heart])
    wrong = make(PATIENT, exam(view, inverted=True), COARSE[0])
    assert np.median(wrong.stored[lung]) > np.median(wrong.stored[heart])


def test_organs_that_must_not_overlap_do_not(good):
    masks = good["PA"].masks
    for left_out in ("heart", "mediastinum"):
        assert not (masks[left_out] & (masks["lung_r"] | masks["lung_l"])).any()
    assert not (masks["lung_r"] & masks["lung_l"]).any()
    assert not (masks["diaphragm_r"] & masks["lung_r"]).any()
    assert (masks["mediastinum"] & masks["heart"]).sum() == masks["heart"].sum()
    lateral = good["LAT"].masks
    assert (lateral["lung_both"] & ~lateral["lung"]).sum() == 0
    assert not (lateral["sternum"] & lateral["lung"]).sum() > 0.25 * lateral["sternum"].sum()


def test_masks_agree_with_landmarks(good):
    film = good["PA"]
    for side in "rl":
        rows, columns = np.nonzero(film.masks[f"lung_{side}"])
        apex, foot = (film.field.plane.pixels(film.scene.points[f"{name}_{side}"])[0] for name in ("apex", "angle"))
        assert rows.min() == pytest.approx(apex[0], abs=1.5)
        assert rows.max() == pytest.approx(foot[0], abs=2.5)
        assert (columns.min() if side == "r" else columns.max()) == pytest.approx(foot[1], abs=6 / film.field.plane.pixel_mm)


def test_patient_s_right_is_on_the_left_and_breastbone_before_spine(good):
    def middle(mask):
        return np.nonzero(mask)[1].mean()

    masks = good["PA"].masks
    assert middle(masks["lung_r"]) < middle(masks["heart"]) < middle(masks["lung_l"])
    assert middle(masks["spine"]) < middle(masks["heart"])
    lateral = good["LAT"].masks
    assert middle(lateral["sternum"]) < middle(lateral["heart"]) < middle(lateral["spine"])


def test_right_dome_is_higher_and_apices_rise_above_the_clavicles(good):
    curves = good["PA"].scene.curves
    assert curves["dome_r"].table.min() < curves["dome_l"].table.min()
    assert values(exam("PA"))["apex_above_clavicle"] > 0.02


def test_nothing_of_an_organ_lies_outside_the_field(good):
    for film in good.values():
        top, left, bottom, right = film.field.edges
        for mask in film.masks.values():
            outside = mask.copy()
            outside[top:bottom, left:right] = False
            assert not outside.any()


def test_same_exam_gives_the_same_bits_and_another_seed_others():
    first, again, other = (make(PATIENT, exam("PA", seed=seed), COARSE[1]).stored for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first.shape != other.shape) or (first != other).any()


def test_under_exposed_films_are_noisier():
    def noise(deviation):
        first, second = (make(PATIENT, exam("PA", deviation=deviation, seed=seed), COARSE[0]) for seed in (4, 6))
        return np.std((first.canonical - second.canonical)[first.masks["heart"]])  # the anatomy is the same, so noise is left

    assert noise(-6.0) > 1.4 * noise(0.0)


def test_files_read_back_as_they_were_made(written):
    folder, rows = written
    for row, room in zip(rows, (COARSE[0], COARSE[2], COARSE[4]), strict=True):
        pixels, _, header = read_stored(folder / row["image"])
        film = make(PATIENT, exam(row["view"]), room)
        np.testing.assert_array_equal(pixels, film.stored)
        image = read_dicom(folder / row["image"], voi=True)
        shown = np.asarray(image.pixels)
        lung = np.asarray(Image.open(folder / row["mask_lung_r" if row["view"] == "PA" else "mask_lung"]))
        assert shown[lung].mean() == pytest.approx(film.canonical[lung].mean(), abs=0.01)
        assert header.spacing_mm(0) == pytest.approx((room.pixel_mm, room.pixel_mm), rel=1e-4)


def test_header_says_what_was_done(written):
    import pydicom

    folder, rows = written
    first, second = (pydicom.dcmread(folder / row["image"]) for row in rows[:2])
    assert first.file_meta.TransferSyntaxUID == pydicom.uid.JPEGLSLossless
    assert (first.ViewPosition, second.ViewPosition) == ("PA", "LL")
    assert (list(first.PatientOrientation), list(second.PatientOrientation)) == (["L", "F"], ["P", "F"])
    assert first.StudyInstanceUID == second.StudyInstanceUID
    assert first.SeriesInstanceUID != second.SeriesInstanceUID
    assert (first.PhotometricInterpretation, second.PhotometricInterpretation) == ("MONOCHROME2", "MONOCHROME1")
    assert (first.BitsStored, second.BitsStored) == (12, 14)
    ratio = float(first.ExposureIndex) / float(first.TargetExposureIndex)
    assert 10 * np.log10(ratio) == pytest.approx(float(first.DeviationIndex), abs=0.01)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
def test_dciodvfy_finds_no_error(written):
    folder, rows = written
    for row in rows:
        said = subprocess.run(["dciodvfy", str(folder / row["image"])], capture_output=True, text=True, check=False)
        assert "Error" not in said.stderr + said.stdout


def test_manifest_row_names_masks_that_are_as_large_as_the_film(written):
    folder, rows = written
    assert {key for key, value in rows[0].items() if key.startswith("mask_") and value} == {f"mask_{organ}" for organ in chest.PA}
    assert {key for key, value in rows[1].items() if key.startswith("mask_") and value} == {f"mask_{organ}" for organ in chest.LAT}
    mask = Image.open(folder / rows[0]["mask_heart"])
    assert mask.mode == "1"
    assert mask.size[::-1] == read_stored(folder / rows[0]["image"])[0].shape


def test_cohort_has_exactly_n_films_mostly_two_a_study():
    planned = shots(PARAMETERS, 101)
    assert len(planned) == 101
    studies = Counter((shot.patient.patient_id, shot.study) for shot in planned)
    assert sum(count == 2 for count in studies.values()) > 0.9 * len(studies)
    assert {shot.exam.view for shot in planned} == {"PA", "LAT"}
    with pytest.raises(ConfigError, match="at least 2"):
        shots(PARAMETERS, 1)


def test_films_of_a_patient_agree_and_seeds_differ():
    planned = shots(PARAMETERS, 60)
    people = {}
    for shot in planned:
        assert people.setdefault(shot.patient.patient_id, shot.patient) == shot.patient
    assert shots(PARAMETERS, 60) == planned
    assert shots(PARAMETERS, 60, seed=1) != planned


def test_faults_come_at_the_paper_s_rates():
    planned = shots(PARAMETERS, 14_000)
    group = {fault.name: fault.group for fault in FAULTS}
    rate = Counter(group[name] for shot in planned for name in shot.exam.faults)
    shares = {name: count / len(planned) for name, count in rate.items()}
    wanted = PARAMETERS.rates
    for name in ("overall", "organs", "imaging", "position"):
        assert shares[name] == pytest.approx(getattr(wanted, name), rel=0.2)
    views = np.mean([bool(shot.faults) for shot in planned])
    assert shares["overall"] + views == pytest.approx(0.012, abs=0.003)


def test_enriched_cohort_has_150_films_of_each_fault():
    planned = shots(chest_enriched.PARAMETERS)
    counts = Counter(name for shot in planned for name in (*shot.exam.faults, *shot.faults))
    assert set(counts) == {fault.name for fault in FAULTS} | {"missing_view", "doubled_view"}
    assert min(counts.values()) >= 150


def test_patients_of_the_training_cohort_stand_in_any_position_that_faults_reach_and_beyond():
    poses = {view: [] for view in ("PA", "LAT")}
    for shot in map(chest_training.posed, shots(chest_training.PARAMETERS)):
        poses[shot.exam.view].append(shot.exam)
    reach = {fault.name: (fault.low, fault.high) for fault in FAULTS}
    for view, fault in (("PA", "rotation"), ("LAT", "rotated")):
        turned = np.array([exam.rotation_deg for exam in poses[view]])
        assert turned.min() < -reach[fault][1] + 1
        assert turned.max() > reach[fault][1] - 1
        assert (np.abs(turned) < 2).any()
    blades, ribs = (np.array([getattr(exam, name) for exam in poses["PA"]]) for name in ("scapula_mm", "ribs_above_dome"))
    assert (blades > reach["scapulae"][0]).mean() > 0.12
    assert (blades < 9).mean() > 0.2  # as on good films
    assert (ribs < reach["poor_inspiration"][1]).mean() > 0.2
    assert not any(exam.arms_down for exam in poses["PA"])
    assert np.mean([exam.arms_down for exam in poses["LAT"]]) == pytest.approx(chest_training.PARAMETERS.arms_down, abs=0.1)


def test_no_two_cohorts_share_a_patient_s_id():
    ids = [{shot.patient.patient_id for shot in shots(cohort.PARAMETERS, 40)} for cohort in (chest, chest_enriched, chest_training)]
    assert len(set.union(*ids)) == sum(map(len, ids))


def test_cohort_is_written_with_its_manifest(tmp_path, monkeypatch):
    monkeypatch.setattr(chest, "draw", lambda function, jobs, what: [function(job) for job in jobs])
    small = replace(PARAMETERS, rooms=COARSE, rates=Rates(0, 0, 0, 0, 0))
    chest.write_films(tmp_path / "a", shots(small, 2), "key", "chest")
    chest.write_films(tmp_path / "b", shots(small, 2), "key", "chest")
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    with (tmp_path / "a" / "manifest.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["view"] for row in rows] == ["PA", "LAT"]
    assert rows[0]["patient_id"] == rows[1]["patient_id"]
    assert all(row["true_faults"] == "" and float(row["true_apex_margin"]) > 0.01 for row in rows)
