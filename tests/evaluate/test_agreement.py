"""Agreement of two raters against textbook tables, scikit-learn and SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as peer

from medimg.evaluate.agreement import FIGURES, agreement, figure, mcnemar, table

# [[both pass, answer alone fails], [reference alone fails, both fail]]
VIERA = [[70, 10], [5, 15]]  # Viera and Garrett, Fam Med 2005;37:360, table 1: kappa 0.57
FEINSTEIN_EVEN = [[45, 6], [9, 40]]  # Feinstein and Cicchetti, J Clin Epidemiol 1990;43:543: one accuracy of 0.85, kappa 0.70 ...
FEINSTEIN_SKEWED = [[5, 5], [10, 80]]  # ... and 0.32
GWET = [[0, 2], [5, 118]]  # Gwet, Statistical Methods for Inter-Rater Reliability Assessment 2002, no. 1: kappa -0.02, AC1 0.94
AGRESTI = [[570, 86], [150, 794]]  # Agresti, Categorical Data Analysis, table 10.1: z2 = 17.36 uncorrected


def frame_of(counts, patients=None):
    cells = [(reference, answer) for reference in (0, 1) for answer in (0, 1) for _ in range(int(counts[reference][answer]))]
    frame = pd.DataFrame(cells, columns=["reference", "answer"]).astype(bool)
    frame["id"] = [f"f{n:05d}" for n in range(len(frame))]
    frame["patient"] = frame["id"] if patients is None else [f"p{n % patients:05d}" for n in range(len(frame))]
    return frame


def rows_of(counts, **how):
    return {row["metric"]: row for row in agreement(frame_of(counts, **how), draws=400)}


@pytest.mark.parametrize(
    ("counts", "name", "value"),
    [
        (VIERA, "kappa", 0.57), (FEINSTEIN_EVEN, "kappa", 0.70), (FEINSTEIN_SKEWED, "kappa", 0.32), (FEINSTEIN_EVEN, "accuracy", 0.85),
        (FEINSTEIN_SKEWED, "accuracy", 0.85), (FEINSTEIN_SKEWED, "pabak", 0.70), (FEINSTEIN_EVEN, "pabak", 0.70), (GWET, "kappa", -0.02),
        (GWET, "ac1", 0.94), (FEINSTEIN_SKEWED, "ac1", 0.81),
    ],
)  # fmt: skip
def test_figures_are_those_of_the_textbooks(counts, name, value):
    assert round(figure(name, np.array(counts)), 2) == value
    assert rows_of(counts)[name]["estimate"] == pytest.approx(figure(name, np.array(counts)), abs=1e-12)


def test_the_specifications_example_of_a_rare_fault():
    """98.3 % accuracy, errors on both sides alike: kappa is 0.57 where 2 % fail and 0.91 where 10 % do."""
    for rate, kappa in ((0.02, 0.57), (0.10, 0.91)):
        error = 0.017 / 2
        counts = np.array([[1 - rate - error, error], [error, rate - error]]) * 1e6
        assert figure("kappa", counts) == pytest.approx(kappa, abs=0.005)


def test_figures_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(50):
        reference, answer = rng.random(60) < 0.3, rng.random(60) < 0.4
        counts = table(reference, answer)
        assert counts.tolist() == peer.confusion_matrix(reference, answer).tolist()
        wanted = {
            "accuracy": peer.accuracy_score(reference, answer), "kappa": peer.cohen_kappa_score(reference, answer),
            "sensitivity": peer.recall_score(reference, answer), "specificity": peer.recall_score(~reference, ~answer),
            "ppv": peer.precision_score(reference, answer), "npv": peer.precision_score(~reference, ~answer),
        }  # fmt: skip
        for name, value in wanted.items():
            assert figure(name, counts) == pytest.approx(value, abs=1e-9)


def test_mcnemar_is_exact_for_few_and_chi_square_for_many():
    p, how = mcnemar(np.array(VIERA))
    assert (p, how) == (pytest.approx(stats.binomtest(10, 15).pvalue), "exact, 15 discordant cases")
    p, how = mcnemar(np.array(AGRESTI))
    assert p == pytest.approx(stats.chi2.sf((64 - 1) ** 2 / 236, 1))
    assert "236 discordant" in how
    assert mcnemar(np.array([[5, 0], [0, 5]]))[0] == 1.0
    assert mcnemar(np.array([[5, 30], [30, 5]]))[0] == 1.0
    p, how = mcnemar(np.array([[9, 0], [24, 9]]))
    assert "exact" in how
    assert p == pytest.approx(2 * 0.5**24)


def test_the_difference_of_fail_rates_stands_beside_mcnemar():
    row = rows_of(AGRESTI)["fail_rate_difference"]
    assert row["estimate"] == pytest.approx((86 - 150) / 1600)  # Agresti gives 0.04 with limits 0.021 and 0.059
    assert (row["low"], row["high"]) == (pytest.approx(-0.059, abs=0.002), pytest.approx(-0.021, abs=0.002))
    assert row["p"] < 1e-4


def test_the_interval_of_the_difference_does_not_take_the_references_fail_rate_as_known():
    """Agresti 10.1.1: variance of a difference of paired proportions; drawn within the reference's classes it is 12 % smaller."""
    only_answer, only_reference = 86 / 1600, 150 / 1600
    error = np.sqrt((only_answer + only_reference - (only_answer - only_reference) ** 2) / 1600)
    rows = {row["metric"]: row for row in agreement(frame_of(AGRESTI), draws=2000)}
    width = rows["fail_rate_difference"]["high"] - rows["fail_rate_difference"]["low"]
    assert width == pytest.approx(2 * 1.96 * error, rel=0.03)
    assert {name for name in FIGURES if "within classes" in rows[name]["method"]} == {"sensitivity", "specificity"}


