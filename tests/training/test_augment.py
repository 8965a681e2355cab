from __future__ import annotations

import torch

from painscope.training import augment as module
from painscope.training.augment import augment


def pictures(n: int = 64) -> torch.Tensor:
    """A bright left half on grey, with an odd pixel pattern below."""
    images = torch.full((n, 32, 32, 3), 100, dtype=torch.uint8)
    images[:, :, :16] = 180
    images[:, 28:] = 60
    return images


def test_shape_range_and_input_untouched() -> None:
    images = pictures()
    before = images.clone()
    out = augment(images)
    assert out.shape == images.shape
    assert out.dtype == torch.float32
    assert 0 <= out.min() <= out.max() <= 255
    assert torch.equal(images, before)


def test_each_picture_on_its_own_and_from_torchs_generator() -> None:
    torch.manual_seed(1)
    one = augment(pictures())
    torch.manual_seed(1)
    assert torch.equal(augment(pictures()), one)
    assert len(torch.unique(one.flatten(1), dim=0)) == 64
    assert not torch.equal(augment(pictures()), one)


def test_about_half_are_mirrored_and_none_upside_down() -> None:
    torch.manual_seed(0)
    out = augment(pictures(400)).mean(dim=3)
    mirrored = out[:, 8:20, 24:].mean(dim=(1, 2)) > out[:, 8:20, :8].mean(dim=(1, 2))
    assert 0.4 < mirrored.float().mean() < 0.6
    assert (out[:, -1].mean(dim=1) < out[:, 8].mean(dim=1)).all()


def test_with_nothing_to_draw_a_picture_is_itself_or_its_mirror_image(monkeypatch) -> None:
    torch.manual_seed(0)
    for name in ("ROTATION", "SHIFT", "SCALE", "BRIGHTNESS", "CONTRAST"):
        monkeypatch.setattr(module, name, 0.0)
    still = augment(pictures())
    plain = pictures().float()
    same = (still - plain).abs().amax(dim=(1, 2, 3)) < 1e-2
    flipped = (still - plain.flip(2)).abs().amax(dim=(1, 2, 3)) < 1e-2
    assert (same | flipped).all()
