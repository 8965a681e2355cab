"""HOG against its definition, written in plain steps."""

from __future__ import annotations

import numpy as np

from painscope.features import HOGFeatures
from painscope.features.handcrafted.grey import grey, scaled


def by_definition(picture: np.ndarray) -> np.ndarray:
    """Central differences, votes by magnitude in 20° steps, blocks normalised L2-Hys."""
    image = picture.astype(float)
    across, down = np.zeros_like(image), np.zeros_like(image)
    across[:, 1:-1] = image[:, 2:] - image[:, :-2]
    down[1:-1] = image[2:] - image[:-2]
    direction = np.floor(np.degrees(np.arctan2(down, across)) % 180 / 20).astype(int) % 9
    votes = np.zeros((8, 8, 9))
    rows, columns = np.indices(image.shape) // 8
    np.add.at(votes, (rows, columns, direction), np.hypot(across, down) / 256)
    blocks = []
    for y in range(7):
        for x in range(7):
            block = votes[y : y + 2, x : x + 2]
            block = np.minimum(block / np.sqrt((block**2).sum() + 1e-10), 0.2)
            blocks.append(block / np.sqrt((block**2).sum() + 1e-10))
    return np.array(blocks).ravel()


def test_the_definition_on_real_frames(real, recording) -> None:
    values = HOGFeatures().extract(real[:3], recording)
    for row, picture in zip(values, scaled(grey(real.crops[:3]), 64), strict=True):
        np.testing.assert_allclose(row, by_definition(picture), atol=2e-3)


def test_columns_say_where_and_which_way(recording, batch_of) -> None:
    crop = np.zeros((1, 128, 128, 3), np.uint8)
    crop[:, 40:] = (
        200  # a level edge between the second and the third row of cells: gradient downwards, 90°
    )
    values = HOGFeatures().extract(batch_of(crop), recording)[0]
    strong = {name for name, value in zip(HOGFeatures.names, values, strict=True) if value > 0.1}
    assert strong
    assert {name[-1] for name in strong} == {"4"}, "80° to 100°"
    assert {name.split("_")[1][1] for name in strong} == {"1", "2"}
