"""Encephalitis and glioma as one family of lesions, whose numbers overlap between the two."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from medimg.phantoms.fields import Array, ramp
from medimg.phantoms.head import Build, Push

Point = tuple[float, float, float]

# where: centre (x on the right side, y, z) in mm and how often encephalitis | glioma begins there
PLACES: dict[str, tuple[Point, float, float]] = {
    "mesial temporal": ((29, -8, -12), 0.36, 0.03),
    "lateral temporal": ((50, -16, -4), 0.14, 0.09),
    "insula": ((38, 4, 6), 0.20, 0.08),
    "cingulate": ((9, 12, 34), 0.06, 0.05),
    "orbitofrontal": ((22, 42, 2), 0.12, 0.03),
    "frontal": ((28, 32, 30), 0.03, 0.32),
    "parietal": ((32, -40, 40), 0.02, 0.27),
    "occipital": ((26, -72, 12), 0.04, 0.06),
    "deep": ((16, -10, 10), 0.02, 0.06),
    "hind": ((16, -54, -28), 0.01, 0.02),
}


@dataclass(frozen=True)
class Focus:
    """One place where tissue is ill."""

    centre: Point
    radii: Point
    strength: float


@dataclass(frozen=True)
class Lesion:
    """All that is wrong in one head."""

    foci: tuple[Focus, ...]
    place: str
    atypical: float  # share of traits borrowed from the other disease
    cortex: float  # 1: follows the cortical ribbon; 0: follows the white matter
    soft: float  # width of the edge, in radii
    patchy: float
    core: float  # solid part, share of the radius; 0 none
    necrosis: float
    ring: float
    speckle: float  # patchy enhancement
    lining: float  # enhancement of the meninges
    mass_mm: float
    water: float  # how far the signal goes towards that of oedema


@dataclass(frozen=True)
class Trait:
    """A trait is absent with some chance, and otherwise anything between two values alike."""

    absent: float
    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        """Draw one value."""
        gone, value = rng.uniform() < self.absent, rng.uniform(self.low, self.high)
        return 0.0 if gone else float(value)


@dataclass(frozen=True)
class Traits:
    """How one disease looks."""

    cortex: Trait
    soft: Trait
    patchy: Trait
    core: Trait
    necrosis: Trait
    ring: Trait
    speckle: Trait
    lining: Trait
    mass_mm: Trait
    water: Trait
    size_mm: Trait
    extra: Trait  # further foci
    both: Trait  # chance that a further focus is on the other side


ENCEPHALITIS = Traits(
    cortex=Trait(0, 0.75, 1.0),
    soft=Trait(0, 0.45, 0.9),
    patchy=Trait(0, 0.3, 0.6),
    core=Trait(0.97, 0.3, 0.5),
    necrosis=Trait(0.9, 0.3, 0.5),
    ring=Trait(0.9, 0.2, 0.6),
    speckle=Trait(0.9, 0.1, 0.35),
    lining=Trait(0.4, 0.2, 0.6),
    mass_mm=Trait(0.4, 0, 2),
    water=Trait(0, 0.75, 1),
    size_mm=Trait(0, 10, 19),
    extra=Trait(0.08, 0.8, 3.5),
    both=Trait(0.1, 0.5, 1),
)
GLIOMA = Traits(
    cortex=Trait(0, 0.0, 0.3),
    soft=Trait(0, 0.15, 0.4),
    patchy=Trait(0, 0.05, 0.25),
    core=Trait(0.02, 0.7, 0.92),
    necrosis=Trait(0.1, 0.58, 0.84),
    ring=Trait(0.05, 0.75, 1),
    speckle=Trait(0.25, 0.4, 0.9),
    lining=Trait(0.96, 0.2, 0.6),
    mass_mm=Trait(0.03, 4, 11),
    water=Trait(0, 0.75, 1),
    size_mm=Trait(0, 22, 34),
    extra=Trait(0.88, 0.5, 2.5),
    both=Trait(0.9, 0.1, 0.6),
)


def draw_lesion(rng: np.random.Generator, own: Traits, other: Traits, *, glioma: bool, overlap: float, odd: float = 0.0) -> Lesion:
    """Draw one patient's disease; overlap is the mean share of traits that come from the other one, odd the chance of a mixed picture."""
    atypical = float(rng.beta(4 * overlap, 4 * (1 - overlap)))
    if rng.uniform() < odd:
        atypical = float(rng.uniform(0.35, 0.65))
    t = {f.name: getattr(other if rng.uniform() < atypical else own, f.name).draw(rng) for f in fields(Traits)}
    names = list(PLACES)
    blend = 0.5 * atypical
    often = np.array([v[1:] for v in PLACES.values()])
    chance = often[:, int(glioma)] * (1 - blend) + often[:, 1 - int(glioma)] * blend
    place = str(rng.choice(names, p=chance / chance.sum()))
    side = -1 if rng.uniform() < 0.5 else 1
    size = float(np.clip(t["size_mm"], 9, 34))
    foci = [_focus(rng, PLACES[place][0], side, size, 1.0)]
    for _ in range(round(t["extra"])):
        flip = rng.uniform() < t["both"]
        where = place if flip and rng.uniform() < 0.7 else str(rng.choice(names, p=chance / chance.sum()))
        near = foci[0].centre if not flip and rng.uniform() < 0.5 else PLACES[where][0]
        near = (abs(near[0]), near[1], near[2])
        shift = rng.normal(0, 14, 3) if not flip else np.zeros(3)
        centre = (near[0] + shift[0] * 0.5, near[1] + shift[1], near[2] + shift[2] * 0.7)
        foci.append(_focus(rng, centre, -side if flip else side, size * float(rng.uniform(0.35, 0.85)), float(rng.uniform(0.4, 1))))
    return Lesion(
        foci=tuple(foci),
        place=place,
        atypical=atypical,
        mass_mm=float(np.clip(t["mass_mm"], 0, 11)),
        cortex=t["cortex"],
        soft=t["soft"],
        patchy=t["patchy"],
        core=t["core"],
        necrosis=t["necrosis"],
        ring=t["ring"],
        speckle=t["speckle"],
        lining=t["lining"],
        water=t["water"],
    )


