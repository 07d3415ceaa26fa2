"""Figures of a paper that cannot all be right."""


def f1_is_beyond(sensitivity: float, precision: float, f1: float, rounding: float = 0.0005) -> bool:
    """Whether a printed F1 is more than sensitivity and precision allow, each in 0..1 and off by at most `rounding`.

    F1 is their harmonic mean, which is never above the arithmetic one, (sensitivity + precision) / 2. That holds for means over classes
    too, as it holds for each class.

    >>> f1_is_beyond(0.958, 0.958, 0.988), f1_is_beyond(0.979, 0.989, 0.984)
    (True, False)
    """
    return f1 - (sensitivity + precision) / 2 > 2 * rounding + 1e-9  # what rounding of decimal figures may leave
