"""The flow of patients as a small diagram: found, left out and why, dealt to the parts."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medimg.report.cohort import PARTS, parts, sizes
from medimg.report.folder import RunFolder
from medimg.report.words import count, finite
from medimg.words import plural

LEFT_OUT = {
    "excluded_where": "not chosen (data.where)", "excluded_withdrawn": "withdrawn (data.exclude)", "excluded_label": "of other classes",
    "excluded": "excluded by the user", "refused": "refused, unreadable", "duplicate": "identical pixels twice",
}  # fmt: skip
UNUSED = {"unused": "Not used (data.train_share)"}
PLACES = {1: (30,), 2: (14, 50), 3: (14, 50, 86), 4: (12, 37, 62, 87)}  # of the parts, in per cent of the width


def left_out(run: RunFolder) -> list[tuple[str, int]]:
    """Reason and number of images that did not come into the run, each image once."""
    amounts = {name: int(finite(run.flow.get(name)) or 0) for name in LEFT_OUT}
    if any(name in run.flow for name in ("excluded_where", "excluded_withdrawn", "excluded_label")):
        amounts["excluded"] = 0  # the sum of those three
    return [(LEFT_OUT[name], amount) for name, amount in amounts.items() if amount]


def _range(values: list[int]) -> str:
    return count(values[0]) if min(values) == max(values) else f"{count(min(values))} to {count(max(values))}"


def part_lines(run: RunFolder) -> list[tuple[str, str]]:
    """Each part with its patients and images; over several folds their smallest and largest number."""
    if run.external:
        images, patients = sizes(run)
        return [("Test", f"{plural(patients, 'patient')}\n{plural(images, 'image')}")] if images else []
    folds = parts(run)
    lines = []
    for part, title in (PARTS | UNUSED).items():
        here = [fold[part] for fold in folds.values() if part in fold]
        if here:
            counts = {unit: _range([int(finite(one.get(unit)) or 0) for one in here]) for unit in ("patients", "images")}
            lines.append((title, "\n".join(f"{amount} {unit}" for unit, amount in counts.items())))
    return lines


def draw(run: RunFolder) -> Figure | None:
    """The diagram, or None when nothing of the flow is known."""
    images, patients = sizes(run)
    ends = part_lines(run)
    if not run.flow and not images:
        return None
    figure = Figure(figsize=(7.2, 3.5))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, 100), ylim=(0, 50))
    axis.set_axis_off()
    found, out = finite(run.flow.get("found")), left_out(run)
    _box(axis, 30, 43, 30, f"Found\n{plural(int(found), 'image')}" if found is not None else "Found\nnot stated")
    told = "\n".join(f"{count(amount)} {reason}" for reason, amount in out) or ("none" if run.flow else "not stated")
    _box(axis, 77, 33.5, 40, f"Left out\n{told}", 3.1 * max(2, len(out) + 1) + 3, soft=True)
    used = images or int(finite(run.flow.get("used")) or 0)
    _box(axis, 30, 24, 30, f"In the run\n{plural(patients, 'patient') if patients else 'patients not stated'}, {plural(used, 'image')}")
    axis.annotate("", (30, 28.5), (30, 38.6), arrowprops={"arrowstyle": "-|>", "color": "#444444"})
    axis.annotate("", (57, 33.5), (30, 33.5), arrowprops={"arrowstyle": "-|>", "color": "#444444", "shrinkA": 0})
    for (title, text), x in zip(ends, PLACES.get(len(ends), ()), strict=True):
        _box(axis, x, 6.5, 27 if len(ends) < 4 else 23.5, "\n(".join(f"{title}\n{text}".split(" (")), 12.4)
        axis.annotate("", (x, 12.9), (30, 19.4), arrowprops={"arrowstyle": "-|>", "color": "#444444", "shrinkA": 0})
    return figure


def _box(axis: Axes, x: float, y: float, width: float, text: str, height: float = 9, soft: bool = False) -> None:
    from matplotlib.patches import Rectangle

    colour = "#f6f6f6" if soft else "#e8eef4"
    axis.add_patch(Rectangle((x - width / 2, y - height / 2), width, height, facecolor=colour, edgecolor="#555555", linewidth=0.8))
    head, _, rest = text.partition("\n")
    lines = rest.count("\n") + 2
    axis.text(x, y + (lines - 1) * 1.55, head, ha="center", va="center", fontweight="bold", fontsize=9)
    for number, line in enumerate(rest.split("\n")):
        axis.text(x, y + (lines - 1) * 1.55 - 3.1 * (number + 1), line, ha="center", va="center", fontsize=8.5)
