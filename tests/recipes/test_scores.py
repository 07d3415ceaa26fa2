"""What a run is asked, from its settings."""

import pytest

from medimg.recipes.scores import papers_lines, question_of, title_of
from medimg.settings import Data, Settings

TABLES = (
    {"source": "table 3", "only": {"where": {"sequence": "FLAIR"}}, "rows": {"all": {"auroc": 0.94, "f1": 86.22}}},
    {"source": "table 4", "only": {"where": {"sequence": "T1CE"}}, "rows": {"all": {"auroc": 0.97}}},
    {"source": "text", "rows": {"glioma": {"accuracy": 80}}},
)


def settings(**data):
    return Settings(data=Data(manifest="x.csv", **data), paper=TABLES)


def test_the_papers_figures_are_kept_where_they_answer_the_same_question():
    lines = papers_lines(settings(where={"sequence": "FLAIR"}))
    assert lines == [
        {"row": "all", "metric": "auroc", "value": 0.94, "source": "table 3"},
        {"row": "all", "metric": "f1", "value": 86.22, "source": "table 3"},
        {"row": "glioma", "metric": "accuracy", "value": 80, "source": "text"},
    ]
    assert [line["source"] for line in papers_lines(settings(where={"sequence": "T2"}))] == ["text"]


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ({}, "a or b"),
        ({"multilabel": True}, "a, b"),
        ({"label": "lesion"}, "lesion: a or b"),
    ],
)
def test_a_run_without_a_name_is_named_by_its_question(data, title):
    assert title_of(settings(**data), ["a", "b"]) == title
    assert question_of(settings(**data), "binary", ["a", "b"])["title"] == title
