"""How well the truth itself classifies virtual pain: the oracle, from motions alone.

    python benchmarks/virtual_oracle.py --people 65 --seeds 1001 1002 1003

Nothing is drawn: people live through their clips, and two classifiers see statistics of their
true action units over each clip, or each 10 s of the baseline. People are held out in five
folds, and as the challenge does it: trained on its training people, tested on the first 300
frames of every video of its validation people. Intervals: bootstrap over people, as in reports.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from painscope.evaluation import Counts, interval, resample
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


def dataset(name: str, people: int, seed: int, **settings: object) -> pd.DataFrame:
    """Return a row per segment of a virtual dataset; the column `x` holds its statistics."""
    layout = make_layout(name, people=people, seed=seed, **settings)
    frames = round(layout.clip_s * layout.rate)  # type: ignore[attr-defined]
    rows = []
    for role in layout.cast():
        member = layout.member(role)
        for clip in layout.clips(role):
            motion = layout.perform(member, clip).motion
            for k, part in enumerate(segments(motion, frames)):
                row = {"label": clip.label, "subject": role.subject, "split": role.split}
                peak = float(part.pspi().max())
                rows.append(row | {"first": k == 0, "peak": peak, "x": statistics(part)})
    return pd.DataFrame(rows)


def classifiers() -> dict[str, BaseEstimator]:
    return {
        "logistic regression": make_pipeline(
            StandardScaler(), LogisticRegression(C=0.05, class_weight="balanced", max_iter=3000)
        ),
        "random forest": RandomForestClassifier(
            300, min_samples_leaf=3, class_weight="balanced_subsample", random_state=0
        ),
    }


def say(what: str, truth: np.ndarray, answer: np.ndarray, groups: np.ndarray) -> None:
    classes = [name for name in _ORDER if name in truth]
    predictions = pd.DataFrame({"true_label": truth, "predicted_label": answer, "subject": groups})
    counts = Counts.of(predictions.assign(recording=range(len(truth)), seed=0), classes)
    draws = counts.draws(resample(len(counts.subjects)))["macro_f1", None]
    low, high = interval(draws, counts.people("macro_f1"))
    each = f1_score(truth, answer, average=None, labels=classes)
    score = f1_score(truth, answer, average="macro")
    print(f"  {what}: macro-F1 {score:.3f} [{low:.3f}, {high:.3f}], per class {np.round(each, 2)}")
    print("   ", str(confusion_matrix(truth, answer, labels=classes)).replace("\n", "\n    "))


def report(name: str, people: int, seed: int, **settings: object) -> None:
    table = dataset(name, people, seed, **settings)
    x, y, groups = np.stack(table["x"]), table["label"].to_numpy(), table["subject"].to_numpy()
    print(f"{name}, {people} people, seed {seed}, {len(table)} segments")
    for label in [label for label in _ORDER if label in y]:
        quantiles = np.percentile(table["peak"][y == label], [10, 25, 50, 75, 90]).round(1)
        print(f"  peak PSPI {label}: 10/25/50/75/90 % = {quantiles}")
    for what, classifier in classifiers().items():
        answer = cross_val_predict(classifier, x, y, groups=groups, cv=GroupKFold(5))
        say(f"five folds, {what}", y, answer, groups)
    if name != "ai4pain-2024":
        return
    train = (table["split"] == "train").to_numpy()
    test = (table["split"] == "validation").to_numpy() & table["first"].to_numpy()
    for what, classifier in classifiers().items():
        answer = classifier.fit(x[train], y[train]).predict(x[test])
        say(f"predefined split, first 300 frames, {what}", y[test], answer, groups[test])


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
