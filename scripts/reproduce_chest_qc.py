"""Tables 1 to 4 of the chest-film paper: networks of both views, their outlines, verdicts and times, and what fails.

python scripts/reproduce_chest_qc.py --plan                    cells and what is done of them; trains nothing
python scripts/reproduce_chest_qc.py                           the built-in films at a size for two cores; stopped, it goes on where it was
python scripts/reproduce_chest_qc.py --enriched 2800           150 unseen films with each fault too: agreement weighted to the paper's rates
python scripts/reproduce_chest_qc.py --profile paper --references    the paper's sizes for a GPU, U-Nets beside them
python scripts/reproduce_chest_qc.py --views pa --only 10_1 20_3 -- trainer.epochs=5

What stands after `--` goes to every training. Each network is an ordinary run below OUT/<view>; unseen films are drawn below OUT/films,
their outlines judged below OUT/outlined, and they themselves below OUT/judged, by exact masks and by each network; tables.md lies in OUT.
Cells are made in chest_cells.py, compared in chest_judged.py, shown in chest_tables.py. Built-in films show the method, not medicine; the
paper's figures stand beside ours, never in their place.
"""

import argparse
import sys
from pathlib import Path

from cells import chosen, parser_of, train_all
from chest_cells import PROFILES, VIEWS, all_cells, drawn, judge, judgings, outlinings
from chest_tables import write


def options() -> argparse.Namespace:
    parser = parser_of(__doc__, PROFILES)
    parser.add_argument("--views", nargs="*", choices=VIEWS, default=list(VIEWS))
    parser.add_argument("--only", nargs="*", default=[], help="ends of networks' names: 10_1, unet")
    parser.add_argument("--references", action="store_true", help="U-Net, U-Net++ and a U-Net on ResNet-18 too")
    parser.add_argument("--films", type=int, default=200, help="unseen films to judge, faults at the paper's rates (200)")
    parser.add_argument("--enriched", type=int, default=0, help="unseen films with a fault on each (0)")
    return parser.parse_args()


def main() -> None:
    said = options()
    out = (said.out or Path("runs") / "reproduce_chest_qc" / said.profile).absolute()
    todo = chosen([*all_cells(out, said.profile, said.views, said.references, said.more)], said.only)
    if said.plan:
        for cell in todo:
            print(f"{cell.name}: {'done' if cell.done else 'begun' if cell.run.is_dir() else 'to be trained'}")
        return
    failed = train_all(todo, max(1, said.parallel))
    counts = {"usual": said.films, "enriched": said.enriched}
    sets = {name: drawn(out, name, count) for name, count in counts.items() if count}
    trained = [cell for cell in todo if cell.done]
    failed += train_all([*outlinings(out, sets["usual"], trained)], 1)
    failed += judge([*judgings(out, sets, trained)])
    done = {view: [cell for cell in trained if cell.view == view] for view in said.views}
    if not failed and any(done.values()):
        print(write(out, done, sets))
    if failed:
        sys.exit("\n".join([*failed, "The same command goes on."]))


if __name__ == "__main__":
    main()
