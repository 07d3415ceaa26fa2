"""All films are counted once, and the gravest stand first."""

from report.quality.made_out import of_values, write_out

from medimg.report.quality import tally as module
from medimg.report.quality.folder import read_out
from medimg.report.quality.tally import tally

KINDS = (
    {"deviation_index": 0.0},  # passes
    {"deviation_index": 2.0},  # a warning
    {"deviation_index": 5.0},  # fails
    {"deviation_index": 0.0, "apex_margin": 0.0},  # fails a critical rule
    {"deviation_index": 5.0, "apex_margin": 0.0},  # and another
    {"deviation_index": 0.0, "lung_area": 0.02},  # masks not to be trusted
)


def made():
    return [one for seed, numbers in enumerate(KINDS) for one in of_values(1, seed=seed, months=1, **numbers)]


def counted(folder, by=("StationName",)):
    return tally(read_out(write_out(folder, made())), by)


def test_films_are_told_apart_and_the_gravest_stand_first(tmp_path):
    found = counted(tmp_path / "out")
    assert found.kinds == {"pass": 1, "borderline": 1, "fail": 3, "review": 1}
    assert [(entry.kind, entry.grade, entry.fails) for entry in found.entries] == [
        ("fail", "D", 2), ("fail", "D", 1), ("fail", "C", 1), ("review", "", 0), ("borderline", "B", 0), ("pass", "A", 0),
    ]  # fmt: skip
    assert found.films == 6
    assert (len(found.studies), found.months) == (6, ["2025-01"])


def test_films_whose_study_is_not_known_are_no_study(tmp_path):
    films = [({**facts, "study": "unknown" if place < 2 else facts["study"]}, *rest) for place, (facts, *rest) in enumerate(made())]
    found = tally(read_out(write_out(tmp_path / "out", films)), ())
    assert (found.films, len(found.studies)) == (6, 4)


def test_of_many_films_only_those_to_be_looked_at_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGE", 5)
    found = counted(tmp_path / "out")
    assert found.large
    assert {entry.kind for entry in found.entries} == {"fail", "review", "borderline"}
    assert found.films == 6


def test_rates_and_exposure_are_gathered(tmp_path):
    found = counted(tmp_path / "out")
    assert found.counts.count("StationName", "DR1", "film")["fail"] == 3
    assert sorted(found.spread["deviation_index"]["DR1"]) == [0.0, 0.0, 0.0, 2.0, 5.0, 5.0]


def test_verdicts_of_studies_are_counted_as_a_whole(tmp_path):
    folder = write_out(tmp_path / "out", made())
    with (folder / "rules.csv").open("a") as stream:
        stream.write("study1,S1_views_present,overall,views_present,1.0,count,1,,,,,0.0,0.0,fail,,high,0,1,1,chest-1\n")
    found = tally(read_out(folder), ("view",))
    assert found.counts.count("", "", "S1_views_present")["fail"] == 1
    assert found.counts.count("", "", "film")["fail"] == 3
