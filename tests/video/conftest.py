"""Videos whose every picture tells its own index, in any container and at any times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

BITS = 10
SIZE = (8 * BITS, 48)  # width, height


def picture(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """The index in black and white stripes, lowest bit first."""
    width, height = size
    stripes = [255 * (index >> bit & 1) for bit in range(BITS)]
    row = np.repeat(np.array(stripes, np.uint8), width // BITS)
    return np.broadcast_to(row[None, :, None], (height, width, 3)).copy()


def indices(images: np.ndarray) -> list[int]:
    """Read the indices back from uint8 [B, H, W, 3]."""
    stripes = images.mean(axis=(1, 3)).reshape(len(images), BITS, -1).mean(axis=2) > 127
    return (stripes @ (1 << np.arange(BITS))).tolist()


def write(
    path: Path,
    times_s: Sequence[float | Fraction],
    *,
    codec: str = "libx264",
    tick: Fraction = Fraction(1, 90000),
    size: tuple[int, int] = SIZE,
    rotation: tuple[int, bool] | None = None,
    images: Sequence[np.ndarray] | None = None,
    container_options: dict[str, str] | None = None,
    **options: str,
) -> Path:
    """Encode a picture for each time; by default with B-frames and few key pictures."""
    options = {"crf": "12", "bf": "3", "g": "50"} | options if codec == "libx264" else options
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=round(1 / (times_s[1] - times_s[0])))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.options = options
        stream.time_base = stream.codec_context.time_base = tick
        if rotation is not None:
            stream.set_display_rotation(rotation[0], hflip=rotation[1])
        for index, time_s in enumerate(times_s):
            image = picture(index, size) if images is None else images[index]
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(time_s / tick), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def write_video() -> Callable[..., Path]:
    return write


@pytest.fixture(scope="session")
def steady() -> Callable[[int, Fraction | int], list[Fraction]]:
    """A function that returns the times of so many pictures at a rate."""
    return lambda count, rate: [Fraction(k) / rate for k in range(count)]


@pytest.fixture(scope="session", name="picture")
def picture_of_index() -> Callable[..., np.ndarray]:
    return picture


@pytest.fixture(scope="session")
def read_indices() -> Callable[..., list[int]]:
    """A function that reads a clip and returns the indices of its frames."""

    def read(reader: object) -> list[int]:
        return [index for batch in reader for index in indices(batch.images)]  # type: ignore[attr-defined]

    return read
