"""The scanner: a finely drawn slice -> what a coil, a finite k-space, a restless patient and noise leave of it."""

from dataclasses import dataclass

import numpy as np
from scipy import fft

from medimg.phantoms.fields import Array, enlarge


@dataclass(frozen=True)
class Acquisition:
    """How one series is taken; the same for all its slices."""

    matrix: int  # pixels of the stored image along each side
    read: int  # k-space samples along the rows
    phase: int  # and along the columns
    taper: float  # 0 sharp and ringing, 1 a soft window over k-space
    noise: float  # standard deviation of each channel, in units of signal
    bias: float  # strength of the coil's uneven sensitivity
    motion: float  # movement between lines of k-space, in pixels
    scale: float  # stored counts per unit of signal


def shade(rng: np.random.Generator, strength: float, fine: int) -> Array:
    """A smooth positive sensitivity field, mean about 1: brighter near one side, darker in the middle or the reverse."""
    axis = np.linspace(-1, 1, 12, dtype=np.float32)
    v, u = np.meshgrid(axis, axis, indexing="ij")
    c = rng.normal(0, 1, 6) * np.array([0.5, 0.5, 0.35, 0.35, 0.4, 0.2]) * strength
    rim = abs(rng.normal(0.5, 0.4)) * strength * (u * u + v * v - 0.4)
    field = c[0] * u + c[1] * v + c[2] * u * u + c[3] * v * v + c[4] * u * v + c[5] * u * v * v + rim
    return np.exp(enlarge(field.astype(np.float32), fine))


def _window(samples: int, taper: float) -> Array:
    at = np.abs(np.linspace(-1, 1, samples, dtype=np.float32))
    edge = np.clip((at - (1 - taper)) / max(taper, 1e-3), 0, 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * edge * 0.92), np.float32)


def _pad(spectrum: Array, side: int) -> Array:
    out = np.zeros((side, side), spectrum.dtype)
    top, first = (side - spectrum.shape[0]) // 2, (side - spectrum.shape[1]) // 2
    out[top : top + spectrum.shape[0], first : first + spectrum.shape[1]] = spectrum
    return out


def acquire(slice_signal: Array, a: Acquisition, rng: np.random.Generator) -> Array:
    """Signal on a fine square grid -> magnitude image (matrix, matrix), in stored counts before rounding."""
    fine = slice_signal.shape[0]
    whole = fft.fftshift(fft.fft2(slice_signal.astype(np.complex64)))
    top, first = (fine - a.read) // 2, (fine - a.phase) // 2
    k = whole[top : top + a.read, first : first + a.phase] * (1 / fine**2)
    k = k * _window(a.read, a.taper)[:, None] * _window(a.phase, a.taper)[None, :]
    if a.motion > 0:
        line = np.linspace(0, 1, a.phase)
        drift = a.motion * (np.sin(2 * np.pi * (rng.uniform(2, 9) * line + rng.uniform())) * 0.6 + rng.normal(0, 0.25, a.phase))
        up = 2j * np.pi * np.linspace(-0.5, 0.5, a.read)[:, None] * drift[None, :]
        k = k * np.exp(up).astype(np.complex64)
    spread = a.noise / np.sqrt(a.read * a.phase)
    k = k + (rng.standard_normal(k.shape, np.float32) + 1j * rng.standard_normal(k.shape, np.float32)) * np.float32(spread)
    image = fft.ifft2(fft.ifftshift(_pad(k.astype(np.complex64), a.matrix))) * a.matrix**2
    return np.asarray(np.abs(image) * a.scale, np.float32)
