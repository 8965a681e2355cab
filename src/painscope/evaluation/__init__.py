"""People held out, metrics with intervals, baselines beside."""

from painscope.evaluation.bootstrap import (
    FEWEST_SUBJECTS,
    Counts,
    Estimate,
    difference,
    interval,
    resample,
    skill,
)
from painscope.evaluation.loop import FEW_FRAMES, Evaluation, SegmentCount, evaluate
from painscope.evaluation.metrics import CLASS_METRICS, METRICS, confusion, metrics
from painscope.evaluation.scoring import score_table, skill_table, submission
from painscope.evaluation.splits import (
    PROTOCOLS,
    Fold,
    check_source_subjects,
    grouped_k_fold,
    leave_one_subject_out,
    make_folds,
    predefined_split,
)

__all__ = [
    "CLASS_METRICS",
    "FEW_FRAMES",
    "FEWEST_SUBJECTS",
    "METRICS",
    "PROTOCOLS",
    "Counts",
    "Estimate",
    "Evaluation",
    "Fold",
    "SegmentCount",
    "check_source_subjects",
    "confusion",
    "difference",
    "evaluate",
    "grouped_k_fold",
    "interval",
    "leave_one_subject_out",
    "make_folds",
    "metrics",
    "predefined_split",
    "resample",
    "score_table",
    "skill",
    "skill_table",
    "submission",
]
