"""Pictures that lie in files of their own: a photograph, or a folder of frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from painscope.errors import VideoError
from painscope.recording import PICTURE_ENDINGS
from painscope.video.decoder import Decoder, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PictureFiles", "open_video", "picture_files"]

#: Pictures per second of a folder: it says nothing about time, and archives that store frames
#: (UNBC-McMaster) were filmed at this rate. A photograph is on display for one such frame.
FOLDER_RATE = 30.0


class PictureFiles:
    """A photograph or a folder of frames, read as `Decoder` reads a video; a context manager.

    A folder's pictures come in natural order of their names, `FOLDER_RATE` per second. A
    photograph is turned upright as its EXIF data asks. What cannot be read is skipped and
    counted in `notes`.

    Parameters
    ----------
    path : Path or str
        A picture file, or a folder whose pictures are all of one size.

    Attributes
    ----------
    width, height, rate, declared_s, codec
        As of `Decoder`.

    Raises
    ------
    VideoError
        If there is no picture, or none can be read.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._files = picture_files(self._path)
        self._bad: set[Path] = set()
        self._first = next(self._readable(0), None)
        if self._first is None:
            hint = "Copy it again from its source."
            raise VideoError("no picture could be decoded", path=self._path, hint=hint)
        self.height, self.width = self._first.frame.shape[:2]
        self.rate, self.declared_s = FOLDER_RATE, len(self._files) / FOLDER_RATE
        self.codec = self._files[0].suffix.lower().removeprefix(".")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def pictures(self, start_s: float = 0.0) -> Iterator[Picture]:
        """Yield the pictures from the one on display at `start_s` on; earlier ones may come too.

        Raises
        ------
        VideoError
            If one is of another size than the first.
        """
        assert self._first is not None
        after = round(self._first.end_s * FOLDER_RATE)
        start = min(int(start_s * FOLDER_RATE), len(self._files)) - 1
        yield self._first
        for picture in self._readable(max(after, start)):
            height, width = picture.frame.shape[:2]
            if (height, width) != (self.height, self.width):
                raise VideoError(
                    f"holds pictures of {self.width}×{self.height} and {width}×{height} pixels",
                    path=self._path,
                    hint="The frames of a recording have one size; else each is a recording.",
                )
            yield picture

    def rgb(self, frame: np.ndarray) -> np.ndarray:
        """Return the upright picture: uint8 [height, width, 3]."""
        return frame

    def ends_early(self, end_s: float) -> bool:
        """Return False: a folder declares no length."""
        return False

    @property
    def notes(self) -> list[str]:
        """What was damaged, in words, as far as it was read."""
        n = len(self._bad)
        return [f"{n} damaged picture{'s' if n > 1 else ''} skipped"] if n else []

    def _readable(self, first: int) -> Iterator[Picture]:
        from PIL import Image, ImageOps

        for index, file in enumerate(self._files[first:], start=first):
            try:
                with Image.open(file) as image:
                    frame = _rgb(ImageOps.exif_transpose(image))
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
                self._bad.add(file)
                continue
            yield Picture(frame, index / FOLDER_RATE, (index + 1) / FOLDER_RATE)


def open_video(path: Path | str) -> Decoder | PictureFiles:
    """Open a video, a photograph or a folder of frames; raise `VideoError` if it is none."""
    path = Path(path)
    pictures = path.is_dir() or path.suffix.lower() in PICTURE_ENDINGS
    return PictureFiles(path) if pictures else Decoder(path)


def picture_files(path: Path) -> list[Path]:
    """Return a folder's pictures in natural order of their names, or the one picture file.

    Raises
    ------
    VideoError
        If the file is missing or empty, or the folder holds no pictures.
    """
    try:
        if not path.is_dir():
            if path.stat().st_size == 0:
                raise VideoError("the file is empty", path=path)
            return [path]
        files = [file for file in path.iterdir() if file.suffix.lower() in PICTURE_ENDINGS]
    except FileNotFoundError:
        raise VideoError("there is no such file", path=path) from None
    except OSError as error:
        raise VideoError(f"cannot be read ({error.strerror})", path=path) from None
    files = [file for file in files if not file.name.startswith(".")]
    if not files:
        raise VideoError("this is a folder without pictures, not a video", path=path)
    return sorted(files, key=_natural)


def _natural(file: Path) -> tuple[list[tuple[int, str]], str]:
    parts = re.findall(r"(\D+|(\d+))", file.name.lower())
    return [(int(digits or 0), text) for text, digits in parts], file.name


def _rgb(image: Image) -> np.ndarray:
    """Return uint8 [H, W, 3]; 16 bits become 8, and what is transparent shows its colour."""
    if image.mode.startswith("I"):
        deep = np.asarray(image).astype(np.int64) >> 8
        return np.repeat(np.clip(deep, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return np.asarray(image.convert("RGB"))
