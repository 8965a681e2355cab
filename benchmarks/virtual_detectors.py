"""What independent detectors see in virtual people.

    python benchmarks/virtual_detectors.py --people 50 --first 100000

Two questions, on people never used while drawing was tuned (seeds from 100000 on are kept for
this):

1. Do face detectors find them? Every person in every expression, faces of 110 to 300 pixels,
   heads turned by up to 25°, after H.264 compression. A face counts as found if the box's centre
   lies on it.
2. Does MediaPipe read the action unit that was drawn? Every unit is swept from 0 to 5 on every
   person; the correlation with its blendshape is taken within each person.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from painscope.face.locators.lbp import LBPCascade
from painscope.face.locators.mediapipe import MediaPipeLandmarker
from painscope.virtual.emotions import EMOTIONS
from painscope.virtual.motion import ACTION_UNITS, FaceMotion
from painscope.virtual.people import sample_person
from painscope.virtual.render import Renderer
from painscope.virtual.scene import sample_scene

EXPRESSIONS: dict[str, dict[int, float]] = {
    **{name: dict(prototype.core) for name, prototype in EMOTIONS.items()},
    "pain": {4: 4, 6: 4, 7: 4, 9: 3, 10: 3, 20: 2, 25: 3},
    "pain, eyes closed": {4: 5, 6: 5, 7: 5, 9: 4, 10: 4, 25: 4, 43: 5},
    "laughing": {6: 5, 12: 5, 25: 5, 26: 3},
    "eyes closed": {43: 5},
    "mouth wide open": {25: 5, 27: 5},
    "lips pressed": {17: 4, 23: 3, 24: 5, 14: 3},
}

#: Swept units and the blendshapes that should follow them.
SWEEPS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "AU1": ((1,), ("browInnerUp",)),
    "AU2": ((2,), ("browOuterUpLeft", "browOuterUpRight")),
    "AU4": ((4,), ("browDownLeft", "browDownRight")),
    "AU5": ((5,), ("eyeWideLeft", "eyeWideRight")),
    "AU6+7": ((6, 7), ("eyeSquintLeft", "eyeSquintRight")),
    "AU9": ((9,), ("noseSneerLeft", "noseSneerRight")),
    "AU10": ((10,), ("mouthUpperUpLeft", "mouthUpperUpRight")),
    "AU12": ((12,), ("mouthSmileLeft", "mouthSmileRight")),
    "AU14": ((14,), ("mouthDimpleLeft", "mouthDimpleRight")),
    "AU15": ((15,), ("mouthFrownLeft", "mouthFrownRight")),
    "AU17": ((17,), ("mouthShrugLower",)),
    "AU20": ((20,), ("mouthStretchLeft", "mouthStretchRight")),
    "AU23": ((23,), ("mouthRollLower",)),
    "AU24": ((24,), ("mouthPressLeft", "mouthPressRight")),
    "AU25": ((25,), ("jawOpen",)),
    "AU25+26": ((25, 26), ("jawOpen",)),
    "AU25+27": ((25, 27), ("jawOpen",)),
    "AU43": ((43,), ("eyeBlinkLeft", "eyeBlinkRight")),
}
REQUIRED = ("AU1", "AU2", "AU4", "AU6+7", "AU10", "AU12", "AU15", "AU20", "AU25+26", "AU43")
STEPS = 11


def expression_motion(rng: np.random.Generator) -> FaceMotion:
    """Return every expression once, each with its own pose, a little lopsided."""
    motion = FaceMotion.still(np.arange(len(EXPRESSIONS)) / 30)
    for frame, units in enumerate(EXPRESSIONS.values()):
        for unit, intensity in units.items():
            sides = intensity * rng.uniform(0.8, 1.1, 2)
            motion.action_units[frame, ACTION_UNITS.index(unit)] = np.minimum(sides, 5)
    motion.pose[:] = rng.uniform(-1, 1, (len(motion), 3)) * [25, 10, 8]
    motion.gaze[:] = rng.uniform(-1, 1, (len(motion), 2)) * [12, 8]
    return motion


def compress(frames: list[np.ndarray], rate: int = 25, crf: int = 26) -> tuple[list, float]:
    """Return the frames as H.264 leaves them, and the bit rate in kbit/s."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        height, width = frames[0].shape[:2]
        stream = container.add_stream("libx264", rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "fast", "threads": "1"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode(None))
    kbits = len(memory.getvalue()) * 8 / 1000 * rate / len(frames)
    memory.seek(0)
    with av.open(memory) as container:
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return decoded, kbits


