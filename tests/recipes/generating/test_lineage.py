import json

import pandas as pd
import pytest

from medimg.data.leaks import prove
from medimg.errors import LeakError
from medimg.recipes.generating.lineage import DONORS, PICTURES, lineage_of, lineage_sha256, lineages, read_lineage, write_lineage
from medimg.recipes.parts.networks import prepares, stage_name

ROWS = pd.DataFrame(
    {
        "id": list("abcd"),
        "patient": ["pa", "pb", "pc", "pd"],
        "study": "",
        "sop": "",
        "pixel_sha256": list("wxyz"),
        "label": ["x", "y", "x", "y"],
    }
)
SPLIT = pd.DataFrame({"id": list("abcd"), "fold": 0, "member": 0, "part": ["train", "train", "val", "test"]})


def written(folder, patients):
    one, donors = lineage_of("x|y", range(3), (1, 0, 0), "f" * 64, patients)
    write_lineage(folder, [one], [donors])
    return read_lineage(folder)


def test_each_picture_names_its_generator_and_the_patients_behind_it(tmp_path):
    read = written(tmp_path, ["pb", "pa", "pb"])
    assert list(read["id"]) == [f"generated-ffffffffffff-{k}" for k in range(3)]
    assert set(read["donors"]) == {"pa|pb"}
    assert prove(ROWS, SPLIT, read)["checks"][-1]["found"] == 0


@pytest.mark.parametrize("seen", ["pc", "pd"])
def test_a_fold_whose_pictures_have_seen_its_val_or_test_is_refused(tmp_path, seen):
    with pytest.raises(LeakError, match=f"{seen} \\(fold 0\\)"):
        prove(ROWS, SPLIT, written(tmp_path, ["pa", seen]))


def test_pictures_whose_donors_are_lost_are_refused(tmp_path):
    written(tmp_path, ["pa"])
    (tmp_path / DONORS).unlink()
    with pytest.raises(LeakError, match="names its generator, fold and donors"):
        prove(ROWS, SPLIT, read_lineage(tmp_path))


def test_a_run_without_generated_pictures_has_no_lineage(tmp_path):
    assert read_lineage(tmp_path) is None


@pytest.fixture
def run(tmp_path):
    """A run whose only network was trained with pictures behind which stands one patient."""
    folder, trained = (tmp_path / "stages" / name for name in (prepares("5_extend", (1, 0, 0)), stage_name(1, 0, 0)))
    for path in (folder, trained):
        path.mkdir(parents=True)
    written(folder, ["pa"])
    (trained / "inputs.json").write_text(json.dumps({"inputs": {"lineage_sha256": lineage_sha256(folder)}}))
    return tmp_path


def test_a_run_s_own_tables_and_those_of_its_stages_are_all_there_is_to_prove(run):
    assert [list(table["donors"]) for table in lineages(run, [(1, 0, 0)])] == [["pa"] * 3]
    written(run, ["pa", "pd"])
    assert [set(table["donors"]) for table in lineages(run, [(1, 0, 0)])] == [{"pa|pd"}, {"pa"}]


@pytest.mark.parametrize("gone", [[PICTURES], [DONORS], [PICTURES, DONORS]])
def test_nothing_is_proved_of_a_stage_whose_tables_are_gone(gone, run):
    for name in gone:
        (run / "stages" / prepares("5_extend", (1, 0, 0)) / name).unlink()
    with pytest.raises(LeakError, match=f"has no {' and no '.join(gone)}.*Put it back.*resume=RUN"):
        list(lineages(run, [(1, 0, 0)]))


def test_tables_that_have_changed_since_a_network_was_trained_are_refused(run):
    written(run / "stages" / prepares("5_extend", (1, 0, 0)), ["pb"])
    with pytest.raises(LeakError, match="has changed since"):
        list(lineages(run, [(1, 0, 0)]))


def test_a_network_trained_on_real_pictures_alone_needs_no_tables(run):
    (run / "stages" / stage_name(2, 0, 0)).mkdir()
    (run / "stages" / stage_name(2, 0, 0) / "inputs.json").write_text(json.dumps({"inputs": {}}))
    assert not list(lineages(run, [(2, 0, 0), (3, 0, 0)]))
