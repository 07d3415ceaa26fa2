"""A simulated learning curve for the terminal."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from medimg.report.simulating import learning_tables
from medimg.report.simulating.simulation import read_learning, words_of
from medimg.report.words import words


def simulation_table(run: Path) -> Table:
    """Each strategy's area over labels, difference from random, and labels needed, for the terminal; the verdict stands below."""
    result = read_learning(Path(run))
    title = (
        f"{words(str(result.get('title') or 'Learning curves'))}: {result['units']['finished']} of {result['units']['planned']} trainings"
    )
    table = Table(title=escape(title), title_justify="left", caption_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Strategy", no_wrap=True)
    for name in ("Mean AUROC", "minus random", "p (Holm)", f"Labels to full − {result['margin']:g}"):
        table.add_column(name, justify="right")
    areas, targets = learning_tables.areas_table(result), learning_tables.targets_table(result)
    needed = {line[0].text: line[1] for line in targets.rows}
    for line in areas.rows:
        cells = [line[1], line[2], None, needed.get(line[0].text)]
        shown = [f"{cell.text} ({cell.small})" if cell and cell.small else cell.text if cell else "–" for cell in cells]
        shown[2] = line[2].more.removeprefix("p ") or "–"
        table.add_row(escape(line[0].text), *map(escape, shown))
    table.caption = "\n".join(escape(words_of(line, result)) for line in result["verdict"])
    return table