def _focus(rng: np.random.Generator, centre: Point, side: int, size: float, strength: float) -> Focus:
    at = np.asarray(centre) + rng.normal(0, 4, 3)
    at = np.clip([abs(at[0]), at[1], at[2]], [4, -84, -26], [50, 50, 44])
    stretch = np.exp(rng.normal(0, 0.22, 3))
    radii = size * stretch / np.prod(stretch) ** (1 / 3)
    return Focus((float(side * at[0]), float(at[1]), float(at[2])), (float(radii[0]), float(radii[1]), float(radii[2])), strength)


def heights(lesion: Lesion, count: int, build: Build | None = None) -> tuple[float, ...]:
    """Return heights (mm) of evenly spread slices of a head that all cut the disease plainly; gaps between foci are left out."""
    tilt, (_, long, tall) = (np.tan(np.deg2rad(build.pitch_deg)), build.size) if build else (0.0, (1.0, 1.0, 1.0))
    z = np.linspace(-34, 58, 921)
    area = np.zeros_like(z)
    for f in lesion.foci:
        middle = f.centre[2] * tall - tilt * (f.centre[1] * long + 15)
        floor = (-12 if f.centre[1] > 15 else -34) * tall - tilt * (f.centre[1] * long + 15)
        area += f.radii[0] * f.radii[1] * f.strength * np.clip(1 - ((z - middle) / f.radii[2]) ** 2, 0, None) * (z >= floor)
    share = np.cumsum(area > 0.6 * area.max()) - 0.5
    at = np.interp((np.arange(count) + 0.5) / count * (share[-1] + 0.5), share, z)
    return tuple(round(float(v), 2) for v in at)


def pusher(lesion: Lesion) -> Push:
    """Return the map from where tissue is to where it was before the mass pushed it; the skull stays."""
    main = lesion.foci[0]

    def push(x: Array, y: Array, z: Array, wx: Array, wy: Array, hull: Array) -> tuple[Array, Array]:
        dx, dy, dz = x - main.centre[0], y - main.centre[1], z - main.centre[2]
        reach = np.sqrt(dx * dx + dy * dy + dz * dz) + 1.0
        radius = float(np.mean(main.radii))
        amount = lesion.mass_mm * (reach / radius) * np.exp(0.5 * (1 - (reach / radius) ** 2) * 0.55)
        amount = np.minimum(amount, 0.75 * reach) * np.clip(hull / 14, 0, 1)
        return (wx - amount * dx / reach).astype(np.float32), (wy - amount * dy / reach).astype(np.float32)

    return push


