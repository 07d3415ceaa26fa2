"""Faults planted into real films by operations on the picture, in stated amounts, and how often the rule of each finds it. Not a command.

Rotation of the patient, shoulder blades, inspiration and arms cannot be planted into a picture. Files are DICOM, so that rules in
millimetres speak; their pixel size is assumed: a film's longer side is LONGER_MM.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from chest_judged import share
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid
from scipy import ndimage

LONGER_MM = 400.0
GREY_A_DOUBLING = 0.15  # of the grey scale: what twice the dose moves a film by
NOISE = 0.03  # SD that an under-exposed film has more for each halving of the dose
LATERAL = "_lat"
Pixels = np.ndarray


@dataclass(frozen=True)
class Film:
    """A film as it is measured: pixels (rows, columns) 0 to 1, air dark; lungs, a mask of that size, the largest part found of each."""

    pixels: Pixels
    lungs: Pixels


def pixel_mm(pixels: Pixels) -> float:
    """Assumed side of a pixel of a whole film."""
    return LONGER_MM / max(pixels.shape)


Plant = Callable[[Film, float], Pixels]


@dataclass(frozen=True)
class Fault:
    """A fault and its amounts; the rule it belongs to and others that see it too, of which lateral films have their own."""

    name: str
    rule: str
    amounts: tuple[float, ...]
    unit: str
    plant: Plant
    lateral: bool = True
    others: tuple[str, ...] = ()

    def rule_of(self, view: str) -> str:
        """The rule that should find it on a film of this view."""
        return _of(self.rule, view)

    def others_of(self, view: str) -> str:
        """The other rules that see it on a film of this view, one after another."""
        return "|".join(_of(rule, view) for rule in self.others)


def _of(rule: str, view: str) -> str:
    return f"{rule}{LATERAL if view == 'LAT' else ''}"


def cut_above(film: Film, share: float) -> Pixels:
    """Cut the film so far below the upper end of the lungs, in shares of its height."""
    return film.pixels[_end(film.lungs.any(axis=1)) + round(share * len(film.pixels)) :]


def cut_below(film: Film, share: float) -> Pixels:
    """Cut the film so far above the lower end of the lungs."""
    return cut_above(Film(film.pixels[::-1], film.lungs[::-1]), share)[::-1]


def cut_side(film: Film, share: float) -> Pixels:
    """Cut the film so far inside the lungs' border on the image's left, in shares of its width."""
    return cut_above(Film(film.pixels.T, film.lungs.T), share).T


def _end(lines: Pixels) -> int:
    return int(np.flatnonzero(lines)[0])


def tilted(film: Film, degrees: float) -> Pixels:
    """Turn the film about its middle, counter-clockwise as it is seen; corners become black."""
    return ndimage.rotate(film.pixels, degrees, reshape=False, order=1, cval=0.0)


def exposed(film: Film, doublings: float) -> Pixels:
    """Move the grey by so many doublings of the dose, as if processing did not level it; less dose is brighter and noisier."""
    noise = NOISE * max(-doublings, 0.0) * np.random.default_rng(0).standard_normal(film.pixels.shape)
    return np.clip(film.pixels - GREY_A_DOUBLING * doublings + noise, 0, 1)


def blurred(film: Film, sd_mm: float) -> Pixels:
    """Blur by a Gaussian of this standard deviation."""
    return ndimage.gaussian_filter(film.pixels, sd_mm / pixel_mm(film.pixels))


def inverted(film: Film, _: float) -> Pixels:
    """Change black and white."""
    return 1 - film.pixels


def written_on(film: Film, height_mm: float) -> Pixels:
    """Write over the middle of the larger lung, in white letters of this height."""
    labels, _ = ndimage.label(film.lungs)
    row, column = ndimage.center_of_mass(labels == 1 + np.argmax(np.bincount(labels.ravel())[1:]))
    canvas = Image.fromarray(np.zeros(film.pixels.shape, np.uint8))
    font = ImageFont.load_default(size=height_mm / pixel_mm(film.pixels))
    ImageDraw.Draw(canvas).text((column, row), "SITTING", fill=255, font=font, anchor="mm")
    return np.maximum(film.pixels, np.asarray(canvas) / 255)


FAULTS = (
    Fault("cut_apex", "C1_apex_margin", (0.02, 0.06), "of the height", cut_above, others=("O2_organ_cut",)),
    Fault("cut_angle", "C3_base_margin", (0.02, 0.06), "of the height", cut_below, others=("O2_organ_cut", "O7_angles_found")),
    Fault("cut_side", "C2_lateral_margin", (0.02, 0.06), "of the width", cut_side, lateral=False, others=("O2_organ_cut",)),
    Fault("tilt", "C6_tilt", (9.0, -9.0, 13.0, -13.0), "degrees", tilted),
    Fault("over_exposure", "I3_lung_grey", (1.5, 3.0), "doublings", exposed),
    Fault("under_exposure", "I3_lung_grey", (-1.5, -3.0), "doublings", exposed),
    Fault("blur", "I6_sharpness", (1.5, 3.0), "mm, SD", blurred),
    Fault("inverted", "I8_polarity", (1.0,), "", inverted),
    Fault("text_over_lung", "I9_annotation", (6.0, 10.0), "mm, letters", written_on),
)


def write_film(path: Path, pixels: Pixels, view: str, patient: str, spacing_mm: float) -> None:
    """Write pixels 0 to 1 as DICOM, 8 bits, the window its whole scale; identifiers are made of the file's name."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    film = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    film.SOPClassUID, film.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    film.StudyInstanceUID, film.SeriesInstanceUID = (generate_uid(entropy_srcs=[path.name, level]) for level in ("study", "series"))
    film.PatientID, film.PatientName, film.Modality, film.PresentationIntentType = patient, patient, "DX", "FOR PRESENTATION"
    film.BodyPartExamined, film.ViewPosition = "CHEST", {"LAT": "LL"}.get(view, view)
    film.ImagerPixelSpacing = [f"{spacing_mm:.6g}"] * 2
    film.SamplesPerPixel, film.PhotometricInterpretation, film.PixelRepresentation = 1, "MONOCHROME2", 0
    film.BitsAllocated, film.BitsStored, film.HighBit = 8, 8, 7
    film.WindowCenter, film.WindowWidth = "128", "256"
    film.Rows, film.Columns = pixels.shape
    stored = np.rint(255 * np.clip(pixels, 0, 1)).astype(np.uint8).tobytes()
    film.PixelData = stored + b"\0" * (len(stored) % 2)
    film.save_as(path, enforce_file_format=True)


