"""Mild, cheap augmentation of face crops, a whole batch at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["augment"]

#: Greatest rotation (degrees), shift and change of scale (shares of the picture's side).
ROTATION, SHIFT, SCALE = 10.0, 0.05, 0.10
#: Greatest change of brightness (share of white) and of contrast (share).
BRIGHTNESS, CONTRAST = 0.10, 0.20


def augment(images: Tensor) -> Tensor:
    """Mirror, move and relight each picture on its own, as a face might be seen again.

    Half are mirrored. Rotation, shift, scale, brightness and contrast are drawn evenly up
    to this module's constants, from torch's generator. The border is repeated where the
    picture moves away from it.

    Parameters
    ----------
    images : uint8 or float [B, H, W, 3]
        0–255.

    Returns
    -------
    float32 [B, H, W, 3]
        0–255.
    """
    n, device = len(images), images.device

    def even(greatest: float) -> Tensor:
        return (torch.rand(n, device=device) * 2 - 1) * greatest

    angle, scale = even(math.radians(ROTATION)), 1 + even(SCALE)
    mirror = torch.where(torch.rand(n, device=device) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    rows = (cos * mirror, -sin, even(2 * SHIFT), sin * mirror, cos, even(2 * SHIFT))
    theta = torch.stack(rows, dim=1).reshape(n, 2, 3)
    pictures = images.permute(0, 3, 1, 2).float()
    grid = functional.affine_grid(theta, list(pictures.shape), align_corners=False)
    moved = functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)

    contrast, brightness = 1 + even(CONTRAST), even(255 * BRIGHTNESS)
    mean = moved.mean(dim=(1, 2, 3))
    offset = mean * (1 - contrast) + brightness
    lit = moved * contrast[:, None, None, None] + offset[:, None, None, None]
    return lit.clamp_(0, 255).permute(0, 2, 3, 1)
