"""Tables 1 to 3, ablation and figure 5 from the cells that are done. Not a command.

A further table: a function of the cells that gives headed lines, named in `TABLES`.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from cells import Lines, table
from matplotlib.figure import Figure
from paired import row_of
from thyroid_cells import Cell
from thyroid_paper import BEYOND, CONTRADICTED, FIGURE_5
from thyroid_signs import by_sign, recognised
from thyroid_steps import ablation, networks, ours_of

from medimg.run.folder import stored_settings
from medimg.words import plural

mpl.use("Agg")
METHOD = "Built-in cohort: shows the method, not medicine."
SEEDS = (
    "Intervals, of differences too, hold the trained networks fixed: what another seed would change is told by the spread over seeds "
    "where there are several, and by nothing where there is one."
)
CURVES = {
    "val/loss": "log-loss after the best temperature",
    "val/exact_match": "accuracy: all signs right at 0.5",
    "val/auroc": "AUROC, mean over signs",
}
TABLES: tuple[Callable[[list[Cell]], dict[str, Lines]], ...] = (recognised, by_sign, networks, ablation)


def size_of(cell: Cell) -> str:
    """Tell what a run was judged on and how large it was."""
    row, settings = row_of(cell.run, "exact_match"), stored_settings(cell.run)
    how = settings.generate
    made = (
        f"at most {how.to} images of each sign and {how.to_cross} of each pair by generating"
        if how.to or how.to_cross
        else "none generated"
    )
    ours = f"profile {settings.profile}, {settings.model.name}, {settings.data.size} px, {made}"
    return f"Test part: n = {plural(row['n'], 'image')} of {plural(row['patients'], 'patient')}. {cell.label.capitalize()}: {ours}."


def figure_5(ours: Cell) -> Figure:
    """Draw the measures of `CURVES` on validation over the epochs of both phases, a colour a seed, the first phase dotted."""
    figure = Figure(figsize=(13, 3.4), layout="constrained")
    axes = figure.subplots(1, len(CURVES))
    for number, stage in enumerate(sorted((ours.run / "stages").glob("1_train_*"))):
        seed, gone = stage.name.removeprefix("1_train_"), 0
        for path, line, name in ((stage.with_name(f"0_6_single_{seed}"), ":", None), (stage, "-", seed.replace("_", " "))):
            curve = pd.read_json(rows, lines=True) if (rows := path / "progress.jsonl").is_file() else pd.DataFrame({"epoch": []})
            for axis, column in zip(axes, CURVES, strict=True):
                if column in curve:
                    axis.plot(curve["epoch"] + 1 + gone, curve[column], color=f"C{number}", linestyle=line, marker=".", label=name)
            gone += len(curve)
    for axis, name in zip(axes, CURVES.values(), strict=True):
        axis.set(xlabel="epoch, first phase dotted", ylabel=name)
        axis.xaxis.get_major_locator().set_params(integer=True)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=7)
    return figure


def write(out: Path, done: list[Cell], built_in: bool) -> Path:
    """Write tables.md and, once ours is done, figure_5.png; gives the former."""
    ours = ours_of(done)
    head = " ".join([*([METHOD] if built_in else []), size_of(ours or done[0])])
    parts = ["# Tables of the thyroid paper\n"]
    parts.append("Ours: with 95 % interval (patients drawn); the paper gives none. The two cannot be subtracted.")
    parts.append(f"{SEEDS}\n")
    for make in TABLES:
        for title, lines in make(done).items():
            marked = any(str(cell).endswith(BEYOND) for line in lines for cell in line.values())
            parts += [f"## {title}\n", f"{head}\n", table(lines), "", *([f"{CONTRADICTED}\n"] if marked else [])] if lines else []
    if ours:
        figure_5(ours).savefig(out / "figure_5.png", dpi=200)
        told = f"figure_5.png: ours on validation over the epochs of both phases, seed by seed: {', '.join(CURVES.values())}. "
        told += f"Dotted: the first phase, judged on images of one sign. {FIGURE_5}"
        parts += ["## Figure 5\n", f"{head}\n", told, ""]
    path = out / "tables.md"
    path.write_text("\n".join(parts))
    return path
