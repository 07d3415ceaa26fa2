import numpy as np
import pytest

from medimg.phantoms.signal import Sequence, signal

FLAIR, T1CE, T2 = Sequence(9000, 120, 2500), Sequence(520, 12, contrast=True), Sequence(4500, 100)


def values(sequence, *names):
    return np.abs(signal(sequence, names))


def test_spin_echo_equation_is_followed():
    density, t1, t2 = 0.70, 680.0, 79.0
    wanted = density * (1 - np.exp(-4500 / t1)) * np.exp(-100 / t2)
    assert signal(T2, ("white",))[0] == pytest.approx(wanted, rel=1e-5)


def test_flair_darkens_water_and_t2_brightens_it():
    water, white, oedema = values(FLAIR, "csf", "white", "oedema")
    assert water < white < oedema
    water, white, oedema = values(T2, "csf", "white", "oedema")
    assert white < oedema < water


def test_contrast_agent_brightens_what_takes_it_up_and_nothing_else():
    without = Sequence(520, 12)
    assert signal(T1CE, ("enhancing",))[0] > 1.5 * signal(without, ("enhancing",))[0]
    np.testing.assert_allclose(signal(T1CE, ("csf", "fat")), signal(without, ("csf", "fat")))


def test_flowing_blood_is_dark_at_long_echo_times_and_bright_after_contrast():
    blood, grey = values(T2, "blood", "grey")
    assert blood < 0.5 * grey
    blood, grey = values(T1CE, "blood", "grey")
    assert blood > 1.5 * grey


def test_fat_suppression_acts_on_fat_only():
    weak = Sequence(4500, 100, fat=0.3)
    assert signal(weak, ("fat",))[0] == pytest.approx(0.3 * signal(T2, ("fat",))[0])
    assert signal(weak, ("grey",))[0] == signal(T2, ("grey",))[0]
