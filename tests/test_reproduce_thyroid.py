"""The thyroid paper's tables: cells of equal data and steps, generators lent, and what is written of finished runs."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import fakes
import pytest
from report.fake_run import fake_run
from torch import nn

import medimg
from medimg.models.backbones import build
from medimg.models.sizes import ENLARGED
from medimg.run.compose import compose
from medimg.run.configs import config_root, parse
from medimg.run.folder import make_run, write_config
from medimg.settings import Data, Settings

FOLDER = Path(medimg.__file__).parents[1] / "scripts"
KEPT = {"seeds", "title", "model", "phases", "generate", "task", "data", "decision", "augment"}


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return import_module


@pytest.fixture
def asked(scripts, tmp_path):
    return scripts("thyroid_cells").Asked(tmp_path)


@pytest.fixture
def made(scripts, asked):
    return {cell.name: cell for cell in scripts("thyroid_cells").all_cells(asked)}


def settings_of(cell):
    return compose(list(cell.words))


def test_each_cell_is_a_run_of_its_own_and_three_besides_the_headline_have_several_seeds(made):
    assert len(made) == len({cell.run for cell in made.values()}) == 2 + 8 + 6 + 4 + 2
    several = {name for name, cell in made.items() if settings_of(cell).every_seed == (1, 2, 3)}
    assert several == {"ours/multilabel", "ours/paper", "table3/resnet101", "ablation/classic"}


def test_networks_of_table_3_see_the_same_pictures_in_one_phase(scripts, made):
    ours = settings_of(made["ours/multilabel"])
    for cell in (cell for cell in made.values() if cell.table == "table3"):
        settings = settings_of(cell)
        assert cell.name.endswith(settings.model.name)
        assert replace(settings.generate, judge=True) == ours.generate
        assert settings.augment == ours.augment
        assert (settings.phases.count, settings.model.cross) == (1, "none")
        assert settings.data == ours.data
        assert (settings.model.name in ENLARGED) == (f"under {ENLARGED.get(settings.model.name)} px enlarged" in cell.note)
        assert (scripts("thyroid_steps").sides(settings) == "32 px, enlarged to 75") == (settings.model.name == "inception_v3")
        assert settings.model.layerwise == (parse(config_root() / "model" / "sdae.yaml")["layerwise"] if cell.label == "sdae" else 0)


@pytest.mark.parametrize("profile", ["quick", "paper", "smoke"])
def test_a_lower_rate_is_for_networks_without_batch_normalisation_and_said(scripts, asked, profile):
    cells = scripts("thyroid_cells")
    slower = []
    for cell in cells.networks(replace(asked, profile=profile)):
        settings = settings_of(cell)
        assert (settings.task.lr < settings_of(next(cells.ours(replace(asked, profile=profile)))).task.lr) == (cells.SLOWER in cell.note)
        if cells.SLOWER in cell.note:
            slower.append(settings.model.name)
            assert not any(isinstance(module, nn.BatchNorm2d) for module in build(settings.model.name, outputs=2).modules())
    assert slower == ["vgg19"]


@pytest.mark.parametrize("profile", ["quick", "paper", "smoke"])
def test_an_ablation_differs_from_ours_in_what_it_says_alone(scripts, asked, profile):
    cells = scripts("thyroid_cells")
    made = {cell.name: settings_of(cell) for cell in cells.all_cells(replace(asked, profile=profile))}
    ours = made["ours/multilabel"]
    for name, (_, words) in cells.STEPS.items():
        other = made[f"ablation/{name}"]
        named = {word.partition("=")[0].partition(".")[0] for word in words} | {"seeds", "title", "generate"}
        assert all(getattr(other, key) == getattr(ours, key) for key in KEPT - named)
    assert made["share_25/ours"].data == replace(ours.data, train_share=0.25)
    assert made["128/ours"].data == replace(ours.data, size=128)


def test_a_network_of_ours_that_table_3_lacks_stands_there_unmodified(scripts, asked, made):
    cells = scripts("thyroid_cells")
    (own,) = (cell for cell in made.values() if cell.note == cells.UNMODIFIED)
    ours, theirs = (settings_of(made[name]).model for name in ("ours/multilabel", own.name))
    assert ours == replace(theirs, cross="image")
    for more in ({"profile": "paper"}, {"more": ("model.name=resnet101",)}):
        assert not any(cells.UNMODIFIED in cell.note for cell in cells.networks(replace(asked, **more)))


def test_readings_of_x_i_are_compared_with_a_word_on_seeds_and_weights(scripts, asked, made):
    cells = scripts("thyroid_cells")
    assert {cell.name for cell in made.values() if "readings of x_i" in cell.note} == {"ablation/block_input"}
    assert "at one seed, and with another number of weights" in made["ablation/block_input"].note
    (several,) = (cell for cell in cells.ablation(replace(asked, headline="ablation/block_input")) if cell.note)
    assert "at several seeds" in several.note


@pytest.mark.slow
def test_the_whole_command_trains_each_cell_once_and_writes_the_tables(tmp_path):
    command = [sys.executable, str(FOLDER / "reproduce_thyroid.py"), "--profile", "smoke", "--seeds", "1", "--out", str(tmp_path)]
    command += [
        "--only",
        "ours",
        "table3/resnet101",
        "--",
        "model.channels=3",
        "data.size=16",
        "generate.size=16",
        "data.limit=40",
        "trainer.batch_size=32",
        "generate.least=3",
    ]
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parent), "CUDA_VISIBLE_DEVICES": ""}
    run = partial(subprocess.run, command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    first = run()
    assert first.returncode == 0, first.stdout + first.stderr
    assert re.findall(r"^(\S+): [\d.]+ min$", first.stdout, re.M) == ["ours/multilabel", "ours/paper", "table3/resnet101"]
    tables = (tmp_path / "tables.md").read_text()
    assert all(title in tables for title in ("## Table 1", "## Table 2", "## Table 3", "## Figure 5", "| resnet101 |"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("stages/**/*") if path.is_file()}
    assert before
    again = run()
    assert again.returncode == 0, again.stdout + again.stderr
    assert " min" not in again.stdout
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("stages/**/*") if path.is_file()} == before


def test_words_for_every_run_rule_over_the_profile_and_not_over_what_a_cell_is(scripts, asked):
    asked = replace(asked, profile="smoke", more=("data.manifest=some.csv", "phases.replay=2", "generate.to=9", "data.size=96"))
    made = {cell.name: cell for cell in scripts("thyroid_cells").all_cells(asked)}
    for cell in made.values():
        assert "phases.replay=2" in cell.words
        assert not any(word.startswith("data.limit=") for word in cell.words)
    assert all("data.size=96" in cell.words for cell in made.values() if cell.table == "table3")
    assert {"data.size=128", "generate.to=9"} < {*made["128/ours"].words}
    assert "generate.to=0" in made["ablation/none"].words


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Words for sixty images of signs a, b, c, every fifth with a and b at once."""
    manifest = fakes.cohort(tmp_path_factory.mktemp("c"), patients=60, images=1, size=16, classes=("a", "b", "c"), multilabel=True)
    rows = list(csv.DictReader(manifest.open()))
    for number, row in enumerate(rows):
        row["label"] = "abc"[number % 3] if number % 5 else "a|b"
    fakes.table(manifest, rows)
    kind = ("data.classes=[a,b,c]", "data.normalise=percentile", "data.field_mm=null", "trainer.batch_size=8")
    return (f"data.manifest={manifest}", *kind, "generate.to=20", "generate.to_cross=20", "generate.least=2")


