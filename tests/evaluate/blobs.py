"""Pictures whose patients are known by construction: two blobs of chance place, size and heat, counted with noise."""

import numpy as np


def expected(rng, count, size=32):
    """(count, size, size) pictures without noise, near 0..1: as many patients."""
    grid = np.mgrid[0:size, 0:size] / size
    pictures = np.zeros((count, size, size))
    for side in (0.35, 0.65):
        row, column, tall, wide, heat = rng.normal([0.5, side, 0.16, 0.09, 0.8], [0.05, 0.03, 0.03, 0.015, 0.15], (count, 5)).T[
            ..., None, None
        ]
        pictures += heat * np.exp(-(((grid[0] - row) / tall) ** 2) - ((grid[1] - column) / wide) ** 2)
    return pictures


def counted(rng, pictures, counts=60.0):
    """The same patients imaged once more, with shot noise."""
    return rng.poisson(counts * np.maximum(pictures, 0.02)) / counts


def blobs(rng, count, size=32):
    """(count, size, size) noisy pictures of as many patients."""
    return counted(rng, expected(rng, count, size))
