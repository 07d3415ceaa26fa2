import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from fakes import png, scintigram, truncated

from medimg.data import cache as module
from medimg.data.cache import PictureCache
from medimg.data.dataset import Pictures
from medimg.data.loader import TrainLoader
from medimg.data.prepare import Prepare
from medimg.errors import ManifestError
from medimg.io import read_image
from medimg.io.fingerprint import read_facts

HOW = Prepare(16, "range")


def images(folder, count=6, seed=0):
    random = np.random.default_rng(seed)
    paths = [png(folder / f"{k}.png", random.integers(0, 255, (20, 24), dtype=np.uint8)) for k in range(count)]
    return pd.DataFrame({"id": [f"{k:016x}" for k in range(count)], "path": [str(p) for p in paths], "frame": -1, "label": "a"})


def expected(rows):
    return np.stack([HOW(read_image(path))[0] for path in rows["path"]])


def content(cache, rows):
    return np.array(cache.pictures()[cache.rows_of(list(rows["id"]))])


@pytest.fixture
def no_reading(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a file was read")

    return lambda: monkeypatch.setattr(module, "read_image", refuse)


def test_pictures_are_those_that_were_prepared(tmp_path):
    rows, cache = images(tmp_path), PictureCache(HOW)
    assert cache.fill(rows) == 6
    assert (content(cache, rows) == expected(rows)).all()


def test_a_second_fill_opens_no_file(tmp_path, no_reading):
    rows = images(tmp_path)
    PictureCache(HOW).fill(rows)
    before = content(PictureCache(HOW), rows)
    for path in tmp_path.glob("*.png"):
        path.unlink()
    no_reading()
    again = PictureCache(HOW)
    assert again.fill(rows) == 0
    assert (content(again, rows) == before).all()


def test_a_corrected_header_makes_another_picture_of_the_same_pixels(tmp_path, no_reading):
    """The field of view follows the pixel spacing, which is no part of the id; files of both kinds may lie side by side."""
    how, found = Prepare(16, "counts", field_mm=20.0), []
    counts = np.random.default_rng(0).integers(0, 200, (1, 24, 24)).astype(np.uint16)
    for spacing in (1.0, 2.0):
        path = scintigram(tmp_path / f"{spacing}.dcm", counts, windows=1, detectors=1, size=24, spacing_mm=spacing)
        fact = read_facts(str(path))
        rows = pd.DataFrame({"id": [fact.id], "path": [str(path)], "frame": -1})
        cache = PictureCache(how, {fact.id: fact.header_sha256})
        assert cache.fill(rows) == 1
        found.append((rows, cache, how(read_image(path))[0]))
    assert found[0][0]["id"][0] == found[1][0]["id"][0]
    assert not np.array_equal(found[0][2], found[1][2])
    no_reading()
    for rows, cache, wanted in found:
        assert cache.fill(rows) == 0
        assert (content(cache, rows)[0] == wanted).all()


def test_only_what_is_new_is_decoded_and_old_rows_stay(tmp_path):
    rows, cache = images(tmp_path, 9), PictureCache(HOW)
    cache.fill(rows[:4])
    before = np.array(cache.pictures())
    assert cache.fill(rows[2:]) == 5
    assert (cache.pictures()[:4] == before).all()
    assert (content(cache, rows) == expected(rows)).all()


def test_an_id_named_twice_is_kept_once(tmp_path):
    rows, cache = images(tmp_path, 3), PictureCache(HOW)
    assert cache.fill(pd.concat([rows, rows])) == 3
    assert len(cache.pictures()) == 3


def test_another_preparation_has_another_folder():
    assert PictureCache(HOW).folder != PictureCache(Prepare(16, "percentile")).folder


def test_the_affine_map_of_each_picture_is_kept_with_it(tmp_path):
    rows, cache = images(tmp_path), PictureCache(HOW)
    cache.fill(rows)
    one = HOW(read_image(rows["path"][0]))[1]
    np.testing.assert_array_equal(cache.affines(), [[one.row_scale, one.column_scale, one.row_offset, one.column_offset]] * 6)


@pytest.mark.parametrize("ids", ["", "000000000000", "0000000000000004"])
@pytest.mark.parametrize(("bytes_of_images", "bytes_of_affines"), [(0, 0), (700, 0), (1024, 20), (3000, 64)])
def test_a_fill_that_was_killed_while_writing_is_done_again(ids, bytes_of_images, bytes_of_affines, tmp_path):
    """Pixels, places or a line of ids without its end are left behind four whole rows; none of it counts."""
    rows = images(tmp_path, 8)
    cache = PictureCache(HOW)
    cache.fill(rows[:4])
    for name, left in (("images.f32", b"x" * bytes_of_images), ("affines.f64", b"y" * bytes_of_affines), ("ids.txt", ids.encode())):
        with open(cache.folder / name, "ab") as file:
            file.write(left)
    assert list(PictureCache(HOW).known(rows["id"])) == [True] * 4 + [False] * 4
    assert len(PictureCache(HOW).pictures()) == 4
    again = PictureCache(HOW)
    assert again.fill(rows) == 4
    assert (content(again, rows) == expected(rows)).all()
    assert len(again.affines()) == 8
    assert (again.folder / "images.f32").stat().st_size == 8 * 16 * 16 * 4


FILL = """
import sys, pandas as pd
from medimg.data.cache import PictureCache
from medimg.data.prepare import Prepare
rows = pd.read_csv(sys.argv[1], dtype={"id": str})
PictureCache(Prepare(16, "range")).fill(rows)
"""


def test_two_processes_that_fill_at_once_leave_each_picture_once(tmp_path):
    rows = images(tmp_path, 24)
    tables = [tmp_path / "one.csv", tmp_path / "other.csv"]
    rows[:18].to_csv(tables[0], index=False)
    rows[6:].iloc[::-1].to_csv(tables[1], index=False)
    both = [subprocess.Popen([sys.executable, "-c", FILL, str(table)]) for table in tables]
    assert [process.wait(120) for process in both] == [0, 0]
    cache = PictureCache(HOW)
    assert cache.known(rows["id"]).all()
    assert len((cache.folder / "ids.txt").read_text().split()) == 24
    assert (content(cache, rows) == expected(rows)).all()


@pytest.mark.parametrize("count", [6, 40])
def test_all_unreadable_images_are_named_at_once_and_the_others_kept(count, tmp_path):
    rows = images(tmp_path, count)
    truncated(rows["path"][1])
    png(tmp_path / "4.png", np.full((20, 24), 9, np.uint8))
    (tmp_path / "5.png").write_text("no picture")
    with pytest.raises(ManifestError) as fault:
        PictureCache(HOW).fill(rows)
    text = str(fault.value)
    assert all(rows["id"][k] in text for k in (1, 4, 5))
    assert "Mend these files" in text
    assert str(tmp_path) not in text
    assert PictureCache(HOW).known(rows["id"]).sum() == count - 3


def test_of_many_unreadable_images_ten_are_named_and_the_rest_counted(tmp_path):
    rows = images(tmp_path, 14)
    for path in rows["path"]:
        truncated(path, 0.1)
    with pytest.raises(ManifestError, match=r"and 4 more"):
        PictureCache(HOW).fill(rows)


def test_epochs_after_the_fill_never_decode(tmp_path, no_reading):
    rows, cache = images(tmp_path, 10), PictureCache(HOW)
    cache.fill(rows)
    no_reading()
    pictures = Pictures(rows, ["a"], cache)
    for epoch in range(3):
        loader = TrainLoader(pictures, batch_size=4, seed=0, position=lambda epoch=epoch: (epoch, 0))
        assert sum(len(batch["id"]) for batch in loader) == 10


def test_progress_is_told_to_the_end(tmp_path):
    told = []
    PictureCache(HOW).fill(images(tmp_path), told=lambda done, of: told.append((done, of)))
    assert told == [(k, 6) for k in range(1, 7)]


def test_pictures_are_for_their_owner_only():
    assert PictureCache(HOW).folder.stat().st_mode & 0o777 == 0o700
