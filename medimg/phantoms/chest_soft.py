"""The body's soft tissue along the rays, lungs and bones apart: trunk and arms with fat under the skin, muscles and breasts."""

import numpy as np

from medimg.phantoms.chest_body import clavicle, humerus
from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Array, Curve, Plane, View
from medimg.phantoms.chest_scene import dome, ramp, texture
from medimg.phantoms.chest_strokes import capped, closed, nested, rounded, smooth, solid, stack

FAT = 0.87  # attenuation of fat over that of muscle
# outlines and lines of one side in mm, x from the midline outwards
PECTORALIS = [(30, -88), (70, -104), (118, -112), (166, -88), (176, -62), (160, -34), (134, -4), (98, 20), (58, 14), (36, -30)]
DELTOID = [(120, -124), (160, -142), (196, -122), (214, -80), (213, -30), (205, 10), (198, -28), (190, -70), (160, -108)]
STERNOMASTOID = [(14, -98), (24, -130), (36, -170), (50, -215)]


def soft_pa(patient: Patient, view: View, plane: Plane) -> Array:
    """The whole body from behind as water in mm (H, W)."""
    x, _ = plane.xy
    fat, beside = patient.fat_mm, np.abs(x)
    y = np.array([-260, -200, -176, -162, -150, -138, -110, -60, 0, 60, 120, 250.0]) * patient.tall
    half = np.array([50, 50, 58, 84, 128, 152, 158, 156, 154, 155, 157, 162.0]) * patient.wide * 1.07 + fat
    deep = np.array([105, 108, 116, 124, 134, 150, 172, 196, 208, 212, 216, 222.0]) * patient.deep + 1.6 * fat
    soft = np.zeros(plane.shape, np.float32)
    for inset, share in ((0.0, FAT), (fat, 1 - FAT)):  # the skin's outline, then the muscles' within it
        trunk = plane.by_row(Curve(y, share * (deep - inset))) * dome(plane.by_row(Curve(y, half - inset)) - beside, 98 * patient.wide)
        soft += np.maximum(trunk, _arms(patient, view, plane, inset, share))
    for side in (-1, 1):
        _muscles(patient, view, plane, soft, side)
        soft += _breast(patient, plane, side)
    return _mottled(patient, plane, soft, 5)


def _arms(patient: Patient, view: View, plane: Plane, inset: float, share: float) -> Array:
    """Both shoulders and upper arms, `inset` mm within the skin."""
    arms = np.zeros(plane.shape, np.float32)
    for side in (-1, 1):
        shaft = view.project(humerus(patient, side)) - np.array([side * 4, 0])
        x0, y0 = shaft[0]
        shoulder = smooth([(x0 - side * 48, y0 - 14), (x0 - side * 20, y0 - 8), (x0, y0)], 20)
        line = np.concatenate([shoulder[:-1], shaft])
        width = np.interp(np.arange(len(line)), [0, 8, 19, 40, 79], [28, 32, 36, 40, 36]) * patient.wide + patient.fat_mm - inset
        shares = rounded(24)
        deep = share * 108 * patient.wide * np.sqrt(1 - (0.995 * shares) ** 2)
        stack(arms, plane, list(zip(nested(line, capped(line, width), shares.tolist()), deep.tolist(), strict=True)))
    return arms


def _muscles(patient: Patient, view: View, plane: Plane, soft: Array, side: int) -> None:
    """Pectoralis with the fold before the armpit, deltoid, sternomastoid, and the skin fold that follows the clavicle; in place."""
    scale = np.array([side * patient.wide * 1.07, patient.tall * 1.07])
    strong = 1.0 if patient.sex == "M" else 0.6
    solid(soft, plane, closed(np.array(PECTORALIS) * scale), 14 * strong, rings=12)
    solid(soft, plane, closed(np.array(DELTOID) * scale), 12 * strong, rings=8)
    for line, half, deep in (
        (smooth(np.array(STERNOMASTOID) * scale), 8.0, 9.0),
        (view.project(clavicle(patient, side))[14:52] - [0, 10], 4.0 + 0.1 * patient.fat_mm, 4.0),
    ):
        shares = rounded(4)
        stack(soft, plane, list(zip(nested(line, capped(line, half), shares.tolist()), (deep * (1.1 - shares)).tolist(), strict=True)))


def _breast(patient: Patient, plane: Plane, side: int) -> Array:
    """One breast from behind: it hangs, so that its lower border is dense and its upper one fades."""
    size = patient.breast if patient.sex == "F" else 0.2
    x, y = plane.xy
    low = (48 if patient.sex == "F" else 22) * patient.tall
    across = (x - np.float32(side * (88 + 6 * size) * patient.wide)) * np.float32(1 / ((54 + 16 * size) * patient.wide))
    up = (y - np.float32(low)) * np.float32(1 / (46 + 18 * size))
    thick = np.sqrt(np.maximum(1 - across * across - up * up, 0)) * ramp(y - low + 26, 110)
    return np.asarray(thick * np.float32(36 * size), np.float32)


def soft_lateral(patient: Patient, view: View, plane: Plane) -> Array:
    """Trunk, neck, shoulders and breasts from the side as water in mm (H, W), the arms apart."""
    x, _ = plane.xy
    fat = patient.fat_mm
    y = np.array([-270, -215, -180, -150, -120, -80, -40, 0, 50, 100, 160, 260.0]) * patient.tall
    front = np.array([52, 48, 44, 50, 64, 83, 96, 106, 113, 117, 120, 122.0]) * patient.deep + 0.6 * fat
    back = np.array([-82, -84, -96, -112, -122, -128, -128, -124, -116, -108, -104, -104.0]) * patient.deep - 0.8 * fat
    thick = np.array([100, 120, 235, 325, 345, 328, 314, 306, 302, 300, 304, 310.0]) * patient.wide + fat
    ahead, behind = (plane.by_row(Curve(y, -side * 1.09)) for side in (front, back))
    soft = np.zeros(plane.shape, np.float32)
    for inset, share in ((0.0, FAT), (0.6 * fat, 1 - FAT)):
        soft += plane.by_row(Curve(y, share * thick)) * dome(x - ahead - np.float32(inset), 84) * dome(behind - np.float32(inset) - x, 60)
    if patient.sex == "F":
        soft += _breast_lateral(patient, plane, float(front[7]))
    return _mottled(patient, plane, soft, 6)


def _breast_lateral(patient: Patient, plane: Plane, chest_mm: float) -> Array:
    x, y = plane.xy
    ahead = -1.09 * chest_mm
    v = (y - np.float32(52 * patient.tall)) * np.float32(1 / (40 + 18 * patient.breast))
    u = (x - np.float32(ahead + 26)) * np.float32(1 / (32 + 36 * patient.breast)) + np.float32(0.4) * v  # it hangs forward
    soft = np.maximum(1 - u * u - v * v, 0) ** np.float32(0.7) * ramp(y + 8, 90) * ramp(-2 - x + np.float32(ahead + 22), 60)
    return np.asarray(soft * np.float32(84 * patient.breast), np.float32)


def _mottled(patient: Patient, plane: Plane, soft: Array, stream: int) -> Array:
    """Muscles, fat and glands are not even: lumps of some mm and of a few cm."""
    rng = np.random.default_rng([patient.anatomy, stream])
    rough = sum(np.float32(share) * texture(rng, plane.shape, max(int(mm / plane.pixel_mm), 2)) for mm, share in ((16, 0.008), (5, 0.003)))
    return np.asarray(soft * (1 + rough), np.float32)
