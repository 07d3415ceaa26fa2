"""Table 3 of the thyroid paper and the ablation that it lacks: what other networks, and each step of ours, are worth. Not a command."""

import json
from pathlib import Path

from cells import Lines
from paired import difference_rows, row_of, shown, told
from thyroid_cells import Cell
from thyroid_paper import BY_NETWORK
from thyroid_signs import beside, of, seeds, signs

from medimg.evaluate.compare import judged, paired
from medimg.evaluate.question import read_question
from medimg.models.sizes import ENLARGED
from medimg.recipes.parts.networks import network_of
from medimg.run.folder import stored_settings
from medimg.settings import Settings

CROSS = "several signs"
CHOSEN_BY = "log-loss on validation"  # after the best temperature; the test part tells what was chosen, and chooses nothing


def ours_of(done: list[Cell]) -> Cell | None:
    """The cell that the others are compared with, where it is done."""
    return next((cell for cell in done if cell.name == "ours/multilabel"), None)


def networks(done: list[Cell]) -> dict[str, Lines]:
    """Table 3: means over the signs, and each network minus ours on the same images."""
    ours, lines = ours_of(done), list[dict[str, object]]()
    for cell in [*of(done, "table3"), *of(done, "ours")]:
        printed = BY_NETWORK.get("ours" if cell.table == "ours" else cell.label)
        line: dict[str, object] = {"network": cell.label, "images": sides(stored_settings(cell.run))}
        line |= {"seeds": seeds(cell), "steps": steps_made(cell.run)} | beside(cell, "macro", printed) | minus(cell, ours)
        lines.append(line | {"note": notes(cell)})
    return {"Table 3: networks on equal data, with as many optimiser steps unless a note says so; means over signs": lines}


def sides(settings: Settings) -> str:
    """Tell how large the images of a run are, and what its network makes of them."""
    size, least = settings.data.size, ENLARGED.get(settings.model.name, 0)
    return f"{size} px" + (f", enlarged to {least}" if size < least else "")


def steps_made(run: Path) -> int:
    """The optimiser steps that the network of the first seed made, in all phases."""
    rows = [
        path.read_text().splitlines()[-1]
        for kind in ("0_6_single", "1_train")
        for path in sorted((run / "stages").glob(f"{kind}_*/progress.jsonl"))[:1]
    ]
    return sum(json.loads(row)["step"] for row in rows)


def notes(cell: Cell) -> str:
    """What is to be said of a cell: its own note, and what its run says of its training but for what its words asked for."""
    asked = [f"({word})" for word in cell.words]
    told = [note.rstrip(".") for note in read_question(cell.run).notes if not any(word in note for word in asked)]
    return "; ".join(filter(None, [cell.note, *told])) or "–"


def least_loss(run: Path) -> str:
    """The log-loss on validation of the states that training kept, mean over a run's networks."""
    losses = [json.loads(path.read_text())["val/loss"] for path in (run / "stages").glob("1_train_*/best.json")]
    return f"{sum(losses) / len(losses):.3f}" if losses else "–"


def minus(cell: Cell, other: Cell | None, said: str = "minus ours") -> dict[str, object]:
    """Give the paired differences of macro AUROC and exact match from another cell."""
    found: dict[str, object] = {f"macro AUROC {said}": "–", f"exact match {said}": "–"}
    if other is None or other.run == cell.run:
        return found
    for metric, scope, name in (("auroc", "macro", "macro AUROC"), ("exact_match", "all", "exact match")):
        rows = difference_rows(cell.run, other.run, (metric,), scope)
        found |= {f"{name} {said}": told(row) for row in rows if row["level"] == "image"}
    return found


def ablation(done: list[Cell]) -> dict[str, Lines]:
    """What each step is worth: ours but for one thing; and the same on fewer real training images."""
    ours = ours_of(done)
    steps = [*([ours] if ours else []), *of(done, "ablation", "128")]
    shares: Lines = []
    for name in dict.fromkeys(cell.table for cell in done if cell.table.startswith("share_")):
        own = of(done, name)
        whole = next((cell for cell in own if cell.run.name == "ours"), None)
        shares += [_step(cell, ours) | minus(cell, whole, "minus ours on this share") for cell in own]
    return {
        "Ablation: ours but for one thing, with as many optimiser steps unless a note says so": [_step(cell, ours) for cell in steps],
        "Fewer real training images, validation and test unchanged": shares,
    }


def _step(cell: Cell, ours: Cell | None) -> dict[str, object]:
    line: dict[str, object] = {
        "training": cell.label,
        "real images": _taught(cell.run),
        "steps": steps_made(cell.run),
        "seeds": seeds(cell),
        "weights": f"{weights(cell) / 1e6:.2f} million",
        CHOSEN_BY: least_loss(cell.run),
    }
    line |= {"macro AUROC": shown(row_of(cell.run, "auroc", scope="macro")), "exact match": shown(row_of(cell.run, "exact_match"))}
    both, each = row_of(cell.run, "exact_match", scope="cases=two_labels"), []
    for sign in signs(cell):
        found = row_of(cell.run, "sensitivity", scope=f"cases=two_labels,class={sign}")
        each += [f"{sign.replace('_', ' ')} {shown(found)}"] if found.get("estimate") is not None else []
    line |= {f"exact match, {CROSS}": f"{shown(both)}, n = {both.get('n', 0)}", f"sensitivity, {CROSS}": "; ".join(each) or "–"}
    line |= minus(cell, ours) | {f"exact match, {CROSS}, minus ours": _cross_minus(cell, ours)}
    return line | {"note": notes(cell)}


def weights(cell: Cell) -> int:
    """Count the weights of a run's network."""
    question = judged(cell.run)["image"].question
    network = network_of(stored_settings(cell.run), question.kind, question.classes, seed=0)
    return sum(weight.numel() for weight in network.parameters())


def _taught(run: Path) -> int:
    """Real training images of the first fold."""
    return int(next(iter(json.loads((run / "flow.json").read_text())["parts"].values()))["train"]["images"])


def _cross_minus(cell: Cell, ours: Cell | None) -> str:
    """The paired difference of exact match on the images of several signs."""
    if ours is None or ours.run == cell.run:
        return "–"
    one, other = (each.where(each.truth.sum(axis=1) > 1) for each in (judged(run)["image"] for run in (cell.run, ours.run)))
    return next((told(row) for row in paired(one, other) if row["metric"] == "exact_match"), "–") if len(one) else "–"
