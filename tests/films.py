"""A small cohort of chest films with masks: DICOM of 12 bit and 1-bit PNG, of which every organ is known."""

import fakes
import numpy as np
from PIL import Image
from qc.shapes import Pose, frontal_masks, grey, lateral_masks

POSE = Pose(spacing=1.6, shape=(250, 250))


def film(folder, name, *, view="PA", patient="P1", number=0, masks=None, inverted=False, **tags):
    """Write one film and its masks; returns its row of the manifest."""
    masks = (frontal_masks(POSE) if view != "LAT" else lateral_masks(POSE)) if masks is None else masks
    pixels = np.clip(grey(masks, seed=number), 0, 1)
    stored = (4095 * (1 - pixels if inverted else pixels)).round().astype(np.uint16)
    tags = {"WindowCenter": "2048", "WindowWidth": "4096", "PatientOrientation": ["P" if view == "LAT" else "L", "F"], **tags}
    tags = {"PatientAge": "050Y", "OperatorsName": "Smith^A", "ExposureIndex": "300", "TargetExposureIndex": "300", **tags}
    fakes.chest_film(folder / f"{name}.dcm", stored, view=view, photometric="MONOCHROME2", spacing_mm=1.6, patient=patient, **tags)
    row = {"image": f"{name}.dcm", "patient_id": patient}
    for organ, mask in masks.items():
        (folder / "masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(folder / "masks" / f"{name}_{organ}.png")
        row[f"mask_{organ}"] = f"masks/{name}_{organ}.png"
    return row


def cohort(folder, patients=2):
    """A PA and a lateral film of each patient; returns the manifest."""
    rows = [
        film(folder, f"p{p}{view.lower()}", view=view, patient=f"PID-{p}", number=2 * p + (view == "LAT"))
        for p in range(patients)
        for view in ("PA", "LAT")
    ]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return fakes.table(folder / "manifest.csv", rows, columns)
