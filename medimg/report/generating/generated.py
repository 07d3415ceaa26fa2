"""Generated pictures beside real ones: numbers by group, what must be said aloud, and montages."""

from dataclasses import dataclass

import pandas as pd

from medimg.report.folder import Json, RunFolder
from medimg.report.others import records
from medimg.report.pictures import data_uri
from medimg.report.table import Cell, Table, count_cell, drop_empty, measure_cell
from medimg.report.words import finite, interval, number, scrub, words
from medimg.words import plural

UNITS = ("seed", "fold", "member")
SPACES = {"pixel": "pixels", "feature": "features"}
ADDED = ["generated", "memorised_pixel", "memorised_feature", "expected_by_chance"]
WIDEST = 2048
REASONS = {  # what a row's reason calls a measure
    "nearest_pixel_median": "memorised", "kid": "KID", "kid_real": "KID", "coverage": "coverage", "density": "coverage",
}  # fmt: skip
ENOUGH = "has as many images as asked for"  # how the reason begins where nothing was amiss
BEYOND = (
    "so many, or one so near, as a run without copies would show in any group, seed, fold or space once in 1,000 times, if its generated "
    "images were independent of one another; those of one generator are not quite."
)


@dataclass(frozen=True)
class Montage:
    """One group's real and generated pictures, as a data: address."""

    group: str
    image: str


def generated_rows(run: RunFolder) -> list[Json]:
    """Rows of tables/generated.csv, one a group and fold; none in a run without a generator."""
    return records(run, "generated", {"group"})


def warnings(run: RunFolder) -> list[str]:
    """Groups whose generated pictures repeat patients beyond chance, the gravest fault a generator can have."""
    told = []
    for row in generated_rows(run):
        spaces = [(space, name) for space, name in SPACES.items() if str(row.get(f"beyond_chance_{space}")) == "True"]
        found = " and ".join(f"{int(row[f'memorised_{space}']):,} by {name}" for space, name in spaces)
        of, chance = plural(int(row["generated"]), "generated image"), _chance(row)
        if found:
            told.append(f"{_group(run, row)}: of {of}, {found} repeat an image of the training part; by chance it would be {chance}.")
    return told


def not_extended(run: RunFolder) -> str:
    """Name the groups that lack images and got none, each with the reason, and with its folds where it was extended in others."""
    told = [f"{group} ({reason})" for group, reason in _without(run) if not reason.startswith(ENOUGH)]
    return f"Not extended: {', '.join(told)}." if told else ""


def enough(run: RunFolder) -> str:
    """Name the groups that got no generated images because they needed none, with their numbers of real ones."""
    told = [f"{group}{reason.removeprefix(ENOUGH)}" for group, reason in _without(run) if reason.startswith(ENOUGH)]
    return f"As many real images as asked for, so none were generated: {', '.join(told)}." if told else ""


def _without(run: RunFolder) -> list[tuple[str, str]]:
    """Each group without generated images, with its folds where it has some in others, and the reason."""
    rows, lost = generated_rows(run), dict[tuple[str, str], list[str]]()
    for row in rows:
        if not finite(row.get("generated")):
            lost.setdefault((str(row["group"]), scrub(row.get("reason") or "no reason given")), []).append(_unit(row))
    every = {_unit(row) for row in rows}
    where = {key: f", {'; '.join(units)}" if set(units) != every else "" for key, units in lost.items()}
    return [(f"{words(group)}{where[group, reason]}", reason) for group, reason in lost]


def _group(run: RunFolder, row: Json) -> str:
    several = len({_unit(other) for other in generated_rows(run)}) > 1
    return _upper(words(str(row["group"]))) + (f" ({_unit(row)})" if several else "")


def _unit(row: Json) -> str:
    return ", ".join(f"{name} {int(row[name])}" for name in UNITS if finite(row.get(name)) is not None)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def copies_table(run: RunFolder, each: bool = False) -> Table:
    """How near each group's generated pictures lie to patients: sums over folds, or, with `each`, fold by fold."""
    lines = []
    for row, unit in _shown(run, each):
        near = _beside(row, "nearest_pixel_median", f"real {number(row.get('real_pixel_median'))}")
        copies = [_memorised_cell(row, space) for space in SPACES]
        counts = [count_cell(row.get(name)) for name in ("patients", "generated")]
        lines.append([Cell(words(str(row["group"])), unit), *counts, near, *copies])
    head = ["Group", "Real patients", "Generated images", "Nearest real image", *(f"Memorised, by {name}" for name in SPACES.values())]
    note = "Nearest real image: median of the root mean square difference of grey values, and the same of real images to other patients'. "
    note += f"Red: {BEYOND}{_together(run, each)}"
    return drop_empty(Table("Copies of patients", head, lines, note))