def planted(films: pd.DataFrame, passed: set[tuple[str, str]], of: Callable[[dict[str, str]], Film], out: Path) -> pd.DataFrame:
    """Plant every fault into each film that passed its rule (name, rule) unaltered; gives them as films, with fault, amount and rule."""
    rows = []
    for row in films.to_dict("records"):
        asked = [fault for fault in FAULTS if (row["name"], fault.rule_of(row["view"])) in passed]
        film = of(row) if asked else None
        for fault, amount in [(one, amount) for one in asked for amount in one.amounts]:
            path = out / f"{row['name']}__{fault.name}_{amount:g}.dcm"
            if not path.is_file():
                write_film(path, fault.plant(film, amount), row["view"], row["patient_id"], pixel_mm(film.pixels))
            facts = {"fault": fault.name, "amount": amount, "unit": fault.unit}
            facts |= {"rule": fault.rule_of(row["view"]), "others": fault.others_of(row["view"])}
            rows.append({**row, "name": path.stem, "image": str(path), "of": row["name"], **facts})
    return pd.DataFrame(rows)


def before(rules: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Count the verdicts of each fault's rule on unaltered films; `rules` has name, patient_id, rule, verdict."""
    for rule in dict.fromkeys(fault.rule_of(view) for view in ("PA", "LAT") for fault in FAULTS if fault.lateral or view == "PA"):
        part = rules[rules["rule"] == rule]
        if len(part):
            counts = part["verdict"].value_counts()
            yield {"rule": rule, "films": len(part), **{word: int(counts.get(word, 0)) for word in ("pass", "warn", "fail")}, **_left(part)}


def told(altered: pd.DataFrame, rules: pd.DataFrame, passed: set[tuple[str, str]]) -> pd.DataFrame:
    """Join films with a fault (as `planted` gives them) and the verdicts on them (name, rule, verdict).

    One row a film: `verdict` of the fault's rule; `seen`, whether it fails, or another rule that sees the fault and had passed unaltered.
    """
    judged = rules.dropna(subset=["rule"])  # what is measured and no rule asks for has none
    fails = set(judged.loc[judged["verdict"] == "fail", ["name", "rule"]].itertuples(index=False, name=None))
    found = altered.merge(judged[["name", "rule", "verdict"]], on=["name", "rule"], validate="one_to_one")
    seen = [
        any((name, rule) in fails and (of, rule) in passed for rule in (own, *others.split("|")))
        for name, of, own, others in found[["name", "of", "rule", "others"]].itertuples(index=False)
    ]
    return found.assign(seen=seen, film=found["name"])


def after(films: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Count what is said of films with each fault whose rule had passed them unaltered; `films` as `told` gives them."""
    order = films["fault"].map([fault.name for fault in FAULTS].index)
    sorted_ = films.assign(order=order, lateral=films["view"] == "LAT").sort_values(["lateral", "order", "amount"])
    for (fault, amount, unit, rule), part in sorted_.groupby(["fault", "amount", "unit", "rule"], sort=False):
        counts = part["verdict"].value_counts()
        line = {
            "fault": fault,
            "amount": f"{amount:g} {unit}".strip(),
            "rule": rule,
            "films": len(part),
            "patients": part["patient_id"].nunique(),
        }
        line["fails, %"] = share(part, part["verdict"].eq("fail").to_numpy())
        line["fails, or another rule that sees it, %"] = share(part, part["seen"].to_numpy())
        line["that, or left to a person, %"] = share(part, (part["seen"] | part["verdict"].eq("unevaluable")).to_numpy())
        yield line | {word: int(counts.get(word, 0)) for word in ("pass", "warn", "fail")} | _left(part)


def _left(part: pd.DataFrame) -> dict[str, int]:
    return {
        "left to a person": int(part["verdict"].eq("unevaluable").sum()),
        "not applicable": int(part["verdict"].eq("not_applicable").sum()),
    }
