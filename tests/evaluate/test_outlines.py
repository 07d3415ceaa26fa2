import json

import numpy as np
import pandas as pd
import pytest

from medimg.evaluate.outlines import dice_rows, evaluate_outlines, of_films, worst

ASKED = {"organs": ["lung", "heart"], "draws": 400, "seed": 0, "subgroups": ["site"]}


def table(patients=12, films=2, seed=0):
    """Two films a patient; the heart is outlined on the first only."""
    random, rows = np.random.default_rng(seed), []
    for p in range(patients):
        for f in range(films):
            lung, heart = random.uniform(0.7, 0.95, 2)
            rows.append({
                "id": f"{p:02d}{f}", "patient": f"p{p}", "site": "north" if p % 2 else "south", "view": "PA", "seed": 1,
                "fold": 0, "member": 0, "loss": 0.1, "dice_lung": lung, "dice_heart": heart if f == 0 else np.nan,
            })  # fmt: skip
    return pd.DataFrame(rows)


def by_scope(rows):
    return {(row["metric"], row["scope"]): row for row in rows}


def test_dice_is_the_mean_over_patients_and_the_whole_the_mean_of_organs():
    films = table()
    rows = by_scope(dice_rows(films, ASKED["organs"], "all", ASKED))
    lung, heart = (films.groupby("patient")[f"dice_{organ}"].mean().mean() for organ in ASKED["organs"])
    assert rows["dice", "organ=lung"]["estimate"] == pytest.approx(lung)
    assert rows["dice", "organ=heart"]["estimate"] == pytest.approx(heart)
    assert rows["mean_dice", "all"]["estimate"] == pytest.approx((lung + heart) / 2)
    assert (rows["dice", "organ=heart"]["n"], rows["dice", "organ=lung"]["n"]) == (12, 24)


def test_intervals_hold_the_estimate_and_are_drawn_over_patients():
    few, many = (by_scope(dice_rows(table(n), ASKED["organs"], "all", ASKED))["dice", "organ=lung"] for n in (12, 200))
    for row in (few, many):
        assert row["low"] < row["estimate"] < row["high"]
        assert row["method"].startswith("patient bootstrap, 400 draws")
    assert many["high"] - many["low"] < few["high"] - few["low"]


def test_films_of_one_patient_are_not_more_patients():
    once = table(films=1)
    thrice = pd.concat([once.assign(id=once["id"] + str(k)) for k in range(3)])
    one, other = (by_scope(dice_rows(films, ["lung"], "all", ASKED))["dice", "organ=lung"] for films in (once, thrice))
    assert (one["low"], one["high"]) == pytest.approx((other["low"], other["high"]), abs=0.02)


def test_an_organ_that_no_film_shows_has_no_value_and_the_others_make_the_whole():
    films = table().assign(dice_heart=np.nan)
    rows = by_scope(dice_rows(films, ASKED["organs"], "all", ASKED))
    assert rows["dice", "organ=heart"]["estimate"] is None
    assert rows["dice", "organ=heart"]["undefined"]
    assert rows["mean_dice", "all"]["estimate"] == pytest.approx(rows["dice", "organ=lung"]["estimate"])
    nothing = by_scope(dice_rows(films.assign(dice_lung=np.nan), ASKED["organs"], "all", ASKED))
    assert nothing["mean_dice", "all"]["undefined"]


def test_seeds_are_averaged_film_by_film():
    one = table()
    both = pd.concat([one, one.assign(seed=2, dice_lung=one["dice_lung"] - 0.1)])
    films = of_films(both, ASKED["organs"])
    np.testing.assert_allclose(films["dice_lung"], one["dice_lung"] - 0.05)
    assert len(films) == len(one)


def test_the_worst_film_comes_first_with_its_worst_organ():
    films = table(3)
    films.loc[4, ["dice_lung", "dice_heart"]] = [0.5, 0.2]
    first = worst(films, ASKED["organs"]).iloc[0]
    assert (first["id"], first["worst_organ"], first["dice"]) == (films["id"][4], "heart", 0.2)
    assert first["mean_dice"] == pytest.approx(0.35)


def test_everything_is_written_from_the_folder_alone(tmp_path):
    (tmp_path / "predictions").mkdir()
    table().to_csv(tmp_path / "predictions" / "test.csv", index=False)
    (tmp_path / "evaluation.json").write_text(json.dumps(ASKED))
    told = evaluate_outlines(tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text()) == told
    assert told["headline"]["text"].startswith("Mean Dice of organs 0.8")
    assert {row["scope"] for row in told["rows"]} == {"all", "organ=lung", "organ=heart", "site=north", "site=south"}
    assert (tmp_path / "tables" / "dice.md").is_file()
