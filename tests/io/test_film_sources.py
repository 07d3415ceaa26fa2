"""The files that a quality run looks at."""

import tracemalloc

import fakes
import pytest

from medimg.errors import ConfigError, ManifestError
from medimg.io import film_sources
from medimg.io.film_sources import check_sources, found_in


def found(*sources, own=None):
    return sorted(found_in([source.absolute() for source in sources], own or sources[0] / "none", ("heart",)), key=lambda one: one.name)


def test_folders_are_walked_without_results_tables_and_links(tmp_path):
    for name in ("a/1.dcm", "a/b/2.dcm", "out/films/3.jpg", "manifest.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "loop").symlink_to(tmp_path)
    seen = found(tmp_path, own=tmp_path / "out")
    assert [one.name for one in seen] == ["a/1.dcm", "a/b/2.dcm", "loop"]
    assert [bool(one.fault) for one in seen] == [False, False, True]


def test_names_tell_the_source_where_there_are_several(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f.dcm").touch()
    assert [one.name for one in found(tmp_path / "one", tmp_path / "two")] == ["one/f.dcm", "two/f.dcm"]
    assert [one.name for one in found(tmp_path / "one" / "f.dcm")] == ["f.dcm"]


def test_a_manifest_tells_view_masks_and_what_is_not_there(tmp_path):
    (tmp_path / "a.dcm").touch()
    rows = [
        {"image": "a.dcm", "view": "lateral", "operator": "x", "mask_heart": "m.png", "mask_foot": "f.png"},
        {"image": "b.dcm", "view": "", "operator": "", "mask_heart": "", "mask_foot": ""},
    ]
    first, second = found(fakes.table(tmp_path / "list.csv", rows))
    assert first.file.told == {"view": "LAT", "operator": "x"}
    assert first.file.masks == {"heart": str(tmp_path / "m.png")}
    assert "cannot be read" in second.fault


def test_rows_of_a_long_manifest_are_not_all_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(film_sources, "PART", 100)
    peaks = []
    for rows in (200, 2000):
        cells = [{"image": f"{k}.dcm", **{f"mask_{organ}": f"masks/{k}/{organ}.png" for organ in ("lung_r", "heart")}} for k in range(rows)]
        manifest = fakes.table(tmp_path / f"{rows}.csv", cells)
        tracemalloc.start()
        assert sum(1 for _ in found_in([manifest], tmp_path / "out", ("lung_r", "heart"))) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 1800 * 100  # bytes; a row of a whole table takes twice that


def test_a_changed_file_and_another_word_in_the_manifest_are_new(tmp_path):
    path = tmp_path / "a.dcm"
    path.write_text("x")
    keys = [found(path)[0].key]
    path.write_text("xy")
    keys.append(found(path)[0].key)
    keys += [found(fakes.table(tmp_path / "l.csv", [{"image": "a.dcm", "view": view}]))[0].key for view in ("PA", "AP")]
    assert len(set(keys)) == 4


def test_wrong_sources_come_in_one_error(tmp_path):
    with pytest.raises(ConfigError) as fault:
        check_sources([str(tmp_path), str(tmp_path), str(tmp_path / "x")])
    assert len(fault.value.faults) == 2
    with pytest.raises(ManifestError):
        found(fakes.table(tmp_path / "l.csv", [{"film": "a"}]))
