"""Real chest films: what is taken from drawn lungs, who is tested by which network, and that faults are planted as told."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import medimg
from medimg.io.film_place import Place
from medimg.io.film_reader import FilmFile, read_film
from medimg.recipes.films.turning import possible

FOLDER = Path(medimg.__file__).parents[1] / "scripts"
BOX = np.s_[20:60, 10:40]


@pytest.fixture
def films(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return import_module("real_films")


@pytest.fixture
def faults(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return import_module("real_faults")


def mask(box, shape=(100, 80)):
    plane = np.zeros(shape, bool)
    plane[box] = True
    return plane


def source(folder, patients, right=BOX):
    """A folder of real films: the right lung on the image's left, the heart over both lungs."""
    boxes = {
        "right_lung": right,
        "left_lung": np.s_[20:60, 45:70],
        "cardiomediastinum": np.s_[40:70, 35:55],
        "airways": np.s_[10:30, 38:42],
    }
    rows = []
    for number, patient in enumerate(patients):
        row = {"image": f"film{number}.png", "patient_id": patient, "view": "PA"}
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (100, 80), np.uint8)).save(folder / row["image"])
        for name, box in boxes.items():
            row[f"mask_{name}"] = f"film{number}_{name}.png" if box else ""
            if box:
                Image.fromarray(mask(box)).save(folder / row[f"mask_{name}"])
        rows.append(row)
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)
    return folder


def test_a_lung_loses_what_lies_before_it_and_keeps_its_side(films, tmp_path):
    table = films.with_masks(films.masked(films.films_of(source(tmp_path, ["a"]))), tmp_path / "free")
    right, left = (np.asarray(Image.open(table[f"mask_{lung}"][0])) for lung in ("lung_r", "lung_l"))
    heart, airways = mask(np.s_[40:70, 35:55]), mask(np.s_[10:30, 38:42])
    assert (right == (mask(BOX) & ~heart & ~airways)).all()
    assert (left == (mask(np.s_[20:60, 45:70]) & ~heart)).all()


def test_a_lung_that_nobody_drew_is_known_nowhere(films, tmp_path):
    table = films.with_masks(films.masked(films.films_of(source(tmp_path, ["a"], right=None))), tmp_path / "free")
    assert table["mask_lung_r"].tolist() == [""]
    found = films.dice({"lung_r": mask(BOX), "lung_l": mask(BOX)}, {"lung_l": mask(BOX)})
    assert found["lung_l"] == 1
    assert np.isnan(found["lung_r"])
    assert np.isnan(found["lungs"])


def test_both_lungs_are_compared_as_one(films):
    ours = {"lung_r": mask(np.s_[0:10, 0:10]), "lung_l": mask(np.s_[0:10, 20:30])}
    true = {"lung_r": mask(np.s_[0:10, 0:10]), "lung_l": mask(np.s_[0:10, 30:40])}
    assert films.dice(ours, true) == {"lung_r": 1, "lung_l": 0, "lungs": 0.5}


def test_the_largest_part_of_what_was_found_stays(films):
    found = mask(BOX) | mask(np.s_[0:5, 70:80])
    assert np.array_equal(films.largest_part(found), mask(BOX))
    assert not films.largest_part(mask(np.s_[0:0, 0:0])).any()


def test_a_film_is_tested_by_the_network_that_has_seen_none_of_its_patient(films, tmp_path):
    table = films.with_masks(films.films_of(source(tmp_path, [f"p{n // 2}" for n in range(12)])), tmp_path / "free")
    fold = films.dealt(table, 3)
    assert sorted(fold.unique()) == [0, 1, 2]
    assert len(set(zip(table["patient_id"], fold, strict=True))) == 6
    built = pd.DataFrame({"image": ["/b.dcm"], "patient_id": ["b"], "view": ["PA"], "mask_lung_r": ["/r.png"], "mask_heart": ["/h.png"]})
    rows = pd.read_csv(films.joined(built, table, fold == 0, tmp_path / "joined.csv"), keep_default_na=False)
    parts = rows.groupby("patient_id")["part"].agg(set)
    assert all(
        parts[patient] == ({"test"} if (fold == 0)[table["patient_id"] == patient].all() else {"train"}) for patient in table["patient_id"]
    )
    assert parts["b"] == {"train"}
    assert rows["mask_heart"].tolist() == ["/h.png", *[""] * 12]
    assert set(rows.columns) == {"image", "patient_id", "view", "mask_lung_r", "mask_lung_l", "mask_heart", "part"}


