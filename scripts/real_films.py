"""Real chest films with masks that people drew: in medimg's organs, dealt to folds, compared with networks, drawn. Not a command.

The masks of a lung reach behind the heart and the mediastinum; medimg's lungs end at their borders. Like with like is compared with the
cardiomediastinum and the airways taken away, which leaves the part of a lung that lies free; the masks as they were given stand beside it.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap

import numpy as np
import pandas as pd
from chest_judged import paths_of
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from medimg.data.split import make_split
from medimg.evaluate.compare import limits
from medimg.evaluate.draws import draw
from medimg.evaluate.outlines import dice_rows
from medimg.io.aliases import canonical
from medimg.io.film_reader import FilmFile, read_film
from medimg.metrics import Undefined
from medimg.metrics.overlap import dice_by_organ, overlap
from medimg.qc.runs import largest, runs_of
from medimg.recipes.parts.cohort import source_of
from medimg.settings import Data

MASKS = {"mask_right_lung": "lung_r", "mask_left_lung": "lung_l"}
BEFORE_LUNGS = ("mask_cardiomediastinum", "mask_airways")
LUNGS = ("lung_r", "lung_l", "lungs")  # the last: both together
FRONTAL = ("PA", "AP")
DRAWS = 2000
A_PAGE, LINES, A_LINE = 6, 13, 88  # films a page; lines below a film, letters a line
COLOURS = {
    "lung_r": "lime",
    "lung_l": "lime",
    "lung": "lime",
    "heart": "red",
    "mediastinum": "orange",
    "spine": "cyan",
    "trachea": "yellow",
}
BONES, OTHERS = "deepskyblue", "magenta"
Frame = pd.DataFrame
Mask = np.ndarray


def films_of(source: Path) -> Frame:
    """Read SOURCE/manifest.csv: name, path, patient_id, view in medimg's words, and paths of masks ("" for none)."""
    listed = source / "manifest.csv"
    if not listed.is_file():
        sys.exit(f"{source}: there is no manifest.csv. Name the folder of the real films.")
    table = pd.read_csv(listed, dtype=str, keep_default_na=False)
    if missing := [name for name in ("image", "patient_id", "view", *MASKS, *BEFORE_LUNGS) if name not in table]:
        sys.exit(f"{listed}: column {', '.join(missing)} is missing. It has: {', '.join(table.columns)}.")
    table = table.assign(name=[Path(image).stem for image in table["image"]], view=[canonical("view", view) for view in table["view"]])
    if twice := sorted(table["name"][table["name"].duplicated()].unique()):
        sys.exit(f"{listed}: several films are called {', '.join(twice[:5])}. Give each a name of its own.")
    for column in ("image", *MASKS, *BEFORE_LUNGS):
        table[column] = [str(source / cell) if cell else "" for cell in table[column]]
    return table


def masked(films: Frame) -> Frame:
    """Keep the frontal films on which a lung was drawn."""
    drawn = (films[[*MASKS]] != "").any(axis=1) & films["view"].isin(FRONTAL)
    return films[drawn].reset_index(drop=True)


def free_lung(lung: Mask, before: list[Mask]) -> Mask:
    """Take from a lung what lies before or behind it: medimg's lung."""
    return lung & ~np.logical_or.reduce([np.zeros_like(lung), *before])


def with_masks(films: Frame, out: Path) -> Frame:
    """Write the free lungs of each film as PNG files; gives the films with the columns mask_lung_r and mask_lung_l."""
    out.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, list[str]] = {f"mask_{organ}": [] for organ in MASKS.values()}
    for film in films.to_dict("records"):
        before = [_mask(film[column]) for column in BEFORE_LUNGS if film[column]]
        for column, organ in MASKS.items():
            path = out / f"{film['name']}__{organ}.png"
            if film[column] and not path.is_file():
                Image.fromarray(free_lung(_mask(film[column]), before)).save(path)
            drawn[f"mask_{organ}"].append(str(path) if film[column] else "")
    return films.assign(**drawn)


def _mask(path: str) -> Mask:
    return np.asarray(Image.open(path).convert("L")) > 0


