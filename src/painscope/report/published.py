"""Numbers that others have published, as they stand in their papers; data, no logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["PUBLISHED", "Column", "Published", "PublishedTable"]

Column = tuple[str, str]
"""A metric as in the scores table, and the name of a class or ``""``."""


@dataclass(frozen=True)
class PublishedTable:
    """One table of a paper.

    Attributes
    ----------
    title : str
        What it shows.
    split : str
        The split of ours that it is to be read beside.
    columns : tuple of Column
        The paper's columns, and those that we add; class names are the paper's order.
    rows : mapping of str to tuple of float or None
        The paper's rows: a value per column, None where the paper has none.
    notes : tuple of str
        What a reader must know.
    """

    title: str
    split: str
    columns: tuple[Column, ...]
    rows: Mapping[str, tuple[float | None, ...]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """What a paper reports about the system of a recipe.

    Attributes
    ----------
    source : str
        The paper.
    dataset, source_dataset : str
        What the paper's people are of, and those its source network learned from: runs on
        other data have nothing to be put beside.
    classes : tuple of str
        The paper's names of the classes, from none to most pain.
    tables : tuple of PublishedTable
        Its tables.
    source_network : mapping of str to float
        What it reports about the network whose features are transferred.
    """

    source: str
    dataset: str
    classes: tuple[str, ...]
    tables: tuple[PublishedTable, ...]
    source_dataset: str = ""
    source_network: Mapping[str, float] = field(default_factory=dict)


_CLASSES = ("No-Pain", "Low-Pain", "High-Pain")
_PER_CLASS: tuple[Column, ...] = (
    *(("precision", name) for name in _CLASSES),
    ("macro_precision", ""),
    *(("recall", name) for name in _CLASSES),
    ("balanced_accuracy", ""),
    *(("f1", name) for name in _CLASSES),
    ("macro_f1", ""),
    ("accuracy", ""),
)
_ONLY_ACCURACY = (None,) * 12

# Prajod, Schiller, Withanage Don, André: Faces of Experimental Pain (2024), Tables I and II,
# Section III for the source network.
FACES_OF_EXPERIMENTAL_PAIN = Published(
    source=(
        "P. Prajod, D. Schiller, D. Withanage Don, E. André. Faces of Experimental Pain: "
        "Transferability of Deep Learned Heat Pain Features to Electrical Pain. 2024."
    ),
    dataset="ai4pain-2024",
    classes=_CLASSES,
    tables=(
        PublishedTable(
            title="Table I: validation set",
            split="validation",
            columns=_PER_CLASS,
            rows={
                "Baseline (video)": (*_ONLY_ACCURACY, 0.40),
                "Baseline (fNIRS)": (*_ONLY_ACCURACY, 0.43),
                "Baseline (video + fNIRS)": (*_ONLY_ACCURACY, 0.40),
                "Simple ANN + Voting": (
                    *(0.10, 0.60, 0.66, 0.45),
                    *(0.17, 0.67, 0.55, 0.46),
                    *(0.12, 0.63, 0.60, 0.45),
                    0.59,
                ),
                "LSTM": (
                    *(0.24, 0.59, 0.71, 0.51),
                    *(0.42, 0.74, 0.49, 0.55),
                    *(0.30, 0.65, 0.58, 0.51),
                    0.60,
                ),
            },
            notes=(
                "The original validation set holds about 12 no-pain, 144 low-pain and 144 "
                "high-pain clips (inferred), so that a constant low-pain or high-pain answer has "
                "an accuracy of 0.48 there: above all three published baselines.",
            ),
        ),
        PublishedTable(
            title="Table II: test set",
            split="test",
            columns=(("accuracy", ""), ("balanced_accuracy", ""), ("macro_f1", "")),
            rows={
                "Baseline (video)": (0.40, None, None),
                "Baseline (fNIRS)": (0.43, None, None),
                "Baseline (video + fNIRS)": (0.42, None, None),
                "Simple ANN + Voting": (0.49, None, None),
                "LSTM": (0.43, None, None),
            },
            notes=(
                "The organisers of the challenge computed the published test accuracies; the test "
                "labels are not public.",
            ),
        ),
    ),
    source_dataset="biovid-a",
    source_network={"accuracy": 0.70, "f1": 0.69},
)

# Zamzmi et al. (2018), abstract. That handcrafted features are "approx. 7" points lower in
# accuracy is all it says of them.
NEONATAL_TRANSFER = Published(
    source=(
        "G. Zamzmi, D. Goldgof, R. Kasturi, Y. Sun. Neonatal Pain Expression Recognition Using "
        "Transfer Learning. arXiv 1807.01631, 2018."
    ),
    dataset="icope-video",
    classes=("no pain", "pain"),
    tables=(
        PublishedTable(
            title="Neonates, from the abstract",
            split="test",
            columns=(("auc", ""), ("accuracy", ""), ("balanced_accuracy", "")),
            rows={
                "Deep features": (0.841, 0.9034, None),
                "Deep and handcrafted features": (0.948, 0.9271, None),
            },
            notes=(
                "In the paper's own digits: 90.34 % and 0.841 with deep features, 92.71 % and "
                "0.948 with both, on a testing dataset of newborns. Of handcrafted features it "
                "says only that their accuracy is about 7 points lower than that of deep ones.",
            ),
        ),
    ),
)

PUBLISHED: dict[str, Published] = {
    "faces-of-experimental-pain": FACES_OF_EXPERIMENTAL_PAIN,
    "neonatal-transfer": NEONATAL_TRANSFER,
}
"""By the name that a recipe gives in ``published``."""