def _inside(lesion: Lesion, f: dict[str, Array]) -> tuple[Array, Array]:
    """Normalised depth in the nearest focus (1 at its centre, 0 at the edge), and its strength there."""
    best = np.full_like(f["x"], -9)
    strength = np.ones_like(best)
    for focus in lesion.foci:
        px, py, pz = ((f[n] - c) / r for n, c, r in zip("xyz", focus.centre, focus.radii, strict=True))
        value = 1 - np.sqrt(px * px + py * py + pz * pz)
        strength = np.where(value > best, np.float32(focus.strength), strength)
        best = np.maximum(best, value)
    return np.asarray(best, np.float32), strength


def infiltrate(lesion: Lesion, share: Array, f: dict[str, Array], names: tuple[str, ...]) -> tuple[Array, Array]:
    """Turn healthy tissue ill: shares of (T healthy) -> (T + 4: oedema, tumour, necrosis, enhancing), and the burden per pixel."""
    index = {n: i for i, n in enumerate(names)}
    value, strength = _inside(lesion, f)
    rough = np.maximum(value + lesion.patchy * (0.55 * f["p1"] + 0.3 * f["p2"] + 0.35 * f["s1"]), 0.7 * value)
    grey = share[index["grey"]] + share[index["deep_grey"]] * 0.6
    white = share[index["white"]]
    total = grey + white + share[index["iron"]] + 1e-6
    liking = (lesion.cortex * grey + (1 - lesion.cortex) * white) / total / max(lesion.cortex, 1 - lesion.cortex)
    solid, dead, ring = _core(lesion, value, f)
    oedema = ramp(rough - 0.05, lesion.soft) * (0.25 + 0.75 * liking) * strength * lesion.water
    spots = lesion.speckle * ramp(rough - 0.3, 0.3) * ramp(f["p2"] + 0.4 * f["p1"] - 0.3, 0.8) * (1 - 0.7 * dead)
    edge = ramp(2.4 - np.abs(np.minimum(f["depth"] - 0.6, 9)), 2.0)
    lining = lesion.lining * ramp(rough - 0.05, 0.5) * np.maximum(0.6 * edge, 0.45 * grey / total * ramp(f["s1"] + f["p1"] + 0.4, 1.2))
    brain = f["brain"] * np.clip(1 - share[index["csf"]] * 1.0, 0, 1)
    stages = [np.clip(stage * brain, 0, 1) for stage in (oedema, 0.9 * solid, dead, np.clip(ring + spots + lining, 0, 1))]
    out = np.concatenate([share, np.zeros((4, *value.shape), np.float32)])
    box = _box(np.maximum.reduce(stages) > 0)
    part = out[:, box[0], box[1]]
    for k, stage in enumerate(stages):
        amount = stage[box]
        moved = part[: len(names) + k] * amount
        part[: len(names) + k] -= moved
        part[len(names) + k] += moved.sum(0)
    return out, out[len(names) :].sum(0)


def _core(lesion: Lesion, value: Array, f: dict[str, Array]) -> tuple[Array, Array, Array]:
    """A solid part, what has died inside it, and the rim that enhances; nothing of it without a core."""
    if not lesion.core:
        none = np.zeros_like(value)
        return none, none, none
    solid = ramp(value - (1 - lesion.core) + (0.06 + 0.3 * lesion.patchy) * f["p1"] + 0.05 * f["p2"], 0.3)
    wavy = value + 0.09 * f["p1"]
    dead = ramp(wavy - (1 - lesion.core * lesion.necrosis), 0.12) if lesion.necrosis else np.zeros_like(value)
    shell = (wavy - (1 - lesion.core * max(lesion.necrosis, 0.5)) + 0.05) / 0.15
    return solid, dead, lesion.ring * np.exp(-shell * shell) * ramp(f["s1"] + 1.2 + 0.5 * f["p2"], 1.0)


def _box(there: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the smallest rows and columns that hold all of it."""
    spans = []
    for axis in (1, 0):
        at = np.flatnonzero(there.any(axis))
        spans.append(slice(int(at[0]), int(at[-1]) + 1) if len(at) else slice(0, 0))
    return spans[0], spans[1]
