"""From predictions to scores: tidy tables with intervals over subjects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from painscope.evaluation.bootstrap import (
    RESAMPLES,
    Counts,
    auc,
    difference,
    estimate,
    resample,
    skill,
)

__all__ = ["difference_table", "score_table", "skill_table", "submission"]

_COLUMNS = [
    *("dataset", "protocol", "split", "classifier", "metric", "class"),
    *("value", "low", "high", "seed_sd", "n"),
]


def score_table(
    predictions: pd.DataFrame,
    classes: Sequence[str],
    *,
    dataset: str,
    protocol: str,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Score every classifier on every split that has labels.

    Parameters
    ----------
    predictions : DataFrame
        As `painscope.evaluation.evaluate` gives them.
    classes : sequence of str
        In the scheme's order.
    dataset, protocol : str
        Names for the table.
    resamples : int
        Of subjects, behind each interval.

    Returns
    -------
    DataFrame
        dataset, protocol, split, classifier, metric, class (empty for the whole table), value
        (mean over seeds), low, high (95 % interval over subjects; NaN where it would rest on
        fewer than `FEWEST_SUBJECTS`, see `Counts.people`), seed_sd (NaN for one seed), n
        (recordings). Empty if no recording has a label.
    """
    rows = []
    known = predictions[predictions["true_label"].notna()]
    for (split, classifier), part in known.groupby(["split", "classifier"], sort=False):
        counts = Counts.of(part, classes)
        weights = resample(len(counts.subjects), resamples)
        by_seed, draws = counts.by_seed(), counts.draws(weights)
        if len(classes) == 2:
            by_seed["auc", None], draws["auc", None] = auc(part, classes, weights)
        for (metric, number), values in by_seed.items():
            score = estimate(values.mean(), draws[metric, number], counts.people(metric, number))
            rows.append(
                {
                    "dataset": dataset,
                    "protocol": protocol,
                    "split": split,
                    "classifier": classifier,
                    "metric": metric,
                    "class": "" if number is None else classes[number],
                    **vars(score),
                    "seed_sd": values.std(ddof=1) if len(values) > 1 else np.nan,
                    "n": part["recording"].nunique(),
                }
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


def skill_table(
    predictions: pd.DataFrame,
    classes: Sequence[str],
    *,
    oracle: str,
    majority: str = "majority",
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Return the share of the oracle's skill that each classifier recovers, per split.

    Returns
    -------
    DataFrame
        split, classifier, value, low, high; see `painscope.evaluation.skill`. No rows for
        a split that the oracle or the majority class has not answered.
    """
    rows = []
    known = predictions[predictions["true_label"].notna()]
    for split, part in known.groupby("split", sort=False):
        tables = dict(list(part.groupby("classifier", sort=False)))
        if oracle not in tables or majority not in tables:
            continue
        for name, table in tables.items():
            if name in (oracle, majority):
                continue
            share = skill(table, tables[oracle], tables[majority], classes, resamples=resamples)
            rows.append({"split": split, "classifier": name, **vars(share)})
    return pd.DataFrame(rows, columns=["split", "classifier", "value", "low", "high"])


def difference_table(
    predictions: pd.DataFrame,
    classes: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    *,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Test classifiers against each other, pair by pair, on the same people.

    Parameters
    ----------
    predictions : DataFrame
    classes : sequence of str
    pairs : sequence of (str, str)
        Names of classifiers: how much better is the first than the second?
    resamples : int
        Of subjects; each draws the same people for both.

    Returns
    -------
    DataFrame
        split, first, second, metric (auc of two classes, balanced accuracy, accuracy), value,
        low, high; see `painscope.evaluation.difference`.
    """
    metrics = (*(["auc"] if len(classes) == 2 else []), "balanced_accuracy", "accuracy")
    rows = []
    known = predictions[predictions["true_label"].notna()]
    for split, part in known.groupby("split", sort=False):
        tables = dict(list(part.groupby("classifier", sort=False)))
        for first, second in pairs:
            for metric in metrics:
                found = difference(
                    tables[first], tables[second], classes, metric=metric, resamples=resamples
                )
                names = {"split": split, "first": first, "second": second, "metric": metric}
                rows.append({**names, **vars(found)})
    return pd.DataFrame(
        rows, columns=["split", "first", "second", "metric", "value", "low", "high"]
    )


def submission(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame | None:
    """Return one label per unlabelled recording and classifier, probabilities averaged over seeds.

    Returns
    -------
    DataFrame or None
        classifier, recording, subject, predicted_label; None if every recording has a label.
    """
    unknown = predictions[predictions["true_label"].isna()]
    if unknown.empty:
        return None
    columns = [f"p_{label}" for label in classes]
    keys = ["classifier", "recording", "subject"]
    mean = unknown.groupby(keys, sort=False)[columns].mean().reset_index()
    best = mean[columns].to_numpy().argmax(axis=1)
    return mean[keys].assign(predicted_label=[classes[k] for k in best])