def test_every_network_makes_as_many_steps_as_ours(scripts, asked, own):
    cells, budget = scripts("thyroid_cells"), scripts("thyroid_budget").Budget()
    made = cells.all_cells(replace(asked, more=own))
    first, then = budget.phases(settings_of(made[0]))
    assert then[0] < first[0] == first[1] * settings_of(made[0]).trainer.epochs
    for cell in (cell for cell in made if cell.name in ("table3/resnet101", "table3/vgg19", "ablation/none", "share_25/classic")):
        settings = settings_of(budget.equal(cell))
        phases = budget.phases(settings)
        assert len(phases) == settings.phases.count
        assert (cell.part < 1) == ("of the others' steps" in cell.note)
        if len(phases) == 1:
            assert phases[0][0] == pytest.approx(cell.part * (first[0] + then[0]), abs=1)
        for (steps, per_epoch), (wanted, _) in zip(phases, (first, then), strict=True) if len(phases) == 2 else ():
            assert abs(steps - wanted) <= per_epoch / 2


def test_the_plan_counts_layers_trained_one_by_one(scripts, asked, own):
    cells, thyroid_budget = scripts("thyroid_cells"), scripts("thyroid_budget")
    budget = thyroid_budget.Budget()
    made = {cell.label: cell for cell in cells.networks(replace(asked, more=own))}
    settings = settings_of(made["sdae"])
    ((_, per_epoch),) = budget.phases(settings)
    assert budget.steps(made["sdae"], None)["layers"] == 3 * 10 * per_epoch
    assert budget.steps(made["resnet101"], None)["layers"] == 0
    thyroid_budget.TIMED["layers"](settings)()


