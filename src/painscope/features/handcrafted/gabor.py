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
        down, right = _factors()
        cell = SIZE // GRID
        energies = np.empty((len(batch), len(self.names)), np.float32)
        for row, picture in zip(energies, standardised(grey(batch.crops)), strict=True):
            columns = (down @ picture).reshape(len(right), SIZE, -1)
            answers = columns @ right
            real, imaginary = answers[..., :SIZE], answers[..., SIZE:]
            cells = np.sqrt(real**2 + imaginary**2).reshape(-1, GRID, cell, GRID, cell)
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
    return [wave - _share(wave) * np.abs(wave) for wave in _waves()]


def _waves() -> list[np.ndarray]:
    """Return the kernels as they are before their answer to even light is taken out."""
    from skimage.filters import gabor_kernel

    return [
        gabor_kernel(1 / wavelength, theta=np.pi * direction / DIRECTIONS)
        for wavelength in WAVELENGTHS
        for direction in range(DIRECTIONS)
    ]


def _share(wave: np.ndarray) -> complex:
    """Return how much of its Gaussian envelope is taken from a wave, so that it sums to 0."""
    return complex(wave.sum() / np.abs(wave).sum())


@lru_cache(maxsize=1)
def _factors() -> tuple[np.ndarray, np.ndarray]:
    """Return the filters as matrices that work down the columns, then along the rows.

    A wave is a function of y times one of x, and so is its Gaussian envelope: two products of
    small matrices, which know the mirrored border, are the whole filter. That takes a quarter
    of the time of Fourier transforms.

    Returns
    -------
    down : float32 [32 * 64 * 3, 64]
        Per filter and row of its answer: the wave's real and imaginary part, the Gaussian.
    right : float32 [32, 3 * 64, 2 * 64]
        From these three to the answer's real and imaginary part.
    """
    down, right = [], []
    for wave in _waves():
        middle = wave.shape[0] // 2, wave.shape[1] // 2
        y, x = wave[:, middle[1]], wave[middle[0]] / wave[middle]
        down.append(np.stack([_filtering(part) for part in (y.real, y.imag, np.abs(y))], axis=1))
        real, imaginary, gauss = (_filtering(part).T for part in (x.real, x.imag, np.abs(x)))
        even = _share(wave)
        right.append(
            np.block(
                [
                    [real, imaginary],
                    [-imaginary, real],
                    [-even.real * gauss, -even.imag * gauss],
                ]
            )
        )
    return (
        np.stack(down).reshape(-1, SIZE).astype(np.float32),
        np.stack(right).astype(np.float32),
    )


def _filtering(kernel: np.ndarray) -> np.ndarray:
    """Return the matrix [64, 64] that convolves a column with a centred kernel."""
    place = np.pad(np.arange(SIZE), _BORDER, mode="reflect")
    matrix = np.zeros((SIZE, SIZE))
    for k, value in enumerate(kernel):
        offset = _BORDER + len(kernel) // 2 - k
        np.add.at(matrix, (np.arange(SIZE), place[offset : offset + SIZE]), value)
    return matrix
