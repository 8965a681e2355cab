"""Networks of a recipe: given or trained, and what a study's page is told about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from painscope import __version__
from painscope.datasets import Dataset
from painscope.errors import CheckpointError, UsageError
from painscope.experiments.crops import cut_faces
from painscope.experiments.faces import label_frames
from painscope.experiments.facts import StudyFacts
from painscope.experiments.models import network_path
from painscope.experiments.settings import BaseRecipe, NetworkSettings, TrainingSettings
from painscope.experiments.steps import Steps
from painscope.experiments.story import dataset_facts, network_facts
from painscope.face import make_locator
from painscope.networks import Checkpoint, load_checkpoint, save_checkpoint
from painscope.training import FrameSet, ask, frame_loader, train_network, train_together
from painscope.video.pictures import FOLDER_RATE

if TYPE_CHECKING:
    from painscope.training import Question

__all__ = ["Workshop", "input_size", "pixels", "rights", "study_facts"]

#: Of films whose action units are known and on which nothing is trained, every n-th frame will do.
SPARSE = 5


@dataclass(frozen=True)
class Workshop:
    """What recipes do with their datasets to have networks: cut faces, ask, train.

    Attributes
    ----------
    recipe, datasets, steps
        Datasets by their roles.
    cuts : mapping of str to (int, int)
        By role: the crops' side in pixels, and every how many frames one is cut.
    """

    recipe: BaseRecipe
    datasets: Mapping[str, Dataset]
    steps: Steps
    cuts: Mapping[str, tuple[int, int]]
    _cut: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(
        cls, recipe: BaseRecipe, datasets: Mapping[str, Dataset], steps: Steps,
        trained: Mapping[str, tuple[TrainingSettings, int]],
    ) -> Workshop:  # fmt: skip
        """Plan the cuts: as each training wants them; other roles take what is there.

        Parameters
        ----------
        recipe, datasets, steps
        trained : mapping of str to (TrainingSettings, int)
            By role: how its network is trained, and the side of that network's input.
        """
        cuts = {role: (size, settings.frame_step) for role, (settings, size) in trained.items()}
        by_name = {datasets[role].name: cut for role, cut in cuts.items()}
        largest = max(size for size, _ in cuts.values())
        for role, dataset in datasets.items():
            cuts.setdefault(role, by_name.get(dataset.name, (largest, SPARSE)))
        return cls(recipe, datasets, steps, cuts)

    def crops(self, role: str) -> Path:
        """Cut a dataset's faces, once for all who ask."""
        if role not in self._cut:
            self._cut[role] = self._crops(role)
        return self._cut[role]

    def _crops(self, role: str) -> Path:
        dataset, (size, every) = self.datasets[role], self.cuts[role]
        by_frame = label_frames(dataset) is not None
        recordings = [r for r in dataset.recordings if by_frame or r.label is not None]
        # Pictures that are labelled one by one are taken one by one: number k is picture k.
        rate = {"rate": FOLDER_RATE} if by_frame else {}
        face = self.recipe.face.model_copy(update=rate)
        return cut_faces(
            dataset, recordings, make_locator(face.locator), face,
            store=self.steps.store, size=size, every=every, progress=self.steps.progress,
        )  # fmt: skip

    def question(self, role: str, settings: TrainingSettings) -> Question:
        """Divide a dataset's people into those to train, to stop and to be tested on."""
        dataset = self.datasets[role]
        return ask(
            self.crops(role),
            dataset.recordings,
            dataset=dataset.population,
            classes=dataset.scheme.classes,
            window_s=settings.window_s,
            frame_step=settings.frame_step,
            labels=label_frames(dataset),
            most=settings.most,
            seed=settings.seed,
        )

    def trained(self, role: str) -> bool:
        """Whether an earlier call has left the network of a role, or of a stage."""
        return network_path(self.steps.folder, role).is_file()

    def network(
        self,
        role: str,
        settings: NetworkSettings,
        question: Question | None,
        *,
        in_order: bool = True,
    ) -> Checkpoint:
        """Return the network of a role, given or trained, and leave it in ``models/``.

        Parameters
        ----------
        role : str
        settings : NetworkSettings
        question : Question, optional
            What it answers; none of a network that is given for its features.
        in_order : bool
            Whether a given one's classes must stand in the question's order, for the last one
            is taken for pain; where each is asked for by its name they need not.

        Raises
        ------
        CheckpointError
            If the given one answers another question, or was never trained.
        UsageError
            If the run was begun with another one.
        """
        path = network_path(self.steps.folder, role)
        if settings.checkpoint is not None:
            given = _given(settings.checkpoint, question, in_order)
            if path.is_file():
                _refuse_another(given, load_checkpoint(path), settings.checkpoint)
            return save_checkpoint(path, *given)
        assert question is not None
        start = load_checkpoint(settings.start) if settings.start else None
        train = partial(
            train_network,
            question,
            out=path.parent,
            start=start,
            width=None if start else settings.width,
            input_size=None if start else settings.input_size,
            **rights(self.datasets[role]),
            **settings.fitting(),
        )
        return train_together(
            train,
            **settings.sharing(),
            on=self.steps.on,
            progress=partial(self.steps.progress, f"{role} network"),
        )


