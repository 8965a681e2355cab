"""Face locators side by side: the modes of MediaPipe, what each finds, how steady, how fast.

    python benchmarks/locators.py [--assets DIR] [--frames 120]

Reads the videos and the model in DIR (default: $PAINSCOPE_ASSETS, else ../shared/assets beside
the repository) and prints the tables of docs/face.md. Speeds count processor time, all threads
together, so that other work on the machine disturbs them little; compare them within one run.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from painscope.face import Face, FaceStream, FaceTrack
from painscope.face.locators import LBPCascade, Locator, MediaPipeLandmarker
from painscope.face.locators import lbp as lbp_module
from painscope.face.tracker import bridge, follow, overlap, steady
from painscope.video import FrameReader, probe

VIDEOS = (
    "single_face.mp4",
    "expressions_pexels.mp4",
    "face_then_none.mov",
    "small_face.mkv",
    "two_faces.mp4",
    "no_face.mp4",
)
#: For the video mode's memory: the same frames, seen from the first or from this one on.
LATER = 20


def main() -> None:
    default = os.environ.get("PAINSCOPE_ASSETS", Path(__file__).parents[2] / "shared" / "assets")
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--assets", type=Path, default=Path(default))
    arguments.add_argument("--frames", type=int, default=120, help="per video, at its own rate")
    chosen = arguments.parse_args()
    model = chosen.assets / "models" / "face_landmarker.task"
    videos = [chosen.assets / "videos" / name for name in VIDEOS]
    pictures = {path.name: read(path, chosen.frames) for path in videos}
    mediapipe, cascade = MediaPipeLandmarker(model=model), LBPCascade()
    modes(model, pictures)
    found(videos, mediapipe, cascade)
    speeds(pictures, mediapipe, cascade)
    cascade_boxes(pictures, mediapipe, cascade)
    steadiness(videos, mediapipe, cascade)


def read(path: Path, frames: int) -> list[np.ndarray]:
    """Read a video's first pictures at its own rate."""
    batches = FrameReader(path, rate=probe(path).rate, batch_size=16)
    return list(islice((image for batch in batches for image in batch.images), frames))


# -- the modes of MediaPipe ---------------------------------------------------------------


def landmarks(model: Path, mode: str, faces: int, images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Run a fresh landmarker over pictures: per picture float32 [N, 478, 2] in pixels."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model.read_bytes()),
        running_mode=getattr(vision.RunningMode, mode.upper()),
        num_faces=faces,
        output_face_blendshapes=True,
    )
    landmarker = vision.FaceLandmarker.create_from_options(options)
    rows = []
    for k, picture in enumerate(images):
        image = mediapipe.Image(
            image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture)
        )
        result = (
            landmarker.detect(image)
            if mode == "image"
            else landmarker.detect_for_video(image, 33 * k)
        )
        height, width = picture.shape[:2]
        marks = [[(p.x * width, p.y * height) for p in face] for face in result.face_landmarks]
        rows.append(np.asarray(marks, np.float32).reshape(-1, 478, 2))
    landmarker.close()
    return rows


def modes(model: Path, pictures: dict[str, list[np.ndarray]]) -> None:
    print("\n## Image and video mode of MediaPipe\n")
    print("Difference: of the boxes of the same frames, seen from the first frame or from the")
    print(f"{LATER}th on, in shares of the box's side: median / largest.\n")
    print("| video | faces | mode | same twice | difference | speed, image = 1 |")
    print("|---|---|---|---|---|---|")
    for name, images in pictures.items():
        for faces in (1, 4):
            runs: dict[str, list] = {"image": [], "video": []}
            seconds: dict[str, list[float]] = {"image": [], "video": []}
            for _ in range(3):
                for mode in runs:
                    start = time.process_time()
                    runs[mode].append(landmarks(model, mode, faces, images))
                    seconds[mode].append(time.process_time() - start)
            for mode, (first, *others) in runs.items():
                twice = all(identical(first, other) for other in others)
                later = landmarks(model, mode, faces, images[LATER:])
                change = box_change(first[LATER:], later)
                speed = np.median(seconds["image"]) / np.median(seconds[mode])
                told = "–" if change is None else f"{change[0]:.3f} / {change[1]:.3f}"
                print(f"| {name} | {faces} | {mode} | {twice} | {told} | {speed:.2f} |")


