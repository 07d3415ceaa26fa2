"""The cells of the thyroid paper's tables: what each is made of.

Not a command; see reproduce_thyroid.py. More cells: one more function that gives cells, named in `all_cells`; a table for them goes into
`TABLES` of thyroid_tables.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cells
from cells import by_key
from thyroid_pictures import lend

TESTED = "data.test_share=0.3"  # of the built-in cohort's 37 patients with a normal gland 11, and a difference has an interval from 10 on
SMALL = "test_resnet"  # timm's smallest ResNet, ours on two cores: a step costs a tenth of ResNet-18's
PROFILES = {
    "quick": [TESTED, f"model.name={SMALL}", "trainer.epochs=10", "phases.epochs=7", "evaluate.explain=0"],
    "paper": ["profile=paper", TESTED],
    "smoke": ["profile=smoke", "evaluate.explain=0"],
}
PLAIN = ("phases.count=1", "model.cross=none", "model.activation=relu", "model.init=default", "generate.judge=false")
ENLARGED = "the same images, those under 75 px enlarged to that inside the network"
LAYERWISE = "its layers trained one by one beforehand, besides the steps"
SLOWER = "a lower rate than the others', having no batch normalisation"
# Table 3 in its order: what a network needs of its own, and what is said of that.
NETWORKS: dict[str, tuple[tuple[str, ...], str]] = {
    "densenet121": ((), ""),
    "resnet101": ((), ""),
    "inception_v3": ((), ENLARGED),
    "vgg19": (("task.lr={lr}",), SLOWER),
    "mvgg": (("model.dropout=0.5",), ""),
    "googlenet": ((), ""),
    "sdae": (("model.layerwise=10",), LAYERWISE),
}
UNMODIFIED = "the network of ours, unmodified"
FEWER = {"vgg19": 6}  # in the quick profile: 120 of VGG-19's 140 million weights are in its classifier
RATE = {"quick": "0.0003", "smoke": "0.0003", "paper": "0.01"}  # of networks without batch normalisation
CLASSIC = ("generate.to=0", "generate.to_cross=0", "augment=light")
# What differs from ours, by name: how it is told, its words.
STEPS = {
    "none": ("no generated images, no augmentation", ("generate.to=0", "generate.to_cross=0", "augment=none")),
    "classic": ("classic augmentation only", CLASSIC),
    "dcgan": ("with DCGAN, without SRGAN", ("generate.enlarge=false",)),
    "one_phase": ("one phase instead of two", ("phases.count=1",)),
    "plain_block": ("unmodified block (no x_i)", ("model.cross=none",)),
    "block_input": ("x_i is the block's input", ("model.cross=block",)),
}
READING = "readings of x_i compared at {seeds}, and with another number of weights than ours; the loss on validation chooses, not the test"
SHARES = {"25": "data.train_share=0.25", "50": "data.train_share=0.5"}


@dataclass(frozen=True, kw_only=True)
class Cell(cells.Cell):
    """One way to train: what table it is in, what a line of it says, whose pictures it may take, and with whose steps it is to agree."""

    table: str
    label: str
    note: str = ""
    lender: Path | None = None
    like: tuple[str, ...] = ()  # the words of the cell that tells how many steps are to be made; none: as many as its own words say
    part: float = 1.0  # of that cell's steps

    def prepare(self, words: list[str]) -> None:
        """Take over the generators that another run has trained on the same pictures."""
        if self.lender is not None:
            lend(self.lender, self.run, words)


@dataclass(frozen=True)
class Asked:
    """What the command was asked for, as far as it makes cells."""

    out: Path
    profile: str = "quick"
    headline: str = "ablation/classic"
    seeds: int = 3
    more: tuple[str, ...] = ()

    @property
    def ours(self) -> Path:
        """The run that the others are compared with."""
        return self.out / "ours" / "multilabel"

    def words(self, *own: str, needs: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Give the words of a cell, the later ruling: the profile's, what it needs, those for every run, and what makes it what it is."""
        return tuple(by_key(("experiment=thyroid_spect", *PROFILES[self.profile], *needs, *self.more, *own)).values())

    def several(self, name: str) -> tuple[str, ...]:
        """Give the word for several seeds, where this cell has them."""
        wanted = name in ("ours/multilabel", "ours/paper", "table3/resnet101", self.headline) and self.seeds > 1
        return (f"seeds=[{','.join(str(seed) for seed in range(1, self.seeds + 1))}]",) if wanted else ()


