"""Photographs and folders of frames are recordings like any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painscope.errors import VideoError
from painscope.video import FrameReader, picture_files, probe
from painscope.video.pictures import FOLDER_RATE

Indices = Callable[[object], list[int]]


@pytest.fixture
def folder(tmp_path: Path, picture: Callable[..., np.ndarray]) -> Path:
    """Forty frames, named so that only natural order is right."""
    home = tmp_path / "frames [a] of 1"
    home.mkdir()
    for k in range(40):
        Image.fromarray(picture(k)).save(home / f"seq{k + 1}.png")
    (home / ".seq0.png").write_bytes(b"a file of the system")
    (home / "notes.txt").write_text("no picture")
    return home


def images(path: Path, **settings: object) -> np.ndarray:
    return np.concatenate([batch.images for batch in FrameReader(path, **settings)])  # type: ignore[arg-type]


def test_a_folder_comes_through_picture_by_picture(folder: Path, read_indices: Indices) -> None:
    reader = FrameReader(folder, batch_size=16)
    assert read_indices(reader) == list(range(40))
    assert read_indices(reader) == list(range(40)), "it can be read again"
    assert reader.damage is None
    info = probe(folder)
    assert (info.width, info.height, info.rate, info.codec) == (80, 48, FOLDER_RATE, "png")
    assert info.duration_s == pytest.approx(40 / 30)


def test_a_folder_at_other_rates_and_in_part(folder: Path, read_indices: Indices) -> None:
    assert read_indices(FrameReader(folder, rate=10)) == list(range(0, 39, 3))
    assert read_indices(FrameReader(folder, rate=60)) == [k // 2 for k in range(80)]
    assert read_indices(FrameReader(folder, start_s=0.5, stop_s=1.0)) == list(range(15, 30))
    with pytest.raises(VideoError, match=r"should start at 2 s, but the pictures end at 1\.33 s"):
        images(folder, start_s=2.0)


def test_damaged_frames_are_said_and_the_one_before_stays(
    folder: Path, read_indices: Indices
) -> None:
    (folder / "seq1.png").write_bytes(b"")
    (folder / "seq6.png").write_bytes((folder / "seq6.png").read_bytes()[:60])
    reader = FrameReader(folder)
    assert read_indices(reader) == [1, 1, 2, 3, 4, 4, 6, *range(7, 40)]
    assert reader.damage == "2 damaged pictures skipped"


def test_frames_of_different_sizes(folder: Path) -> None:
    Image.new("RGB", (10, 10)).save(folder / "seq9.png")
    with pytest.raises(VideoError, match="holds pictures of 80×48 and 10×10 pixels"):
        images(folder)


@pytest.mark.parametrize("rate", [5, 30, 120])
def test_a_photograph_is_one_frame(tmp_path: Path, rate: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 50, 3), np.uint8)
    for name in ("a.png", "b [1].BMP", "c.tiff"):
        Image.fromarray(pixels).save(tmp_path / name)
        got = images(tmp_path / name, rate=rate)
        assert len(got) == max(1, rate // 30)
        np.testing.assert_array_equal(got[0], pixels)
        assert (got == got[0]).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_upright(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((32, 64, 3), np.uint8)
    upright[:16, :32], upright[:16, 32:], upright[16:, :32] = 80, 160, 240
    turns = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a),
        7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
        8: lambda a: np.rot90(a, -1),
    }
    stored = Image.fromarray(np.ascontiguousarray(turns[orientation](upright)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    got = images(tmp_path / "photo.jpg")
    assert got.shape == (1, 32, 64, 3)
    assert abs(got[0].astype(int) - upright).max() < 12
    assert (probe(tmp_path / "photo.jpg").width, probe(tmp_path / "photo.jpg").height) == (64, 32)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "CMYK", "1"])
def test_every_kind_of_pixel(tmp_path: Path, mode: str) -> None:
    name = "a.tif" if mode == "CMYK" else "a.png"
    Image.new("RGB", (20, 10), (255, 255, 255)).convert(mode).save(tmp_path / name)
    got = images(tmp_path / name)
    assert got.shape == (1, 10, 20, 3)
    assert (got == 255).all()


def test_sixteen_bits(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 200).astype(np.uint16).reshape(10, 20)
    Image.fromarray(deep).save(tmp_path / "a.png")
    np.testing.assert_array_equal(images(tmp_path / "a.png")[0, ..., 1], deep >> 8)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "the file is empty"), (b"no picture" * 99, "no picture could be decoded")],
)
def test_bad_photographs(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=reason) as caught:
        images(path)
    assert str(caught.value).startswith(str(path))
    path.unlink()
    with pytest.raises(VideoError, match="there is no such file"):
        probe(path)


def test_a_photograph_cut_short(tmp_path: Path, assets: Path) -> None:
    whole = (assets / "images/single_face.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(VideoError, match="no picture could be decoded"):
        images(tmp_path / "cut.jpg")
    assert len(images(assets / "images/single_face.jpg")) == 1


def test_picture_files(folder: Path) -> None:
    assert [file.name for file in picture_files(folder)][8:11] == [
        "seq9.png",
        "seq10.png",
        "seq11.png",
    ]
    with pytest.raises(VideoError, match="folder without pictures"):
        picture_files(folder.parent)