def identical(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def box_change(
    first: Sequence[np.ndarray], second: Sequence[np.ndarray]
) -> tuple[float, float] | None:
    """Return the median and largest difference of the first face's box, by its side."""
    pairs = [(a[0], b[0]) for a, b in zip(first, second, strict=True) if len(a) and len(b)]
    if not pairs:
        return None
    boxes = [[np.r_[m.min(0), m.max(0)] for m in marks] for marks in zip(*pairs, strict=True)]
    a, b = np.array(boxes[0]), np.array(boxes[1])
    change = np.abs(a - b).max(axis=1) / (a[:, 2:] - a[:, :2]).max(axis=1)
    return float(np.median(change)), float(change.max())


# -- the locators -------------------------------------------------------------------------


def found(videos: Sequence[Path], *locators: Locator) -> None:
    print("\n## Share of frames (30 per second) in which the followed face is seen / has a box\n")
    print("| video | " + " | ".join(one.name for one in locators) + " | cascade upright only |")
    print("|---" * (len(locators) + 2) + "|")
    for path in videos:
        tracks = [track(FaceStream(path, one, size=16)) for one in locators]
        tilts, lbp_module.TILTS = lbp_module.TILTS, ()
        tracks.append(track(FaceStream(path, LBPCascade(), size=16)))
        lbp_module.TILTS = tilts
        told = [f"{one.found.mean():.3f} / {one.has_box.mean():.3f}" for one in tracks]
        print(f"| {path.name} | " + " | ".join(told) + " |")


def speeds(pictures: dict[str, list[np.ndarray]], *locators: Locator) -> None:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    slow = Cascade(lbp_frontal_face_cascade_filename())

    def scikit_image(image: np.ndarray) -> None:
        import cv2

        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = LBPCascade().detail / max(grey.shape)
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        slow.detect_multi_scale(grey, 1.1, 1, (24, 24), (max(grey.shape),) * 2)

    ways: dict[str, Callable] = {one.name: one.locate for one in locators}
    ways["the cascade upright only, by scikit-image"] = scikit_image
    print(f"\n## Speed of locating, {locators[0].name} = 1 (frames per second of processor time)\n")
    print("| video | " + " | ".join(ways) + " |")
    print("|---" * (len(ways) + 1) + "|")
    for name, images in pictures.items():
        rates = {}
        for way, locate in ways.items():
            some = images[:: len(images) // (3 if locate is scikit_image else 24)]
            seconds_of(locate, some[:1])  # opens the model
            rates[way] = len(some) / seconds_of(locate, some)
        base = rates[locators[0].name]
        told = [f"{rate / base:.2f} ({rate:.0f})" for rate in rates.values()]
        print(f"| {name} | " + " | ".join(told) + " |")


def seconds_of(locate: Callable, images: Sequence[np.ndarray]) -> float:
    start = time.process_time()
    for image in images:
        locate(image)
    return time.process_time() - start


def cascade_boxes(
    pictures: dict[str, list[np.ndarray]], mediapipe: Locator, cascade: LBPCascade
) -> None:
    print("\n## The box around the landmarks, in sides of the cascade's window\n")
    print("| video | centre right | centre down | width | height |")
    print("|---|---|---|---|---|")
    for name, images in pictures.items():
        rows = []
        for image in images:
            boxes = [face.box for face in mediapipe.locate(image)]
            for x, y, side in map(window, cascade.locate(image)):
                for box in boxes:
                    if box[0] < x < box[2] and box[1] < y < box[3]:
                        centre = (box[:2] + box[2:]) / 2 - (x, y)
                        rows.append(np.r_[centre, box[2:] - box[:2]] / side)
        if len(rows) > len(images) // 2:
            mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
            told = [f"{m:.2f} ± {s:.2f}" for m, s in zip(mean, spread, strict=True)]
            print(f"| {name} | " + " | ".join(told) + " |")


def window(face: Face) -> tuple[float, float, float]:
    """Return the cascade's own window (centre x, centre y, side) from the box made of it."""
    side = (face.box[2] - face.box[0]) / lbp_module.WIDTH
    x, y = (face.box[:2] + face.box[2:]) / 2
    return x, y - lbp_module.LOWER * side, side


def steadiness(videos: Sequence[Path], mediapipe: Locator, cascade: LBPCascade) -> None:
    print("\n## How steady the cascade's boxes are, over the window of averaging\n")
    print("Step: median change of the centre from frame to frame, in sides of the box. Growth:")
    print("mean change of the side. Error: against MediaPipe's box, spread of centre and side.\n")
    print("| video | window s | step | growth | error centre | error side | overlap |")
    print("|---|---|---|---|---|---|---|")
    for path in videos:
        truth = track(FaceStream(path, mediapipe, size=16))
        if not truth.has_box.any():
            continue
        report_steadiness(path.name, "mediapipe", truth.box, truth.box)
        faces = [
            (k, cascade.locate(image))
            for k, image in enumerate(i for batch in FrameReader(path) for i in batch.images)
        ]
        for window_s in (0.0, 0.1, 0.2, 0.4):
            rows = steady(bridge(follow(faces, 30), 30), 30, window_s)
            boxes = np.array([box_of(row.face) for row in rows])
            report_steadiness(path.name, f"{window_s}", boxes, truth.box)


def box_of(face: Face | None) -> np.ndarray:
    return np.full(4, np.nan) if face is None else face.box


def report_steadiness(name: str, what: str, boxes: np.ndarray, truth: np.ndarray) -> None:
    good = np.isfinite(boxes[:, 0]) & np.isfinite(truth[:, 0])
    a, b = boxes[good].astype(float), truth[good].astype(float)
    centres = [(x[:, :2] + x[:, 2:]) / 2 for x in (a, b)]
    sides = [(x[:, 2:] - x[:, :2]).max(axis=1) for x in (a, b)]
    step = np.linalg.norm(np.diff(centres[0], axis=0), axis=1) / sides[0][1:]
    error = (centres[0] - centres[1]) / sides[1][:, None]
    log_sides = np.log(sides[0] / sides[1])
    shared = np.mean([overlap(x, y)[0, 0] for x, y in zip(a, b, strict=True)])
    print(
        f"| {name} | {what} | {np.median(step):.4f} | "
        f"{np.abs(np.diff(np.log(sides[0]))).mean():.4f} | "
        f"{np.sqrt(error.var(axis=0).sum()):.3f} | {log_sides.std():.3f} | {shared:.2f} |"
    )


def track(stream: FaceStream) -> FaceTrack:
    return FaceTrack.concatenate([batch.track for batch in stream])


if __name__ == "__main__":
    main()
