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
    """Made-up answers of three networks on FLAIR, and of one on T1CE, all the same."""
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        made = import_module("brain_cells").all_cells(import_module("brain_cells").Asked(out))
    for cell in made:
        asked = NETWORKS if cell.sequence == "FLAIR" else ("capsnet",) if cell.sequence == "T1CE" else ()
        if cell.start == "scratch" and cell.network in asked:
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
    assert re.search(r"Reduced; the paper had 224 px, 50 epochs.*32 px, 2 epochs.*: FLAIR resnet50", text)
    size = r"64 px, 1 epoch, 25% of the training patients, \d+ slices, 120 optimiser steps: FLAIR capsnet, T1CE capsnet"
    assert re.search(size, text)
    assert "threshold of greatest sensitivity + specificity on validation" in text
    assert "F1 is ours of the positive class" in text
    assert "auroc" not in text
    (seventh,) = (part for name, part in sections(text).items() if name.startswith("Table 7"))
    own = [line for line in seventh.splitlines() if line.startswith("| capsnet")]
    assert [line.split("|")[2].strip() for line in own] == ["FLAIR", "T1CE", "mean of FLAIR, T1CE"]
    assert [len(re.findall(r"[01]\.\d{3} \([01]\.\d{3} to ", line)) for line in own] == [6, 6, 6]
    assert own[0].split("|")[3:] == own[1].split("|")[3:]
    assert not re.search(r"^\| (alexnet|resnet50)", seventh, re.MULTILINE)  # they stand in table 3
    assert text.count("| resnet50 | FLAIR ") == 1
    assert "+0.000 (" in next(part for name, part in sections(text).items() if name.startswith("Paired"))


def test_a_reader_of_some_slices_is_compared_on_these(scripts, finished, readers, tmp_path):
    out, made = finished
    module, ids = readers
    truth = pd.read_csv(next(cell for cell in made if cell.done).run / "cases.csv", dtype=str).set_index("id")["label"]
    some = ids[ids.index % 3 > 0]
    said = ["0.4", *truth[some][1:]]
    made_runs = module.reader_runs(module.answers_in(answers(tmp_path, some, said), made), made, tmp_path)
    assert [(one.sequence, one.network) for one in made_runs] == [("FLAIR", "reader 1")]
    fixed = next(iter(json.loads((made_runs[0].run / "calibration.json").read_text()).values()))
    for level in (fixed, fixed["patient"]):
        assert (level["temperature"], level["thresholds"]) == (1.0, {"glioma": 0.5})
    text = scripts("brain_tables").write(out, [cell for cell in made if cell.done], made_runs, built_in=True).read_text()
    line = next(line for line in text.splitlines() if line.startswith("| FLAIR | reader 1"))
    assert re.search(rf"\+0\.\d+ \(.*\), on {len(some)} read by both", line)
    assert "on 60 read by both" in line


def told_of(module, path, made):
    with pytest.raises(SystemExit) as ended:
        module.answers_in(path, made)
    return str(ended.value)


def test_answers_of_no_image_and_answers_that_are_none_end_the_command(readers, finished, tmp_path):
    module, ids = readers
    some = pd.Series([*ids[:3], "elsewhere", ids[0], ids[4]])
    told = told_of(module, answers(tmp_path, some, ["glioma", "1.5", "perhaps", "0.2", "0", "Glioma"]), finished[1])
    assert "line 5: no image of the cohort is called images/elsewhere.dcm." in told
    assert "line 3: '1.5' is neither encephalitis nor glioma nor a number from 0 to 1." in told
    assert "line 4: 'perhaps'" in told
    assert "line 2:" not in told
    assert f"line 6: reader 1 has answered images/{ids[0]}.dcm in line 2, too." in told
    assert "Did you mean glioma?" in told.splitlines()[-1]


