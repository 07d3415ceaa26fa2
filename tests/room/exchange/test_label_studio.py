"""Tasks as Label Studio itself writes them."""

import json

import pytest

from medimg.room.exchange.label_studio import read
from medimg.room.exchange.row import ExchangeError

TASK = {
    "id": 12,
    "data": {"image": "/data/upload/1/0.png", "token": "t0"},
    "annotations": [
        {
            "id": 1001,
            "completed_by": 10,
            "result": [
                {"id": "a", "from_name": "quality", "to_name": "image", "type": "rating", "value": {"rating": 3}},
                {"id": "b", "from_name": "tumour", "to_name": "image", "type": "choices", "value": {"choices": ["glioma"]}},
            ],
            "was_cancelled": False,
            "ground_truth": False,
            "created_at": "2021-03-09T22:16:08.728353Z",
            "lead_time": 4.288,
        }
    ],
    "predictions": [{"model_version": "m", "result": []}],
    "project": 83,
}


def rows(tmp_path, **changes):
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([TASK | {"annotations": [TASK["annotations"][0] | changes]}]))
    return read(path)


def test_choice_is_found_among_other_answers(tmp_path):
    (row,) = rows(tmp_path)
    assert (row.where, row.token, row.label, row.reader, row.image) == ("task 12", "t0", "glioma", "10", "/data/upload/1/0.png")


@pytest.mark.parametrize(
    ("who", "name"), [({"id": 3, "email": "a@b.org"}, "a@b.org"), ({"id": 3, "email": ""}, "3"), (None, ""), ("Ann", "Ann")]
)
def test_annotator_is_named_by_email_or_number(tmp_path, who, name):
    assert rows(tmp_path, completed_by=who)[0].reader == name


def test_cancelled_annotation_is_a_skip_and_an_empty_one_no_answer(tmp_path):
    (row,) = rows(tmp_path, was_cancelled=True)
    assert (row.label, row.skip) == ("", "poor_quality")
    (row,) = rows(tmp_path, result=[])
    assert (row.label, row.skip) == ("", "")


def test_of_several_questions_the_one_called_label_counts(tmp_path):
    results = [
        {"from_name": name, "to_name": "image", "type": "choices", "value": {"choices": [word]}}
        for name, word in (("side", "left"), ("label", "glioma"))
    ]
    assert rows(tmp_path, result=results)[0].label == "glioma"
    with pytest.raises(ExchangeError, match="2 choices where one is meant: left, right"):
        rows(tmp_path, result=[results[0], {**results[0], "value": {"choices": ["right"]}}])
