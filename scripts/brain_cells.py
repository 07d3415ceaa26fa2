"""The cells of the encephalitis/glioma tables: what each is made of.

Not a command; see reproduce_brain.py. More cells: one more function that gives cells, named in `all_cells`; a table for them goes into
`TABLES` of brain_tables.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cells
from cells import by_key

from medimg.run.configs import groups

SEQUENCES = ("FLAIR", "T1CE", "T2")
BACKBONES = ("alexnet", "resnet50", "inception_v3")
OTHERS = ("cnn_head_neck", "cnn_parkinson", "capsnet", "cnn_f")
PROFILES = {
    "quick": ["data.size=64", "trainer.epochs=3", "trainer.batch_size=16", "task.lr=0.001", "evaluate.explain=0"],
    "paper": ["profile=paper"],
    "smoke": ["profile=smoke", "data.size=80", "data.fold=[0]", "evaluate.explain=0"],
}
# What a network needs of its own in the quick profile: the smallest image it takes, and what its steps cost.
QUICK = {
    "alexnet": ["task.lr=0.0005"],
    "resnet50": ["data.size=32", "trainer.epochs=2"],
    "inception_v3": ["data.size=75", "trainer.epochs=1"],
    "cnn_parkinson": ["data.size=48"],
    "capsnet": ["trainer.epochs=1", "data.train_share=0.25"],  # always 64 px: two seconds a step
    "cnn_f": ["trainer.epochs=1", "task.lr=0.0005"],
    "test_resnet": ["trainer.epochs=5", "task.lr=0.003"],
}
SOURCE = {"FLAIR": "T1CE", "T1CE": "FLAIR", "T2": "T1CE"}  # the sequence whose encoder another starts from
STARTS = {
    "in-domain": [],
    "in-domain, rates by layer": ["task.lr_decay=0.7"],
    "in-domain, linear probe": ["task.freeze=encoder"],
}


@dataclass(frozen=True, kw_only=True)
class Cell(cells.Cell):
    """One network on one sequence (or several together) from one start."""

    sequence: str
    network: str
    start: str = "scratch"

    @property
    def name(self) -> str:
        """As --only and the messages have it: FLAIR/resnet50, FLAIR/resnet50/in-domain."""
        return f"{self.sequence}/{self.network}" + ("" if self.start == "scratch" else f"/{self.start}")

    def is_called(self, word: str) -> bool:
        """The beginning of its name, or its network."""
        return super().is_called(word) or word == self.network


@dataclass(frozen=True)
class Asked:
    """What the command was asked for, as far as it makes cells."""

    out: Path
    profile: str = "quick"
    headline: str = "T1CE/resnet50"
    seeds: int = 3
    transfer_of: str = "resnet50"
    transfer_to: tuple[str, ...] = ("FLAIR",)
    imagenet: bool = False
    more: tuple[str, ...] = ()

    @property
    def fuse(self) -> str:
        """The network of the fusion, which the paper leaves open: in the quick profile timm's smallest, which learns most in a minute."""
        return "test_resnet" if self.profile == "quick" else "resnet18"


def all_cells(asked: Asked) -> list[Cell]:
    """Every cell of every table, in the order in which they are trained: a further kind of cell is one more line here."""
    return [*matrix(asked), *transfer(asked), *imagenet(asked), *fusion(asked)]


def cell(asked: Asked, sequence: str, network: str, folder: str, *words: str, start: str = "scratch", needs: tuple[Path, ...] = ()) -> Cell:
    """Make one cell; all on one sequence share their folds with those on the others, so that they can be compared and started from."""
    head = ["model.head=transfer"] if network in BACKBONES and "probe" not in start else []
    common = ("experiment=encephalitis_glioma", *sized(asked, network), named(network), *head)
    data = (f"data.where={{sequence:{sequence}}}", "data.deal_over=[sequence]", f"title={sequence} {network}")
    keyed = tuple(by_key((*common, *data, *words, *asked.more)).values())
    return Cell(sequence=sequence, network=network, run=asked.out / folder, words=keyed, start=start, needs=needs)


def named(network: str) -> str:
    """Give the word that chooses a network: one of ours, or any of timm's."""
    return f"model={network}" if network in groups()["model"] else f"model.name={network}"


def sized(asked: Asked, network: str) -> list[str]:
    """Give the profile's words, and what the network needs of its own."""
    return [*PROFILES[asked.profile], *(QUICK.get(network, []) if asked.profile == "quick" else [])]


def matrix(asked: Asked) -> Iterator[Cell]:
    """Tables 3 to 7: every network on every sequence; several seeds of the headline."""
    seeds = f"seeds={list(range(1, asked.seeds + 1))}".replace(" ", "")
    for sequence in SEQUENCES:
        for network in (*BACKBONES, *OTHERS):
            name = f"{sequence}/{network}"
            yield cell(asked, sequence, network, name, *([seeds] if name == asked.headline and asked.seeds > 1 else []))


def transfer(asked: Asked) -> Iterator[Cell]:
    """One backbone from the encoder of another sequence of the same patients, whose folds it shares: three ways to go on."""
    for sequence in asked.transfer_to:
        source = asked.out / SOURCE[sequence] / asked.transfer_of
        for start, words in STARTS.items():
            folder = f"transfer/{sequence}/{asked.transfer_of}/{start.replace(', ', '_').replace(' ', '_')}"
            weights = f"model.weights={source}"
            yield cell(asked, sequence, asked.transfer_of, folder, weights, *words, start=start, needs=(source,))


def imagenet(asked: Asked) -> Iterator[Cell]:
    """The paper's own start, for the three backbones; needs a machine that can fetch the weights."""
    for sequence in asked.transfer_to if asked.imagenet else ():
        for network in BACKBONES:
            yield cell(asked, sequence, network, f"transfer/{sequence}/{network}/imagenet", "model.weights=imagenet", start="ImageNet")


def fusion(asked: Asked) -> Iterator[Cell]:
    """One network for each sequence alone, and the same for all of them together, judged beside those on the same patients."""
    alone = [cell(asked, sequence, asked.fuse, f"fusion/{sequence}", start="alone") for sequence in SEQUENCES]
    yield from alone
    against = f"evaluate.against=[{','.join(str(one.run) for one in alone)}]"
    words = by_key((*sized(asked, asked.fuse), "data.deal_over=[sequence]", *asked.more))
    words.pop("trainer.batch_size", None)  # counts patients here
    common = ("experiment=encephalitis_glioma_fusion", *words.values(), named(asked.fuse), against)
    needs = tuple(one.run for one in alone)
    run = asked.out / "fusion" / "together"
    yield Cell(sequence="+".join(SEQUENCES), network=asked.fuse, run=run, words=common, start="together", needs=needs)