@pytest.mark.parametrize(("text", "fault"), [
    (None, "cannot be read as text"), ("", "no column reader, image, answer"), ("reader,image,answer\n", "a header and no answer"),
    ("reader;image;answer\nA;b;0\n", "parted by semicolons; part it by commas"),
    ("reader,image\nA,b\n", "no column answer"), ("reader,image,answer\n,images/x.dcm,0\n", "reader's name '' is empty"),
    ("reader,image,answer\nCapsNet,images/x.dcm,0\n", "cannot be told from the network"),
])  # fmt: skip
def test_a_file_of_answers_that_cannot_be_used_is_told_before_anything_is_trained(
    text, fault, scripts, readers, finished, tmp_path, monkeypatch
):
    module, _ = readers
    path = tmp_path / "readers.csv"
    if text is not None:
        path.write_text(text)
    assert fault in told_of(module, path, finished[1])
    command = scripts("reproduce_brain")
    monkeypatch.setattr(command, "train_all", lambda *_: pytest.fail("a training began"))
    monkeypatch.setattr(command, "answers_in", module.answers_in)
    monkeypatch.setattr("sys.argv", ["reproduce_brain.py", "--out", str(finished[0]), "--readers", str(path)])
    with pytest.raises(SystemExit, match=fault):
        command.main()


def test_a_name_of_which_there_are_several_asks_for_more_of_the_path(scripts):
    known = pd.DataFrame({"image": ["a.dcm", "a.dcm"], "id": ["1", "2"]})
    line = pd.DataFrame([{"line": 2, "reader": "A", "image": "a.dcm", "answer": "0"}])
    assert scripts("brain_readers").faults_of(line, known, ["a", "b"]) == ["line 2: 2 images are called a.dcm. Write more of the path."]


def test_readers_have_folders_of_their_own_inside_the_results_whatever_they_are_called(readers, finished, tmp_path):
    module, ids = readers
    names = ["Dr A", "Dr_A", "dr a", "../../evil", "李"]
    assert len({slug.casefold() for slug in module.slugs(names).values()}) == len(names)
    rows = [f"{name},images\\{one}.dcm,{k % 2}" for name in names for k, one in enumerate(ids)]
    (tmp_path / "readers.csv").write_text("\n".join(["reader,image,answer", *rows]), encoding="utf-8")
    made = module.reader_runs(module.answers_in(tmp_path / "readers.csv", finished[1]), finished[1], tmp_path / "out")
    assert sorted(one.network for one in made) == sorted(names)
    assert {one.run.parent for one in made} == {tmp_path / "out" / "readers" / "FLAIR"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "readers.csv"]


def test_a_finished_run_made_with_other_words_is_told(scripts, finished):
    _, made = finished
    cells = scripts("cells")
    done = next(cell for cell in made if cell.done)
    cells.refuse_stale([(done.run, done.words)])
    with pytest.raises(SystemExit, match=r"FLAIR/alexnet is finished and was made otherwise: trainer\.epochs=9 is asked, 3 was"):
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


def test_a_mean_over_sequences_of_equal_answers_has_the_interval_of_one(scripts, finished):
    cells = [cell for cell in finished[1] if cell.done and cell.network == "capsnet"]
    one, two = (scripts("brain_means").joint_rows(some, ("auroc",)) for some in (cells[:1], cells))
    assert set(one) == {"image", "patient"}
    assert one["image"]["auroc"] == pytest.approx(two["image"]["auroc"])
    row = scripts("paired").row_of(cells[0].run, "auroc")
    assert one["image"]["auroc"] == pytest.approx({name: row[name] for name in ("estimate", "low", "high")})


@pytest.mark.parametrize(("low", "marked"), [(0.45, True), (0.51, False), (None, False)])
def test_an_area_whose_interval_holds_guessing_is_marked(low, marked, scripts):
    text = scripts("brain_tables")._marked({"estimate": 0.6, "low": low, "high": 0.8}, "auroc")
    assert ("not shown better than guessing" in text) is marked
    assert "guessing" not in scripts("brain_tables")._marked({"estimate": 0.4, "low": 0.3, "high": 0.5}, "accuracy")


def test_the_legend_of_figure_5_lies_below_its_curves_and_names_guessing(scripts, finished, tmp_path, monkeypatch):
    tables, kept = scripts("brain_tables"), []
    monkeypatch.setattr(tables.Figure, "savefig", lambda figure, *_, **__: kept.append(figure))
    tables.figure_5([cell for cell in finished[1] if cell.done], tmp_path / "figure_5.png")
    for axis in kept[0].axes:
        legend = axis.get_legend()
        assert legend.get_texts()[0].get_text() == "guessing"
        assert legend.get_bbox_to_anchor().ymax < axis.bbox.ymin
