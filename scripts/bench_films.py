"""How a quality run grows with the number of films: films a second, memory, results on disk; killed halfway, it goes on.

python scripts/bench_films.py FOLDER [FILMS]     2,000 films of 134 x 134 pixels with exact masks unless told otherwise

FOLDER gets the films (36 kB each, kept for the next call) and the results. Their pixels of 3 mm are too coarse for rule I6, so no film
passes and each has a page: the most that a run writes. A tenth of the films is judged on its own; then all are, in a run that is killed
halfway and given again; then all are judged again from what is kept, which must give the same tables.
"""

import csv
import hashlib
import itertools
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from medimg.phantoms.chest import PARAMETERS, radiograph, save_mask
from medimg.phantoms.chest_film import make
from medimg.phantoms.chest_shots import shots
from medimg.phantoms.dx import write_film

PIXEL_MM = 3.2
DRAWN = 40  # films that are drawn; all others are one of these with other noise
TABLES = ("films.csv", "rules.csv", "studies.csv", "skipped.csv")
COMMAND = (sys.executable, "-m", "medimg", "qc")


@dataclass
class Watched:
    """What a command did: its answer, seconds, of a processor too, and in steps films kept and MB of it and of its largest child."""

    seconds: float = 0.0
    processor_s: float = 0.0
    peak_mb: float = 0.0
    answer: dict = field(default_factory=dict)
    samples: list[tuple[int, float, float]] = field(default_factory=list)


def written(folder, count):
    """Make `count` different films with exact masks; returns the rows of their manifest."""
    drawn = []
    for number, shot in enumerate(shots(PARAMETERS, DRAWN)):
        shot = replace(shot, room=replace(shot.room, pixel_mm=PIXEL_MM))
        film = make(shot.patient, shot.exam, shot.room)
        (folder / "drawn" / str(number)).mkdir(parents=True, exist_ok=True)
        for organ, mask in film.masks.items():
            save_mask(folder / "drawn" / str(number) / f"{organ}.png", mask)
        drawn.append((film, radiograph(shot, film, "bench")))
    (folder / "images").mkdir(exist_ok=True)
    (folder / "masks").mkdir(exist_ok=True)
    rows = []
    for k in range(count):
        film, facts = drawn[k % len(drawn)]
        patient, path, masks = f"P{k // 2:06d}", f"images/{k:06d}.dcm", f"masks/{k:06d}"
        if not (folder / path).exists():
            noise = np.random.default_rng(k).integers(0, 2, film.stored.shape, dtype=np.uint16)
            facts = replace(facts, patient_id=patient, number=k % 2 + 1, study=1, date=f"2026{k // 2 % 12 + 1:02d}05")
            write_film(folder / path, film.stored ^ noise, facts)
        if not (folder / masks).exists():
            (folder / masks).symlink_to(f"../drawn/{k % len(drawn)}", target_is_directory=True)
        rows.append({"image": path, "patient_id": patient, "view": facts.view} | {f"mask_{o}": f"{masks}/{o}.png" for o in film.masks})
    return rows


def manifest(path, rows):
    with path.open("w", newline="") as stream:
        table = csv.DictWriter(stream, dict.fromkeys(itertools.chain.from_iterable(rows[:DRAWN])), restval="")
        table.writeheader()
        table.writerows(rows)
    return path


def memory_mb(process, name):
    """MB of a process: VmRSS now, VmHWM at most; 0 of one that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)


def children(process):
    try:
        return Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []


def processor_s():
    """Seconds of processor that all children have used that have ended, with their own."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def kept(out):
    """Films that a results folder holds by now."""
    try:
        with closing(sqlite3.connect(f"file:{out / 'qc.sqlite'}?mode=ro", uri=True)) as store:
            return store.execute("SELECT MAX(rowid) FROM files").fetchone()[0] or 0
    except sqlite3.OperationalError:
        return 0


def watched(words, out, stop_at=None):
    """Run a command of `medimg qc` to its end, or kill it once `stop_at` films are kept."""
    found, began, used = Watched(), time.perf_counter(), processor_s()
    with (out.parent / f"{out.name}.log").open("a") as log:
        process = subprocess.Popen([*COMMAND, *map(str, words), f"out={out}", "--json"], stdout=subprocess.PIPE, stderr=log, text=True)
        while process.poll() is None:
            films = kept(out)
            found.peak_mb = max(found.peak_mb, memory_mb(process.pid, "VmHWM"))
            child = max((memory_mb(child, "VmHWM") for child in children(process.pid)), default=0.0)
            found.samples.append((films, memory_mb(process.pid, "VmRSS"), child))
            if stop_at is not None and films >= stop_at:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.5)
        told = process.stdout.read()
    found.seconds, found.processor_s = time.perf_counter() - began, processor_s() - used
    if stop_at is None:
        if process.returncode not in (0, 3):
            raise SystemExit(f"exit code {process.returncode}: {(out.parent / f'{out.name}.log').read_text()[-2000:]}")
        found.answer = json.loads(told)
    return found


def told(name, one, before=0):
    """Print films a second, memory, and how the main process grew over the second half of the films it read."""
    last = one.samples[-1][0]
    late = [sample for sample in one.samples if (before + last) / 2 <= sample[0] < last]
    child = max(mb for _, _, mb in one.samples)
    line = f"{name}: {one.seconds:.0f} s ({one.processor_s:.0f} of processor), main process at most {one.peak_mb:.0f} MB, child {child:.0f}"
    if len({films for films, _, _ in late}) > 2:
        slope = np.polyfit([films for films, _, _ in late], [mb for _, mb, _ in late], 1)[0]
        line += f", {1000 * slope:+.2f} MB a thousand films over films {late[0][0]} to {late[-1][0]}"
    if one.answer.get("wall_s"):
        rest = one.seconds - one.answer["wall_s"] - one.answer["judge_s"]
        line += f"; {one.answer['films_per_second']} films/s, tables {one.answer['judge_s']:.0f} s, start and report {rest:.0f} s"
    print(line, flush=True)


def sizes(out):
    """MB and files by kind below a results folder."""
    found = {}
    for path in out.rglob("*"):
        if path.is_file():
            kind = f"{path.parent.name}/*{path.suffix}" if path.parent != out else path.name
            mb, files = found.get(kind, (0.0, 0))
            found[kind] = mb + path.stat().st_size / 1e6, files + 1
    return found


def prints(out):
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in TABLES}


def main(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("MEDIMG_HOME", str(folder / "home"))
    rows = written(folder, count)
    whole, tenth = manifest(folder / "manifest.csv", rows), manifest(folder / "tenth.csv", rows[: count // 10])
    few, out = folder / "out_tenth", folder / "out"
    for old in (few, out):
        shutil.rmtree(old, ignore_errors=True)
    words = ("workers=1", "xlsx=false")
    told(f"{count // 10} films", watched(["run", tenth, *words], few))
    told(f"{count} films, killed halfway", watched(["run", whole, *words], out, stop_at=count // 2))
    before = kept(out)
    again = watched(["run", whole, *words], out)
    told(f"{count} films, given again with {before} kept", again, before)
    assert (again.answer["films"], again.answer["new_files"]) == (count, count - before), again.answer
    tables = prints(out)
    told("all judged again", watched(["rejudge", "xlsx=false"], out))
    assert prints(out) == tables, "judged again, the tables are others"
    for kind, (mb, files) in sorted(sizes(out).items(), key=lambda item: -item[1][0]):
        print(f"{mb:10.1f} MB  {files:7d}  {kind}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]) if len(sys.argv) > 2 else 2000)
