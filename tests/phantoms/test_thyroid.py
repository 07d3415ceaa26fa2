import csv
from collections import Counter

import numpy as np
import pydicom
import pytest

from medimg.errors import ConfigError
from medimg.phantoms import parameters_hash, thyroid
from medimg.phantoms.thyroid import CROSS, DISEASES, PARAMETERS, SITES, patients, picture, stored

FROZEN = {  # index: label, site, counts in all, counts in 4 x 4 blocks
    0: (
        "hyperthyroid",
        "D",
        137629,
        [[441, 4264, 4448, 422], [2205, 40994, 33098, 1054], [2795, 25366, 12958, 1475], [922, 3547, 3013, 627]],
    ),
    1: (
        "nodule",
        "A",
        168097,
        [[2442, 13666, 13339, 1324], [1152, 16305, 13608, 363], [9618, 18175, 21617, 5952], [12180, 15312, 13315, 9729]],
    ),
    3: (
        "hyperthyroid",
        "G",
        197822,
        [[950, 16609, 18506, 4800], [460, 15578, 15189, 2087], [5116, 45610, 33265, 1307], [9685, 13137, 9650, 5873]],
    ),
    12: (
        "goitre",
        "F",
        119184,
        [[1237, 6744, 7140, 776], [2686, 19846, 19454, 2146], [3317, 17965, 20756, 3322], [1354, 5803, 5471, 1167]],
    ),
    17: (
        "goitre|reduced_uptake",
        "E",
        154465,
        [[211, 8870, 17921, 14190], [1903, 4052, 12346, 7457], [8136, 8294, 15962, 11413], [9097, 9546, 12145, 12922]],
    ),
}


@pytest.fixture(scope="module")
def everyone():
    return patients()


def test_full_cohort_has_the_paper_s_size_and_the_counts_it_gives(everyone):
    counts = Counter(patient.label for patient in everyone)
    assert len(everyone) == 641
    assert (counts["hyperthyroid"], counts["normal"], counts[CROSS]) == (200, 37, 50)
    assert len(counts) == 7


@pytest.mark.parametrize("n", [14, 20, 60, 100, 641])
def test_small_cohort_keeps_every_class_and_the_proportions(n):
    counts = Counter(patient.label for patient in patients(n))
    assert sum(counts.values()) == n
    assert min(counts.values()) >= 2
    for disease in DISEASES:
        assert counts[disease.label] == pytest.approx(n * disease.count / 641, abs=2.5 if n < 30 else 1.0)


def test_cohort_too_small_for_all_classes_is_refused():
    with pytest.raises(ConfigError, match="n >= 14"):
        patients(13)


def test_same_seed_gives_the_same_patients_and_another_seed_others():
    assert patients(20, 5) == patients(20, 5)
    assert patients(20, 5) != patients(20, 6)


def test_classes_overlap_in_uptake_and_mass(everyone):
    def values(label, name):
        return [getattr(patient, name) for patient in everyone if patient.label == label]

    assert min(values("hyperthyroid", "uptake_percent")) < np.percentile(values("normal", "uptake_percent"), 90)
    assert max(values("normal", "mass_g")) > min(values("goitre", "mass_g"))
    assert max(values("subacute_thyroiditis", "uptake_percent")) > np.percentile(values("reduced_uptake", "uptake_percent"), 20)


def test_no_site_is_a_sign_of_a_class(everyone):
    for disease in DISEASES:
        sites = Counter(patient.site for patient in everyone if patient.label == disease.label)
        assert max(sites.values()) / sum(sites.values()) < 0.45


def test_more_uptake_is_a_brighter_gland_beside_the_same_body(everyone):
    def brightness(label):
        few = [index for index, patient in enumerate(everyone) if patient.label == label and patient.site in "ABCI"][:12]
        return np.median([np.percentile(counts, 99.5) / counts.mean() for counts, _ in (picture(everyone[i], i) for i in few)])

    assert brightness("hyperthyroid") > 1.4 * brightness("normal") > 1.4 * brightness("subacute_thyroiditis")


def test_counts_matrix_and_pixels_lie_in_the_ranges_of_real_pictures(everyone):
    for index in range(40):
        counts, facts = picture(everyone[index], index)
        assert 90e3 < counts.sum() < 280e3
        assert counts.shape in {(128, 128), (256, 256)}
        assert 0.6 < facts.spacing_mm[0] < 3.3


def test_noise_of_a_site_that_stores_counts_is_poisson(everyone):
    index, patient = next((i, p) for i, p in enumerate(everyone) if p.site == "B")
    counts = picture(patient, index)[0].astype(float)
    middle, around = counts[1:-1, 1:-1], (counts[1:-1, :-2] + counts[1:-1, 2:] + counts[:-2, 1:-1] + counts[2:, 1:-1]) / 4
    body = (around > np.median(around)) & (around < np.percentile(around, 90))
    assert np.var((middle - around)[body]) / around[body].mean() == pytest.approx(1.25, rel=0.15)


def test_manifest_names_files_that_hold_the_pictures(tmp_path):
    thyroid.write(tmp_path, n=14)
    with (tmp_path / "manifest.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {"image", "patient_id", "label", "site", "true_severity", "true_atypical", "true_uptake_percent"} <= set(rows[0])
    for index, row in enumerate(rows):
        file = pydicom.dcmread(tmp_path / row["image"])
        assert file.PatientID == row["patient_id"]
        assert file.InstitutionName.endswith(row["site"])
        if index < 3:
            np.testing.assert_array_equal(file.pixel_array, picture(patients(14)[index], index)[0])


def test_pictures_do_not_depend_on_the_processes_that_wrote_them(tmp_path):
    (tmp_path / "two").mkdir()
    thyroid.write(tmp_path / "two", n=14, seed=3)
    (tmp_path / "one" / "images").mkdir(parents=True)
    for index, patient in enumerate(patients(14, 3)):
        thyroid._write_one((tmp_path / "one", index, patient, 3))
    for path in sorted((tmp_path / "two" / "images").iterdir()):
        assert path.read_bytes() == (tmp_path / "one" / "images" / path.name).read_bytes()


def test_frozen_parameters_have_not_changed():
    assert PARAMETERS.version == "1"
    assert parameters_hash(PARAMETERS) == "fdf975213c6d"


@pytest.mark.parametrize("index", sorted(FROZEN))
def test_frozen_pictures_have_not_changed(everyone, index):
    """A change of anything drawn is a new version; the tolerance is for another processor's last bits, not for another picture."""
    label, site, total, blocks = FROZEN[index]
    patient = everyone[index]
    assert (patient.label, patient.site) == (label, site)
    counts, _ = picture(patient, index)
    edge = counts.shape[0] // 4
    found = counts.reshape(4, edge, 4, edge).sum((1, 3), dtype=np.int64)
    assert counts.sum(dtype=np.int64) == pytest.approx(total, rel=0.02)
    np.testing.assert_allclose(found, blocks, rtol=0.02, atol=60)


def test_site_that_zooms_stores_smoothed_whole_counts():
    site = next(site for site in SITES if site.zoom_px)
    counts = np.random.default_rng(0).poisson(20.0, (64, 64)).astype(float)
    kept = stored(counts, site)
    assert kept.dtype == np.uint16
    assert kept.sum() == pytest.approx(counts.sum(), rel=0.01)
    assert kept.var() < 0.8 * counts.var()


def test_site_shares_add_up():
    assert sum(site.share for site in SITES) == pytest.approx(1)
