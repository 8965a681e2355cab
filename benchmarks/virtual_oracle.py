"""How well the truth itself classifies virtual pain: the oracle, from motions alone.

    python benchmarks/virtual_oracle.py --people 65 --seeds 1001 1002 1003

Nothing is drawn: people live through their clips, and a random forest sees statistics of
their true action units over each clip of 10 s. People are held out in five folds, so nobody
is on both sides. The interval is a percentile bootstrap over people.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from painscope.virtual.generation import make_layout
from painscope.virtual.motion import FaceMotion


def statistics(motion: FaceMotion) -> np.ndarray:
    """Summarise a clip: location, spread and peaks of every unit, and how the head moves."""
    curves = np.column_stack(
        [motion.action_units.max(axis=2), motion.blink.max(axis=1), motion.pspi()]
    )
    levels = np.percentile(curves, [50, 75, 90, 100], axis=0)
    pose = motion.pose
    return np.concatenate(
        [
            curves.mean(0),
            curves.std(0),
            levels.ravel(),
            pose.std(0),
            np.ptp(pose, axis=0),
            np.abs(np.diff(pose, axis=0)).max(0),
        ]
    )


def segments(motion: FaceMotion, frames: int) -> Iterator[FaceMotion]:
    """Cut a motion into whole segments of so many frames."""
    for first in range(0, len(motion) - frames + 1, frames):
        part = slice(first, first + frames)
        yield dataclasses.replace(
            motion,
            **{f.name: getattr(motion, f.name)[part] for f in dataclasses.fields(motion)},
        )


def dataset(name: str, people: int, seed: int, **settings: object):
    """Return features [N, D], labels [N], subjects [N] and peak PSPI [N] of a virtual dataset."""
    layout = make_layout(name, people=people, seed=seed, **settings)
    features, labels, groups, peaks = [], [], [], []
    for role in layout.cast():
        member = layout.member(role)
        for clip in layout.clips(role):
            motion = layout.perform(member, clip).motion
            frames = round(getattr(layout, "clip_s", 10.0) * layout.rate)
            for part in segments(motion, frames):
                features.append(statistics(part))
                labels.append(clip.label)
                groups.append(role.subject)
                peaks.append(float(part.pspi().max()))
    return np.array(features), np.array(labels), np.array(groups), np.array(peaks)


def macro_f1(truth: np.ndarray, answer: np.ndarray) -> float:
    return f1_score(truth, answer, average="macro")


def interval(truth: np.ndarray, answer: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of macro-F1 over resampled people."""
    rng = np.random.default_rng(0)
    rows = {group: np.flatnonzero(groups == group) for group in np.unique(groups)}
    names = list(rows)
    values = []
    for _ in range(500):
        chosen = np.concatenate([rows[names[k]] for k in rng.integers(len(names), size=len(names))])
        values.append(macro_f1(truth[chosen], answer[chosen]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def report(name: str, people: int, seed: int, **settings: object) -> None:
    features, labels, groups, peaks = dataset(name, people, seed, **settings)
    classes = [name for name in _ORDER if name in labels]
    print(f"{name}, {people} people, seed {seed}, {len(labels)} clips of {classes}")
    for label in classes:
        quartiles = np.percentile(peaks[labels == label], [10, 25, 50, 75, 90])
        print(f"  peak PSPI {label}: 10/25/50/75/90 % = {np.round(quartiles, 1)}")
    classifiers = {
        "logistic regression": make_pipeline(
            StandardScaler(), LogisticRegression(C=0.05, class_weight="balanced", max_iter=3000)
        ),
        "random forest": RandomForestClassifier(
            300, min_samples_leaf=3, class_weight="balanced_subsample", random_state=0
        ),
    }
    for what, classifier in classifiers.items():
        answer = cross_val_predict(classifier, features, labels, groups=groups, cv=GroupKFold(5))
        low, high = interval(labels, answer, groups)
        each = f1_score(labels, answer, average=None, labels=classes)
        print(
            f"  {what}: macro-F1 {macro_f1(labels, answer):.3f} [{low:.3f}, {high:.3f}], "
            f"per class {np.round(each, 2)}"
        )
    print(confusion_matrix(labels, answer, labels=classes))


_ORDER = ["NP", "LP", "HP", "BL1", "PA1", "PA2", "PA3", "PA4"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=65)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1001])
    parser.add_argument("--clips", type=int, default=12, help="per pain level and person")
    parser.add_argument("--heat", action="store_true", help="BioVid's BL1 against PA4 as well")
    options = parser.parse_args()
    for seed in options.seeds:
        report("ai4pain-2024", options.people, seed, clips_per_level=options.clips)
        if options.heat:
            report("biovid-a", options.people, seed, classes=("BL1", "PA4"))


if __name__ == "__main__":
    main()
