import json
from types import SimpleNamespace

import pandas as pd
from toys import MACHINE

from medimg.recipes.explain import explain
from medimg.settings import Data, Settings


def test_a_run_without_a_wrong_case_has_an_empty_list_of_heat_maps(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "errors.csv").write_text("id,label,predicted,p,wrongness\n")
    cohort = SimpleNamespace(
        manifest=SimpleNamespace(classes=["a", "b"]), folds=lambda: [(0, 0)], part=lambda *_: pd.DataFrame({"id": ["x"]})
    )
    explain(Settings(data=Data(manifest="cases.csv")), cohort, MACHINE, tmp_path)
    assert json.loads((tmp_path / "explain" / "explain.json").read_text()) == []
