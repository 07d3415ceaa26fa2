import numpy as np

from medimg.phantoms.thyroid import DISEASES
from medimg.phantoms.thyroid_patients import draw_patient

BY_LABEL = {disease.label: disease for disease in DISEASES}


def draw(label, n=200, atypical=0.0):
    return [draw_patient(np.random.default_rng([7, k]), BY_LABEL[label], BY_LABEL, "A", atypical) for k in range(n)]


def test_uptake_and_mass_follow_the_disease():
    def median(label, name):
        return np.median([getattr(patient, name) for patient in draw(label)])

    uptake = [median(label, "uptake_percent") for label in ("subacute_thyroiditis", "reduced_uptake", "normal", "hyperthyroid")]
    assert uptake == sorted(uptake)
    assert median("goitre", "mass_g") > 2 * median("normal", "mass_g")


def test_severe_hyperthyroidism_takes_up_more_than_mild():
    severity, uptake = zip(*((patient.severity, np.log(patient.uptake_percent)) for patient in draw("hyperthyroid")), strict=True)
    assert np.corrcoef(severity, uptake)[0, 1] > 0.8


def test_every_nodule_patient_has_a_nodule_with_a_size():
    for patient in draw("nodule"):
        assert patient.hot_nodules + patient.cold_nodules == len(patient.nodule_mm) >= 1
        assert all(9 <= size <= 34 for size in patient.nodule_mm)


def test_atypical_patients_say_whom_they_resemble_and_lie_nearer_to_them():
    assert not any(patient.atypical for patient in draw("goitre"))
    odd = draw("goitre", atypical=1.0)
    assert {patient.atypical for patient in odd} == set(BY_LABEL["goitre"].looks_like)
    as_normal = [patient.mass_g for patient in odd if patient.atypical == "normal"]
    assert np.median(as_normal) < 0.75 * np.median([patient.mass_g for patient in draw("goitre")])


def test_classes_that_others_resemble_exist():
    assert all(name in BY_LABEL for disease in DISEASES for name in disease.looks_like)
