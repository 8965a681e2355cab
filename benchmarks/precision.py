"""Every precision and engine against the network as it is written: features, and predictions.

    python benchmarks/precision.py --video FACE.mp4 [--video OTHER.mp4]
    python benchmarks/precision.py --video FACE.mp4 --model RUN --data DIR --answers 100
    python benchmarks/precision.py --video FACE.mp4 --model RUN --data CROPS --answers 100

Features are those of VGG16 of full width, with random weights or a run's, of real faces; int8 is
calibrated on the first half of the videos' faces, or on those of other videos (`--calibrate`), and
compared on the second. With a run and videos, or a folder that `painscope crop` wrote, the answers
of `painscope predict` are compared too, for every classifier that reads the network's features.
Exit status 1 if a cosine or a share of equal answers is below what it must be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np

if TYPE_CHECKING:
    from painscope.experiments import Predictor
    from painscope.face import CropBatch
    from painscope.features import FeatureSequence, VGGFeatures

#: Smallest cosine that is good enough, and smallest share of equal answers.
COSINE = {"fp32": 0.99999, "bf16": 0.999, "int8": 0.99}
EQUAL = 0.99


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--video", action="append", required=True, type=Path)
    arguments.add_argument("--calibrate", action="append", type=Path, help="other videos, for int8")
    arguments.add_argument("--model", type=Path, help="a finished run")
    arguments.add_argument("--data", type=Path, help="its dataset, or `painscope crop`'s folder")
    arguments.add_argument("--answers", type=int, default=100, help="videos of it to answer for")
    arguments.add_argument("--frames", type=int, default=48, help="to compare")
    arguments.add_argument("--skip-bf16", action="store_true", help="very slow without AMX")
    chosen = arguments.parse_args()

    from painscope.experiments import Predictor, RunFolder
    from painscope.face import make_locator
    from painscope.features import VGGFeatures, calibration_crops
    from painscope.networks import load_checkpoint, random_checkpoint

    network = random_checkpoint()
    if chosen.model:
        network = load_checkpoint(chosen.model / "models" / "source.safetensors")
    crops = calibration_crops(
        chosen.video, make_locator(), size=network.card.input_size, most=2 * chosen.frames
    )
    known, new = crops[::2], crops[1::2]
    if chosen.calibrate:
        known = calibration_crops(chosen.calibrate, make_locator(), size=network.card.input_size)
    ways: dict[str, dict] = {name: {"precision": "fp32"} for name in ("as written", "fp32")}
    if not chosen.skip_bf16:
        ways["bf16"] = {"precision": "bf16"}
    if find_spec("openvino"):
        ways["OpenVINO fp32"] = {"precision": "fp32", "engine": "openvino"}
        ways["OpenVINO int8"] = {"precision": "int8", "calibration": known}
    else:
        print("OpenVINO is not installed: int8 is left out")
    predictors: dict[str, Predictor] = {}
    clips: list[CropBatch] = []
    if chosen.model:
        for row in RunFolder.open(chosen.model).recipe.rows:
            if row.features == "source-network":
                predictors[row.label] = Predictor.load(chosen.model, classifier=row.label)
        one = next(iter(predictors.values()))
        clips = list(read_clips(one, network.card.input_size, chosen))
    reference, exact, answers, bad = None, None, {}, 0
    for title, way in ways.items():
        with as_written() if title == "as written" else nullcontext():
            extractor = VGGFeatures(network, **way)
        values = extractor.engine(new)
        reference = values if reference is None else reference
        low = cosine(values, reference).min()
        bad += low < COSINE[extractor.precision]
        print(f"{title:13s}: cosine at least {low:.6f} ({len(new)} faces)", flush=True)
        sequences = [read(extractor, clip) for clip in clips]
        if sequences:
            rows = np.concatenate([each.values[each.usable] for each in sequences])
            exact = rows if exact is None else exact
            low = cosine(rows, exact).min()
            print(
                f"    cosine at least {low:.6f}, {signal_to_noise(rows, exact):.1f} dB"
                f" ({len(rows)} faces of the recordings)"
            )
        for label, predictor in predictors.items():
            said = [predictor._answer(Path("clip"), each, "").label for each in sequences]
            known_answers = answers.setdefault(label, said)
            equal = np.mean([a == b for a, b in zip(said, known_answers, strict=True)])
            bad += equal < EQUAL
            print(f"    {label}: {equal:.1%} of {len(said)} answers equal", flush=True)
    return int(bad > 0)


def as_written() -> AbstractContextManager[object]:
    """Engines that are made meanwhile compute every convolution as torch does."""
    return patch("painscope.networks.winograd.with_winograd", lambda reading: reading)


def read_clips(predictor: Predictor, size: int, chosen: argparse.Namespace) -> Iterator[CropBatch]:
    """Yield the crops of the dataset's recordings, evenly chosen; they are alike in every way."""
    from painscope.face import CropBatch, FaceStream, cropped_ids, read_crops, read_track

    cropped = cropped_ids(chosen.data)
    clips = cropped or sorted(chosen.data.rglob("*.mp4"))
    rows = np.linspace(0, len(clips) - 1, min(len(clips), chosen.answers)).round().astype(int)
    face = predictor.recipe.face
    for clip in (clips[row] for row in rows):
        if cropped:
            crops, frames = read_crops(chosen.data, clip)
            yield CropBatch(crops, read_track(chosen.data, clip)[frames])
            continue
        stream = FaceStream(clip, predictor.locator, rate=face.rate, margin=face.margin, size=size)
        yield CropBatch.concatenate(list(stream))


def read(extractor: VGGFeatures, clip: CropBatch) -> FeatureSequence:
    """Return a clip's features as a run's classifiers read them."""
    from painscope.features import FeatureSequence

    track = clip.track
    values = extractor.engine(clip.crops)
    values[~track.has_box] = np.nan
    return FeatureSequence(
        recording="clip",
        values=values,
        time_s=track.time_s,
        found=track.found,
        names=extractor.names,
        provenance=extractor.provenance,
    )


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def signal_to_noise(values: np.ndarray, exact: np.ndarray) -> float:
    """Return that of features, in decibels: infinite where they are exact."""
    lost = ((values - exact) ** 2).sum()
    return float("inf") if lost == 0 else 10 * np.log10((exact**2).sum() / lost)


if __name__ == "__main__":
    sys.exit(main())
