import pandas as pd
import pytest

from medimg.data.leaks import prove
from medimg.errors import LeakError
from medimg.recipes.lineage import DONORS, lineage_of, read_lineage, write_lineage

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
