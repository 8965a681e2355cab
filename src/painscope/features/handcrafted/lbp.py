"""Local binary patterns: the texture of skin, in pictures (LBP) and in films (LBP-TOP)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from painscope.face.track import CropBatch
from painscope.features.handcrafted.grey import CROP, grey
from painscope.recording import Recording

__all__ = ["LBPFeatures", "LBPTOPFeatures", "binary_patterns", "cell_histograms"]

#: Eight neighbours at radius 1, as 58 uniform patterns (two changes at most) and all others.
NEIGHBOURS, BINS = 8, 59
#: Cells per side of the face.
LBP_GRID, TOP_GRID = 4, 2
#: Frames before and after the one that LBP-TOP describes: half a second at 30 per second.
HALF_WINDOW = 7
PLANES = ("xy", "xt", "yt")

#: A diagonal neighbour lies between four pixels: shares of the corner, of each pixel beside it
#: and of the centre, in units that add up to a whole number, so that level ground stays level.
_CORNER, _BESIDE, _WHOLE = 8192, 3393, 16384
_CENTRE = _WHOLE - _CORNER - 2 * _BESIDE


class LBPFeatures:
    """Histograms of uniform local binary patterns over 4 × 4 cells, each adding up to 1.

    Columns are ``lbp_r0c0_00`` … ``lbp_r3c3_58``: row and column of the cell from the top left
    of the picture, then the pattern; 58 holds all that are not uniform.

    References
    ----------
    Ojala, Pietikäinen, Mäenpää: Multiresolution gray-scale and rotation invariant texture
    classification with local binary patterns. IEEE TPAMI 24(7), 2002. Histograms over a grid:
    Ahonen, Hadid, Pietikäinen: Face description with local binary patterns. IEEE TPAMI 28(12),
    2006.
    """

    name = "lbp"
    names = tuple(
        f"lbp_r{r}c{c}_{k:02d}"
        for r in range(LBP_GRID)
        for c in range(LBP_GRID)
        for k in range(BINS)
    )
    crop_size = CROP
    reach = 0
    provenance: Mapping[str, object] = {
        "name": name,
        "neighbours": NEIGHBOURS,
        "radius": 1,
        "grid": LBP_GRID,
    }

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, 944]."""
        counts = cell_histograms(binary_patterns(grey(batch.crops), 1, 2), LBP_GRID)
        return (
            (counts / counts.sum(axis=2, keepdims=True)).reshape(len(batch), -1).astype(np.float32)
        )


class LBPTOPFeatures:
    """Local binary patterns on three orthogonal planes, over half a second around each frame.

    Patterns lie in the picture (xy), along rows and time (xt) and along columns and time (yt),
    with radius 1 in each direction. A frame's vector holds the histograms over 2 × 2 cells and
    the 15 frames around it, each adding up to 1; at the ends of a clip, and beside gaps without
    a face, over those of the 15 that are there. At the very ends, the neighbour in time that is
    missing is the frame itself.

    Columns are ``lbptop_xy_r0c0_00`` … ``lbptop_yt_r1c1_58``, read as those of `LBPFeatures`.

    References
    ----------
    Zhao, Pietikäinen: Dynamic texture recognition using local binary patterns with an
    application to facial expressions. IEEE TPAMI 29(6), 2007.
    """

    name = "lbp-top"
    names = tuple(
        f"lbptop_{plane}_r{r}c{c}_{k:02d}"
        for plane in PLANES
        for r in range(TOP_GRID)
        for c in range(TOP_GRID)
        for k in range(BINS)
    )
    crop_size = CROP
    reach = HALF_WINDOW + 1
    provenance: Mapping[str, object] = {
        "name": name,
        "neighbours": NEIGHBOURS,
        "radius": 1,
        "grid": TOP_GRID,
        "frames": 2 * HALF_WINDOW + 1,
    }

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, 708] for consecutive frames."""
        film = grey(batch.crops)
        axes = {"xy": (1, 2), "xt": (0, 2), "yt": (0, 1)}
        counts = np.stack(
            [cell_histograms(binary_patterns(film, *axes[plane]), TOP_GRID) for plane in PLANES],
            axis=1,
        )
        before = np.concatenate([np.zeros_like(counts[:1]), np.cumsum(counts, axis=0)])
        frame = np.arange(len(batch))
        first = np.maximum(frame - HALF_WINDOW, 0)
        stop = np.minimum(frame + HALF_WINDOW + 1, len(batch))
        window = before[stop] - before[first]
        shares = window / window.sum(axis=-1, keepdims=True)
        return shares.reshape(len(batch), -1).astype(np.float32)


def binary_patterns(volume: np.ndarray, down: int, right: int) -> np.ndarray:
    """Return each voxel's pattern in one plane of a film: uint8, of the volume's shape.

    Bit `p` says whether the neighbour at the angle ``2 π p / 8``, counted from the right
    against the clock, is at least as bright as the centre. Diagonal neighbours are interpolated
    between four pixels; beyond the border, the border repeats itself.

    Parameters
    ----------
    volume : uint8 [T, H, W]
    down, right : int
        The plane's two axes.
    """
    width = [(1, 1) if axis in (down, right) else (0, 0) for axis in range(3)]
    padded = np.pad(volume, width, mode="edge").astype(np.int32)

    def at(d: int, r: int) -> np.ndarray:
        part = [slice(None)] * 3
        part[down] = slice(1 + d, 1 + d + volume.shape[down])
        part[right] = slice(1 + r, 1 + r + volume.shape[right])
        return padded[tuple(part)]

    centre = at(0, 0)
    above_all = centre * (_WHOLE - _CENTRE)
    pattern = np.zeros(volume.shape, np.uint8)
    ring = [(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]
    for bit, (d, r) in enumerate(ring):
        if d and r:
            between = _CORNER * at(d, r) + _BESIDE * (at(d, 0) + at(0, r))
            bright = between >= above_all
        else:
            bright = at(d, r) >= centre
        pattern |= bright.view(np.uint8) << bit
    return pattern


def cell_histograms(patterns: np.ndarray, grid: int) -> np.ndarray:
    """Count uniform patterns in each cell: int64 [T, grid * grid, 59] of uint8 [T, H, W]."""
    frames, height, width = patterns.shape
    row = np.arange(height) * grid // height
    column = np.arange(width) * grid // width
    cell = (row[:, None] * grid + column) * BINS
    size = grid * grid * BINS
    bins = _UNIFORM[patterns]
    counts = [np.bincount((cell + frame).ravel(), minlength=size) for frame in bins]
    return np.array(counts).reshape(frames, grid * grid, BINS)


def _uniform_bins() -> np.ndarray:
    """Return the bin of each of the 256 patterns: uniform ones in order, then all others."""
    codes = np.arange(256)
    bits = codes[:, None] >> np.arange(NEIGHBOURS) & 1
    changes = (bits != np.roll(bits, 1, axis=1)).sum(axis=1)
    bins = np.full(256, BINS - 1)
    bins[changes <= 2] = np.arange(BINS - 1)
    return bins


_UNIFORM = _uniform_bins()
