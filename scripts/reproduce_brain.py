"""Tables 3 to 7 and figure 5 of the encephalitis/glioma paper and what a backbone may start from, with intervals and paired differences.

python scripts/reproduce_brain.py --plan                       what it would cost here, after timing each network; trains nothing
python scripts/reproduce_brain.py                              the built-in cohort at a size for two cores; stopped, it goes on where it was
python scripts/reproduce_brain.py --parallel 2                 two cells at once, each on its share of the cores; a failed one is told last
python scripts/reproduce_brain.py --profile paper              the paper's settings, for a GPU
python scripts/reproduce_brain.py --imagenet                   the backbones from ImageNet weights too, where they can be fetched
python scripts/reproduce_brain.py --readers readers.csv        table 6: columns reader, image, answer (a class, or p of the last)
python scripts/reproduce_brain.py --only FLAIR/resnet50 -- data.manifest=FILE.csv 'seeds=[1,2,3]'

What stands after `--` goes to every run and rules over the profile. Every cell of the tables is an ordinary run below OUT; tables.md and
figure_5.png lie there too. Cells are made in brain_cells.py, timed in brain_runs.py, run in cells.py and shown in brain_tables.py. A table
on the built-in cohort shows the method, not medicine; its figures stand beside the paper's, never in their place.
"""

import argparse
import sys
from pathlib import Path

from brain_cells import BACKBONES, PROFILES, SEQUENCES, Asked, all_cells
from brain_readers import answers_in, reader_runs
from brain_runs import plan
from brain_tables import write
from cells import built_in, chosen, parser_of, refuse_stale, train_all


def options() -> argparse.Namespace:
    parser = parser_of(__doc__, PROFILES)
    parser.add_argument("--only", nargs="*", default=[], help="cells or beginnings of their names: FLAIR, FLAIR/resnet50; or a network")
    parser.add_argument("--headline", default="T1CE/resnet50", help="the cell of several seeds (T1CE/resnet50)")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of the headline (3)")
    parser.add_argument("--transfer-of", choices=BACKBONES, default="resnet50", help="the backbone whose starts are compared (resnet50)")
    parser.add_argument("--transfer-to", nargs="*", choices=SEQUENCES, default=["FLAIR"], help="on these sequences (FLAIR)")
    parser.add_argument("--imagenet", action="store_true", help="try ImageNet weights for the backbones")
    parser.add_argument("--readers", type=Path, metavar="FILE", help="CSV of reader, image, answer: people beside the networks")
    return parser.parse_args()


def main() -> None:
    said = options()
    out = (said.out or Path("runs") / "reproduce_brain" / said.profile).absolute()
    transfer = {"transfer_of": said.transfer_of, "transfer_to": tuple(said.transfer_to), "imagenet": said.imagenet}
    cells = all_cells(Asked(out, said.profile, said.headline, said.seeds, **transfer, more=tuple(said.more)))
    todo = chosen(cells, said.only)
    if said.plan:
        return plan(todo, max(1, said.parallel))
    refuse_stale((cell.run, cell.words) for cell in cells if cell.done)
    answers = answers_in(said.readers, cells) if said.readers else None
    failed = train_all(todo, max(1, said.parallel))
    done = [cell for cell in cells if cell.done]
    readers = [] if answers is None else reader_runs(answers, cells, out)
    if done:
        print(write(out, done, readers, built_in(cell.run for cell in done)))
    return sys.exit("\n".join([*failed, "The same command goes on."])) if failed else None


if __name__ == "__main__":
    main()