def likeness_table(run: RunFolder, each: bool = False) -> Table:
    """How like the real pictures of their group the generated ones are: means over folds, or, with `each`, fold by fold."""
    lines = []
    for row, unit in _shown(run, each):
        kid = _beside(row, "kid", interval({"low": row.get("kid_low"), "high": row.get("kid_high")}))
        real = _beside(row, "kid_real", f"up to {number(row.get('kid_real_high'))}")
        coverage = _beside(row, "coverage", f"real {number(row.get('coverage_real'))}")
        rest = [coverage, _beside(row, "density", "real 1"), _share_cell(row, "recognised")]
        lines.append([Cell(words(str(row["group"])), unit), kid, real, *rest])
    head = ["Group", "KID, generated to real", "KID, real to real", "Coverage", "Density", "Recognised"]
    return drop_empty(Table("Likeness to real images", head, lines, _together(run, each).strip()))


def _together(run: RunFolder, each: bool) -> str:
    """Say how the trainings of a run are told together; nothing where there is one, or each has a line."""
    count = len({_unit(row) for row in generated_rows(run)})
    if each or count < 2:
        return ""
    return f" Of {count} seeds and folds: generated images and copies are added up, all else are means of those that have a value."


def shown(run: RunFolder) -> list[Json]:
    """Rows of groups that were extended, one a group: over several folds sums of copies, and means of all else."""
    return _over_folds([row for row in generated_rows(run) if finite(row.get("generated"))])


def _shown(run: RunFolder, each: bool) -> list[tuple[Json, str]]:
    """Rows of groups that were extended, each with its fold where folds are told apart."""
    if not each:
        return [(row, "") for row in shown(run)]
    rows = [row for row in generated_rows(run) if finite(row.get("generated"))]
    order = _groups(run)
    several = len({_unit(row) for row in rows}) > 1
    return [(row, _unit(row)) for row in sorted(rows, key=lambda row: order.index(str(row["group"])))] if several else []


def _groups(run: RunFolder) -> list[str]:
    """The groups in the order of the run: single signs as its classes, then sets of several."""
    return list(dict.fromkeys(str(row["group"]) for row in generated_rows(run)))


def _over_folds(rows: list[Json]) -> list[Json]:
    table, merged = pd.DataFrame(rows), []
    if table.empty or table["group"].is_unique:
        return rows
    for group, part in table.groupby("group", sort=False):
        numbers = part.select_dtypes("number")
        beyond = {name: "True" in set(part[name].map(str)) for name in map(str, part) if name.startswith("beyond_chance")}
        values = pd.concat([numbers.mean(), numbers[[name for name in ADDED if name in numbers]].sum(min_count=1)])
        reasons = dict.fromkeys(told for row in part.get("reason", pd.Series(dtype=str)) for told in str(row or "").split("; ") if told)
        merged.append({"group": group, "reason": "; ".join(reasons)} | {str(name): float(value) for name, value in values.items()} | beyond)
    return merged


def _beside(row: Json, name: str, small: str) -> Cell:
    known = finite(row.get(name))
    return _lacking(row, REASONS[name]) if known is None else Cell(_minus(number(known)), _minus(small), "num")


def _lacking(row: Json, what: str) -> Cell:
    """Why a number is not there, where the row says so; a dash where it does not."""
    reasons = [told.removeprefix(f"{what}: ") for told in str(row.get("reason") or "").split("; ") if told.startswith(f"{what}: ")]
    return measure_cell({"undefined": "; ".join(reasons)} if reasons else None)


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")


def _memorised_cell(row: Json, space: str) -> Cell:
    found = finite(row.get(f"memorised_{space}"))
    if found is None:
        return _lacking(row, "memorised")
    look = "num bad" if str(row.get(f"beyond_chance_{space}")) == "True" else "num"
    return Cell(f"{int(found):,}", f"by chance {_chance(row)}", look)


def _chance(row: Json) -> str:
    """How many copies chance would make: few are not none."""
    expected = finite(row.get("expected_by_chance"))
    return "under 0.01" if expected and expected < 0.005 else number(expected, 2)


def _share_cell(row: Json, name: str) -> Cell:
    shown = {key: f"{100 * known:.0f} %" for key in (name, f"{name}_real") if (known := finite(row.get(key))) is not None}
    return Cell(shown[name], f"real {shown.get(f'{name}_real', '–')}", "num") if name in shown else _lacking(row, name)


def montages(run: RunFolder, images: bool) -> list[Montage]:
    """The pictures that the recipe has drawn into generated/, by group; none where pictures are not asked for."""
    files = (run.path / "generated").glob("*.png") if images and generated_rows(run) else []
    order = _groups(run)
    named = sorted(("|".join(path.stem.split("+")), path) for path in files)
    named.sort(key=lambda one: order.index(one[0]) if one[0] in order else len(order))
    drawn = [(_upper(words(group)), data_uri(path, WIDEST)) for group, path in named]
    return [Montage(group, image) for group, image in drawn if image]