def test_a_finished_cell_is_asked_for_with_the_words_it_was_made_with(scripts, asked, own, monkeypatch):
    cells, budget = scripts("thyroid_cells"), scripts("thyroid_budget").Budget()
    cell = next(cell for cell in cells.all_cells(replace(asked, more=own)) if cell.name == "table3/resnet101")
    asked_for = budget.equal(cell)
    monkeypatch.setattr(cells.Cell, "done", True)
    assert budget.equal(cell) == asked_for
    assert any(word.startswith("trainer.max_steps=") for word in asked_for.words)


def test_the_plan_counts_generators_where_they_are_trained(scripts, asked, own, monkeypatch, capsys):
    cells, budget = scripts("thyroid_cells"), scripts("thyroid_budget")
    free = ("ours/paper", "table3/resnet101", "ablation/dcgan", "ablation/none", "share_25/classic", "128/ours")
    every = cells.all_cells(replace(asked, seeds=2, more=own))
    made = [cell for cell in every if cell.name in ("ours/multilabel", "share_25/ours", *free)]
    monkeypatch.setattr(budget, "quickest", lambda step, machine: 0.5)
    monkeypatch.setattr(budget, "TIMED", dict.fromkeys(budget.TIMED, lambda settings: None))
    budget.plan(made, every)
    told = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert re.search(r"2400 drawing .* 120 enlarging .* judging .* network", told["ours/multilabel"])
    for name in free:
        assert not re.search("drawing|enlarging|judging", told[name])
    assert "1050 drawing" in told["share_25/ours"]  # of one set there are only two patients left, so none are drawn
    assert told["8"].startswith("8 cells")


def test_generators_are_lent_where_they_would_be_the_same(scripts, made):
    same = scripts("thyroid_pictures").same
    lent = {name: same(settings_of(made["ours/multilabel"]), settings_of(cell)) for name, cell in made.items()}
    everything = ["2_dcgan", "3_dcgan*", "4_srgan", "5_extend"]
    assert all(lent[name] == everything for name in ("ours/paper", "table3/vgg19", "ablation/one_phase", "ablation/block_input"))
    assert lent["table3/inception_v3"] == everything
    assert lent["128/ours"] == everything[:3]
    assert lent["ablation/dcgan"] == lent["128/dcgan"] == everything[:2]
    assert not any(lent[name] for name in ("ablation/none", "ablation/classic", "share_25/ours", "share_50/classic"))


