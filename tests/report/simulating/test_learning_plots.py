"""Figures of a simulation: every strategy is drawn, the full data is a line, and random has one look."""

import pandas as pd

from medimg.report.simulating import learning_plots

NAMES = ["random", "entropy", "diverse"]


def table(metrics=("auroc",)):
    rows = [
        {"strategy": s, "round": n, "metric": m, "labels": 20 + 10 * n, "patients": 4 + n} for s in NAMES for n in range(4) for m in metrics
    ]
    return pd.DataFrame(rows).assign(estimate=0.8, low=0.7, high=0.9)


def test_curves_show_all_strategies_over_both_costs_and_the_full_data():
    figure = learning_plots.curves(table(), {"estimate": 0.9, "low": 0.85, "high": 0.95}, NAMES)
    assert [axis.get_xlabel() for axis in figure.axes] == list(learning_plots.AXES.values())
    for axis in figure.axes:
        assert {line.get_label() for line in axis.lines} == {"all labels", *NAMES}
    assert [len(axis.collections) for axis in figure.axes] == [len(NAMES), 0]  # bands over labels alone


def test_measures_leave_out_what_is_undefined():
    rows = table(("auroc", "brier", "patient_auroc"))
    rows.loc[rows["metric"] == "patient_auroc", "estimate"] = float("nan")
    assert [axis.get_title(loc="left") or axis.get_title() for axis in learning_plots.measures(rows, {}, NAMES).axes] == ["Brier score"]
    assert learning_plots.measures(table(), {}, NAMES) is None


def test_differences_have_a_panel_for_each_other_strategy_and_need_random():
    rows = table().query("strategy != 'random'").assign(what="round")
    assert len(learning_plots.differences(rows, NAMES).axes) == 2
    assert learning_plots.differences(pd.DataFrame(), NAMES) is None


def test_rounds_are_whole_numbers_and_each_lowest_panel_names_its_axis():
    rows = table().query("strategy != 'random' and round < 3 and round > 0").assign(what="round")
    axis = learning_plots.differences(rows, NAMES).axes[0]
    assert all(float(tick).is_integer() for tick in axis.get_xticks())
    names = ("auroc", "auprc", "accuracy", "brier", "sensitivity")
    assert [axis.get_xlabel() != "" for axis in learning_plots.measures(table(names), {}, NAMES).axes] == [False, True, True, True]


def test_random_is_grey_and_no_two_strategies_share_a_colour():
    paint = learning_plots.colours([*NAMES, "badge", "power", "bald"])
    assert paint["random"] == "#444444"
    assert len(set(paint.values())) == 6
