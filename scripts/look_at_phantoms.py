"""Built-in pictures beside real ones: contact sheets, a blind sheet to sort, and histogram, noise spectrum and organ size in numbers.

python scripts/look_at_phantoms.py thyroid REAL OUT --where site=A,B,C,I     REAL: folder of real pictures with a manifest.csv
python scripts/look_at_phantoms.py brain REAL OUT --where sequence=FLAIR
python scripts/look_at_phantoms.py chest REAL OUT --where view=PA        or view=LAT,L; built-in films are made as small as the real ones
python scripts/look_at_phantoms.py thyroid REAL OUT --answers r,b,b,...      score a sorting of OUT/blind.png (r real, b built-in)

Real pictures are nobody's to publish: OUT must lie outside the repository.
"""

import argparse
import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image, ImageDraw
from scipy import ndimage

from medimg.phantoms import cohort

REPOSITORY = Path(__file__).resolve().parents[1]
TILE = 240
FILMS = ("DX", "CR")
FILM_EDGE = 768  # real films of public collections are about so large
Array = np.ndarray


def read(path: Path) -> Array:
    if path.suffix.lower() in {".png", ".jpg", ".jpeg"}:
        return np.asarray(Image.open(path).convert("L"), dtype=float)
    file = pydicom.dcmread(path)
    pixels = file.pixel_array.astype(float)
    if file.PhotometricInterpretation == "MONOCHROME1":
        pixels = 2**file.BitsStored - 1 - pixels
    if file.Modality in FILMS:
        return np.asarray(Image.fromarray(pixels.astype(np.float32)).reduce(max(max(pixels.shape) // FILM_EDGE, 1)), float)
    return pixels[0] if pixels.ndim == 3 else pixels


def table(folder: Path, where: list[str]) -> list[Path]:
    """Pictures of a manifest whose columns, where it has them, hold one of the values asked for."""
    with (folder / "manifest.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for key, values in (term.split("=", 1) for term in where):
        rows = [row for row in rows if key not in row or row[key] in values.split(",")]
    return [folder / row["image"] for row in rows]


def thyroid_display(pixels: Array, rng: np.random.Generator | None = None) -> Array:
    """Black on white as departments print it; with a generator the window varies as readers vary it."""
    scaled = np.clip(pixels / max(np.percentile(pixels, 99.95), 1), 0, 1)
    if rng is not None:
        scaled = np.clip(scaled * rng.uniform(1, 1.6), 0, 1) ** rng.choice([1, 0.7, 0.5])
    return 1 - scaled


def brain_display(pixels: Array, rng: np.random.Generator | None = None) -> Array:
    low, high = np.percentile(pixels, [1, 99.5])
    scaled = np.clip((pixels - low) / max(high - low, 1e-6), 0, 1)
    return scaled if rng is None else np.clip(scaled * rng.uniform(0.9, 1.15), 0, 1)


def chest_display(pixels: Array, rng: np.random.Generator | None = None) -> Array:
    low, high = np.percentile(pixels, [0.5, 99.5])
    scaled = np.clip((pixels - low) / max(high - low, 1e-6), 0, 1)
    return scaled if rng is None else np.clip(scaled * rng.uniform(0.9, 1.1), 0, 1)


def chest_organ(pixels: Array) -> Array:
    """Dark and not background: mostly the lungs."""
    smooth = ndimage.gaussian_filter(pixels, 4)
    low, high = np.percentile(smooth, [2, 98])
    share = (smooth - low) / max(high - low, 1e-6)
    return (share > 0.1) & (share < 0.5)


def thyroid_organ(pixels: Array) -> Array:
    return ndimage.gaussian_filter(pixels, 1) > 0.4 * np.percentile(pixels, 99.9)


def brain_organ(pixels: Array) -> Array:
    return ndimage.gaussian_filter(pixels, 2) > 0.15 * np.percentile(pixels, 99)


def painted_over(grey: Array, hole: Array) -> Array:
    """Fill a hole by diffusion from its rim."""
    filled = np.where(hole, grey.mean(), grey)
    for _ in range(200):
        filled = np.where(hole, ndimage.uniform_filter(filled, 3), grey)
    return np.round(filled)


def recovered_outline(path: Path, pixels: Array) -> Array:
    """A real scintigram recovered from a figure, its repaired pixels (marked in a file beside it) repaired anew as in the built-in ones."""
    mask = path.with_name(f"{path.stem}__inpainted.png")
    return painted_over(pixels, ndimage.binary_dilation(read(mask) > 0, iterations=1)) if mask.is_file() else pixels


def figure_recovered(pixels: Array, rng: np.random.Generator) -> Array:
    """Treat a built-in scintigram as the real ones were: 8 bits, a drawn gland outline and two captions painted over."""
    grey = np.round(pixels / max(pixels.max(), 1) * rng.uniform(228, 238))
    lower = ndimage.gaussian_filter(grey, 2.5)
    lower[: len(grey) // 3] = 0
    organ, count = ndimage.label(lower > 0.4 * lower.max())
    organ = organ == 1 + np.argmax(ndimage.sum_labels(lower, organ, range(1, count + 1)))
    organ = ndimage.binary_closing(ndimage.binary_dilation(organ, iterations=2), iterations=3)
    hole = ndimage.binary_dilation(organ, iterations=1) & ~ndimage.binary_erosion(organ, iterations=2)
    edge = len(grey)
    hole[int(0.94 * edge) : int(0.98 * edge), int(0.02 * edge) : int(0.15 * edge)] = True
    hole[int(0.94 * edge) : int(0.98 * edge), int(0.75 * edge) : int(0.95 * edge)] = True
    return painted_over(grey, hole)


DISPLAY: dict[str, Callable[..., Array]] = {"thyroid": thyroid_display, "brain": brain_display, "chest": chest_display}
ORGAN: dict[str, Callable[[Array], Array]] = {"thyroid": thyroid_organ, "brain": brain_organ, "chest": chest_organ}


def tile(shown: Array, edge: int = TILE) -> Array:
    picture = Image.fromarray((255 * shown).astype(np.uint8))
    scale = edge / max(picture.size)
    picture = picture.resize([max(1, round(side * scale)) for side in picture.size], Image.Resampling.NEAREST)
    canvas = Image.new("L", (edge, edge), 128)
    canvas.paste(picture, ((edge - picture.width) // 2, (edge - picture.height) // 2))
    return np.asarray(canvas)


def sheet(tiles: list[Array], columns: int, numbered: bool = False) -> Image.Image:
    rows = -(-len(tiles) // columns)
    page = Image.new("L", (columns * (TILE + 6), rows * (TILE + 22 * numbered + 6)), 128)
    draw = ImageDraw.Draw(page)
    for k, picture in enumerate(tiles):
        left, top = (k % columns) * (TILE + 6), (k // columns) * (TILE + 22 * numbered + 6)
        page.paste(Image.fromarray(picture), (left, top + 22 * numbered))
        if numbered:
            draw.text((left + 4, top + 4), str(k + 1), fill=255, font_size=16)
    return page


def variant(pixels: Array, rng: np.random.Generator, crop: list[float]) -> Array:
    """A crop of one picture, mirrored or not: nothing that changes its noise."""
    share = rng.uniform(*crop)
    rows, columns = (round(share * side) for side in pixels.shape)
    top, left = rng.integers(0, pixels.shape[0] - rows + 1), rng.integers(0, pixels.shape[1] - columns + 1)
    part = pixels[top : top + rows, left : left + columns]
    return part[:, ::-1] if rng.random() < 0.5 else part


def blind(name: str, real: list[Path], built: list[Path], count: int, out: Path, seed: int, crop: list[float]) -> None:
    rng = np.random.default_rng(seed)
    half = count // 2
    picks = [("r", real[k % len(real)]) for k in range(half)]
    picks += [("b", path) for path in rng.permutation(np.array(built, object))[: count - half]]
    figures = np.mean([path.suffix.lower() in {".png", ".jpg"} for path in real])
    tiles, key = [], []
    for k in rng.permutation(len(picks)):
        kind, path = picks[k]
        pixels = read(path)
        if kind == "r":
            pixels = recovered_outline(path, pixels)
        elif name == "thyroid" and rng.random() < figures:
            pixels = figure_recovered(pixels, rng)
        tiles.append(tile(DISPLAY[name](variant(pixels, rng, crop), rng)))
        key.append({"picture": len(tiles), "truth": kind, "file": path.name})
    sheet(tiles, 8, numbered=True).save(out / "blind.png")
    (out / "key").mkdir(exist_ok=True)
    (out / "key" / "key.json").write_text(json.dumps(key, indent=1))


def score(out: Path, answers: str) -> str:
    truth = [row["truth"] for row in json.loads((out / "key" / "key.json").read_text())]
    given = answers.replace(",", " ").split()
    if len(given) != len(truth):
        return f"{len(given)} answers for {len(truth)} pictures"
    right = sum(a == b for a, b in zip(given, truth, strict=True))
    caught = sum(a == b == "b" for a, b in zip(given, truth, strict=True))
    wrong = [str(k + 1) for k, (a, b) in enumerate(zip(given, truth, strict=True)) if a != b]
    return f"{right}/{len(truth)} right; built-in recognised {caught}/{truth.count('b')}; wrong: {', '.join(wrong)}"


def spectrum(pixels: Array, bands: int = 8) -> Array:
    """Noise power of what a 2-pixel blur leaves over, in bands up to half a cycle per pixel, summing to one."""
    rest = pixels - ndimage.gaussian_filter(pixels, 2)
    power = np.abs(np.fft.fft2(rest)) ** 2
    radius = np.hypot(np.fft.fftfreq(pixels.shape[0])[:, None], np.fft.fftfreq(pixels.shape[1])[None])
    sums = np.array([power[(radius >= a) & (radius < a + 0.5 / bands)].mean() for a in np.arange(bands) * 0.5 / bands])
    return sums / sums.sum()


def numbers(name: str, paths: list[Path]) -> dict[str, list[float]]:
    histograms, spectra, sizes = [], [], []
    for path in paths:
        pixels = read(path)
        scaled = np.clip(pixels / max(np.percentile(pixels, 99.9), 1e-6), 0, 1)
        histograms.append(np.histogram(scaled, 16, (0, 1))[0] / scaled.size)
        spectra.append(spectrum(pixels))
        sizes.append(100 * ORGAN[name](pixels).mean())
    return {
        "histogram": np.mean(histograms, axis=0).round(4).tolist(),
        "noise_spectrum": np.median(spectra, axis=0).round(4).tolist(),
        "organ_percent_of_field_p10_50_90": np.percentile(sizes, [10, 50, 90]).round(2).tolist(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohort", choices=sorted(DISPLAY))
    parser.add_argument("real", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--manifest", type=Path, help="manifest of a cohort written elsewhere")
    parser.add_argument("--where", nargs="*", default=[])
    parser.add_argument("--count", type=int, default=40, help="pictures on the blind sheet")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--crop", nargs=2, type=float, default=[0.62, 1.0], help="share of the picture shown; small: nobody knows it again")
    parser.add_argument("--answers")
    arguments = parser.parse_args()
    if arguments.out.resolve().is_relative_to(REPOSITORY):
        sys.exit("OUT lies inside the repository; real pictures must not. Name a folder elsewhere.")
    if arguments.answers:
        print(score(arguments.out, arguments.answers))
        return
    arguments.out.mkdir(parents=True, exist_ok=True)
    manifest = arguments.manifest or cohort(arguments.cohort)
    real, built = table(arguments.real, arguments.where), table(manifest.parent, arguments.where)
    rng = np.random.default_rng(arguments.seed)
    some = [[paths[k] for k in rng.permutation(len(paths))[:16]] for paths in (real, built)]
    show = DISPLAY[arguments.cohort]
    for title, paths in zip(("real", "built_in"), some, strict=True):
        sheet([tile(show(read(path))) for path in paths], 8).save(arguments.out / f"{title}.png")
    blind(arguments.cohort, real, built, arguments.count, arguments.out, arguments.seed, arguments.crop)
    few = [paths if len(paths) <= 200 else [paths[k] for k in rng.permutation(len(paths))[:200]] for paths in (real, built)]
    facts = {title: {"n": len(paths)} | numbers(arguments.cohort, paths) for title, paths in zip(("real", "built_in"), few, strict=True)}
    apart = 0.5 * np.abs(np.subtract(facts["real"]["histogram"], facts["built_in"]["histogram"])).sum()
    facts["histogram_distance"] = round(float(apart), 3)
    (arguments.out / "numbers.json").write_text(json.dumps(facts, indent=1))
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