def test_a_gain_is_the_mean_over_patients(films):
    earlier = pd.DataFrame({"id": list("abc"), "patient": ["p", "p", "q"], "fold": 0, "dice_lungs": [0.5, 0.7, 0.9]})
    told = films.gain(earlier.assign(dice_lungs=[0.7, 0.9, 1.0]), earlier)
    assert told["difference"] == pytest.approx((0.2 + 0.1) / 2)
    assert "too few patients" in told["method"]


def test_a_source_without_its_columns_or_with_two_films_of_one_name_is_refused(films, tmp_path):
    with pytest.raises(SystemExit, match="there is no manifest"):
        films.films_of(tmp_path)
    source(tmp_path, ["a", "b"])
    table = pd.read_csv(tmp_path / "manifest.csv")
    table.assign(image="film0.png").to_csv(tmp_path / "manifest.csv", index=False)
    with pytest.raises(SystemExit, match="several films are called film0"):
        films.films_of(tmp_path)
    table.drop(columns="mask_airways").to_csv(tmp_path / "manifest.csv", index=False)
    with pytest.raises(SystemExit, match="column mask_airways is missing"):
        films.films_of(tmp_path)


@pytest.fixture
def film(faults):
    return faults.Film(np.random.default_rng(0).uniform(0.3, 0.6, (100, 80)), mask(BOX))


def test_a_cut_runs_as_far_inside_the_lungs_as_is_told(faults, film):
    assert (faults.cut_above(film, 0.05) == film.pixels[25:]).all()
    assert (faults.cut_below(film, 0.05) == film.pixels[:55]).all()
    assert (faults.cut_side(film, 0.05) == film.pixels[:, 14:]).all()


def test_grey_moves_by_the_dose_and_less_dose_is_noisier(faults, film):
    more, less = faults.exposed(film, 1.0), faults.exposed(film, -1.0)
    assert more == pytest.approx(film.pixels - 0.15)
    change = less - film.pixels
    assert change.mean() == pytest.approx(0.15, abs=0.002)
    assert change.std() == pytest.approx(0.03, rel=0.1)
    assert faults.exposed(film, 9.0).max() == 0


def test_a_film_is_turned_by_its_degrees(faults):
    line = np.zeros((101, 101))
    line[:, 50] = 1
    rows, columns = np.nonzero(faults.tilted(faults.Film(line, line > 0), 10.0) > 0.3)
    assert np.degrees(np.arctan(np.polyfit(rows, columns, 1)[0])) == pytest.approx(10.0, abs=0.5)


def test_letters_of_their_height_lie_in_the_lung_and_nowhere_else(faults):
    film = faults.Film(np.full((400, 400), 0.4), mask(np.s_[100:300, 40:180], (400, 400)))
    rows, columns = np.nonzero(faults.written_on(film, 10.0) != film.pixels)
    assert film.lungs[rows, columns].all()
    assert 6 < np.ptp(rows) + 1 < 12  # capitals, at 1 mm a pixel


def test_blur_and_inversion(faults, film):
    point = np.zeros((101, 101))
    point[50, 50] = 1
    blurred = faults.blurred(faults.Film(point, point > 0), 3 * faults.LONGER_MM / 101)
    rows, _ = np.indices(point.shape)
    assert np.sqrt((blurred * (rows - 50) ** 2).sum() / blurred.sum()) == pytest.approx(3, rel=0.05)
    assert faults.inverted(film, 1.0) == pytest.approx(1 - film.pixels)


def test_a_planted_film_is_read_as_it_was_made(faults, film, tmp_path):
    faults.write_film(tmp_path / "film.dcm", film.pixels, "PA", "a", faults.pixel_mm(film.pixels))
    read = read_film(FilmFile(str(tmp_path / "film.dcm")))
    assert read.view == "PA"
    assert read.spacing_mm == pytest.approx(4)
    assert read.pixels == pytest.approx(film.pixels, abs=0.5 / 255 + 1e-4)