def listed(films: Frame, path: Path, columns: tuple[str, ...] = ()) -> Path:
    """Write a manifest of films, with these columns besides; gives its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    films[["image", "patient_id", "view", *columns]].to_csv(path, index=False)
    return path


def dealt(films: Frame, folds: int) -> "pd.Series[int]":
    """Say for each film which fold tests it: no patient is in two."""
    rows = pd.DataFrame({"id": films["name"], "patient": films["patient_id"], "label": ""})
    split = make_split(rows, folds=folds, val_share=0, stratify=())
    tested = split[split["part"] == "test"].set_index("id")["fold"]
    return films["name"].map(tested)


def joined(built: Frame, films: Frame, tested: "pd.Series[bool]", path: Path) -> Path:
    """Write built-in films with all organs and real ones with lungs as one manifest, the tested films its test part; gives its path."""
    known = [name for name in built if name in ("image", "patient_id", "view") or name.startswith("mask_")]
    real = films[["image", "patient_id", "view", *(f"mask_{organ}" for organ in MASKS.values())]].assign(
        part=np.where(tested, "test", "train")
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.concat([built[known].assign(part="train"), real]).fillna("").to_csv(path, index=False)
    return path


def built_in(data: Data) -> Frame:
    """Read the frontal films that a network was taught, paths absolute; a built-in cohort is drawn where it is not there yet."""
    source = Path(source_of(data)).absolute()
    table = pd.read_csv(source, dtype=str, keep_default_na=False)
    for column in [name for name in table if name == "image" or name.startswith("mask_")]:
        table[column] = [str(source.parent / cell) if cell else "" for cell in table[column]]
    table["view"] = [canonical("view", view) for view in table["view"]]
    return table[table["view"].isin(FRONTAL)].reset_index(drop=True)


def film_ids(judged: Path) -> dict[str, str]:
    """Give the name of each film that a quality run judged, and its id there."""
    return {Path(path).stem: film for film, path in paths_of(judged).itertuples(index=False)}


def found_masks(judged: Path, film: str, organs: tuple[str, ...], shape: tuple[int, ...]) -> dict[str, Mask]:
    """Read the masks that a quality run kept of a film, (rows, columns) of its grid as the file lies; blank where it found none."""
    paths = {organ: judged / "masks" / film / f"{organ}.png" for organ in organs}
    to_source = json.loads((judged / "films" / f"{film}.json").read_text())["to_source"]
    return {organ: turned_back(_mask(str(path)), to_source) if path.is_file() else np.zeros(shape, bool) for organ, path in paths.items()}


def turned_back(mask: Mask, to_source: Sequence[Sequence[float]]) -> Mask:
    """Turn and mirror a mask of a film that networks turned, so that it lies as the film's file does; `to_source` as in films/<id>.json."""
    down, across = np.array(to_source)[:, :2]
    if abs(down[0]) < abs(down[1]):  # the file's rows are the film's columns
        mask, down, across = mask.T, down[::-1], across[::-1]
    return mask[:: 1 if down[0] > 0 else -1, :: 1 if across[1] > 0 else -1]


def measured(judged: Path, films: Frame) -> Frame:
    """Dice of each film, a row each, nothing where no lung is drawn.

    dice_<lung> beside the free lungs; part_<lung> the same of the largest part of each mask found; given_<lung> beside the masks as given.
    """
    ids, rows = film_ids(judged), []
    for film in films.to_dict("records"):
        row = {"id": film["name"], "patient": film["patient_id"], "fold": 0}
        free = {f"mask_{organ}": organ for organ in MASKS.values()}
        for name, columns in (("dice", free), ("part", free), ("given", MASKS)):
            paths = {organ: film[column] for column, organ in columns.items() if film[column]}
            true = read_film(FilmFile(film["image"], {"view": film["view"]}, paths)).masks
            ours = found_masks(judged, ids[film["name"]], (*MASKS.values(),), next(iter(true.values())).shape)
            ours = {organ: largest_part(mask) if name == "part" else mask for organ, mask in ours.items()}
            row |= {f"{name}_{lung}": value for lung, value in dice(ours, true).items()}
        rows.append(row)
    return pd.DataFrame(rows)


