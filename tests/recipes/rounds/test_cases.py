import numpy as np
import pandas as pd

from medimg.recipes.rounds.cases import write_cases


def test_cases_have_nine_digits_and_only_what_is_asked_for(tmp_path):
    rows = pd.DataFrame({"id": ["x"], "patient": ["p"], "site": ["s"], "label": ["a"], "scanner": ["m"]})
    write_cases(tmp_path / "test.csv", rows, np.array([[1 / 3, 2 / 3]]), ["a", "b"])
    assert (tmp_path / "test.csv").read_text() == "id,patient,site,label,p_a,p_b\nx,p,s,a,0.333333333,0.666666667\n"
