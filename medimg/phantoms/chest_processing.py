"""What the room's computer makes of the detector's signal: contrast evened, detail raised, grey scale set, shutter closed."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from medimg.phantoms.chest_exam import Exam, Room
from medimg.phantoms.chest_plane import Array
from medimg.phantoms.chest_scene import Scene
from medimg.phantoms.chest_xray import Signal, enlarged, grain, reduced

COARSE_MM, MIDDLE_MM = 18.0, 2.2


def enhanced(signal: Signal, room: Room, pixel_mm: float) -> tuple[Array, float]:
    """Weigh coarse, middle and fine structure anew; returns the picture and by how much noise grows."""
    coarse, middle = (_blurred(signal.log, pixel_mm, width) for width in (COARSE_MM, MIDDLE_MM))
    picture = np.float32(room.even - room.edge) * coarse + np.float32(room.edge - room.fine) * middle + np.float32(room.fine) * signal.log
    return picture, room.fine


def _blurred(field: Array, pixel_mm: float, sigma_mm: float) -> Array:
    step = max(int(sigma_mm / pixel_mm / 2), 1)
    return enlarged(ndimage.gaussian_filter(reduced(field, step), sigma_mm / (pixel_mm * step), mode="nearest"), field.shape, step)


def scale(picture: Array, scene: Scene, seen: Array, exam: Exam) -> tuple[float, float]:
    """Black and white points that the computer finds in the exposed body; a wrong exposure misleads it a little."""
    some = (slice(None, None, 6), slice(None, None, 6))
    body = picture[some][(seen[some] > 0.5) & (scene.soft[some] > 25)]
    low, high = np.percentile(body, [4.5 if exam.view == "PA" else 5.0, 99.3])
    shift = 0.012 * exam.deviation * (high - low)
    return float(low - 0.08 * (high - low) - shift), float(high + 0.20 * (high - low) - shift)


def film(signal: Signal, scene: Scene, seen: Array, exam: Exam, room: Room, shape: tuple[int, int], rng: Generator) -> Array:
    """The finished canonical film on 0..1 (lungs dark) at full size (H, W), before shutter and annotation."""
    picture, louder = enhanced(signal, room, scene.plane.pixel_mm)
    low, high = scale(picture, scene, seen, exam)
    full = enlarged((picture - np.float32(low)) * np.float32(1 / (high - low)), shape, 2)
    noise = grain(rng, (2 * picture.shape[0], 2 * picture.shape[1]))
    noise.reshape(picture.shape[0], 2, picture.shape[1], 2)[...] *= (signal.sigma * np.float32(louder / (high - low)))[:, None, :, None]
    full += noise[: shape[0], : shape[1]]
    return curve(full)


def curve(value: Array) -> Array:
    """The look-up table for viewing: steeper in the middle, flat at both ends."""
    t = np.clip(value, 0, 1)
    shape = np.float32(-0.40) * t
    shape += np.float32(0.60)
    shape *= t
    shape += np.float32(0.80)
    shape *= t
    return shape


def stored(canonical: Array, room: Room, inverted: bool) -> NDArray[np.uint16]:
    """Whole numbers as the file holds them: MONOCHROME1 stores the negative; `inverted` stores what the tag does not say."""
    top = 2**room.bits - 1
    negative = (room.monochrome == 1) != inverted
    value = canonical * np.float32(-top if negative else top)
    value += np.float32((top if negative else 0) + 0.5)
    return value.astype(np.uint16)
