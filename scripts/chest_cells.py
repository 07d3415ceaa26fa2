"""The cells of the chest-film tables: networks to train, and films that each of them judges. Not a command; see reproduce_chest_qc.py."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cells
import pandas as pd
from cells import by_key

VIEWS = {"pa": "PA", "lateral": "LAT"}
# The paper's table 1 and 2: accuracy in %, ms a film.
PAPER = {
    "pa": {"10_1": (95.27, 70), "10_3": (95.61, 73), "15_1": (96.33, 77), "15_3": (96.89, 79), "20_1": (97.22, 80), "20_3": (98.32, 83)},
    "lateral": {"8_1": (96.32, 33), "8_3": (96.43, 35), "12_1": (96.49, 39), "12_3": (97.23, 40), "15_1": (97.38, 43), "15_3": (98.49, 45)},
}
FAMILY = {"pa": "ChestPAQC", "lateral": "Chest2ViewQC"}
REFERENCES = ("unet", "unet++", "unet_resnet18")
PROFILES = {"quick": ["evaluate.explain=0"], "paper": ["profile=paper"], "smoke": ["profile=smoke", "evaluate.explain=0"]}
SETS = {"usual": "chest", "enriched": "chest_enriched"}  # faults at the paper's rates; one on every film
SEED = 7  # draws patients whom no network has seen


@dataclass(frozen=True, kw_only=True)
class Cell(cells.Cell):
    """One network for one view."""

    view: str
    network: str

    def is_called(self, word: str) -> bool:
        """The end of its network's name."""
        return self.network.endswith(word)


@dataclass(frozen=True, kw_only=True)
class Outlining(cells.Cell):
    """A network's outlines judged beside exact masks."""

    network: Path

    @property
    def done(self) -> bool:
        """Whether the outlines of the network as it is now are judged."""
        return super().done and (self.run / "metrics.json").stat().st_mtime > (self.network / "metrics.json").stat().st_mtime


@dataclass(frozen=True, kw_only=True)
class Judging(cells.Cell):
    """A set of films judged with the networks of these runs, or without any by their exact masks."""

    films: Path
    networks: tuple[Path, ...] = ()
    verb: tuple[str, ...] = ("qc", "run")

    @property
    def done(self) -> bool:
        """Whether all films are judged by the networks as they are now."""
        summary = self.run / "summary.json"
        return summary.is_file() and all(summary.stat().st_mtime > (run / "metrics.json").stat().st_mtime for run in self.networks)


def all_cells(out: Path, profile: str, views: list[str], references: bool, more: list[str]) -> Iterator[Cell]:
    """Give every network of the tables, view by view."""
    for view in views:
        for network in (*(f"{FAMILY[view]}_{size}" for size in PAPER[view]), *(REFERENCES if references else ())):
            words = ("experiment=chest_qc", f"view={view}", f"model.name={network}", f"title={view} {network}", *PROFILES[profile], *more)
            yield Cell(view=view, network=network, run=out / view / network, words=tuple(by_key(words).values()))


def drawn(out: Path, name: str, count: int) -> Path:
    """Draw a set of unseen films once; gives its folder."""
    folder = out / "films" / f"{name}_{count}"
    if not (folder / "manifest.csv").is_file():
        words = ("data", "phantom", SETS[name], "--n", f"{count}", "--seed", f"{SEED}", "--out", f"{folder}")
        command = [sys.executable, "-m", "medimg", *words]
        if code := subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            sys.exit(f"{folder}: could not be drawn, exit code {code}")
    return folder


def blind(films: Path, view: str) -> Path:
    """Write the films of one view as a manifest without masks and without what was put in; gives its path."""
    known = pd.read_csv(films / "manifest.csv", dtype=str, keep_default_na=False)
    told = [column for column in known if not column.startswith(("mask_", "true_", "amount_", "point_"))]
    path = films / f"{view}.csv"
    known.loc[known["view"] == VIEWS[view], told].to_csv(path, index=False)
    return path


def outlinings(out: Path, films: Path, trained: list[Cell]) -> Iterator[Outlining]:
    """Give the judging of each network's outlines on a set of films, beside their exact masks."""
    for cell in trained:
        words = (f"data.manifest={films / 'manifest.csv'}", "data.limit=null")
        yield Outlining(network=cell.run, run=outlined(out, cell), verb=("eval", f"{cell.run}"), words=words)


def outlined(out: Path, cell: Cell) -> Path:
    """Name the folder in which a network's outlines are judged."""
    return out / "outlined" / cell.network


def judgings(out: Path, sets: dict[str, Path], trained: list[Cell]) -> Iterator[Judging]:
    """Give each set judged by exact masks, and by each network; a set of another size is judged in another folder."""
    for films in sets.values():
        run = out / "judged" / films.name / "exact"
        yield Judging(run=run, films=films, words=(str(films / "manifest.csv"), f"out={run}", "xlsx=false"))
        for cell in trained:
            run = out / "judged" / films.name / cell.network
            words = (str(blind(films, cell.view)), f"out={run}", f"network={cell.run}", "xlsx=false")
            yield Judging(run=run, films=films, networks=(cell.run,), words=words)


def judge(todo: list[Judging]) -> list[str]:
    """Judge what is not yet judged, one after another, as times are taken; gives what failed."""
    failed = []
    for one in todo:
        if one.done:
            continue
        one.run.parent.mkdir(parents=True, exist_ok=True)
        with cells.stopping(), one.run.with_name(f"{one.run.name}.txt").open("w") as said:
            child = subprocess.Popen([sys.executable, "-m", "medimg", *one.verb, *one.words], stdout=said, stderr=said)
            code = cells.code_of(child)
        failed += [f"{one.name}: exit code {code}, see {one.run}.txt"] if code not in (0, 3, 5) else []
    return failed


def times(run: Path) -> dict[str, float]:
    """Give the median milliseconds a film of each stage of a judging."""
    told = json.loads((run / "summary.json").read_text())["ms"]
    return {stage: value["p50"] for stage, value in told.items()}
