import numpy as np
import pandas as pd
import pydicom
import pytest

from medimg.phantoms import brain, parameters_hash

PICTURES = {
    "FLAIR": [[8.44, 88.48, 86.25, 7.92], [65.69, 248.02, 245.91, 50.15], [92.4, 244.45, 287.45, 71.4], [24.23, 153.79, 156.71, 16.47]],
    "T1CE": [[12.5, 105.92, 98.11, 11.63], [93.42, 239.12, 254.04, 73.34], [130.04, 289.24, 293.52, 116.24], [41.43, 223.31, 239.59, 29.4]],
    "T2": [[14.58, 162.81, 139.18, 14.17], [140.12, 483.33, 481.35, 86.3], [191.47, 487.06, 630.24, 146.8], [42.19, 366.82, 346.05, 28.46]],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("brain")
    brain.write(folder, n=8, workers=1)
    return folder, pd.read_csv(folder / "manifest.csv")


def test_full_cohort_has_the_papers_numbers():
    jobs = brain.plan(brain.PARAMETERS, None, brain.PARAMETERS.seed)
    assert len(jobs) == 175
    for k, label in enumerate(brain.LABELS):
        own = [j for j in jobs if j.label == label]
        assert len(own) == (118, 57)[k]
        total = np.sum([j.counts for j in own], axis=0)
        assert tuple(total) == ((636, 798, 745), (408, 763, 402))[k]
        assert any(0 in j.counts for j in own)


def test_sites_do_not_tell_the_label():
    jobs = brain.plan(brain.PARAMETERS, None, brain.PARAMETERS.seed)
    share = pd.DataFrame({"site": [j.site for j in jobs], "glioma": [j.label == "glioma" for j in jobs]}).groupby("site")["glioma"].mean()
    assert share.between(0.29, 0.36).all()


def test_small_cohort_has_both_classes_and_all_sequences(small):
    _, table = small
    assert table["patient_id"].nunique() == 8
    assert set(table["label"]) == set(brain.LABELS)
    assert set(table["sequence"]) == set(brain.SEQUENCES)
    assert not table.drop_duplicates(["patient_id", "label"])["patient_id"].duplicated().any()
    assert (table["true_lesion_mm2"] > 0).all()


def test_slices_of_one_patient_are_registered(small):
    folder, table = small
    for _, rows in table.groupby("patient_id"):
        heads = [pydicom.dcmread(folder / p, stop_before_pixels=True) for p in rows["image"]]
        assert len({h.FrameOfReferenceUID for h in heads}) == 1
        np.testing.assert_allclose([float(h.ImagePositionPatient[2]) for h in heads], rows["slice_mm"], atol=0.01)
        low = max(rows.groupby("sequence")["slice_mm"].min())
        high = min(rows.groupby("sequence")["slice_mm"].max())
        sets = [set(g["slice_mm"]) & set(rows.loc[rows["slice_mm"].between(low, high), "slice_mm"]) for _, g in rows.groupby("sequence")]
        assert all(s <= set(rows["slice_mm"]) for s in sets)


def test_pixels_do_not_depend_on_the_number_of_processes(small, tmp_path):
    folder, table = small
    brain.write(tmp_path, n=8, workers=2)
    assert (tmp_path / "manifest.csv").read_bytes() == (folder / "manifest.csv").read_bytes()
    for path in table["image"][::7]:
        assert (tmp_path / path).read_bytes() == (folder / path).read_bytes()


def test_another_seed_is_another_cohort(small, tmp_path):
    folder, table = small
    brain.write(tmp_path, n=2, seed=5, workers=1)
    other = pd.read_csv(tmp_path / "manifest.csv")
    a, b = (pydicom.dcmread(f / t["image"].iloc[0]) for f, t in ((folder, table), (tmp_path, other)))
    assert a.SOPInstanceUID != b.SOPInstanceUID


def test_parameters_of_version_1_are_frozen():
    assert brain.PARAMETERS.version == "1"
    assert parameters_hash(brain.PARAMETERS) == "d32635950126"


def test_pictures_of_version_1_are_frozen(small):
    """Means over a 4 x 4 grid, in counts: other machines may differ in the last bits, not here."""
    folder, table = small
    for sequence, wanted in PICTURES.items():
        path = table.loc[table["sequence"] == sequence, "image"].iloc[0]
        pixels = pydicom.dcmread(folder / path).pixel_array.astype(float)
        side = pixels.shape[0] // 4
        means = pixels[: 4 * side, : 4 * side].reshape(4, side, 4, side).mean((1, 3))
        np.testing.assert_allclose(means, wanted, rtol=0.01, atol=0.5)
