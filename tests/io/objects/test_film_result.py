import pytest
from film_objects import result

from medimg.io.objects.film_result import VERDICTS
from medimg.qc import verdict


def test_verdicts_are_those_of_the_rules():
    assert set(VERDICTS) == {verdict.PASS, verdict.WARN, verdict.FAIL, verdict.REVIEW, verdict.UNEVALUABLE, verdict.NOT_APPLICABLE}


@pytest.mark.parametrize("change", [{"verdict": "good"}, {"groups": {"overall": "bad"}}, {"language": "de"}])
def test_a_word_that_does_not_exist_is_refused(change):
    with pytest.raises(ValueError, match="choose"):
        result(**change)
