"""What networks make of real chest films: Dice of lungs that people drew, faults planted into films, every verdict to be looked through.

python scripts/real_chest.py SOURCE OUT --network RUN_PA RUN_LATERAL            all three; stopped, the same command goes on
python scripts/real_chest.py SOURCE OUT --network RUN_PA --only lungs -- model.weights=RUN_PA trainer.epochs=5     goes on from its network
python scripts/real_chest.py SOURCE OUT --network RUN_PA RUN_LATERAL --plan     what is done and what is to do; trains and judges nothing

SOURCE: a folder with manifest.csv (image, patient_id, view, mask_left_lung, mask_right_lung, mask_cardiomediastinum, mask_airways; a film
needs no mask). RUN: finished runs of medimg train experiment=chest_qc. OUT: judged films, runs, pictures and tables.md.

lungs   networks of built-in films alone, and trained with the real films of the other folds (by patient) besides, each as RUN was trained;
        what stands after `--` goes to these trainings. OUT/lungs.csv has every film, OUT/pictures/lungs_01.png the worst.
faults  planted in stated amounts; found among the films that passed the rule unaltered.
judge   OUT/disputed.csv has every rule that does not pass, with columns for a person to fill in, OUT/pictures/films_*.png the films.

Films, masks and folds are made in real_films.py, faults in real_faults.py. Real pictures are nobody's to publish: OUT must lie outside the
repository.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

import numpy as np
import pandas as pd
from cells import Cell, Lines, by_key, table, train_all
from chest_judged import rules_of
from paired import shown
from paired import told as difference
from PIL import Image
from real_faults import Film, after, before, pixel_mm, planted, told, write_film
from real_films import (
    A_PAGE,
    LUNGS,
    built_in,
    dealt,
    film_ids,
    films_of,
    found_masks,
    gain,
    joined,
    largest_part,
    listed,
    masked,
    mean_dice,
    measured,
    pages,
    with_masks,
)

from medimg.io.film_reader import FilmFile, read_film
from medimg.run.folder import stored_settings

REPOSITORY = Path(__file__).resolve().parents[1]
TASKS = ("lungs", "faults", "judge")
BESIDES = ("dispute", "cause")  # for a person to fill in


class Work:
    """Films, networks and the folder of results."""

    def __init__(self, said: argparse.Namespace) -> None:
        self.out, self.folds, self.beside, self.more = said.out.absolute(), said.folds, said.built_in, said.more
        self.networks = [path.absolute() for path in said.network]
        films = films_of(said.source.absolute())
        known = {view for run in self.networks for view in stored_settings(run).view.films}
        films = films[films["view"].isin(known)]
        self.films = (films.groupby("view").head(said.films) if said.films else films).reset_index(drop=True)
        self.masked = masked(self.films)

    @property
    def frontal(self) -> Path:
        """The run that knows frontal films."""
        for run in self.networks:
            if "PA" in stored_settings(run).view.films:
                return run
        sys.exit("--only lungs: none of the runs knows frontal films. Name one of view=pa with --network.")

    def cells(self) -> list[Cell]:
        """One training a fold, with the settings that the run of frontal films was given."""
        own = (self.frontal / "overrides.txt").read_text().split("\n")
        cells = []
        for fold in range(self.folds):
            manifest = self.out / "manifests" / f"joined_{fold}_of_{self.folds}.csv"
            ours = (f"data.manifest={manifest}", "data.split=manifest", "data.subgroups=[]", f"title=With real films - fold {fold}")
            words = [word for word in (*own, *ours, *self.more) if word]
            cells.append(Cell(run=self.out / "with_real" / f"fold_{fold}_of_{self.folds}", words=tuple(by_key(words).values())))
        return cells


def judged(work: Work, name: str, films: pd.DataFrame, networks: Iterable[Path]) -> Path:
    """Judge films with networks by `medimg qc run`, masks kept; what was judged before is not judged again. Gives the folder."""
    out, manifest = work.out / "judged" / name, listed(films, work.out / "manifests" / f"{name}.csv")
    out.parent.mkdir(parents=True, exist_ok=True)
    words = ("qc", "run", f"{manifest}", f"out={out}", f"network={','.join(map(str, networks))}", "save_masks=true", "xlsx=false")
    with out.with_name(f"{name}.txt").open("w") as said:
        code = subprocess.run([sys.executable, "-m", "medimg", *words], stdout=said, stderr=said).returncode
    if code not in (0, 3, 5):
        sys.exit(f"judging {name} ended with exit code {code}, see {out}.txt")
    if lost := sorted(set(films["name"]) - set(film_ids(out))):
        sys.exit(f"{len(lost)} films of {name} were not judged ({', '.join(lost[:5])}). Why stands in {out / 'skipped.csv'}.")
    return out


def lungs(work: Work) -> dict[str, Lines]:
    """Dice of lungs by the networks of built-in films alone, and with real films besides, each film by a network that has not seen it."""
    films = with_masks(work.masked, work.out / "masks")
    fold = dealt(films, work.folds)
    alone = judged(work, "films", work.films, work.networks)
    external = _external(work, listed(films, work.out / "manifests" / "free_lungs.csv", ("mask_lung_r", "mask_lung_l")))
    built = built_in(stored_settings(work.frontal).data)
    built = built.head(work.beside) if work.beside else built
    for k in range(work.folds):
        joined(built, films, fold == k, work.out / "manifests" / f"joined_{k}_of_{work.folds}.csv")
    if failed := train_all(work.cells(), 1):
        sys.exit("\n".join([*failed, "The same command goes on."]))
    parts, folders = [], {}
    for k, cell in enumerate(work.cells()):
        here = films[fold == k].reset_index(drop=True)
        folder = judged(work, cell.run.name, here, [cell.run])
        parts.append(measured(folder, here))
        folders |= dict.fromkeys(here["name"], folder)
    tables = {"built-in films alone": measured(alone, films), "with real films of the other folds": pd.concat(parts, ignore_index=True)}
    pd.concat([one.assign(network=name) for name, one in tables.items()]).drop(columns="fold").to_csv(
        work.out / "lungs.csv", index=False, float_format="%.4f"
    )
    _draw_lungs(work, films, tables, alone, folders)
    change = gain(*reversed(tables.values()))
    return {
        "Dice of lungs on real films": [*_lines(tables), _line("built-in films alone, by medimg eval", "free", external, films)],
        "Real films in training, both lungs as one, free": [{"minus built-in alone": difference(change), "how": change["method"]}],
    }


def _lines(tables: dict[str, pd.DataFrame]) -> Lines:
    kinds = {
        "dice": "free: without heart, mediastinum and airways, as medimg's lungs are",
        "part": "free, beside the largest part of what was found, as rules take it",
        "given": "as drawn, reaching behind the heart",
    }
    return [_line(name, what, mean_dice(one, kind), one) for name, one in tables.items() for kind, what in kinds.items()]


def _line(network: str, masks: str, rows: dict[str, dict], films: pd.DataFrame) -> dict[str, object]:
    told = {lung: f"{shown(row)}, n={row['n']}" for lung, row in rows.items()}
    return {"network": network, "masks": masks, "films": len(films), **{lung: told.get(lung, "") for lung in LUNGS}}


def _external(work: Work, manifest: Path) -> dict[str, dict]:
    """Judge the network of built-in films by `medimg eval` on real masks, at its own size; gives the rows of its metrics by organ."""
    run = work.out / "eval" / "built_in"
    cell = Cell(run=run, verb=("eval", f"{work.frontal}"), words=(f"data.manifest={manifest}", "data.subgroups=[]"))
    if not cell.done and (failed := train_all([cell], 1)):
        sys.exit("\n".join(failed))
    rows = json.loads((run / "metrics.json").read_text())["rows"]
    return {row["scope"].removeprefix("organ="): row for row in rows if row["metric"] == "dice" and row["n"]}


def _draw_lungs(work: Work, films: pd.DataFrame, tables: dict[str, pd.DataFrame], alone: Path, folders: dict[str, Path]) -> None:
    """Draw the films on which the networks of built-in films do worst: drawn lungs, and those of both kinds of network."""
    dice = {name: one.set_index("id")["dice_lungs"] for name, one in tables.items()}
    worst, tiles = next(iter(dice.values())).dropna().sort_values().index[:A_PAGE], []
    for film in films.set_index("name", drop=False).loc[worst].to_dict("records"):
        name, drawn = film["name"], {organ: film[f"mask_{organ}"] for organ in LUNGS[:2]}
        true = read_film(FilmFile(film["image"], {"view": film["view"]}, drawn))
        shapes = [(mask, "white") for mask in true.masks.values()]
        for folder, colour in ((alone, "red"), (folders[name], "lime")):
            found = found_masks(folder, film_ids(folder)[name], LUNGS[:2], true.pixels.shape)
            shapes += [(mask, colour) for mask in found.values()]
        told = [f"{colour}: {network}, Dice {dice[network][name]:.3f}" for network, colour in zip(dice, ("red", "green"), strict=True)]
        tiles.append((true.pixels, shapes, name, ["white: drawn, free", *told]))
    pages(tiles, work.out / "pictures", "lungs")


def faults(work: Work) -> dict[str, Lines]:
    """Plant faults into films that passed the rule of each unaltered, and count what the rule says then."""
    folder = work.out / "planted"
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for film in work.films.to_dict("records"):
        path = folder / f"{film['name']}.dcm"
        if not path.is_file():
            pixels = read_film(FilmFile(film["image"], {"view": film["view"]})).pixels
            write_film(path, pixels, film["view"], film["patient_id"], pixel_mm(pixels))
        rows.append({**film, "image": str(path)})
    plain = pd.DataFrame(rows)
    unaltered = judged(work, "unaltered", plain, work.networks)
    ids, rules = film_ids(unaltered), verdicts(unaltered, plain)

    def as_measured(film: dict[str, str]) -> Film:
        pixels = read_film(FilmFile(film["image"], {"view": film["view"]})).pixels
        organs = ("lung",) if film["view"] == "LAT" else LUNGS[:2]
        found = found_masks(unaltered, ids[film["name"]], organs, pixels.shape)
        return Film(pixels, np.logical_or.reduce([largest_part(mask) for mask in found.values()]))

    passed = {(name, rule) for name, rule, verdict in rules[["name", "rule", "verdict"]].itertuples(index=False) if verdict == "pass"}
    altered = planted(plain, passed, as_measured, folder)
    tables = {"Rules on unaltered films": [*before(rules)]}
    if len(altered):
        found = told(altered, verdicts(judged(work, "planted", altered, work.networks), altered), passed)
        tables["Faults planted into films that passed the rule unaltered"] = [*after(found)]
    return tables


def verdicts(folder: Path, films: pd.DataFrame) -> pd.DataFrame:
    """Rows of rules.csv with the name, patient and view of each film."""
    ids = film_ids(folder)
    known = films.assign(film=films["name"].map(ids))[["film", "name", "patient_id", "view"]]
    return rules_of(folder).merge(known, on="film", validate="many_to_one")


def judge(work: Work) -> dict[str, Lines]:
    """List every rule that does not pass, and draw every film."""
    folder = judged(work, "films", work.films, work.networks)
    rules, path = verdicts(folder, work.films), work.out / "disputed.csv"
    wanted = ["name", "view", "rule", "verdict", "value", "unit", "fail_lo", "warn_lo", "warn_hi", "fail_hi", "side", "reason"]
    open_ = rules[~rules["verdict"].isin(["pass", "not_applicable"])][wanted].sort_values(["name", "verdict", "rule"])
    if path.is_file():  # what a person has written is kept
        written = pd.read_csv(path, dtype=str, keep_default_na=False)[["name", "rule", *BESIDES]]
        open_ = open_.merge(written, on=["name", "rule"], how="left")
    open_.assign(**{name: open_.get(name, "") for name in BESIDES}).to_csv(path, index=False, float_format="%.4g")
    tiles, ids = [], film_ids(folder)
    for film in work.films.sort_values(["view", "name"]).to_dict("records"):
        seen = json.loads((folder / "films" / f"{ids[film['name']]}.json").read_text())
        pixels = np.asarray(Image.open(folder / "films" / f"{ids[film['name']]}.jpg")) / 255
        tiles.append((pixels, seen["contours"], f"{film['name']} ({film['view']}): {seen['verdict']['verdict']}", told_of(seen)))
    pages(tiles, work.out / "pictures", "films")
    lines: Lines = []
    for view, part in rules.groupby("view"):
        for rule, one in part.groupby("rule"):
            counts = one["verdict"].value_counts()
            if not counts.index.isin(["not_applicable"]).all():
                lines.append(
                    {
                        "view": view,
                        "rule": rule,
                        **{word: int(counts.get(word, 0)) for word in ("pass", "warn", "fail", "unevaluable", "not_applicable")},
                    }
                )
    return {"Verdicts on real films": lines}


def told_of(seen: dict) -> list[str]:
    """Say what does not pass on a film: fails and warnings with value and limits, then what is left to a person, by reason."""
    lines = []
    for rule in sorted(seen["rules"], key=lambda one: (one["verdict"], one["rule"])):
        if rule["verdict"] in ("fail", "warn"):
            limits = " ".join("." if limit is None else f"{limit:g}" for limit in rule["limits"])
            lines.append(f"{rule['verdict'].upper()} {rule['rule']} {rule['value']:.3g} {rule['unit']} [{limits}]")
    left: dict[str, list[str]] = {}
    for rule in seen["rules"]:
        if rule["verdict"] == "unevaluable":
            left.setdefault(rule["reason"], []).append(rule["rule"].split("_")[0])
    return [*lines, *(f"to a person, {reason}: {' '.join(names)}" for reason, names in left.items())]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of the real films, with manifest.csv")
    parser.add_argument("out", type=Path, help="folder of results, outside the repository")
    parser.add_argument("--network", type=Path, nargs="+", required=True, metavar="RUN", help="finished runs, one for each view")
    parser.add_argument("--only", choices=TASKS, nargs="+", default=TASKS, help="(all)")
    parser.add_argument("--folds", type=int, default=4, help="folds by patient for training with real films (4)")
    parser.add_argument(
        "--built-in", type=int, default=0, metavar="N", help="first built-in films that each of these trainings has besides (all)"
    )
    parser.add_argument("--films", type=int, default=0, help="first films of each view only, to try it (all)")
    parser.add_argument("--plan", action="store_true", help="tell what is to be done, do nothing")
    parser.epilog = "What stands after -- (KEY=VALUE ...) are settings for the trainings."
    words = list(takewhile(lambda word: word != "--", sys.argv[1:]))
    return parser.parse_args(words, argparse.Namespace(more=sys.argv[len(words) + 2 :]))


def plan(work: Work, only: Iterable[str]) -> None:
    """Tell what there is and what is to be done."""
    views = ", ".join(f"{count} {view}" for view, count in work.films["view"].value_counts().items())
    print(f"{len(work.films)} films of {work.films['patient_id'].nunique()} patients ({views}); lungs drawn on {len(work.masked)}")
    for task in only:
        if task == "lungs":
            for cell in work.cells():
                print(f"lungs: {cell.name}: {'done' if cell.done else 'begun' if cell.run.is_dir() else 'to be trained'}")
        names = {"faults": ("unaltered", "planted"), "judge": ("films",), "lungs": ("films",)}[task]
        for name in names:
            print(f"{task}: {name}: {'judged' if (work.out / 'judged' / name / 'summary.json').is_file() else 'to be judged'}")


def main() -> None:
    said = options()
    if said.out.resolve().is_relative_to(REPOSITORY):
        sys.exit("OUT lies inside the repository; real pictures must not. Name a folder elsewhere.")
    work = Work(said)
    if said.plan:
        plan(work, said.only)
        return
    work.out.mkdir(parents=True, exist_ok=True)
    for task in said.only:
        tables = {"lungs": lungs, "faults": faults, "judge": judge}[task](work)
        parts = [part for title, lines in tables.items() for part in (f"## {title}\n", table(lines), "")]
        (work.out / f"{task}.md").write_text("\n".join(parts))
    done = [work.out / f"{task}.md" for task in TASKS]
    heading = "# Real chest films\n\n95 % intervals draw patients. Networks: " + ", ".join(run.name for run in work.networks) + ".\n"
    (work.out / "tables.md").write_text("\n".join([heading, *(path.read_text() for path in done if path.is_file())]))
    print(work.out / "tables.md")


if __name__ == "__main__":
    main()
