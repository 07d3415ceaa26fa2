"""The brain paper's tables from finished runs: every network on every sequence, readers beside them, and what readers may not answer."""

import json
import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from report.fake_run import fake_run

import medimg
from medimg.run.compose import compose
from medimg.run.folder import write_config

FOLDER = Path(medimg.__file__).parents[1] / "scripts"
NETWORKS = ("alexnet", "resnet50", "capsnet")


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return import_module


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Made-up answers of three networks on FLAIR, all the same."""
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        made = import_module("brain_cells").all_cells(import_module("brain_cells").Asked(out))
    for cell in made:
        if cell.sequence == "FLAIR" and cell.start == "scratch" and cell.network in NETWORKS:
            fake_run(cell.run, folds=5, seeds=(1,), patients=60)
            write_config(cell.run, compose(list(cell.words)))
            (cell.run / "report.html").write_text("")
    return out, made


@pytest.fixture
def readers(scripts, finished, monkeypatch):
    """What reads the answers of readers, on images called after their ids, and the ids."""
    _, made = finished
    ids = pd.read_csv(next(cell for cell in made if cell.done).run / "cases.csv", dtype=str)["id"]
    rows = pd.DataFrame({"id": ids, "path": "/data/images/" + ids + ".dcm"})
    module = scripts("brain_readers")
    cohort = SimpleNamespace(rows=rows, manifest=SimpleNamespace(classes=["encephalitis", "glioma"]))
    monkeypatch.setattr(module, "load_for_check", lambda settings: cohort)
    return module, ids


def answers(folder, ids, said):
    frame = pd.DataFrame({"reader": "reader 1", "image": "images/" + ids + ".dcm"}).assign(answer=said)
    frame.to_csv(folder / "readers.csv", index=False)
    return folder / "readers.csv"


def sections(text):
    return dict(part.partition("\n")[::2] for part in text.split("\n## ")[1:])


def test_every_network_stands_with_intervals_by_slice_and_patient_before_its_mean(scripts, finished):
    out, made = finished
    text = scripts("brain_tables").write(out, [cell for cell in made if cell.done], [], built_in=True).read_text()
    assert (out / "figure_5.png").is_file()
    assert re.search(r"Reduced; the paper had 224 px, 50 epochs.*48 px, 4 epochs.*: resnet50", text)
    assert "64 px, 2 epochs, 70 patients of the built-in cohort: capsnet" in text
    (seventh,) = (part for name, part in sections(text).items() if name.startswith("Table 7"))
    own = [line for line in seventh.splitlines() if line.startswith("| capsnet")]
    assert [line.split("|")[2].strip() for line in own] == ["FLAIR", "mean of FLAIR"]
    assert len(re.findall(r"[01]\.\d{3} \([01]\.\d{3} to ", own[0])) == 6
    assert "+0.000 (" in next(part for name, part in sections(text).items() if name.startswith("Paired"))


def test_a_reader_of_some_slices_is_compared_on_these(scripts, finished, readers, tmp_path):
    out, made = finished
    module, ids = readers
    truth = pd.read_csv(next(cell for cell in made if cell.done).run / "cases.csv", dtype=str).set_index("id")["label"]
    some = ids[ids.index % 3 > 0]
    said = ["0.4", *truth[some][1:]]
    made_runs = module.reader_runs(answers(tmp_path, some, said), made, tmp_path)
    assert [(one.sequence, one.network) for one in made_runs] == [("FLAIR", "reader 1")]
    fixed = next(iter(json.loads((made_runs[0].run / "calibration.json").read_text()).values()))
    for level in (fixed, fixed["patient"]):
        assert (level["temperature"], level["thresholds"]) == (1.0, {"glioma": 0.5})
    text = scripts("brain_tables").write(out, [cell for cell in made if cell.done], made_runs, built_in=True).read_text()
    line = next(line for line in text.splitlines() if line.startswith("| FLAIR | reader 1"))
    assert re.search(rf"\+0\.\d+ \(.*\), on {len(some)} read by both", line)
    assert "on 60 read by both" in line


def test_answers_of_no_image_and_answers_that_are_none_end_the_command(readers, finished, tmp_path):
    module, ids = readers
    some = pd.Series([*ids[:3], "elsewhere"])
    with pytest.raises(SystemExit) as ended:
        module.reader_runs(answers(tmp_path, some, ["glioma", "1.5", "perhaps", "0.2"]), finished[1], tmp_path)
    told = str(ended.value)
    assert "line 5: no image of the cohort is called images/elsewhere.dcm." in told
    assert "line 3: '1.5' is neither encephalitis nor glioma nor a number from 0 to 1." in told
    assert "line 4: 'perhaps'" in told
    assert "line 2" not in told
    twice = pd.Series([ids[0], ids[0]])
    with pytest.raises(SystemExit, match="answered twice"):
        module.reader_runs(answers(tmp_path, twice, ["glioma", "0"]), finished[1], tmp_path)


def test_a_finished_run_made_with_other_words_is_told(scripts, finished):
    _, made = finished
    cells = scripts("cells")
    done = next(cell for cell in made if cell.done)
    cells.refuse_stale([(done.run, done.words)])
    with pytest.raises(SystemExit, match=r"FLAIR/alexnet is finished and was made otherwise: trainer\.epochs=9 is asked, 4 was"):
        cells.train_all([replace(done, words=(*(word for word in done.words if "epochs" not in word), "trainer.epochs=9"))], 1)
    assert cells.built_in([done.run])


def test_the_minutes_of_cells_are_those_of_the_cores_that_work(scripts, monkeypatch):
    runs = scripts("brain_runs")
    monkeypatch.setattr(runs, "CORES", 4)
    monkeypatch.setattr(runs.torch.cuda, "is_available", lambda: False)
    assert runs.total([8.0, 4.0], at_once=1) == 3
    assert runs.total([8.0, 4.0], at_once=4) == 8  # the longest has one core
    assert runs.total([8.0] * 4, at_once=3) == 32 / 3
    assert runs.total([], at_once=2) == 0
