"""What a fused run tells from fewer sequences, beside all of them on the same places."""

import pandas as pd
import pytest

from medimg.evaluate import evaluate


def test_each_set_has_its_own_number_and_the_difference_on_the_same_places(make_run, pick):
    run, weak = make_run(name="a", skill=2.0), make_run(name="b", skill=0.7)
    metrics, lesser = evaluate(run), evaluate(weak)
    folder = run / "predictions" / "fewer"
    folder.mkdir()
    whole = pd.read_csv(weak / "predictions" / "test.csv", dtype=str)
    whole.to_csv(folder / "FLAIR.csv", index=False)
    whole[whole["patient"].str[-1] != "0"].to_csv(folder / "FLAIR+T2.csv", index=False)
    evaluate(run)
    table = pd.read_csv(run / "tables" / "fewer.csv").set_index(["sequences", "level"])
    assert list(table.index) == [("FLAIR", "image"), ("FLAIR", "patient"), ("FLAIR+T2", "image"), ("FLAIR+T2", "patient")]
    for level in ("image", "patient"):
        all_of, few = (pick(m, "auroc", level=level, aggregate="mean_over_folds")["estimate"] for m in (metrics, lesser))
        assert table.loc[("FLAIR", level), "estimate"] == pytest.approx(few, abs=1e-8)
        assert table.loc[("FLAIR", level), "difference"] == pytest.approx(few - all_of, abs=1e-8)
    assert table.loc[("FLAIR+T2", "patient"), "n"] == 54
    assert table.loc[("FLAIR", "image"), "difference_high"] < 0


def test_a_run_of_single_images_has_no_such_table(make_run):
    run = make_run()
    assert evaluate(run)["against"] is None
    assert not (run / "tables" / "fewer.csv").exists()
    assert not (run / "tables" / "against.csv").exists()
