import numpy as np
import pandas as pd
import pydicom
import pytest
from threadpoolctl import threadpool_limits

from medimg import phantoms
from medimg.phantoms import brain, parameters_hash

PICTURES = {
    "FLAIR": [[31.7, 243.7, 210.9, 21.4], [149.1, 437.4, 390.5, 100.1], [179.5, 384.9, 370.5, 107.1], [63.7, 299.5, 281.1, 37.3]],
    "T1CE": [[22.4, 209.1, 206.7, 11.8], [156.3, 282.1, 308.1, 121.1], [169.2, 281.0, 271.8, 125.9], [60.2, 269.2, 248.1, 32.7]],
    "T2": [[22.2, 235.0, 198.6, 16.1], [152.0, 591.8, 465.4, 105.6], [191.4, 490.6, 501.0, 129.5], [50.8, 327.7, 330.9, 28.9]],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("brain")
    assert phantoms.cohort("brain", n=8, out=folder / "brain") == folder / "brain" / "manifest.csv"
    folder = folder / "brain"
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


def test_pixels_do_not_depend_on_the_processes_that_drew_them(small, tmp_path):
    folder, table = small
    job = brain.plan(brain.PARAMETERS, 8, brain.PARAMETERS.seed)[2]
    with threadpool_limits(1):  # as each child has it: more threads may round the last count otherwise
        brain.draw_patient(job, brain.PARAMETERS, tmp_path)
    paths = table.loc[table["patient_id"] == job.name, "image"]
    assert len(paths) > 2
    for path in paths:
        assert (tmp_path / path).read_bytes() == (folder / path).read_bytes()


def test_another_seed_is_another_cohort(small, tmp_path, monkeypatch):
    folder, table = small
    plan = brain.plan
    monkeypatch.setattr(brain, "plan", lambda *asked: plan(*asked)[:1])
    brain.write(tmp_path, n=8, seed=5)
    known = {pydicom.dcmread(folder / path, stop_before_pixels=True).SOPInstanceUID for path in table["image"]}
    drawn = [pydicom.dcmread(path).SOPInstanceUID for path in tmp_path.rglob("*.dcm")]
    assert drawn
    assert not known & set(drawn)


def test_parameters_of_version_1_are_frozen():
    assert brain.PARAMETERS.version == "1"
    assert parameters_hash(brain.PARAMETERS) == "5e8cd292468a"


def test_pictures_of_version_1_are_frozen(small):
    """Means over a 4 x 4 grid, in counts: other machines may differ in the last bits, not here."""
    folder, table = small
    for sequence, wanted in PICTURES.items():
        path = table.loc[table["sequence"] == sequence, "image"].iloc[0]
        pixels = pydicom.dcmread(folder / path).pixel_array.astype(float)
        side = pixels.shape[0] // 4
        means = pixels[: 4 * side, : 4 * side].reshape(4, side, 4, side).mean((1, 3))
        np.testing.assert_allclose(means, wanted, rtol=0.01, atol=0.5)