def found(locator: MediaPipeLandmarker | LBPCascade, image: np.ndarray, truth: np.ndarray) -> bool:
    """Say whether a face is found whose middle lies on the true one."""
    (x0, y0), (x1, y1) = truth.min(0), truth.max(0)
    for face in locator.locate(image):
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        if x0 < x < x1 and y0 - 0.3 * (y1 - y0) < y < y1:
            return True
    return False


def _with_progress(what: str, first: int, people: int) -> Iterator[int]:
    """Yield seeds, and say after each how many are done and how long the rest will take."""
    start = time.perf_counter()
    for done in range(people):
        yield first + done
        left = (time.perf_counter() - start) / (done + 1) * (people - done - 1)
        print(f"{what}: {done + 1} of {people} people, {left:.0f} s left", flush=True)


def detection(people: int, first: int) -> None:
    """Print how often each detector finds the face."""
    mediapipe, lbp = MediaPipeLandmarker(faces=1), LBPCascade()
    hits: dict[str, list[bool]] = {"mediapipe": [], "lbp": []}
    missed, kbits = [], []
    for seed in _with_progress("faces", first, people):
        rng = np.random.default_rng([seed, 7])
        face_px = float(rng.uniform(110, 300))
        side = 2 * round(face_px / 0.54 / 2)
        renderer = Renderer(
            sample_person(seed), sample_scene(seed), size=(side, side), face_px=face_px
        )
        motion = expression_motion(rng)
        images, rate = compress([renderer.render(motion, k) for k in range(len(motion))])
        kbits.append(rate * (320 / side) ** 2)
        for frame, (name, image) in enumerate(zip(EXPRESSIONS, images, strict=True)):
            truth = renderer.landmarks(motion, frame)
            hits["mediapipe"].append(found(mediapipe, image, truth))
            if not hits["mediapipe"][-1]:
                missed.append(f"{seed} {name} yaw {motion.pose[frame, 0]:.0f}° {face_px:.0f} px")
            if abs(motion.pose[frame, 0]) <= 15:
                hits["lbp"].append(found(lbp, image, truth))
                if not hits["lbp"][-1]:
                    missed.append(f"lbp: {seed} {name} {face_px:.0f} px")
    print(f"median bit rate, as if 320×320 at 25 fps: {np.median(kbits):.0f} kbit/s")
    print(f"MediaPipe, yaw to ±25°: {np.mean(hits['mediapipe']):.4f} of {len(hits['mediapipe'])}")
    print(f"LBP cascade, yaw to ±15°: {np.mean(hits['lbp']):.4f} of {len(hits['lbp'])}")
    for line in missed:
        print("  missed", line)


def sweeps(people: int, first: int) -> None:
    """Print each unit's correlation with its blendshape."""
    locator = MediaPipeLandmarker(faces=1)
    intensity = np.linspace(0, 5, STEPS)
    correlations: dict[str, list[float]] = {name: [] for name in SWEEPS}
    rises: dict[str, list[float]] = {name: [] for name in SWEEPS}
    for seed in _with_progress("sweeps", first, people):
        renderer = Renderer(sample_person(seed), sample_scene(seed))
        for name, (units, blendshapes) in SWEEPS.items():
            motion = FaceMotion.still(np.arange(STEPS) / 30)
            for unit in units:
                motion.action_units[:, ACTION_UNITS.index(unit)] = intensity[:, None]
            columns = [locator.blendshape_names.index(b) for b in blendshapes]
            values = []
            for frame in range(STEPS):
                faces = locator.locate(renderer.render(motion, frame))
                values.append(faces[0].blendshapes[columns].mean() if faces else np.nan)
            seen = np.isfinite(values)
            known = np.array(values)[seen]
            if len(known) > 3 and known.std() > 0:
                correlations[name].append(float(np.corrcoef(intensity[seen], known)[0, 1]))
            else:
                correlations[name].append(0.0)
            rises[name].append(float(values[-1] - values[0]))
    print("unit      blendshape           median r   10th pct   mean rise   required")
    for name, (_, blendshapes) in SWEEPS.items():
        r = correlations[name]
        label = blendshapes[0].removesuffix("Left")
        print(
            f"{name:9s} {label:20s} {np.median(r):8.3f} {np.percentile(r, 10):10.3f} "
            f"{np.nanmean(rises[name]):11.3f}   {'yes' if name in REQUIRED else ''}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--sweep-people", type=int, default=20)
    parser.add_argument("--first", type=int, default=100_000)
    arguments = parser.parse_args()
    detection(arguments.people, arguments.first)
    sweeps(arguments.sweep_people, arguments.first)


if __name__ == "__main__":
    main()
