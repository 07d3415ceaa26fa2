from dataclasses import replace

import numpy as np
import pytest
from pools import random_pool, reordered, tokens

from medimg.active.lots import Lots
from medimg.active.pool import Pool
from medimg.active.strategies import STRATEGIES, initial_patients, pick
from medimg.errors import ConfigError

NAMES = list(STRATEGIES)
SCORED = [name for name in NAMES if STRATEGIES[name].score]
PLACED = [name for name in NAMES if STRATEGIES[name].features]


def ways(seed):
    """Settings that vary with the seed."""
    return {"cap": [None, 2, "auto"][seed % 3], "mix": [0.0, 0.3][seed % 2], "unit": ["slice", "patient"][seed // 2 % 2]}


def broken(seed, classes=2):
    """A random pool with pictures that stand twice, broken probabilities, draws and features."""
    pool = random_pool(seed, classes=classes, items=150 + seed)
    pool.probabilities[3::29] = np.nan
    pool.draws[:, 5::31] = np.nan
    pool.features[7::37, 1] = np.inf
    return replace(pool, contents=[str(number - number % 11 % 2) for number in range(150 + seed)])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_the_pool_and_the_names_of_patients_do_not_matter(name, seed):
    pool, rng = broken(seed, classes=2 + seed % 2), np.random.default_rng(seed)
    other = reordered(pool, rng.permutation(len(pool.tokens)), patients=rng.permutation(100))
    one, two = (pick(name, each, 17, Lots(seed), **ways(seed)) for each in (pool, other))
    assert tokens(pool, one.index) == tokens(other, two.index)
    assert one.reason.tolist() == two.reason.tolist()
    assert np.array_equal(one.probability, two.probability, equal_nan=True)
    assert tokens(pool, one.unscored) == tokens(other, two.unscored)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(12))
def test_a_batch_is_full_without_repeats_and_within_the_cap(name, seed):
    pool, way = broken(seed), {**ways(seed), "unit": "slice"}
    batch = pick(name, pool, 17, Lots(seed), **way)
    assert len(batch.index) == len(set(batch.index)) == 17
    assert len({pool.contents[row] for row in batch.index}) == 17
    if way["cap"]:
        assert np.bincount(pool.groups[batch.index]).max() <= 2
    assert not set(batch.index[batch.reason == "strategy"]) & set(batch.unscored)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cap", [None, "auto"])
def test_a_budget_above_the_pool_returns_everything(name, cap):
    pool = replace(broken(1), contents=None)
    batch = pick(name, pool, 1000, Lots(0), cap=cap, mix=0.1)
    assert sorted(batch.index) == list(range(151))
    assert np.isin(batch.index[batch.reason == "unscored"], batch.unscored).all()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_chosen_of_nothing_and_for_nothing(name):
    empty = reordered(random_pool(), np.empty(0, dtype=int))
    for unit in ("slice", "patient"):
        assert len(pick(name, empty, 5, Lots(0), cap="auto", mix=0.2, unit=unit).index) == 0
        assert len(pick(name, random_pool(), 0, Lots(0), cap="auto", mix=0.2, unit=unit).index) == 0


@pytest.mark.parametrize("name", NAMES)
def test_one_patient_is_a_pool(name):
    pool = random_pool(items=30, patients=1)
    assert len(pick(name, pool, 10, Lots(0), cap="auto").index) == 10
    assert len(pick(name, pool, 10, Lots(0), cap=3).index) == 3
    assert sorted(pick(name, pool, 1, Lots(0), unit="patient").index) == list(range(30))


@pytest.mark.parametrize("name", NAMES)
def test_whole_patients_are_returned_one_after_the_other(name):
    pool = broken(2)
    batch = pick(name, pool, 5, Lots(0), unit="patient", mix=0.2)
    owners = pool.groups[batch.index]
    assert len(set(owners)) == 1 + (np.diff(owners) != 0).sum() == 5
    assert len(batch.index) == np.isin(pool.groups, owners).sum()
    assert (batch.reason == "random").sum() == np.isin(pool.groups, owners[batch.reason == "random"]).sum()


@pytest.mark.parametrize("name", SCORED)
def test_broken_scores_go_to_the_random_share_only(name):
    pool = random_pool()
    pool.probabilities[::2] = pool.draws[:, ::2] = np.nan
    batch = pick(name, pool, 60, Lots(0), mix=0.5)
    assert set(batch.unscored) == set(range(0, 200, 2))
    assert not np.isin(batch.index[batch.reason == "strategy"], batch.unscored).any()
    assert 5 < np.isin(batch.index[batch.reason == "random"], batch.unscored).sum() < 25


def test_an_automatic_cap_rises_before_broken_items_fill_the_batch():
    pool = random_pool(items=100, patients=5)
    pool.probabilities[pool.groups != 0] = np.nan
    sound = (pool.groups == 0).sum()
    assert set(pick("entropy", pool, sound, Lots(0), cap="auto").reason) == {"strategy"}


@pytest.mark.parametrize("name", PLACED)
def test_broken_features_are_told_apart(name):
    pool = random_pool()
    pool.features[::2, 3] = np.nan
    pool.labelled_features[0] = np.nan
    batch = pick(name, pool, 60, Lots(0))
    assert set(batch.unscored) == set(range(0, 200, 2))
    assert set(batch.reason) == {"strategy"}


@pytest.mark.parametrize("cap", [None, 2])
def test_the_random_share_has_the_probability_it_states(cap):
    pool, taken = random_pool(items=40, patients=8), np.zeros(40)
    stated = np.full(40, np.nan)
    for seed in range(2000):
        batch = pick("entropy", pool, 20, Lots(seed), cap=cap, mix=0.3)
        drawn = batch.reason == "random"
        assert drawn.sum() == 6
        assert np.isnan(batch.probability[~drawn]).all()
        taken[batch.index[drawn]] += 1
        stated[batch.index[drawn]] = batch.probability[drawn]
    assert stated.sum() == pytest.approx(6)
    assert taken / 2000 == pytest.approx(stated, abs=0.05)


def test_the_random_strategy_states_its_probability():
    batch = pick("random", random_pool(), 20, Lots(0))
    assert set(batch.reason) == {"random"}
    assert batch.probability == pytest.approx(0.1)


def test_float64_half_precision_and_memory_maps_are_accepted(tmp_path):
    pool = random_pool()
    np.save(tmp_path / "x.npy", pool.features)
    plain = pick("coreset", pool, 10, Lots(0)).index.tolist()
    for features in (np.load(tmp_path / "x.npy", mmap_mode="r"), pool.features.astype(float)):
        assert pick("coreset", replace(pool, features=features), 10, Lots(0)).index.tolist() == plain
    half = pick("coreset", replace(pool, features=(100 * pool.features).astype(np.float16)), 10, Lots(0))
    assert not len(half.unscored)


def test_an_unknown_strategy_is_refused_with_the_closest():
    with pytest.raises(ConfigError, match=r"active.strategy=divers: .* Did you mean diverse\?"):
        pick("divers", random_pool(), 1, Lots(0))


@pytest.mark.parametrize(("name", "lacks"), [("entropy", "probabilities"), ("bald", "draws"), ("badge", "probabilities and features")])
def test_a_pool_that_lacks_what_a_strategy_needs_is_refused(name, lacks):
    with pytest.raises(ConfigError, match=f"active.strategy={name} needs {lacks}, "):
        pick(name, Pool(["a"], np.zeros(1)), 1, Lots(0))


@pytest.mark.parametrize(("budget", "mix"), [(-1, 0), (1, 1.5), (1, np.nan)])
def test_impossible_numbers_are_refused(budget, mix):
    with pytest.raises(ValueError, match="budget"):
        pick("random", random_pool(), budget, Lots(0), mix=mix)


def test_the_first_set_is_whole_patients_until_there_are_enough():
    pool = random_pool()
    for seed in range(20):
        rows = initial_patients(pool, 60, Lots(seed))
        owners = pool.groups[rows]
        last = owners == owners[-1]
        assert len(rows) == np.isin(pool.groups, owners).sum() == len(set(rows))
        assert len(rows) - last.sum() < 60 <= len(rows)
    assert len(initial_patients(pool, 1000, Lots(0))) == 200
    assert len(initial_patients(pool, 0, Lots(0))) == 0