def test_only_films_that_passed_the_rule_get_its_fault(faults, film, tmp_path):
    films = pd.DataFrame({"name": ["one", "two", "side"], "view": ["PA", "PA", "LAT"], "patient_id": ["a", "b", "c"], "image": ""})
    passed = {("one", "C1_apex_margin"), ("side", "I8_polarity_lat"), ("side", "C1_apex_margin")}
    rows = faults.planted(films, passed, lambda row: film, tmp_path)
    assert rows[["of", "fault", "rule"]].drop_duplicates().to_numpy().tolist() == [
        ["one", "cut_apex", "C1_apex_margin"],
        ["side", "inverted", "I8_polarity_lat"],
    ]
    assert rows["amount"].tolist() == [0.02, 0.06, 1.0]
    assert all(Path(path).is_file() for path in rows["image"])


def test_verdicts_are_counted_by_fault_and_amount(faults):
    facts = {"view": "PA", "fault": "cut_apex", "amount": 0.02, "unit": "of the height", "rule": "C1_apex_margin", "others": "O2_organ_cut"}
    altered = pd.DataFrame({"name": list("abcd"), "of": list("ABCD"), "patient_id": list("abcd"), **facts})
    said = {"C1_apex_margin": ["fail", "unevaluable", "warn", "pass"], "O2_organ_cut": ["fail", "pass", "fail", "fail"]}
    rules = pd.DataFrame([(name, rule, verdict) for rule, all_ in said.items() for name, verdict in zip("abcd", all_, strict=True)])
    rules.loc[len(rules)] = rules.loc[len(rules) + 1] = ["a", None, ""]  # measured values that no rule asks for
    passed = {(name, rule) for name in "ABC" for rule in said} | {("D", "C1_apex_margin")}  # an organ of D was cut unaltered too
    (line,) = faults.after(faults.told(altered, rules.set_axis(["name", "rule", "verdict"], axis=1), passed))
    assert line["amount"] == "0.02 of the height"
    assert line["fails, %"].startswith("25.0 (")
    assert line["fails, or another rule that sees it, %"].startswith("50.0 (")
    assert line["that, or left to a person, %"].startswith("75.0 (")
    assert [line[word] for word in ("films", "pass", "warn", "fail", "left to a person", "not applicable")] == [4, 1, 1, 1, 1, 0]


def test_faults_stand_in_their_order_laterals_last(faults):
    lines = [("tilt", "LAT", 9.0), ("tilt", "PA", 13.0), ("tilt", "PA", -9.0), ("cut_apex", "PA", 0.02)]
    films = pd.DataFrame(
        {
            "film": list("abcd"), "patient_id": list("abcd"), "verdict": "fail", "seen": True, "unit": "",
            "fault": [one[0] for one in lines], "view": [one[1] for one in lines], "amount": [one[2] for one in lines],
            "rule": [f"{name}_{view}" for name, view, _ in lines],
        }
    )  # fmt: skip
    assert [(line["rule"], line["amount"]) for line in faults.after(films)] == [
        ("cut_apex_PA", "0.02"), ("tilt_PA", "-9"), ("tilt_PA", "13"), ("tilt_LAT", "9"),
    ]  # fmt: skip


@pytest.mark.parametrize("way", possible("LAT"))
def test_a_mask_of_a_turned_film_is_turned_back(films, way):
    place = Place((40, 60), (60, 40) if way[0] else (40, 60), *way)
    whole = mask(np.s_[5:20, 30:55], (40, 60))
    assert np.array_equal(films.turned_back(place.turned(whole), place.to_source()), whole)


def test_results_do_not_lie_in_the_repository(faults, monkeypatch, tmp_path):
    command = import_module("real_chest")
    monkeypatch.setattr(sys, "argv", ["real_chest.py", str(tmp_path), str(FOLDER / "out"), "--network", "run"])
    with pytest.raises(SystemExit, match="inside the repository"):
        command.main()


def test_what_stands_after_two_dashes_goes_to_the_trainings(faults, monkeypatch):
    command = import_module("real_chest")
    monkeypatch.setattr(sys, "argv", ["real_chest.py", "in", "out", "--network", "a", "b", "--", "model.weights=a", "trainer.epochs=5"])
    said = command.options()
    assert (said.source, said.network, said.only) == (Path("in"), [Path("a"), Path("b")], command.TASKS)
    assert said.more == ["model.weights=a", "trainer.epochs=5"]
    monkeypatch.setattr(sys, "argv", ["real_chest.py", "in", "out", "--network", "a", "--only", "judge"])
    assert command.options().more == []
