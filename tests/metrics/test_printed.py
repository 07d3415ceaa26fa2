import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from medimg.metrics.printed import f1_is_beyond


def test_no_f1_that_was_measured_is_beyond_its_sensitivity_and_precision():
    truth, found = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 0, 1, 2, 1, 1, 1, 2, 0, 2]
    for average in ("macro", "micro"):
        own = [score(truth, found, average=average) for score in (recall_score, precision_score, f1_score)]
        assert not f1_is_beyond(*(round(value, 3) for value in own))


@pytest.mark.parametrize(("f1", "beyond"), [(0.958, False), (0.959, False), (0.9595, True), (0.988, True)])
def test_what_rounding_explains_is_no_contradiction(f1, beyond):
    assert f1_is_beyond(0.958, 0.958, f1) == beyond