def all_cells(asked: Asked) -> list[Cell]:
    """Every cell of every table, in the order in which they are trained: a further kind of cell is one more line here."""
    return [*ours(asked), *networks(asked), *ablation(asked), *shares(asked), *large(asked)]


def ours(asked: Asked) -> Iterator[Cell]:
    """The paper's own way, decided by thresholds from validation and by the paper's rule."""
    for decision, said in (("multilabel", "thresholds from validation"), ("paper", "the paper's rule")):
        own = (f"decision={decision}", *(("generate.judge=false",) if decision == "paper" else ()))
        yield cell(asked, "ours", decision, *own, said=f"ours, {said}", lender=asked.ours if decision == "paper" else None, like=())


def networks(asked: Asked) -> Iterator[Cell]:
    """Table 3: each network in one phase on the same pictures, with as many optimiser steps as ours makes in two unless it says so.

    Where ours is none of the table's, so is one more: what it does unmodified.
    """
    _, _, named = by_key(asked.words()).get("model.name", "").partition("=")
    further = {named: ((), UNMODIFIED)} if named and named not in NETWORKS else {}
    for network, (own, note) in (NETWORKS | further).items():
        needs = tuple(word.format(lr=RATE[asked.profile]) for word in own)
        made = cell(asked, "table3", network, f"model.name={network}", *PLAIN, needs=needs, said=network, note=note, lender=asked.ours)
        yield shortened(made, FEWER[network]) if asked.profile == "quick" and network in FEWER else made


def ablation(asked: Asked) -> Iterator[Cell]:
    """What each step is worth, with as many steps: ours but for what the label says."""
    for name, (said, own) in STEPS.items():
        note = READING.format(seeds="several seeds" if asked.several(f"ablation/{name}") else "one seed") if name == "block_input" else ""
        lender = None if "generate.to=0" in own else asked.ours
        yield cell(asked, "ablation", name, *own, "generate.judge=false", said=said, note=note, lender=lender)


def shares(asked: Asked) -> Iterator[Cell]:
    """The same with fewer real training images: ours, and without generated ones."""
    for share, fewer in SHARES.items():
        yield cell(asked, f"share_{share}", "ours", fewer, "generate.judge=false", said=f"{share} % of the training images")
        yield cell(
            asked, f"share_{share}", "classic", fewer, *CLASSIC, "generate.judge=false", said=f"{share} %, classic augmentation only"
        )


def large(asked: Asked) -> Iterator[Cell]:
    """At 128 px, where enlarging can matter."""
    for name, said, own in (("ours", "128 px", ()), ("dcgan", "128 px, without SRGAN", ("generate.enlarge=false",))):
        yield cell(asked, "128", name, "data.size=128", *own, "generate.judge=false", said=said, lender=asked.ours)


def shortened(made: Cell, times: int) -> Cell:
    """Let a cell whose steps cost many of the others' make so many times fewer of them, and say so."""
    said = f"1/{times} of the others' steps, since one costs many of theirs"
    return replace(made, part=1 / times, note="; ".join(filter(None, (made.note, said))))


def cell(
    asked: Asked, table: str, name: str, *own: str, said: str, note: str = "", needs: tuple[str, ...] = (), lender: Path | None = None,
    like: tuple[str, ...] | None = None,
) -> Cell:  # fmt: skip
    """Make one cell, with as many steps as ours unless `like` says otherwise."""
    words = asked.words(*own, f"title=Thyroid {table} {name}", needs=(*needs, *asked.several(f"{table}/{name}")))
    like = asked.words("decision=multilabel") if like is None else like
    first = () if lender is None else (lender,)
    return Cell(table=table, label=said, note=note, run=asked.out / table / name, words=words, needs=first, lender=lender, like=like)
