"""Gabor energies: how much of each direction and fineness is where in the face."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from painscope.face.track import CropBatch
from painscope.features.handcrafted.grey import CROP, grey, library, scaled
from painscope.recording import Recording

__all__ = ["GaborFeatures", "gabor_bank"]

SIZE, GRID, DIRECTIONS = 64, 4, 8
#: Wavelengths in pixels of the face at 64 × 64: half an octave apart.
WAVELENGTHS = (4.0, 5.66, 8.0, 11.31)
#: The border that filters look across; the picture is mirrored there.
_BORDER = 20


class GaborFeatures:
    """Mean magnitude of 32 complex Gabor filters (4 wavelengths, 8 directions) in 4 × 4 cells.

    The face is scaled to 64 × 64 pixels, its grey brought to mean 0 and standard deviation 1, so
    that neither brightness nor contrast of the picture counts. Filters are scikit-image's, of
    one octave's bandwidth, with their answer to even light taken out.

    Columns are ``gabor_w0_d0_r0c0`` … ``gabor_w3_d7_r3c3``: wavelength (4, 5.66, 8, 11.31
    pixels), direction in steps of 22.5° from the horizontal, row and column of the cell.

    References
    ----------
    Daugman: Complete discrete 2-D Gabor transforms by neural networks for image analysis and
    compression. IEEE TASSP 36(7), 1988. On faces in pain: Littlewort, Bartlett, Lee: Automatic
    coding of facial expressions displayed during posed and genuine pain. Image and Vision
    Computing 27(12), 2009.
    """

    name = "gabor"
    names = tuple(
        f"gabor_w{w}_d{d}_r{r}c{c}"
        for w in range(len(WAVELENGTHS))
        for d in range(DIRECTIONS)
        for r in range(GRID)
        for c in range(GRID)
    )
    crop_size = CROP
    reach = 0

    @property
    def provenance(self) -> Mapping[str, object]:
        """Name, library, filters and grid."""
        return {
            "name": self.name,
            "library": library("scikit-image"),
            "size": SIZE,
            "wavelengths": list(WAVELENGTHS),
            "directions": DIRECTIONS,
            "grid": GRID,
        }

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, 512]."""
        from scipy.fft import fft2, ifft2

        cell = SIZE // GRID
        inside = slice(_BORDER, _BORDER + SIZE)
        energies = np.empty((len(batch), len(self.names)), np.float32)
        for row, picture in zip(energies, standardised(grey(batch.crops)), strict=True):
            padded = np.pad(picture, _BORDER, mode="reflect")
            answers = ifft2(fft2(padded) * _transfer())[:, inside, inside]
            cells = np.abs(answers).reshape(-1, GRID, cell, GRID, cell)
            row[:] = cells.mean(axis=(2, 4)).ravel()
        return energies


def standardised(pictures: np.ndarray) -> np.ndarray:
    """Return float32 [B, 64, 64] of mean 0 and standard deviation 1; a flat picture gives 0."""
    small = scaled(pictures, SIZE).astype(np.float32)
    small -= small.mean(axis=(1, 2), keepdims=True)
    spread = small.std(axis=(1, 2), keepdims=True)
    return small / np.where(spread > 0, spread, 1)


def gabor_bank() -> list[np.ndarray]:
    """Return the complex kernels, by wavelength then direction; each sums to 0."""
    from skimage.filters import gabor_kernel

    bank = []
    for wavelength in WAVELENGTHS:
        for direction in range(DIRECTIONS):
            kernel = gabor_kernel(1 / wavelength, theta=np.pi * direction / DIRECTIONS)
            envelope = np.abs(kernel)
            bank.append(kernel - envelope * (kernel.sum() / envelope.sum()))
    return bank


@lru_cache(maxsize=1)
def _transfer() -> np.ndarray:
    """Return the filters' Fourier transforms, centred at the origin: complex64 [32, N, N]."""
    from scipy.fft import fft2

    side = SIZE + 2 * _BORDER
    planes = np.zeros((len(WAVELENGTHS) * DIRECTIONS, side, side), np.complex64)
    for plane, kernel in zip(planes, gabor_bank(), strict=True):
        height, width = kernel.shape
        plane[:height, :width] = kernel
        plane[:] = np.roll(plane, (-(height // 2), -(width // 2)), axis=(0, 1))
    return fft2(planes).astype(np.complex64)
