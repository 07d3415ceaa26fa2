"""The chest paper's tables: cells that compose, films told without their truth, figures of planted agreement."""

import json
import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import medimg
from medimg.evaluate.agreement import figure, table
from medimg.run.compose import compose

FOLDER = Path(medimg.__file__).parents[1] / "scripts"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return import_module


@pytest.fixture
def judged(scripts):
    return scripts("chest_judged")


def planted(*, value, true, fail_hi=10.0):
    """Films with a true and a measured value of one rule, judged by the measured one."""
    films = pd.DataFrame({"value": value, "true": true}, dtype=float)
    films = films.assign(film=[str(k) for k in range(len(films))], rule="R", unit="mm", fail_lo=np.nan, fail_hi=fail_hi)
    return films.assign(patient_id=films["film"], verdict=np.where(films["value"] > fail_hi, "fail", "pass"))


def test_every_network_of_the_paper_is_a_cell_that_composes_and_the_references_are_asked_for(scripts, tmp_path):
    cells = [*scripts("chest_cells").all_cells(tmp_path, "smoke", ["pa", "lateral"], False, ["trainer.epochs=2"])]
    assert [cell.network for cell in cells] == [
        *(f"ChestPAQC_{depth}_{width}" for depth in (10, 15, 20) for width in (1, 3)),
        *(f"Chest2ViewQC_{depth}_{width}" for depth in (8, 12, 15) for width in (1, 3)),
    ]
    for cell in cells:
        settings = compose(list(cell.words))
        assert (settings.model.name, settings.recipe, settings.trainer.epochs) == (cell.network, "chest_qc", 2)
    more = [*scripts("chest_cells").all_cells(tmp_path, "smoke", ["pa"], True, [])]
    assert [cell.network for cell in more][6:] == ["unet", "unet++", "unet_resnet18"]


def test_outlines_are_judged_on_unseen_films_whole(scripts, tmp_path):
    cells, tables = scripts("chest_cells"), scripts("chest_tables")
    trained = [*cells.all_cells(tmp_path, "smoke", ["pa"], False, [])][:1]
    (one,) = cells.outlinings(tmp_path, tmp_path / "films" / "usual_200", trained)
    assert one.verb == ("eval", f"{trained[0].run}")
    assert f"data.manifest={tmp_path / 'films' / 'usual_200' / 'manifest.csv'}" in one.words
    one.run.mkdir(parents=True)
    (one.run / "metrics.json").write_text(json.dumps({"rows": [{"metric": "dice", "scope": "organ=heart", "estimate": 0.5}]}))
    assert tables.Judged(tmp_path, {}).outlines(trained[0])[0]["estimate"] == 0.5


def test_judged_outlines_stay_until_the_network_is_trained_anew(scripts, tmp_path):
    cells, runs = scripts("chest_cells"), scripts("cells")
    trained = [*cells.all_cells(tmp_path, "smoke", ["pa"], False, [])][:1]
    (one,) = cells.outlinings(tmp_path, tmp_path / "films", trained)
    for number, run in enumerate((trained[0].run, one.run)):
        run.mkdir(parents=True)
        for name in ("metrics.json", "report.html", "config.yaml"):
            (run / name).write_text("{}")
            os.utime(run / name, (number, number))
    assert one.done
    assert runs.train_all([one], 1) == []
    os.utime(trained[0].run / "metrics.json", (2, 2))
    assert not one.done


def test_a_network_is_told_nothing_of_what_was_put_in(scripts, tmp_path):
    kept = {"image": ["a.dcm", "b.dcm"], "patient_id": ["1", "2"], "view": ["PA", "LAT"]}
    told = {"mask_lung_r": "m.png", "true_tilt": 1, "amount_tilt": 2, "point_apex_r": "1|2"}
    pd.DataFrame(kept | told).to_csv(tmp_path / "manifest.csv", index=False)
    assert scripts("chest_cells").blind(tmp_path, "pa").read_text() == "image,patient_id,view\na.dcm,1,PA\n"


def test_a_set_of_another_size_is_judged_anew(scripts, tmp_path):
    cells, tables = scripts("chest_cells"), scripts("chest_tables")
    (few,), (more,) = ([*cells.judgings(tmp_path, {"usual": tmp_path / "films" / f"usual_{n}"}, [])] for n in (20, 40))
    assert few.run != more.run
    assert tables.Judged(tmp_path, {"usual": more.films}).folder("usual", "exact") == more.run


def test_table_3_tells_what_fails_by_network_and_masks_and_what_was_planted(scripts, judged, tmp_path):
    tables = scripts("chest_tables")
    films = pd.DataFrame(
        {"film": list("abcd"), "patient_id": list("abcd"), "true_faults": ["tilt|missing_view", "cut_apex", "missing_view", ""]}
    )
    for group in judged.GROUPS:
        films = films.assign(**{group: "pass", f"exact_{group}": "pass"})
    films = films.assign(overall=["review", "fail", "pass", "pass"], exact_overall=["fail", "fail", "pass", "not_applicable"])

    class Told:
        def films(self, cell):
            return films

    line = next(line for line in tables.rates(None, Told(), "pa") if line["group"] == "overall")
    assert [line[f"{name}, %"].split(" (")[0] for name in ("network", "exact masks", "planted")] == ["33.3", "66.7", "33.3"]
    assert (line["films"], line["left to a person"]) == (3, 1)


