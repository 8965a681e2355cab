"""bench: how fast faces become features here, stage by stage, beside the plain way."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from painscope.errors import VideoError
from painscope.experiments.steps import StepProgress
from painscope.face import Locator, crop_face, make_locator
from painscope.features import VGGFeatures, calibration_crops, fill_store, open_store
from painscope.networks import (
    VGG16GAP,
    Checkpoint,
    Precision,
    pick_precision,
    precision_facts,
    prepare,
    random_checkpoint,
)
from painscope.recording import Recording
from painscope.video import FrameReader, probe

__all__ = ["Benchmark", "bench", "write_face_video"]

#: Size of the virtual face's picture in pixels, and pictures per second.
WIDTH, HEIGHT, RATE = 640, 360, 30
#: Pictures that are drawn; they are shown forth and back.
DRAWN = 24
#: Shortest clip that the whole pipeline reads: following a face holds a second of it back.
SHORTEST_S = 4.0


@dataclass(frozen=True)
class Benchmark:
    """What `bench` measured; rates in frames per second of wall-clock time.

    Attributes
    ----------
    device, precision, engine, locator, video : str
    precisions : dict
        What this chip does with each precision (`precision_facts`), whichever was measured.
    threads : int
        That torch uses, so also how many batches are computed at once on a CPU.
    decode_fps, locate_fps, crop_fps, network_fps : float
        Each stage alone.
    whole_fps : float
        From the file to the store, everything overlapped.
    plain_fps : float
        One frame at a time, fp32, no overlap; the same locator and network.
    ratio : float
        Of the two, which were measured by turns.
    whole_cpu_ms, plain_cpu_ms : float
        Processor time per frame of the two, which other work on the machine changes little.
    peak_gflops : float
        Of torch's matrix multiplication in the same precision (int8: in the fastest that
        torch has here), 10⁹ multiplications and additions per second.
    network_gflops : float
        The network's own: those of its layers as they are written, over the time it takes.
    network_share_of_peak : float
        Of the two; above 1 where Winograd's convolutions do with fewer.
    peak_rss_mib : float or None
        Most memory the process had; None where the system does not say.
    """

    device: str
    precision: str
    engine: str
    locator: str
    video: str
    precisions: dict[Precision, str]
    threads: int
    decode_fps: float
    locate_fps: float
    crop_fps: float
    network_fps: float
    whole_fps: float
    plain_fps: float
    ratio: float
    whole_cpu_ms: float
    plain_cpu_ms: float
    peak_gflops: float
    network_gflops: float
    network_share_of_peak: float
    peak_rss_mib: float | None


def bench(
    video: Path | str | None = None,
    *,
    checkpoint: Checkpoint | None = None,
    locator: str = "auto",
    precision: str = "auto",
    device: str = "auto",
    engine: str = "auto",
    seconds: float = 8.0,
    rounds: int = 2,
    progress: StepProgress | None = None,
) -> Benchmark:
    """Measure how fast this machine turns a video of a face into features.

    Parameters
    ----------
    video : path-like, optional
        A video of one face; by default a virtual one of 640×360 pixels is drawn.
    checkpoint : Checkpoint, optional
        By default VGG16 of full width with random weights, which is as fast as any.
    locator, precision, device, engine : str
        As for `make_locator` and `VGGFeatures`; int8 is calibrated on the video itself.
    seconds : float
        About how long the whole pipeline is watched each time; the stages for a quarter.
    rounds : int
        How often the plain way and the whole pipeline take turns.
    progress : callable, optional
        Called with step, done, total.

    Raises
    ------
    VideoError
        If no face is found in the video.
    """
    show = progress or (lambda step, done, total: None)
    show("stages, then turns", 0, 1 + rounds)
    finder = make_locator(locator)
    network = checkpoint or random_checkpoint()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "face.mp4"
        if video is None:
            write_face_video(path, seconds=20)
        else:
            path = Path(video)
        crops = None
        if precision == "int8":
            crops = calibration_crops([path], finder, size=network.card.input_size)
        extractor = VGGFeatures(
            network, device=device, precision=precision, engine=engine, calibration=crops
        )
        stages = _stages(path, finder, extractor, seconds / 4)
        peak = _peak_gflops(extractor.precision, extractor.device)
        show("stages, then turns", 1, 1 + rounds)
        clip_s = max(SHORTEST_S, seconds * stages["network_fps"] / RATE)
        clip_s = min(clip_s, probe(path).duration_s or clip_s)
        recording = Recording("face", "nobody", None, None, path, stop_s=clip_s)
        plain, whole = np.zeros(3), np.zeros(3)  # frames, seconds, of processor time
        for turn in range(rounds):
            plain += _timed(_plain(recording, finder, extractor.checkpoint), seconds / 2)
            whole += _whole(recording, finder, extractor, Path(folder) / str(turn))
            # The peak is the best that was seen: other work on the machine only lowers it.
            peak = max(peak, _peak_gflops(extractor.precision, extractor.device))
            show("stages, then turns", 2 + turn, 1 + rounds)
    gflops = stages["network_fps"] * _flops(extractor) / 1e9
    return Benchmark(
        device=str(extractor.device),
        precision=extractor.precision,
        engine=extractor.engine.name,
        locator=finder.name,
        video="virtual face, 640×360" if video is None else str(video),
        precisions=precision_facts(extractor.device),
        threads=torch.get_num_threads(),
        **stages,
        whole_fps=float(whole[0] / whole[1]),
        plain_fps=float(plain[0] / plain[1]),
        ratio=float(whole[0] / whole[1] / (plain[0] / plain[1])),
        whole_cpu_ms=float(1000 * whole[2] / whole[0]),
        plain_cpu_ms=float(1000 * plain[2] / plain[0]),
        peak_gflops=peak,
        network_gflops=gflops,
        network_share_of_peak=gflops / peak,
        peak_rss_mib=_peak_rss_mib(),
    )


def write_face_video(path: Path, *, seconds: float, seed: int = 3) -> None:
    """Draw a virtual face that moves and write it as H.264, 640×360 at 30 per second.

    No two pictures that follow one another are alike, and the face is never lost.
    """
    from painscope.virtual import FaceMotion, Renderer, sample_person, sample_scene
    from painscope.virtual.writers.media import write_video

    turn = np.linspace(-1, 1, DRAWN)
    motion = FaceMotion.still(np.arange(DRAWN) / RATE)
    motion.pose[:, 0], motion.pose[:, 1] = 8 * turn, 3 * turn**2
    motion.action_units[:, :6] = (2 + 2 * turn)[:, None, None]
    renderer = Renderer(sample_person(seed), sample_scene(seed), size=(WIDTH, HEIGHT))
    drawn = [renderer.render(motion, k) for k in range(DRAWN)]
    time_s = np.arange(round(seconds * RATE)) / RATE
    order = cycle([*range(DRAWN), *range(DRAWN - 2, 0, -1)])
    frames = (drawn[next(order)] for _ in time_s)
    write_video(path, frames, time_s, rate=RATE, size=(WIDTH, HEIGHT))


def _stages(
    video: Path, locator: Locator, extractor: VGGFeatures, seconds: float
) -> dict[str, float]:
    """Return the rate of each stage alone."""
    reader = FrameReader(video, rate=RATE, batch_size=8, stop_s=min(2.0, _duration_s(video)))
    images = [image for batch in reader for image in batch.images]
    boxes = [faces[0].box if (faces := locator.locate(image)) else None for image in images]
    seen = [(image, box) for image, box in zip(images, boxes, strict=True) if box is not None]
    if not seen:
        raise VideoError(f"no face was found by {locator.name}", path=video)
    margin, size = locator.default_margin, extractor.checkpoint.card.input_size
    crops = [crop_face(image, box, margin=margin, size=size) for image, box in seen]
    at_once = extractor.batch_size * extractor.streams
    batch = np.stack([crop for crop, _ in zip(cycle(crops), range(at_once), strict=False)])
    extractor.engine(batch)

    def decode() -> Iterator[int]:
        while True:
            for frames in FrameReader(video, rate=RATE, batch_size=8):
                yield len(frames)

    def each(step: Callable[[int], object], n: int, frames: int = 1) -> Iterator[int]:
        for k in cycle(range(n)):
            step(k)
            yield frames

    def crop(k: int) -> None:
        crop_face(*seen[k], margin=margin, size=size)

    steps = {
        "decode_fps": decode(),
        "locate_fps": each(lambda k: locator.locate(images[k]), len(images)),
        "crop_fps": each(crop, len(seen)),
        "network_fps": each(lambda k: extractor.engine(batch), 1, at_once),
    }
    rates = {}
    for name, step in steps.items():
        frames, elapsed, _ = _timed(step, seconds)
        rates[name] = float(frames / elapsed)
    return rates


def _timed(steps: Iterator[int], seconds: float) -> np.ndarray:
    """Take steps for about so many seconds; return frames, seconds, and processor time."""
    frames, start = 0, _clocks()
    for done in steps:
        frames += done
        if time.perf_counter() - start[0] >= seconds:
            break
    return np.array([frames, *(_clocks() - start)])


def _clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def _plain(recording: Recording, locator: Locator, checkpoint: Checkpoint) -> Iterator[int]:
    """Read one frame at a time, each through every stage: what one writes first."""
    network, card = checkpoint
    device = next(network.parameters()).device
    while True:
        for batch in FrameReader(recording.video, rate=RATE, stop_s=recording.stop_s, batch_size=1):
            [image] = batch.images
            if faces := locator.locate(image):
                margin, size = locator.default_margin, card.input_size
                crop = crop_face(image, faces[0].box, margin=margin, size=size)
                with torch.inference_mode():
                    crops = torch.from_numpy(crop[None]).to(device)
                    network.features(prepare(crops, card.preprocessing)).cpu()
            yield 1


def _whole(
    recording: Recording, locator: Locator, extractor: VGGFeatures, root: Path
) -> np.ndarray:
    """Extract one recording into a new store; return what `_timed` returns."""
    start = _clocks()
    store = open_store(root, extractor, locator=locator, rate=RATE)
    summary = fill_store([recording], extractor, store, locator=locator)
    for reason in summary.failed.values():
        raise VideoError(reason)
    return np.array([summary.n_frames, *(_clocks() - start)])


def _peak_gflops(precision: str, device: torch.device) -> float:
    """Return how fast torch multiplies large matrices here; the best of several."""
    if precision == "int8":
        precision = pick_precision("auto", device)
    side = 2048 if device.type == "cpu" else 8192
    a, b = (torch.randn(side, side, device=device) for _ in range(2))
    if precision == "bf16":
        a, b = a.bfloat16(), b.bfloat16()
    best = np.inf
    for _ in range(6):
        start = time.perf_counter()
        float((a @ b)[0, 0])  # waits for a GPU
        best = min(best, time.perf_counter() - start)
    return 2 * side**3 / best / 1e9


def _flops(extractor: VGGFeatures) -> float:
    """Return the multiplications and additions for one crop."""
    from torch.utils.flop_counter import FlopCounterMode

    card = extractor.checkpoint.card
    network = VGG16GAP(card.width).to("meta")
    image = torch.empty(1, 3, card.input_size, card.input_size, device="meta")
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network.features(image)
    return counter.get_total_flops()


def _duration_s(video: Path) -> float:
    return probe(video).duration_s or 2.0


def _peak_rss_mib() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2 ** (20 if sys.platform == "darwin" else 10)
