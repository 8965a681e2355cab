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
from painscope.evaluation.cross_dataset import cross_dataset
from painscope.evaluation.frames import frame_features, predict_frames
from painscope.evaluation.going_back import GoingBack, go_back
from painscope.evaluation.loop import (
    CHANCE_DRAWS,
    FEW_FRAMES,
    Evaluation,
    SegmentCount,
    evaluate,
)
from painscope.evaluation.metrics import CLASS_METRICS, METRICS, confusion, metrics
from painscope.evaluation.scoring import difference_table, score_table, skill_table, submission
from painscope.evaluation.splits import (
    PROTOCOLS,
    Fold,
    check_source_subjects,
    grouped_k_fold,
    held_out_subjects,
    leave_one_subject_out,
    make_folds,
    predefined_split,
)

__all__ = [
    "CLASS_METRICS",
    "CHANCE_DRAWS",
    "FEW_FRAMES",
    "FEWEST_SUBJECTS",
    "METRICS",
    "PROTOCOLS",
    "Counts",
    "Estimate",
    "Evaluation",
    "Fold",
    "GoingBack",
    "SegmentCount",
    "check_source_subjects",
    "confusion",
    "cross_dataset",
    "difference",
    "difference_table",
    "evaluate",
    "frame_features",
    "go_back",
    "grouped_k_fold",
    "held_out_subjects",
    "interval",
    "leave_one_subject_out",
    "make_folds",
    "metrics",
    "predefined_split",
    "predict_frames",
    "resample",
    "score_table",
    "skill",
    "skill_table",
    "submission",
]