def _given(path: Path, question: Question | None, in_order: bool) -> Checkpoint:
    """Load a network that is trained as far as it is read: to its features, or its answers."""
    given = load_checkpoint(path)
    hint = "Train from it: give it as start instead of checkpoint."
    if drawn := [part for part in given.card.untrained if question or part != "head"]:
        told = f"was never trained: {', '.join(drawn)} hold random numbers"
        raise CheckpointError(told, path=path, hint=hint)
    known, asked = given.card.classes, question.classes if question else given.card.classes
    alike = set(known) == set(asked)
    if known != asked and (in_order or not alike):
        own = ", ".join(known) + " in this order" * alike
        raise CheckpointError(
            f"knows the classes {own}, not {', '.join(asked)}", path=path, hint=hint
        )
    return given


def _refuse_another(given: Checkpoint, before: Checkpoint, path: Path) -> None:
    """Refuse to go on with a run whose tables are of another network."""
    if (before.sha256, before.card) != (given.sha256, given.card):
        raise UsageError(
            "is another network than the one that this run was begun with",
            path=path,
            hint="Name another --out: tables of the network before are kept.",
        )


def rights(dataset: Dataset) -> dict[str, Any]:
    """Return licence and citation for the card of a network; virtual people have neither."""
    if dataset.virtual:
        return {"licence": "", "citation": ""}
    return {"licence": dataset.licence, "citation": dataset.citation}


def input_size(settings: NetworkSettings) -> int:
    """Return the input's side of a network to be trained, or of the one that is given."""
    given = settings.checkpoint or settings.start
    return load_checkpoint(given).card.input_size if given else settings.input_size


def pixels(frames: FrameSet, size: int) -> np.ndarray:
    """Return the pictures of frames, uint8 [N, size, size, 3]."""
    batches = frame_loader(frames, size=size, batch_size=64, shuffle=False)
    return np.concatenate([images.numpy() for images, _ in batches])


def study_facts(
    workshop: Workshop,
    networks: Mapping[str, Checkpoint],
    *,
    left_out: Mapping[str, str] | None = None,
) -> StudyFacts:
    """Return what a study says about itself.

    Parameters
    ----------
    workshop : Workshop
    networks : mapping of str to Checkpoint
        By the names they have in the tables.
    left_out : mapping of str to str, optional
        What was wanted and could not be had, and why.
    """
    steps = workshop.steps
    return StudyFacts(
        kind=workshop.recipe.kind,
        version=__version__,
        command=str(steps.folder.environment["command"]),
        started=steps.started,
        datasets=tuple(dataset_facts(d, role) for role, d in workshop.datasets.items()),
        left_out=dict(left_out or {}),
        networks={name: network_facts(network) for name, network in networks.items()},
    )
