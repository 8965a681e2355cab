"""Every precision and engine against torch in fp32: features of real faces, and predictions.

    python benchmarks/precision.py --video FACE.mp4 [--video OTHER.mp4]
    python benchmarks/precision.py --video FACE.mp4 --model RUN --data DIR --answers 100

Features are those of VGG16 of full width, with random weights or a run's; int8 is calibrated
on the first half of the videos' faces and compared on the second. With a run and the virtual
dataset it was tested on, the answers of `painscope predict` are compared too. Exit status 1 if a
cosine or the share of equal answers is below what it must be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from painscope.experiments import Predictor
    from painscope.face import CropBatch
    from painscope.features import VGGFeatures

#: Smallest cosine that is good enough, and smallest share of equal answers.
COSINE = {"fp32": 0.99999, "bf16": 0.999, "int8": 0.99}
EQUAL = 0.99


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--video", action="append", required=True, type=Path)
    arguments.add_argument("--model", type=Path, help="a finished run")
    arguments.add_argument("--data", type=Path, help="folder of the dataset it was tested on")
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
    ways: list[dict] = [{"precision": "fp32"}]
    if not chosen.skip_bf16:
        ways.append({"precision": "bf16"})
    if find_spec("openvino"):
        ways.append({"precision": "fp32", "engine": "openvino"})
        ways.append({"precision": "int8", "calibration": known})
    else:
        print("OpenVINO is not installed: int8 is left out")
    predictor = None
    if chosen.model:
        rows = RunFolder.open(chosen.model).recipe.rows
        row = next(row for row in rows if row.features == "source-network")
        predictor = Predictor.load(chosen.model, classifier=row.label)
    clips = list(read_clips(predictor, network.card.input_size, chosen)) if predictor else []
    reference, answers, bad = None, None, 0
    for way in ways:
        extractor = VGGFeatures(network, **way)
        values = extractor.engine(new)
        reference = values if reference is None else reference
        low = cosine(values, reference).min()
        bad += low < COSINE[extractor.precision]
        line = f"{extractor.engine.name:9s} {extractor.precision}: cosine at least {low:.6f}"
        if predictor:
            said = [answer(predictor, extractor, clip) for clip in clips]
            answers = answers or said
            equal = np.mean([a == b for a, b in zip(said, answers, strict=True)])
            bad += equal < EQUAL
            line += f"; {equal:.1%} of {len(said)} answers equal"
        print(f"{line} ({len(new)} faces)", flush=True)
    return int(bad > 0)


def read_clips(predictor: Predictor, size: int, chosen: argparse.Namespace) -> Iterator[CropBatch]:
    """Yield the crops of the dataset's videos, evenly chosen; they are alike in every way."""
    from painscope.face import CropBatch, FaceStream

    videos = sorted(chosen.data.rglob("*.mp4"))
    rows = np.linspace(0, len(videos) - 1, min(len(videos), chosen.answers)).round().astype(int)
    face = predictor.recipe.face
    for video in (videos[row] for row in rows):
        stream = FaceStream(video, predictor.locator, rate=face.rate, margin=face.margin, size=size)
        yield CropBatch.concatenate(list(stream))


def answer(predictor: Predictor, extractor: VGGFeatures, clip: CropBatch) -> str:
    """Return the class that the run's classifier gives a clip."""
    from painscope.features import FeatureSequence

    track = clip.track
    values = extractor.engine(clip.crops)
    values[~track.has_box] = np.nan
    sequence = FeatureSequence(
        recording="clip",
        values=values,
        time_s=track.time_s,
        found=track.found,
        names=extractor.names,
        provenance=extractor.provenance,
    )
    return predictor._answer(Path("clip"), sequence, "").label


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


if __name__ == "__main__":
    sys.exit(main())
