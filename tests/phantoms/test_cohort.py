import csv
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from types import ModuleType

import pytest

from medimg import phantoms
from medimg.errors import ConfigError


@dataclass(frozen=True)
class Toy:
    version: str = "7"
    size: int = 3


@pytest.fixture
def toy(monkeypatch):
    module = ModuleType("toy_cohort")
    module.PARAMETERS = Toy()
    module.calls = 0

    def write(folder, *, n, seed):
        module.calls += 1
        (folder / "manifest.csv").write_text(f"image,patient_id\n{n},{seed}\n")

    module.write = write
    monkeypatch.setitem(sys.modules, "toy_cohort", module)
    monkeypatch.setitem(phantoms.COHORTS, "toy", "toy_cohort")
    return module


def test_unknown_cohort_is_refused_with_the_names_there_are():
    with pytest.raises(ConfigError, match="thyroid, brain"):
        phantoms.cohort("thyriod")


def test_cohort_is_written_once_and_used_again(toy, tmp_path):
    first = phantoms.cohort("toy", out=tmp_path / "toy")
    assert phantoms.cohort("toy", out=tmp_path / "toy") == first
    assert toy.calls == 1


def test_another_size_does_not_overwrite_a_written_cohort(toy, tmp_path):
    phantoms.cohort("toy", out=tmp_path / "toy")
    with pytest.raises(ConfigError, match="something other"):
        phantoms.cohort("toy", n=5, out=tmp_path / "toy")


def test_folder_with_a_user_s_files_is_left_alone(toy, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="Name another folder"):
        phantoms.cohort("toy", out=tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_failed_writing_leaves_nothing_behind(toy, tmp_path):
    def fail(folder, n, seed):
        (folder / "half.dcm").write_text("half")
        raise RuntimeError("disk full")

    toy.write = fail
    with pytest.raises(RuntimeError, match="disk full"):
        phantoms.cohort("toy", out=tmp_path / "toy")
    assert not list(tmp_path.iterdir())


def test_cached_cohort_is_named_by_version_parameters_size_and_seed(toy):
    pytest.importorskip("medimg.io.home")
    names = {phantoms.cohort("toy", n=n, seed=seed).parent.name for n, seed in ((None, None), (5, None), (5, 1))}
    stem = f"toy-7-{phantoms.parameters_hash(Toy())}"
    assert names == {stem, f"{stem}-n5", f"{stem}-n5-seed1"}


def test_a_second_process_waits_for_the_one_that_draws_and_draws_nothing(toy, capsys):
    began, go_on, found = threading.Event(), threading.Event(), []
    written = toy.write

    def slow(folder, *, n, seed):
        began.set()
        assert go_on.wait(20)
        written(folder, n=n, seed=seed)

    toy.write = slow
    first, second = (threading.Thread(target=lambda: found.append(phantoms.cohort("toy"))) for _ in range(2))
    first.start()
    assert began.wait(20)
    second.start()
    second.join(0.5)
    assert second.is_alive()
    go_on.set()
    first.join(20)
    second.join(20)
    assert len(set(found)) == 1
    assert len(found) == 2
    assert toy.calls == 1
    assert "waiting for it" in capsys.readouterr().err


def test_changed_parameter_changes_the_hash():
    assert phantoms.parameters_hash(Toy()) != phantoms.parameters_hash(Toy(size=4))


def test_small_thyroid_cohort_has_every_class_twice_and_opens_as_files(tmp_path):
    manifest = phantoms.cohort("thyroid", n=20, out=tmp_path / "thyroid")
    with manifest.open() as stream:
        rows = list(csv.DictReader(stream))
    counts = Counter(row["label"] for row in rows)
    assert sum(counts.values()) == 20
    assert len(counts) == 7
    assert min(counts.values()) >= 2
    assert len({row["patient_id"] for row in rows}) == 20
    assert all((manifest.parent / row["image"]).is_file() for row in rows)
