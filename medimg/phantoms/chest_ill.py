"""What some patients bring along: consolidation, a pacemaker, a tube."""

import numpy as np

from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Array
from medimg.phantoms.chest_scene import Scene, ramp, texture
from medimg.phantoms.chest_strokes import closed, outline, smooth, stack

METAL = 34.0  # mm of cortical bone that attenuate like the wall of a device


def illness_pa(patient: Patient, made: Scene, air: Array, rng: np.random.Generator) -> None:
    """Take air where lung is consolidated, add metal where something was implanted; in place."""
    if "consolidation" in patient.illness:
        consolidate(patient, made, air, rng, patient.sick_side * 78 * patient.wide)
    if "pacemaker" in patient.illness:
        _pacemaker(patient, made)
    if "tube" in patient.illness:
        line = smooth([(3, -230), (4, -160), (3, -110), (-14, -78), (-24, -40), (-27, -5)], 60) * [patient.wide, patient.tall]
        stack(made.bone, made.plane, [(outline(line, 1.3), 2.2), (outline(line, 0.6), 1.2)])


def consolidate(patient: Patient, made: Scene, air: Array, rng: np.random.Generator, across: float, share: float = 1.0) -> None:
    """A patchy cloud without a sharp border; `share` of the air along the ray lies in the sick lung."""
    x, y = made.plane.xy
    down = rng.uniform(-40, 45) * patient.tall
    u, v = (x - np.float32(across)) * np.float32(1 / rng.uniform(28, 50)), (y - np.float32(down)) * np.float32(1 / rng.uniform(28, 55))
    broad, patchy = (texture(rng, made.plane.shape, max(int(lump / made.plane.pixel_mm), 2)) for lump in (22, 5))
    cloud = ramp(np.float32(0.8) - u * u - v * v + np.float32(0.25) * broad, 2.4) * np.clip(1 + np.float32(0.09) * patchy, 0.6, 1.3)
    air *= 1 - np.float32(rng.uniform(0.30, 0.62) * share) * cloud


def _pacemaker(patient: Patient, made: Scene) -> None:
    x, y = 98 * patient.wide, -88 * patient.tall
    can = closed([(x - 22, y - 12), (x - 8, y - 24), (x + 14, y - 20), (x + 24, y - 2), (x + 14, y + 18), (x - 12, y + 17)])
    middle = can.mean(0)
    stack(
        made.bone, made.plane, [(can, METAL), (middle + (can - middle) * 0.93, METAL * 0.7), (middle + (can - middle) * 0.6, METAL * 0.95)]
    )
    lead = smooth([(x - 12, y - 18), (70, -112), (22, -96), (-24, -70), (-32, -10), (-24, 40), (24, 70), (58, 74)], 120)
    stack(made.bone, made.plane, [(outline(lead, 1.0), 5.0)])
