"""From predictions to scores: tidy tables with intervals over subjects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from painscope.evaluation.bootstrap import RESAMPLES, Counts, auc, interval, resample, skill

__all__ = ["score_table", "skill_table", "submission"]


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
        dataset, protocol, split, classifier, metric, class, value (mean over seeds), low, high
        (95 % interval over subjects), seed_sd (None for one seed), n (recordings).
    """
    rows = []
    known = predictions[predictions["true_label"].notna()]
    for (split, classifier), part in known.groupby(["split", "classifier"], sort=False):
        counts = Counts.of(part, classes)
        weights = resample(len(counts.subjects), resamples)
        by_seed, draws = counts.by_seed(), counts.draws(weights)
        about = {"split": split, "classifier": classifier, "n": part["recording"].nunique()}
        for (metric, number), values in by_seed.items():
            low, high = interval(draws[metric, number])
            rows.append(
                about
                | {
                    "metric": metric,
                    "class": "" if number is None else classes[number],
                    "value": values.mean(),
                    "low": low,
                    "high": high,
                    "seed_sd": values.std(ddof=1) if len(values) > 1 else np.nan,
                }
            )
        if len(classes) == 2:
            area = auc(part, classes, weights)
            rows.append(about | {"metric": "auc", "class": "", **vars(area), "seed_sd": np.nan})
    table = pd.DataFrame(rows)
    table.insert(0, "dataset", dataset)
    table.insert(1, "protocol", protocol)
    order = ["dataset", "protocol", "split", "classifier", "metric", "class"]
    return table[[*order, "value", "low", "high", "seed_sd", "n"]]


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
        split, classifier, value, low, high.
    """
    rows = []
    known = predictions[predictions["true_label"].notna()]
    for split, part in known.groupby("split", sort=False):
        tables = dict(list(part.groupby("classifier", sort=False)))
        for name, table in tables.items():
            if name in (oracle, majority):
                continue
            share = skill(table, tables[oracle], tables[majority], classes, resamples=resamples)
            rows.append({"split": split, "classifier": name, **vars(share)})
    return pd.DataFrame(rows, columns=["split", "classifier", "value", "low", "high"])


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