def test_finished_stages_are_lent_once_and_those_of_other_seeds_are_not(scripts, asked, made):
    cell, source = made["table3/vgg19"], made["ours/multilabel"].run
    make_run(source, settings_of(made["ours/multilabel"]), [])
    for name in ("0_2_dcgan_seed1", "0_2_dcgan_seed2", "0_3_dcgan4_seed1", "0_4_srgan_seed1", "0_6_single_seed1"):
        stage = source / "stages" / f"{name}_fold0_member0"
        stage.mkdir(parents=True)
        (stage / "weights").write_text(name)
        if "srgan" not in name:
            (stage / "done.json").write_text("{}")
    cell.prepare(list(cell.words))
    stages = cell.run / "stages"
    assert sorted(path.name for path in stages.iterdir()) == ["0_2_dcgan_seed1_fold0_member0", "0_3_dcgan4_seed1_fold0_member0"]
    (stages / "0_2_dcgan_seed1_fold0_member0" / "weights").unlink()
    cell.prepare(list(cell.words))
    assert not (stages / "0_2_dcgan_seed1_fold0_member0" / "weights").exists()
    assert (source / "stages" / "0_2_dcgan_seed1_fold0_member0" / "weights").read_text() == "0_2_dcgan_seed1"
    assert compose([word for word in (cell.run / "overrides.txt").read_text().splitlines() if word]).model.name == "vgg19"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Made-up answers of ours with two seeds, of the paper's rule, of a network and of an ablation, on the same cases."""
    out = tmp_path_factory.mktemp("out")
    for name, kind in {
        "ours/multilabel": "multilabel",
        "ours/paper": "distribution",
        "table3/vgg19": "multilabel",
        "share_25/ours": "multilabel",
    }.items():
        seeds = (1, 2) if name == "ours/multilabel" else (1,)
        run = fake_run(out / name, kind=kind, folds=1, seeds=seeds, patients=100)
        write_config(run, Settings(data=Data(manifest="phantom:thyroid"), seeds=seeds, recipe="thyroid"))
        (run / "report.html").write_text("")
        for folder in (run / "stages").iterdir():
            folder.rename(folder.with_name(f"1_train_{folder.name}"))
    return out


def test_tables_stand_beside_the_papers_with_counts_seeds_and_paired_differences(scripts, finished):
    cells = scripts("thyroid_cells")
    done = [cell for cell in cells.all_cells(cells.Asked(finished)) if cell.done]
    assert len(done) == 4
    text = scripts("thyroid_tables").write(finished, done, built_in=True).read_text()
    assert (finished / "figure_5.png").is_file()
    assert "hold the trained networks fixed" in text.partition("\n## ")[0]
    sections = dict(part.partition("\n")[::2] for part in text.split("\n## ")[1:])
    assert all("shows the method, not medicine. Test part: n = " in part for part in sections.values())
    (first,) = (part for name, part in sections.items() if name.startswith("Table 1") and "images of two signs too" in name)
    assert re.search(r"\| goitre \+ reduced uptake \| (\d+) \| \d+ \| \d+, \d+ of \1 ", first)
    assert "106 of 120 (88.3 %)" in first
    (third,) = (part for name, part in sections.items() if name.startswith("Table 3"))
    line = next(line for line in third.splitlines() if line.startswith("| vgg19"))
    assert "1 (one seed)" in line
    assert "| 0.890 |" in line
    assert "lower rate" in line
    assert len(re.findall(r"[+-]\d\.\d{3} \(", line)) == 2
    assert re.search(r"[+-]\d\.\d{3} \([+-]\d\.\d{3} to ", line)
    (ablation,) = (part for name, part in sections.items() if name.startswith("Ablation"))
    assert "11.17 million" in ablation  # of resnet18 for one channel and few signs
    assert "| log-loss on validation |" in ablation
    assert "accuracy: all signs right at 0.5" in sections["Figure 5"]
    ours = next(line for line in third.splitlines() if line.startswith("| ours, thresholds"))
    assert "| 1, 2 |" in ours
    assert "sd over seeds" in ours


def test_images_are_counted_as_the_run_itself_counts_them(scripts, finished):
    counted = scripts("thyroid_signs").recognised([cell for cell in cells_of(scripts, finished) if cell.table == "ours"])
    (lines,) = counted.values()
    rows = json.loads((finished / "ours" / "multilabel" / "metrics.json").read_text())["rows"]
    exact = next(row for row in rows if (row["metric"], row["scope"], row["level"]) == ("exact_match", "all", "image"))
    total = lines[-1]
    assert total["images"] == exact["n"] == sum(line["images"] for line in lines[:-1])
    named = [
        int(n) for n in re.findall(r"\d+(?=[, ])", total["ours, thresholds from validation, named exactly"].partition(" of ")[0] + " ")
    ]
    assert sum(named) / len(named) / exact["n"] == pytest.approx(exact["estimate"])


