"""Verdicts of people are counted beside ours on the films that both judged."""

import pytest
from report.quality.made_out import of_values, write_out

from medimg.errors import ManifestError
from medimg.recipes.human_rates import human_rates
from medimg.report.quality.people import Beside


@pytest.fixture
def out(tmp_path):
    films = [(2, {"deviation_index": 0.0}), (3, {"deviation_index": 5.0}), (2, {"deviation_index": 0.0, "lung_area": 0.01})]
    made = [one for seed, (n, numbers) in enumerate(films) for one in of_values(n, seed=seed, months=1, apex_margin=0.1, **numbers)]
    write_out(tmp_path / "out", made)
    return tmp_path / "out", [facts["film"] for facts, *_ in made], [facts["view"] for facts, *_ in made]


def labels(folder, text):
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def test_each_reader_is_counted_on_the_films_that_could_be_judged(out, tmp_path):
    folder, films, _ = out
    rows = [
        f"{film},film,{verdict},Li" for film, verdict in zip(films, ("pass", "fail", "fail", "fail", "unsure", "fail", "fail"), strict=True)
    ]
    rows.append(f"{films[0]},film,fail,Wang")
    found = human_rates(folder, labels(tmp_path, "film,group,verdict,reader\n" + "\n".join(rows) + "\n"))
    assert found == {"film": [Beside("Li", 4, 3, 2), Beside("Wang", 1, 1, 0)]}


def test_a_number_of_a_rule_is_that_of_the_films_view(out, tmp_path):
    folder, films, views = out
    assert (views[2], views[3]) == ("PA", "LAT")
    found = human_rates(folder, labels(tmp_path, f"film,rule,verdict\n{films[2]},I1,pass\n{films[3]},I1,fail\n"))
    assert found == {"I1_deviation_index": [Beside("", 1, 0, 1)], "I1_deviation_index_lat": [Beside("", 1, 1, 1)]}


def test_labels_of_other_films_are_refused(out, tmp_path):
    folder, *_ = out
    with pytest.raises(ManifestError, match="none is of a film"):
        human_rates(folder, labels(tmp_path, "film,group,verdict\nelsewhere,film,pass\n"))