def test_weights_are_the_papers_rates_whatever_the_films(judged):
    films = pd.DataFrame({"true_faults": [""] * 3 + ["tilt"] * 30 + ["tilt|doubled_view"] * 10 + ["off_centre"] * 10 + ["missing_view"]})
    weight = pd.Series(judged.weights(films, "pa"))
    share = weight.groupby(judged.own_fault(films)).sum()
    assert share["tilt"] == pytest.approx(0.004)  # overall completeness fails on 0.8 % of the films: two kinds
    assert share["off_centre"] == pytest.approx(0.004)
    assert share[""] == pytest.approx(1 - 0.008 - 0.025 - 0.009 - 0.028)
    for alone, of_a_study in (("", "missing_view"), ("tilt", "tilt|doubled_view")):  # of a study, not of a film
        assert weight[films["true_faults"] == alone].max() == weight[films["true_faults"] == of_a_study].min() > 0


def test_films_of_equal_weight_have_the_figures_of_their_table(judged):
    rng = np.random.default_rng(3)
    reference = rng.random(200) < 0.3
    answer = reference ^ (rng.random(200) < 0.1)
    films = pd.DataFrame({"film": range(200), "patient_id": np.arange(200) // 2})
    (kappa,) = judged.weighted(films, reference, answer, np.full(200, 0.5), ("kappa",))
    assert float(kappa.split()[0]) == pytest.approx(figure("kappa", table(reference, answer)), abs=5e-4)
    low, high = (float(kappa.split("(")[1].rstrip(")").split(" to ")[k]) for k in (0, 1))
    assert 0.1 < high - low < 0.3
    (all_right,) = judged.weighted(films, reference, reference, np.ones(200), ("kappa",))
    assert all_right == "1.000 (no interval: no film differs)"


def test_pixels_of_text_are_compared_on_one_grid(judged, tmp_path, monkeypatch):
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "a.json").write_text('{"to_source": [[0, -2, 511], [1.5, 0, 0.25]]}')
    rules = pd.DataFrame({"film": "a", "rule": ["I9", "C6"], "metric": ["annotation_over_lung", "tilt"], "unit": ["px", "deg"]})
    rules = rules.assign(value=[100.0, 4.0], fail_lo=np.nan, fail_hi=[0.0, 5.0], verdict="fail")
    known = pd.DataFrame({"film": ["a"], "patient_id": "p", "verdict": "fail", "true_annotation_over_lung": "330", "true_tilt": "4.5"})
    monkeypatch.setattr(judged, "rules_of", lambda folder: rules)
    monkeypatch.setattr(judged, "films_of", lambda folder, films: known)
    assert judged.measured(tmp_path, tmp_path).set_index("rule")["true"].to_dict() == pytest.approx({"I9": 110, "C6": 4.5})


def test_what_lies_within_the_margin_is_told_apart(judged):
    ours = planted(value=[5, 9.9, 10.2, 15, 20, 8], true=[5, 10.3, 9.8, 15, 20, 12])
    (line,) = judged.by_rule(ours, planted(value=[5, 15, 20], true=[5, 15, 20]))
    assert line["fails, without margin"] == 4
    assert line["sensitivity, without margin"].startswith("0.500")
    assert line["specificity, without margin"].startswith("0.500")
    assert line["fails, beyond the margin"] == 3  # a tenth of the limit: 9 to 11 are too near
    assert line["sensitivity, beyond the margin"].startswith("0.667")
    assert line["specificity, beyond the margin"].startswith("1.000")
    assert line["bias"] == f"{(-0.4 + 0.4 - 4) / 6:+.3g}"


def test_a_margin_is_no_less_than_what_two_measurements_of_exact_masks_differ_by(judged):
    (line,) = judged.by_rule(planted(value=[5, 12, 13], true=[5, 12, 13]), planted(value=[4, 14, 20], true=[5, 15, 17]))
    assert line["fails, without margin"] == 2
    assert line["fails, beyond the margin"] == 0


def test_a_planted_fault_is_found_where_its_group_fails(judged):
    films = pd.DataFrame({"film": list("abcd"), "patient_id": list("abcd"), "true_faults": ["tilt", "tilt|blur", "", "tilt"]})
    films = films.assign(overall=["fail", "pass", "pass", "review"], exact_overall=["fail", "fail", "pass", "fail"])
    films = films.assign(**{name: "pass" for group in ("organs", "imaging", "position") for name in (group, f"exact_{group}")})
    (line,) = [line for line in judged.by_fault(films, "pa") if line["fault"] == "tilt"]
    assert line["films"] == 2
    assert line["found by network, %"].startswith("50.0 (")
    assert line["found by exact masks, %"].startswith("100.0 (")
    assert line["left to a person"] == 1
