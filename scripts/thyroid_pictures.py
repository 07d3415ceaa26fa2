"""The generators of one run lent to another that would train the same: finished stages, linked before it begins. Not a command."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from medimg.recipes.generating.generators import DRAWING, ENLARGING
from medimg.run.compose import compose
from medimg.run.folder import make_run, stored_settings
from medimg.settings import Generate, Settings

DRAWN = (*DRAWING, "common_steps", "steps", "batch_size", "lr", "ema")  # the networks, and how they learn
ENLARGED = (*ENLARGING, "ema", "sr_steps", "sr_batch_size", "sr_lr", "sr_perceptual")


def lend(source: Path, run: Path, words: list[str]) -> None:
    """Begin a run, where it is not begun, and give it the finished stages of `source` whose results would be its own."""
    settings = compose(words)
    make_run(run, settings, words)
    for stage in lent(stored_settings(source), settings, source):
        if (stage / "done.json").is_file() and not (target := run / "stages" / stage.name).exists():
            beside = target.with_name(f".{stage.name}.{os.getpid()}")
            shutil.copytree(stage, beside, copy_function=os.link)  # what is finished is never written again
            beside.rename(target)


def lent(theirs: Settings, mine: Settings, source: Path) -> Iterator[Path]:
    """The stages of the run `source` whose results are the same in both runs; a run refuses a stage that was begun with other inputs."""
    for seed in sorted({*theirs.every_seed} & {*mine.every_seed}):
        for kind in same(theirs, mine):
            yield from (source / "stages").glob(f"0_{kind}_seed{seed}_fold*")


def same(theirs: Settings, mine: Settings) -> list[str]:
    """Name the kinds of stages that have the same inputs in both runs: who is seen and how, then how a generator learns."""
    a, b = theirs.generate, mine.generate
    if _images(theirs) != _images(mine) or not (b.to or b.to_cross):
        return []
    drawing = ["2_dcgan", "3_dcgan*"] if _alike(a, b, DRAWN) else []
    enlarging = ["4_srgan"] if b.enlarge and _alike(a, b, ENLARGED) else []
    drawn = ["5_extend"] if _told(a) == _told(b) and theirs.data.size == mine.data.size else []
    return [*drawing, *enlarging, *drawn]


def _images(settings: Settings) -> tuple[object, int]:
    return replace(settings.data, size=32), settings.split_seed


def _alike(a: Generate, b: Generate, keys: tuple[str, ...]) -> bool:
    return all(getattr(a, key) == getattr(b, key) for key in keys)


def _told(how: Generate) -> Generate:
    """Everything but how the pictures are judged."""
    return replace(how, judge=True, judge_epochs=1)
