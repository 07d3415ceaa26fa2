"""How fast networks outline, measure and judge chest films on this machine, and what Dice that keeps: the frontier of speed.

python scripts/bench_outlines.py MANIFEST RUN [RUN ...] [--films 40] [--batch 1 8] [--precision fp32 bf16]

MANIFEST: films with masks, of patients that no RUN (medimg train experiment=chest_qc) has seen. Films are decoded beforehand, apart and on
as many processes as there are cores; nothing else runs beside. A line for each network, batch and precision: median ms a film of outlining
(network, masks at the film's own size, trust) and of measures and rules, and Dice on the film's own grid, the mean of organs and films.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from cells import Lines, table

from medimg.io.film_reader import FilmFile, ReadFilm
from medimg.io.workers import Refused, each
from medimg.metrics.overlap import overlap
from medimg.qc.judge import judge_film
from medimg.qc.load import load
from medimg.qc.registry import measure
from medimg.qc.rules import RuleSet
from medimg.recipes.films.measuring import film_of
from medimg.recipes.films.network import NetworkSegmenter, segmenter_of
from medimg.recipes.films.segmenting import Organs, organs_of
from medimg.run.folder import stored_settings

RULES = Path(__file__).resolve().parents[1] / "configs" / "qc"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--films", type=int, default=40, help="films of each view (40)")
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--precision", nargs="+", choices=["fp32", "bf16"], default=["fp32"])
    return parser.parse_args()


def films_of(manifest: Path, views: Sequence[str], count: int) -> list[ReadFilm]:
    """Read the first films of these views with their masks, in child processes."""
    rows = pd.read_csv(manifest, dtype=str, keep_default_na=False)
    rows = rows[rows["view"].isin(views)].head(count)
    organs = {name: name.removeprefix("mask_") for name in rows if name.startswith("mask_")}
    files = [
        FilmFile(
            str(manifest.parent / row["image"]), {"view": row["view"]},
            {organ: str(manifest.parent / row[name]) for name, organ in organs.items() if row[name]},
        )
        for row in rows.to_dict("records")
    ]  # fmt: skip
    read = sorted(each("medimg.io.film_reader:read_film", files), key=lambda one: one[0])
    return [film for _, film in read if not isinstance(film, Refused)]


def timed(
    films: Sequence[ReadFilm], segmenter: NetworkSegmenter, batch: int, rules: RuleSet
) -> tuple[list[float], list[float], list[Organs]]:
    """Outline, measure and judge films: ms a film of the first, of the other two together, and the organs."""
    outlining, judging, found = list[float](), list[float](), list[Organs]()
    blind = [replace(film, masks={}) for film in films]
    for first in range(0, len(blind), batch):
        here = blind[first : first + batch]
        began = time.perf_counter()
        organs = organs_of(here, segmenter)
        outlining += [1000 * (time.perf_counter() - began) / len(here)] * len(here)
        found += organs
        for film, own in zip(here, organs, strict=True):
            began = time.perf_counter()
            judge_film(measure(film_of(film, own)), {"view": film.view}, rules)
            judging.append(1000 * (time.perf_counter() - began))
    return outlining, judging, found


def dice(films: Sequence[ReadFilm], found: Sequence[Organs], organs: Sequence[str]) -> float:
    """Mean Dice of organs over films, on the films' own grids."""
    values = [
        overlap(own.masks[organ][None, None], film.masks[organ][None, None]).dice()[0, 0]
        for film, own in zip(films, found, strict=True)
        for organ in organs
        if organ in film.masks
    ]
    return float(np.nanmean(values))


def lines(said: argparse.Namespace) -> Iterator[dict[str, object]]:
    for run in said.runs:
        settings = stored_settings(run)
        films = films_of(said.manifest, settings.view.films, said.films)
        rules = load("chest", RULES)
        for precision in said.precision:
            segmenter = segmenter_of([(run, settings)])
            segmenter.machine = replace(segmenter.machine, precision=precision)
            for batch in said.batch:
                timed(films[:batch], segmenter, batch, rules)  # the first call of a shape is slower
                outlining, judging, found = timed(films, segmenter, batch, rules)
                both = np.add(outlining, judging)
                yield {
                    "network": settings.model.name, "px": settings.data.size, "precision": precision, "batch": batch, "films": len(films),
                    "outline, ms": f"{np.median(outlining):.0f}", "measure and judge, ms": f"{np.median(judging):.0f}",
                    "together p50 (p95), ms": f"{np.median(both):.0f} ({np.quantile(both, 0.95):.0f})",
                    "Dice": f"{dice(films, found, settings.view.organs):.4f}",
                }  # fmt: skip


def main() -> None:
    rows: Lines = [*lines(options())]
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
