import json
from dataclasses import replace

import pytest
import toy_outlines

from medimg.errors import LeakError, ManifestError
from medimg.recipes.parts.cohort import name_of
from medimg.recipes.parts.film_cohort import load_external_films, load_films, read_films
from medimg.run.compose import compose


def settings(manifest, *more):
    return compose([*toy_outlines.SMALL, "data.size=64", f"data.manifest={manifest}", *more])


def test_a_smaller_built_in_cohort_tells_how_many_films_it_was_asked_for():
    assert name_of(compose(["experiment=chest_qc", "profile=smoke"]).data, None).endswith(" (12 films)")


def test_only_films_of_the_view_come_into_a_run(tmp_path):
    manifest = toy_outlines.cohort(tmp_path / "films")
    frontal, lateral = (read_films(settings(manifest, f"view={view}")).rows for view in ("pa", "lateral"))
    assert (set(frontal["view"]), set(lateral["view"]), len(frontal)) == ({"PA"}, {"LAT"}, 6)


def test_films_on_which_nothing_is_outlined_are_left_out_and_counted(tmp_path):
    def bare(row):
        return {name: "" if name.startswith("mask_") and row["patient_id"] == "PID-1" else cell for name, cell in row.items()}

    found = read_films(settings(toy_outlines.cohort(tmp_path / "films", change=bare)))
    assert (len(found.rows), found.flow["without_masks"], found.flow["used"]) == (5, 1, 5)
    nothing = toy_outlines.cohort(
        tmp_path / "bare", change=lambda row: {name: "" if name.startswith("mask_") else cell for name, cell in row.items()}
    )
    with pytest.raises(ManifestError, match="no film of view PA or AP has a mask"):
        read_films(settings(nothing))


def test_a_run_keeps_its_split_and_tells_its_parts(tmp_path):
    asked = settings(toy_outlines.cohort(tmp_path / "films"))
    (tmp_path / "run").mkdir()
    first = load_films(asked, tmp_path / "run")
    again = load_films(replace(asked, split_seed=7), tmp_path / "run")
    assert first.split_sha256 == again.split_sha256
    parts = json.loads((tmp_path / "run" / "flow.json").read_text())["parts"]["0"]
    assert sum(part["images"] for part in parts.values()) == 6
    assert len(first.films(first.part(0, 0, "train"))) == parts["train"]["images"]


def test_a_manifest_with_a_known_patient_judges_no_network(tmp_path):
    asked = settings(toy_outlines.cohort(tmp_path / "films"))
    for name in ("run", "other"):
        (tmp_path / name).mkdir()
    load_films(asked, tmp_path / "run")
    with pytest.raises(LeakError):
        load_external_films(asked, tmp_path / "run", tmp_path / "other")
