import json

import numpy as np
import pandas as pd
import pytest

from medimg.errors import RunError
from medimg.recipes.simulating.units import Unit, forget, state_of

TEST = pd.DataFrame({"id": ["x"], "patient": ["p"], "site": ["s"], "label": ["a"], "scanner": ["m"]})


def unit(folder):
    return Unit(folder, 1, 2, "entropy", 3)


def test_a_unit_is_finished_when_its_facts_are_written(tmp_path):
    one = unit(tmp_path)
    assert one.facts() is None
    one.write({"labels": 5}, {"open": 2, "stop_set": [0, 1]}, TEST, np.array([[1 / 3, 2 / 3]]), ["a", "b"])
    assert (tmp_path / "r1_f2_entropy_n03.csv").read_text() == "id,patient,site,label,p_a,p_b\nx,p,s,a,0.333333333,0.666666667\n"
    facts = json.loads((tmp_path / "r1_f2_entropy_n03.json").read_text())
    assert facts == one.facts()
    assert (facts["repeat"], facts["fold"], facts["strategy"], facts["round"], facts["labels"]) == (1, 2, "entropy", 3, 5)
    assert facts["round_facts"]["stop_set"] == [0, 1]


def test_a_state_that_is_gone_is_told_with_the_way_out(tmp_path):
    one = unit(tmp_path)
    forget(one.folder)
    with pytest.raises(RunError, match=r"Remove sim/r1_f2_\*\.json and sim/open/r1_f2_\*"):
        state_of(one)
