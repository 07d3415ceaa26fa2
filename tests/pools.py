"""Random pools, and the same pool in another order."""

from dataclasses import replace

import numpy as np

from medimg.active.pool import Pool


def random_pool(seed=0, items=200, patients=20, classes=2, width=8, draws=5, labelled=4):
    rng = np.random.default_rng(seed)
    chance = rng.dirichlet(np.full(classes, 0.7), size=(draws, items)).astype(np.float32)
    return Pool(
        tokens=[f"item-{seed}-{number}" for number in range(items)],
        groups=rng.integers(0, patients, items),
        probabilities=chance[0],
        features=rng.normal(size=(items, width)).astype(np.float32),
        draws=chance,
        labelled_features=rng.normal(size=(labelled, width)).astype(np.float32),
    )


def reordered(pool, order, patients=None):
    """The same items in another order; `patients` maps old patient numbers to new ones."""
    take = {name: getattr(pool, name) for name in ("groups", "probabilities", "features", "draws")}
    take = {name: column if column is None else column.take(order, axis=1 if name == "draws" else 0) for name, column in take.items()}
    if patients is not None:
        take["groups"] = patients[take["groups"]]
    contents = None if pool.contents is None else [pool.contents[row] for row in order]
    return replace(pool, tokens=[pool.tokens[row] for row in order], contents=contents, **take)


def tokens(pool, index):
    return [pool.tokens[row] for row in index]
