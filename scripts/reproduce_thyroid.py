"""Tables 1 to 3 and figure 5 of the thyroid paper and the ablation that it lacks, with intervals and paired differences.

python scripts/reproduce_thyroid.py --plan                     what it would cost here, after timing each network; trains nothing
python scripts/reproduce_thyroid.py                            the built-in cohort at a size for two cores; stopped, it goes on where it was
python scripts/reproduce_thyroid.py --parallel 2               two cells at once, each on its share of the cores; a failed one is told last
python scripts/reproduce_thyroid.py --profile paper            the paper's settings, for a GPU
python scripts/reproduce_thyroid.py --only ours table3/vgg19 -- data.manifest=FILE.csv

What stands after `--` goes to every run and rules over the profile. Every cell of the tables is an ordinary run below OUT; tables.md and
figure_5.png lie there too. Cells are made in thyroid_cells.py, their steps made equal and timed in thyroid_budget.py, run in cells.py and
shown in thyroid_tables.py. What was drawn for ours/multilabel is lent to the cells that would draw the same (thyroid_pictures.py), so that
one comes first. A table on the built-in cohort shows the method, not medicine; its figures stand beside the paper's, never in their place.
"""

import argparse
import sys
from pathlib import Path

from cells import built_in, chosen, parser_of, train_all
from thyroid_budget import Budget, plan
from thyroid_cells import PROFILES, Asked, all_cells
from thyroid_tables import write


def options() -> argparse.Namespace:
    parser = parser_of(__doc__, PROFILES)
    parser.add_argument("--only", nargs="*", default=[], help="beginnings of cells' names: ours, table3/vgg19, ablation, share_25, 128")
    parser.add_argument("--headline", default="ablation/classic", help="the cell of several seeds besides ours and ResNet-101")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of these (3)")
    return parser.parse_args()


def main() -> None:
    said = options()
    out = (said.out or Path("runs") / "reproduce_thyroid" / said.profile).absolute()
    cells = all_cells(Asked(out, said.profile, said.headline, said.seeds, tuple(said.more)))
    if said.headline not in (cell.name for cell in cells):
        sys.exit(f"--headline {said.headline}: no cell has this name. There is: {', '.join(cell.name for cell in cells)}.")
    todo = chosen(cells, said.only)
    if said.plan:
        return plan(todo, cells)
    failed = train_all([*map(Budget().equal, todo)], max(1, said.parallel))
    if done := [cell for cell in cells if cell.done]:
        print(write(out, done, built_in(cell.run for cell in done)))
    return sys.exit("\n".join([*failed, "The same command goes on."])) if failed else None


if __name__ == "__main__":
    main()