def test_each_sign_stands_with_its_number_of_images_and_what_has_no_value_with_its_reason(scripts, finished):
    lines = next(iter(scripts("thyroid_signs").by_sign(cells_of(scripts, finished)).values()))
    rows = json.loads((finished / "ours" / "multilabel" / "metrics.json").read_text())["rows"]
    own = next(row for row in rows if (row["metric"], row["scope"], row["level"]) == ("sensitivity", "class=goitre", "image"))
    assert {line["sign"]: line["images with it"] for line in lines}["goitre"] == own["positives"]
    assert scripts("paired").shown({"estimate": None, "undefined": "no case of goitre"}) == "undefined: no case of goitre"


def test_an_f1_of_the_paper_that_its_recall_and_precision_rule_out_is_marked(scripts, finished):
    paper, signs = scripts("thyroid_paper"), scripts("thyroid_signs")
    assert {name for name, printed in paper.BY_SIGN.items() if not signs.beyond(printed)} == {"hyperthyroid"}
    assert {name for name, printed in paper.BY_NETWORK.items() if not signs.beyond(printed)} == {"densenet121"}
    ours = next(cell for cell in cells_of(scripts, finished) if cell.table == "ours")
    told = [signs.beside(ours, f"class={sign}", paper.BY_SIGN[sign])["F1, paper"] for sign in ("reduced_uptake", "hyperthyroid")]
    assert told == [f"0.988{paper.BEYOND}", "0.984"]


def test_ways_are_chosen_by_their_loss_on_validation_and_not_by_the_test(scripts, tmp_path, made):
    steps = scripts("thyroid_steps")
    assert steps.least_loss(tmp_path) == "–"
    for name, loss in (("1_train_seed1", 0.25), ("1_train_seed2", 0.35), ("0_6_single_seed1", 9.0)):
        (folder := tmp_path / "stages" / name).mkdir(parents=True)
        (folder / "best.json").write_text(json.dumps({"file": "best-1.ckpt", "step": 1, "val/loss": loss}))
    assert steps.least_loss(tmp_path) == "0.300"
    assert "loss on validation chooses" in made["ablation/block_input"].note


def test_a_row_says_what_its_run_could_not_do_and_not_what_its_words_asked_for(scripts, tmp_path):
    steps, cells = scripts("thyroid_steps"), scripts("thyroid_cells")
    one, few = "Phases: one, as only 7 training images show several signs.", "Generated images: none of normal (6 images of 6 patients)."
    asked_for = ["Phases: one, as asked (phases.count=1).", "Generated images: 9 were not judged (generate.judge=false): copies."]
    run = fake_run(tmp_path / "run", kind="multilabel", folds=1, seeds=(1,), patients=20)
    told = json.loads((run / "evaluation.json").read_text())
    words = ("phases.count=1", "generate.judge=false")
    cell = cells.Cell(table="share_25", label="ours", note="fewer steps", run=run, words=words)
    for notes, shown in ((asked_for, "fewer steps"), ([one, few, *asked_for], f"fewer steps; {one[:-1]}; {few[:-1]}")):
        (run / "evaluation.json").write_text(json.dumps(told | {"notes": notes}))
        assert steps.notes(cell) == shown
    assert steps.notes(replace(cell, note="", words=())).count("; ") == 3


def test_figure_5_has_the_first_phase_before_the_last(scripts, tmp_path):
    for name, epochs in (("0_6_single", 3), ("1_train", 2)):
        folder = tmp_path / "stages" / f"{name}_seed1_fold0_member0"
        folder.mkdir(parents=True)
        (folder / "progress.jsonl").write_text("\n".join(json.dumps({"epoch": n, "val/loss": 0.5}) for n in range(epochs)))
    first, last = scripts("thyroid_tables").figure_5(SimpleNamespace(run=tmp_path)).axes[0].lines
    assert [[int(x) for x in line.get_xdata()] for line in (first, last)] == [[1, 2, 3], [4, 5]]
    assert (first.get_linestyle(), last.get_linestyle()) == (":", "-")


def cells_of(scripts, out):
    cells = scripts("thyroid_cells")
    return [cell for cell in cells.all_cells(cells.Asked(out)) if cell.done]
