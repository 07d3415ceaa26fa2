"""The built-in chest films with a planted fault on every one, all kinds alike: to measure how well each is found.

2,800 films by default: at least 150 with each fault. Reweight to the rates of `chest` for what a department would see.
"""

from dataclasses import replace
from pathlib import Path

from medimg.phantoms import chest
from medimg.phantoms.chest_faults import Rates
from medimg.phantoms.chest_shots import shots

VERSION = chest.VERSION
PARAMETERS = replace(chest.PARAMETERS, seed=20201029, films=2800, rates=Rates(0, 0, 0, 0, views=0.25, by_fault=True), prefix="CXE")


def write(folder: Path, *, n: int | None = None, seed: int | None = None) -> None:
    """Write the cohort's DICOM files, masks and manifest.csv into a folder."""
    key = f"medimg-chest-enriched-{VERSION}-{PARAMETERS.seed if seed is None else seed}"
    chest.write_films(folder, shots(PARAMETERS, n, seed), key, "chest_enriched")
