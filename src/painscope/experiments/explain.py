"""What a network looks at in a video: maps, an overlay video, and shares over time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from painscope.errors import RunError, UsageError, VideoError
from painscope.experiments.folder import RunFolder
from painscope.experiments.models import locator_of, source_path
from painscope.explain import ACTION_UNITS, face_mask, region_masks
from painscope.explain.measures import mass_inside
from painscope.face import CropBatch, FaceStream, Locator, crop_landmarks, make_locator
from painscope.files import atomic_path
from painscope.networks import Checkpoint, load_checkpoint

if TYPE_CHECKING:
    import pandas as pd

    from painscope.explain import Explainer

__all__ = ["Eye", "VideoExplanation", "explain_video", "load_eye", "overlay"]

#: Frames explained at a time, and the side of each picture of the overlay video.
BATCH, SIDE = 8, 320


@dataclass(frozen=True)
class Eye:
    """A network, and how faces are cut for it."""

    checkpoint: Checkpoint
    locator: Locator
    margin: float | None


@dataclass(frozen=True)
class VideoExplanation:
    """What was seen of one video.

    Attributes
    ----------
    frames : DataFrame
        A row per frame: ``time_s``, ``found``, ``score`` (the evidence that is explained),
        ``absorbed`` (what the map leaves out of it); NaN without a face.
    shares : DataFrame
        A row per frame and region: ``time_s``, ``region``, ``share`` of the
        relevance, for and against together, ``area`` (share of the picture). Regions overlap:
        shares do not add up to 1. NaN in frames without landmarks.
    crops, maps : uint8 [N, S, S, 3], float32 [N, S, S]
        Up to eight frames with a face, evenly spread.
    unit : str
        Of the evidence: log odds of two classes; of more how far the class's logit is above the
        mean of the others'.
    """

    frames: pd.DataFrame
    shares: pd.DataFrame
    crops: np.ndarray = field(repr=False)
    maps: np.ndarray = field(repr=False)
    unit: str = "log odds"


def load_eye(model: Path | str, locator: str = "auto") -> Eye:
    """Load the source network of a run, or a checkpoint.

    Parameters
    ----------
    model : path-like
        A finished run's folder, or a network's file.
    locator : str
        Who finds the faces for a checkpoint; a run says it itself.

    Raises
    ------
    RunError
        If the run has no source network, or read no faces.
    UsageError
        If faces would be found here in another way than in the run.
    CheckpointError
        If the file is no network.
    """
    model = Path(model)
    if not model.is_dir():
        checkpoint = load_checkpoint(model)
        margin = checkpoint.card.crop.get("margin")
        return Eye(checkpoint, make_locator(locator), margin)
    folder = RunFolder.open(model)
    source = source_path(folder)
    if not source.is_file():
        raise RunError(
            "has no source network to explain",
            path=folder.path,
            hint="Give a run that read one, or a network's file.",
        )
    return Eye(load_checkpoint(source), *locator_of(folder))


def explain_video(
    video: Path | str,
    eye: Eye,
    explainer: Explainer,
    out: Path | str,
    *,
    rate: float = 5.0,
    progress: Callable[[int], None] | None = None,
) -> VideoExplanation:
    """Explain a video's frames, and write what was seen.

    Into `out` go ``maps/<frame>.npy`` (float32 [S, S]), ``overlay.mp4``, ``frames.csv`` and
    ``shares.csv``. Memory does not grow with the video's length.

    Parameters
    ----------
    video : path-like
    eye : Eye
    explainer : Explainer
        Of the same network.
    out : path-like
        A folder.
    rate : float
        Frames per second that are explained.
    progress : callable, optional
        Called with the frames done.

    Raises
    ------
    UsageError
        If the overlay would be written over the video.
    VideoError
        If the video cannot be read, or no frame shows a face.
    ExplanationError
        If relevance is not conserved; nothing of such a network is drawn.
    """
    video, out = Path(video), Path(out)
    if video.resolve() == (out / "overlay.mp4").resolve():
        raise UsageError("would be overwritten", path=video, hint="Name another --out.")
    stream = FaceStream(
        video, eye.locator, rate=rate, margin=eye.margin, size=eye.checkpoint.card.input_size,
        batch_size=BATCH,
    )  # fmt: skip
    seen = _Seen(explainer, stream.margin, out / "maps")

    def pictures() -> Iterator[np.ndarray]:
        for batch in stream:
            for crop, values in zip(batch.crops, seen.look(batch), strict=True):
                yield overlay(crop, values)
            if progress:
                progress(seen.done)

    for old in (out / "maps").glob("[0-9]*.npy"):  # of a longer video, or at a higher rate
        old.unlink()
    _encode(out / "overlay.mp4", pictures(), rate)
    if not seen.kept.pairs:
        (out / "overlay.mp4").unlink()
        raise VideoError("no frame shows a face, so there is nothing to explain", path=video)
    result = seen.result()
    for name, table in (("frames", result.frames), ("shares", result.shares)):
        with atomic_path(out / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False)
    return result


class _Seen:
    """What is seen of a video, batch by batch: rows of every frame, and a few pictures."""

    def __init__(self, explainer: Explainer, margin: float, folder: Path) -> None:
        self.explainer, self.margin, self.folder = explainer, margin, folder
        self.frames: list[pd.DataFrame] = []
        self.shares: list[pd.DataFrame] = []
        self.kept = _Spread()
        self.done = 0

    def look(self, batch: CropBatch) -> np.ndarray:
        """Explain a batch and write its maps into the folder; return them, NaN without a face."""
        import pandas as pd

        face = batch.track.has_box
        maps = np.full(batch.crops.shape[:3], np.nan, np.float32)
        score, absorbed = np.full((2, len(batch)), np.nan)
        if face.any():
            found = self.explainer.explain(batch.crops[face])
            maps[face], score[face], absorbed[face] = found.maps, found.score, found.absorbed
        columns = {"time_s": batch.track.time_s, "found": batch.track.found}
        self.frames.append(pd.DataFrame(columns | {"score": score, "absorbed": absorbed}))
        self.shares.append(_shares(batch, maps, self.margin))
        for k in np.flatnonzero(face):
            with atomic_path(self.folder / f"{self.done + k:06d}.npy") as temporary:
                np.save(temporary, maps[k])
            self.kept.offer(batch.crops[k], maps[k])
        self.done += len(batch)
        return maps

    def result(self) -> VideoExplanation:
        """Return the whole; some frame must have shown a face."""
        import pandas as pd

        crops, maps = (np.stack(part) for part in zip(*self.kept.chosen(), strict=True))
        two = len(self.explainer.card.classes) == 2
        return VideoExplanation(
            pd.concat(self.frames, ignore_index=True),
            pd.concat(self.shares, ignore_index=True),
            crops,
            maps,
            unit="log odds" if two else "logit above the others' mean",
        )


def overlay(crop: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a crop beside itself under its map: uint8 [320, 640, 3].

    Orange speaks for the class, blue against it; full colour is the map's 99th percentile.

    Parameters
    ----------
    crop : uint8 [S, S, 3]
    values : float [S, S]
        NaN where there is no map: then the crop stands there twice.
    """
    import cv2

    picture = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    if not np.isfinite(values).all():
        return np.hstack([picture, picture])
    smooth = cv2.GaussianBlur(values, (0, 0), max(0.5, len(values) / 112))
    smooth = cv2.resize(smooth, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    largest = max(float(np.quantile(np.abs(smooth), 0.99)), 1e-12)
    strength = np.clip(smooth / largest, -1, 1)[..., None]
    colour = np.where(strength > 0, (230.0, 159.0, 0.0), (0.0, 114.0, 178.0))
    grey = picture.mean(axis=2, keepdims=True)
    alpha = 0.85 * np.abs(strength)
    mixed = (1 - alpha) * grey + alpha * colour
    return np.hstack([picture, mixed.round().astype(np.uint8)])


def _encode(path: Path, pictures: Iterator[np.ndarray], rate: float) -> None:
    """Encode pictures of the overlay's size to H.264 as they come."""
    import av

    with atomic_path(path) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = 2 * SIDE, SIDE, "yuv420p"
        stream.options = {"crf": "20", "preset": "fast", "threads": "1"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def _shares(batch: CropBatch, maps: np.ndarray, margin: float) -> pd.DataFrame:
    """Return the shares of relevance of a batch's frames, a row per frame and region."""
    import pandas as pd

    size = maps.shape[1]
    names = (*ACTION_UNITS, "face")
    masks = np.zeros((len(maps), len(names), size, size), bool)
    if batch.track.landmarks.shape[1]:
        points = crop_landmarks(batch.track.landmarks, batch.track.box, margin=margin, size=size)
        for k, own in enumerate(points):
            masks[k, :-1], masks[k, -1] = region_masks(own, size), face_mask(own, size)
    share = mass_inside(np.abs(np.nan_to_num(maps)), masks)
    area = np.where(masks.any(axis=(2, 3)), masks.mean(axis=(2, 3)), np.nan)
    return pd.DataFrame(
        {
            "time_s": np.repeat(batch.track.time_s, len(names)),
            "region": np.tile(names, len(maps)),
            "share": share.ravel(),
            "area": area.ravel(),
        }
    )


class _Spread:
    """Up to 2N of the pairs offered, evenly spread; of them N are chosen at the end."""

    def __init__(self, wanted: int = 8) -> None:
        self.wanted, self.step, self.offered = wanted, 1, 0
        self.pairs: list[tuple[np.ndarray, np.ndarray]] = []

    def offer(self, crop: np.ndarray, values: np.ndarray) -> None:
        if self.offered % self.step == 0:
            self.pairs.append((crop.copy(), values.copy()))
            if len(self.pairs) == 2 * self.wanted:
                self.pairs, self.step = self.pairs[::2], 2 * self.step
        self.offered += 1

    def chosen(self) -> list[tuple[np.ndarray, np.ndarray]]:
        places = np.linspace(0, len(self.pairs) - 1, min(self.wanted, len(self.pairs)))
        return [self.pairs[int(k)] for k in places.round()]
