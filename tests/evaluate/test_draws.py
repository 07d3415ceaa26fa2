"""Patients are drawn within folds and labels, by seed, whatever their order or name."""

import numpy as np
import pandas as pd

from medimg.evaluate.draws import draw, strata_of


def frame(patients=30, images=4, folds=3):
    number = np.repeat(np.arange(patients), images)
    ids = [f"id{k:04d}" for k in range(len(number))]
    label = np.array(["no", "yes"])[number % 2]
    return pd.DataFrame({"id": ids, "patient": [f"p{k}" for k in number], "fold": number // 2 % folds, "label": label})


def by_patient(drawn):
    return {name: drawn.weights[:, place] for name, place in drawn.place.items()}


def test_same_seed_same_draws_in_any_order_of_rows_and_another_seed_other_draws():
    first, shuffled = draw(frame(), 200, 1), draw(frame().sample(frac=1, random_state=0), 200, 1)
    assert all((by_patient(first)[name] == by_patient(shuffled)[name]).all() for name in first.place)
    assert (draw(frame(), 200, 2).weights != first.weights).any()


def test_every_draw_keeps_the_weight_of_each_fold_and_label():
    table = frame()
    drawn = draw(table, 200, 0)
    for _, part in table.groupby(["fold", "label"]):
        columns = np.unique(drawn.columns(part["patient"]))
        assert np.allclose(drawn.weights[:, columns].sum(axis=1), len(columns))


def test_spread_of_a_mean_over_strata_is_the_unbiased_one():
    table = frame(patients=18)
    value = np.random.default_rng(0).normal(size=18)
    drawn = draw(table, 40_000, 0)
    values = value[[int(name[1:]) for name in drawn.place]]
    expected = 0.0
    for _, part in table.groupby(["fold", "label"]):
        inside = value[sorted({int(name[1:]) for name in part["patient"]})]
        expected += inside.var(ddof=1) * len(inside) / 18**2
    assert abs((drawn.weights @ values / 18).var() / expected - 1) < 0.03


def test_a_lone_patient_of_a_label_joins_the_others_of_its_fold():
    table = frame(patients=8, folds=1)
    table.loc[table["patient"] == "p0", "label"] = "rare"
    sizes = strata_of(table).groupby(["folds", "labels"]).size()
    assert sizes.min() > 1
    assert draw(table, 200, 0).lonely == 0


def test_a_fold_of_one_patient_is_counted_as_lonely():
    table = frame(patients=8, folds=1)
    table.loc[table["patient"] == "p0", "fold"] = 7
    assert draw(table, 200, 0).lonely == 1


def test_leaving_one_patient_out_draws_among_all():
    table = frame(patients=8, folds=1)
    drawn = draw(table.assign(fold=table["patient"].str[1:].astype(int)), 200, 0)
    assert drawn.lonely == 8
    assert (drawn.weights.std(axis=0) > 0).all()


def test_a_patient_judged_by_the_models_of_several_folds_has_one_weight():
    table = frame(patients=10, folds=1)
    drawn = draw(pd.concat([table, table.assign(fold=1)]), 200, 0)
    assert drawn.weights.shape == (200, 10)


def test_changed_weightings_are_few_and_touch_every_patient():
    drawn = draw(frame(patients=900, images=1), 200, 0)
    stacked = drawn.stacked
    assert stacked.shape == (1 + 400 + 200, 900)
    assert (stacked[0] == 1).all()
    assert ((stacked[1:401] == 0.5).sum(axis=0) == 1).all()
