"""What a batch is chosen from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.active.cap import Ints, turn
from medimg.active.lots import Codes, Lots
from medimg.active.scores import OF_PROBABILITIES, Array, mutual_information

Floats = NDArray[Any]

TOP = 0.25  # share of a patient's slices that speak for the patient: a maximum grows with their number, a mean drowns the few in doubt


@dataclass(frozen=True)
class Pool:
    """The open items, in any order: N tokens that tell them apart, (N,) patient numbers, and what the model says of them.

    `features` may be a memory map; `draws` are the probabilities of T dropout passes or folds; items of equal `contents` are one picture.
    """

    tokens: Sequence[str]
    groups: NDArray[Any]
    probabilities: Floats | None = None  # (N, K)
    features: Floats | None = None  # (N, D)
    draws: Floats | None = None  # (T, N, K)
    labelled_features: Floats | None = None  # (M, D), of the items that have labels
    contents: Sequence[str] | None = None

    def __post_init__(self) -> None:
        counts = {"groups": self.groups, "probabilities": self.probabilities, "features": self.features, "contents": self.contents}
        held = {name: len(column) for name, column in counts.items() if column is not None}
        if self.draws is not None:
            held["draws"] = self.draws.shape[1]
        if wrong := {name: n for name, n in held.items() if n != len(self.tokens)}:
            raise ValueError(f"{len(self.tokens)} tokens, but {', '.join(f'{n} {name}' for name, n in wrong.items())}")


@dataclass(frozen=True)
class Items:
    """What a strategy chooses from, in an order that the lots alone decide: slices or whole patients, one of each picture."""

    rows: Ints  # (n,) where each lies in the columns below
    codes: Codes  # (n,) their lots
    group: Ints  # (n,) their patients, numbered in an order drawn by lot
    score: Array | None  # (n,)
    probabilities: Floats | None
    features: Floats | None
    labelled: Floats | None
    lots: Lots

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, chosen: Any) -> "Items":
        """Keep some: a mask or places."""
        score = None if self.score is None else self.score[chosen]
        return replace(self, rows=self.rows[chosen], codes=self.codes[chosen], group=self.group[chosen], score=score)

    def features_of(self, chosen: Any = slice(None)) -> NDArray[np.float32]:
        """Copy the features: (chosen, D)."""
        assert self.features is not None
        return np.asarray(self.features[self.rows[chosen]], dtype=np.float32)

    def sound(self) -> NDArray[np.bool_]:
        """Say which have all that is needed as finite numbers: (n,). Features whose squares overflow count as not finite."""
        sound = np.ones(len(self), dtype=bool) if self.score is None else np.isfinite(self.score)
        if self.features is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                squares = np.einsum("nd,nd->n", self.features, self.features, dtype=np.float32, casting="same_kind")
            sound &= np.isfinite(squares[self.rows])
        return sound


def laid_out(pool: Pool, lots: Lots, score: str | None, with_features: bool) -> Items:
    """Put a pool's slices in the order of their lots, and give them their score."""
    codes = lots.codes(pool.tokens)
    rows = np.argsort(codes, kind="stable")
    if (np.diff(codes[rows]) == 0).any():
        raise ValueError("two items of the pool have the same token")
    _, first, group = np.unique(pool.groups[rows], return_index=True, return_inverse=True)
    drawn = np.argsort(np.argsort(lots.again(codes[rows][first], "patient")))
    features, labelled = (pool.features, pool.labelled_features) if with_features else (None, None)
    if labelled is not None:
        labelled = labelled[np.isfinite(labelled).all(axis=1)]
    scores = None if score is None else scored(score, pool)[rows]
    return Items(rows, codes[rows], drawn[group], scores, pool.probabilities, features, labelled, lots)


def scored(score: str, pool: Pool) -> Array:
    """Score the slices by name: -> (N,). Of two classes, entropy stands for its aliases."""
    if score == "bald":
        assert pool.draws is not None
        return mutual_information(pool.draws)
    assert pool.probabilities is not None
    return OF_PROBABILITIES["entropy" if pool.probabilities.shape[1] == 2 else score](pool.probabilities)


def distinct(items: Items, contents: Sequence[str] | None) -> Items:
    """Keep one item of each picture, the first by lot."""
    if contents is None:
        return items
    hashes = np.fromiter(map(hash, contents), dtype=np.int64, count=len(contents))
    first = np.unique(hashes[items.rows], return_index=True)[1]
    return items if len(first) == len(items) else items.only(np.sort(first))


def by_patient(items: Items) -> Items:
    """Make patients of slices: their score, probabilities and features are means over the top quarter of their sound slices by score.

    Without a score all sound slices count. A patient without a sound slice has NaN throughout. The rows are the patients' numbers.
    """
    patients = int(items.group.max(initial=-1)) + 1
    sound = np.flatnonzero(items.sound())
    ranked = sound if items.score is None else sound[np.argsort(-items.score[sound], kind="stable")]
    share = 1.0 if items.score is None else TOP
    speakers = np.ceil(share * np.bincount(items.group[sound], minlength=patients))
    top = ranked[turn(items.group[ranked]) < speakers[items.group[ranked]]]
    top = top[np.argsort(items.group[top], kind="stable")]
    present, first, size = np.unique(items.group[top], return_index=True, return_counts=True)

    def means(column: Floats | None) -> Floats | None:
        if column is None:
            return None
        mean = np.full((patients, *column.shape[1:]), np.nan, dtype=np.float32 if column.ndim > 1 else float)
        if len(top):
            mean[present] = np.add.reduceat(column, first) / size.reshape(-1, *[1] * (column.ndim - 1))
        return mean

    rows = items.rows[top]
    who, met = np.unique(items.group, return_index=True)
    score = means(None if items.score is None else items.score[top])
    return replace(
        items,
        rows=who,
        codes=items.lots.again(items.codes[met], "patient"),
        group=who,
        score=None if score is None else score[who],
        probabilities=means(None if items.probabilities is None else items.probabilities[rows]),
        features=means(None if items.features is None else items.features[rows]),
    )