def test_intervals_hold_their_estimates_and_narrow_with_more_cases():
    small, large = rows_of(VIERA), rows_of((np.array(VIERA) * 10).tolist())
    for name in FIGURES:
        assert small[name]["low"] < small[name]["estimate"] < small[name]["high"]
        assert large[name]["high"] - large[name]["low"] < 0.5 * (small[name]["high"] - small[name]["low"])


def test_the_interval_of_kappa_is_near_fleiss_formula():
    """Fleiss, Cohen and Everitt 1969: large-sample standard error; for Viera's table times ten it is 0.0309 x 1.96 either side."""
    counts = np.array(VIERA) * 10.0
    p, rows, columns = counts / counts.sum(), counts.sum(axis=1) / counts.sum(), counts.sum(axis=0) / counts.sum()
    seen, chance = np.trace(p), rows @ columns
    a = sum(p[i, i] * ((1 - chance) - (columns[i] + rows[i]) * (1 - seen)) ** 2 for i in (0, 1))
    b = (1 - seen) ** 2 * sum(p[i, j] * (columns[i] + rows[j]) ** 2 for i in (0, 1) for j in (0, 1) if i != j)
    error = np.sqrt((a + b - (seen * chance - 2 * chance + seen) ** 2) / (counts.sum() * (1 - chance) ** 4))
    row = {one["metric"]: one for one in agreement(frame_of(counts), draws=2000)}["kappa"]
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * error, rel=0.02)


def test_films_of_one_patient_widen_the_intervals_and_are_told():
    alone, shared = rows_of(FEINSTEIN_EVEN), rows_of(FEINSTEIN_EVEN)
    frame = pd.concat([frame_of(FEINSTEIN_EVEN).assign(id=lambda f, n=n: f["id"] + str(n)) for n in range(4)])
    four_times = {row["metric"]: row for row in agreement(frame, draws=400)}
    assert four_times["accuracy"]["n"] == 400
    width = {key: rows["accuracy"]["high"] - rows["accuracy"]["low"] for key, rows in (("one", alone), ("four", four_times))}
    assert width["four"] == pytest.approx(width["one"], rel=0.1)  # the same patients four times tell nothing more
    assert "taken as independent" in four_times["fail_rate_difference"]["method"]
    assert "independent" not in shared["fail_rate_difference"]["method"]


def test_no_fail_at_all_leaves_what_is_defined_and_says_why():
    rows = rows_of([[40, 0], [0, 0]])
    assert (rows["accuracy"]["estimate"], rows["accuracy"]["high"]) == (1.0, 1.0)
    assert rows["accuracy"]["low"] == pytest.approx(stats.beta.ppf(0.025, 40, 1))
    assert rows["sensitivity"]["undefined"] == "the reference fails no case"
    assert rows["kappa"]["estimate"] is None
    assert rows["ac1"]["estimate"] == rows["pabak"]["estimate"] == 1.0
    assert all(row["undefined"] == "no cases" for row in agreement(frame_of([[0, 0], [0, 0]])))


def test_fewer_than_thirty_cases_are_grey():
    rows = rows_of([[60, 5], [9, 20]])
    assert {name: row["grey"] for name, row in rows.items() if name in ("sensitivity", "specificity", "ppv", "accuracy")} == {
        "sensitivity": True, "specificity": False, "ppv": True, "accuracy": False}  # fmt: skip


def test_the_same_seed_gives_the_same_bits_in_any_order_of_rows():
    frame = frame_of(VIERA)
    assert agreement(frame, draws=200) == agreement(frame.sample(frac=1, random_state=1), draws=200)