def largest_part(mask: Mask) -> Mask:
    """Leave a mask's largest part, as medimg's rules take an organ."""
    runs = runs_of(mask)
    whole = np.zeros_like(mask)
    if runs is not None:
        part = largest(runs)
        top, left, bottom, right = part.box
        whole[top:bottom, left:right] = part.mask
    return whole


def dice(ours: Mapping[str, Mask], true: Mapping[str, Mask]) -> dict[str, float]:
    """Dice of each lung, and of both as one where both are known; NaN where nothing is known, or there is none and none was claimed."""
    found = {organ: _dice(ours[organ], true[organ]) if organ in true else np.nan for organ in MASKS.values()}
    whole = [np.logical_or.reduce([masks[organ] for organ in MASKS.values()]) for masks in (ours, true)] if len(true) == len(MASKS) else []
    return found | {LUNGS[-1]: _dice(*whole) if whole else np.nan}


def _dice(one: Mask, other: Mask) -> float:
    (value,) = dice_by_organ(overlap(one[None, None], other[None, None]))
    return np.nan if isinstance(value, Undefined) else value


def mean_dice(table: Frame, kind: str = "dice") -> dict[str, dict[str, object]]:
    """Mean of each lung over patients with its interval, as `medimg eval` has it: lung -> row of metrics.json."""
    renamed = table[["id", "patient", "fold"]].assign(**{f"dice_{lung}": table[f"{kind}_{lung}"] for lung in LUNGS})
    rows = dice_rows(renamed, LUNGS, "all", {"draws": DRAWS, "seed": 0})
    return {str(row["scope"]).removeprefix("organ="): row for row in rows if row["metric"] == "dice"}


def gain(later: Frame, earlier: Frame) -> dict[str, object]:
    """Mean over patients of Dice of both lungs, later minus earlier on the same films, patients drawn: as paired.py tells a difference."""
    pairs = later.merge(earlier, on=["id", "patient", "fold"], suffixes=("_later", "_earlier"), validate="one_to_one")
    pairs["change"] = pairs["dice_lungs_later"] - pairs["dice_lungs_earlier"]
    pairs = pairs.dropna(subset=["change"])
    drawn = draw(pairs.assign(label=""), DRAWS, 0)
    own = pairs.groupby(drawn.columns(pairs["patient"]))["change"].mean().sort_index().to_numpy()
    difference = float(own.mean())
    return {"difference": difference, **limits(difference, drawn.weights @ own / drawn.weights.sum(axis=1), len(own))}


def pages(tiles: list[tuple], out: Path, name: str) -> None:
    """Draw films, six a page: pixels (rows, columns), contours by organ or masks with colours, a title and lines below."""
    out.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, len(tiles), A_PAGE), 1):
        figure = Figure(figsize=(20, 17), layout="constrained")
        axes = figure.subplots(4, A_PAGE // 2, height_ratios=[3, 1, 3, 1])
        for axis in axes.flat:
            axis.axis("off")
        places = zip([*axes[0], *axes[2]], [*axes[1], *axes[3]], strict=True)
        for (picture, below), (*drawn, lines) in zip(places, tiles[first : first + A_PAGE], strict=False):
            _draw(picture, *drawn)
            told = [part for line in lines for part in wrap(line, A_LINE)]
            below.text(0, 1, "\n".join(told[:LINES]), fontsize=10, va="top", transform=below.transAxes)
        figure.savefig(out / f"{name}_{number:02d}.png", dpi=80)


def _draw(axis: Axes, pixels: np.ndarray, shapes: dict[str, list] | list[tuple[np.ndarray, str]], title: str) -> None:
    axis.imshow(pixels, cmap="gray", vmin=0, vmax=1)
    if isinstance(shapes, dict):
        for organ, parts in shapes.items():
            colour = COLOURS.get(organ, BONES if organ.startswith(("clavicle", "scapula", "ribs", "sternum")) else OTHERS)
            for part in parts:
                rows, columns = np.array(part).T
                axis.plot(columns, rows, color=colour, linewidth=1)
    else:
        for mask, colour in shapes:
            if mask.any():
                axis.contour(mask, [0.5], colors=colour, linewidths=1)
    axis.set_title(title[:60], fontsize=11)
