"""Built-in chest films to teach networks by: patients in any position, films cut and spoilt far more often than in a department.

A network taught by well-placed patients has learned where organs lie on good films, and draws them there on bad ones: the spine of a turned
patient in the middle of the mediastinum, shoulder blades beside the lungs. So on three of four films each number of a patient's position is
drawn evenly over all that planted faults reach; `true_faults` names only what is planted besides. Films have twice the pixel size of
`chest`: networks see at most 512 of their pixels, and drawing takes a third of the time.
Source: domain randomisation, Tobin et al., IROS 2017; Gao et al., SyntheX, Nature Machine Intelligence 2023.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from medimg.phantoms import chest
from medimg.phantoms.chest_faults import Rates
from medimg.phantoms.chest_shots import Parameters, Shot, shots

VERSION = chest.VERSION
ROOMS = tuple(replace(room, pixel_mm=2 * room.pixel_mm) for room in chest.ROOMS)
RATES = Rates(overall=0.1, organs=0.3, imaging=0, position=0, views=0)  # exposure and blur vary in training, polarity never
Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Posed(Parameters):
    """What a patient's position is drawn from: degrees of rotation by view, shoulder blades moved inward, ribs above the dome, arms.

    Each is drawn on a `share` of films of its own; on the others it is as a radiographer would have it.
    """

    share: float = 0.75
    pa_deg: Range = (-12.0, 12.0)
    lateral_deg: Range = (-16.0, 24.0)
    scapula_mm: Range = (-12.0, 52.0)
    ribs: Range = (5.2, 10.5)
    arms_down: float = 0.25  # share of lateral films


PARAMETERS = Posed(
    version=VERSION, seed=20201030, films=600, rooms=ROOMS, rates=RATES, second_study=chest.PARAMETERS.second_study, prefix="CXT"
)


def write(folder: Path, *, n: int | None = None, seed: int | None = None) -> None:
    """Write the cohort's DICOM files, masks and manifest.csv into a folder."""
    key = f"medimg-chest-training-{VERSION}-{PARAMETERS.seed if seed is None else seed}"
    chest.write_films(folder, [posed(shot) for shot in shots(PARAMETERS, n, seed)], key, "chest_training")


def posed(shot: Shot, by: Posed = PARAMETERS) -> Shot:
    """Place the patient anyhow."""
    rng = np.random.default_rng([shot.exam.seed, 17])
    lateral = shot.exam.view == "LAT"
    ranges = {
        "rotation_deg": by.lateral_deg if lateral else by.pa_deg, "scapula_mm": by.scapula_mm, "ribs_above_dome": by.ribs,
    }  # fmt: skip
    drawn: dict[str, Any] = {name: float(rng.uniform(*ends)) for name, ends in ranges.items() if rng.random() < by.share}
    return replace(shot, exam=replace(shot.exam, **drawn, arms_down=lateral and bool(rng.random() < by.arms_down)))
