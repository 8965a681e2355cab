"""Training both classifiers at AI4Pain's size, from stored features: at most ten minutes.

    python benchmarks/classifiers.py

Writes features of 41 training and 12 validation people (a 60 s baseline and 24 clips of
10 s each, 30 frames/s, 1024 columns) into a feature store; then, on the clock, reads them,
cuts the 1,230 training clips and fits the voting network and the LSTM with their default
settings. Features are simulated: a hidden face of 24 dimensions (the person, slow drift,
blinks, a pain expression that most people show), mixed into 1024 columns behind a ReLU.
Exit status 1 if it took more than ten minutes.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator

import numpy as np

LIMIT_S = 600
RATE, COLUMNS, LATENT = 30, 1024, 24
CLASSES = ("NP", "LP", "HP")
NAMES = tuple(f"f{k}" for k in range(COLUMNS))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--people", type=int, default=41, help="default: %(default)s")
    arguments.add_argument("--validation", type=int, default=12, help="default: %(default)s")
    arguments.add_argument("--threads", type=int, default=2, help="default: %(default)s")
    chosen = arguments.parse_args()
    import torch

    torch.set_num_threads(chosen.threads)
    with tempfile.TemporaryDirectory() as folder:
        labels = write(folder, chosen.people, chosen.validation)
        start = time.perf_counter()
        fit(folder, labels, start)
        seconds = time.perf_counter() - start
    load = os.getloadavg()[0]
    print(f"together {seconds:.0f} s (at most {LIMIT_S} s at 41 people), load average {load:.1f}")
    return int(seconds > LIMIT_S)


def write(folder: str, people: int, validation: int) -> dict[str, tuple[str, str]]:
    """Fill a store; return label and person of every recording, validation people last."""
    from painscope.features import FeatureSequence, FeatureStore

    store, labels = FeatureStore(folder, {"simulated": True}), {}
    for person in range(people + validation):
        for number, (label, values) in enumerate(recordings(person)):
            name = f"{person:02d}-{number:02d}"
            found = np.ones(len(values), bool)
            store.write(FeatureSequence(name, values, np.arange(len(values)) / RATE, found, NAMES))
            labels[name] = label, "train" if person < people else "validation"
    return labels


def recordings(person: int) -> Iterator[tuple[str, np.ndarray]]:
    """Simulate one person's baseline and 24 clips: label and values [T, 1024]."""
    mix = np.random.default_rng(0).normal(size=(LATENT, COLUMNS)).astype(np.float32) / LATENT**0.5
    rng = np.random.default_rng([1, person])
    identity, expressiveness = rng.normal(size=LATENT), rng.gamma(2, 0.5)
    for label, frames in [("NP", 60 * RATE), *[("LP", 10 * RATE), ("HP", 10 * RATE)] * 12]:
        face = identity + np.cumsum(rng.normal(scale=0.03, size=(frames, LATENT)), axis=0)
        size = CLASSES.index(label) * expressiveness * rng.gamma(4, 0.25)
        since = np.arange(frames) - rng.integers(30, 150)
        face[:, :6] += (
            size * np.exp(-np.maximum(since, 0)[:, None] / 90) / (1 + np.exp(-since[:, None] / 8))
        )
        for blink in rng.integers(0, frames - 8, size=frames // 100):
            face[blink : blink + 8, 5] += 2
        noise = rng.standard_normal((frames, COLUMNS), dtype=np.float32)
        yield label, np.maximum(face.astype(np.float32) @ mix + noise / 10, 0)


def fit(folder: str, labels: dict[str, tuple[str, str]], start: float) -> None:
    from painscope.classifiers import evaluation_segments, make_classifier, training_segments
    from painscope.features import FeatureStore

    store = FeatureStore(folder, {"simulated": True})
    parts = {}
    for part, cut in (("train", training_segments), ("validation", evaluation_segments)):
        names = [name for name, (_, where) in labels.items() if where == part]
        segments = cut([store.read(name) for name in names])
        owners = [names[source] for source in segments.sources]
        truth, people = [labels[name][0] for name in owners], [name[:2] for name in owners]
        parts[part] = segments.sequences, truth, people
    print(
        f"read {len(labels)} recordings in {time.perf_counter() - start:.0f} s: "
        f"{len(parts['train'][0])} clips to train on, {len(parts['validation'][0])} to stop by"
    )
    for name in ("ann-vote", "lstm"):
        begin, work = time.perf_counter(), time.process_time()
        classifier = make_classifier(name, classes=CLASSES)
        clips, truth, people = parts["train"]
        classifier.fit(clips, truth, groups=people, validation=parts["validation"])
        seconds, work = time.perf_counter() - begin, time.process_time() - work
        epochs = len(classifier.history_)
        right = classifier.predict(parts["validation"][0]) == parts["validation"][1]
        print(
            f"{name}: {seconds:.0f} s ({work:.0f} s of processor time), {epochs} epochs of "
            f"{seconds / epochs:.1f} s, accuracy {right.mean():.2f} on the validation people"
        )


if __name__ == "__main__":
    raise SystemExit(main())
