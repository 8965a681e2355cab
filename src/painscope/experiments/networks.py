"""Networks of a study: given or trained, and what the page is told about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from painscope import __version__
from painscope.datasets import Dataset
from painscope.errors import CheckpointError, UsageError
from painscope.experiments.faces import label_frames
from painscope.experiments.facts import StudyFacts
from painscope.experiments.settings import BaseRecipe
from painscope.experiments.source import cut_faces, rights
from painscope.experiments.steps import Steps
from painscope.experiments.story import dataset_facts, network_facts
from painscope.experiments.studies import NetworkSettings, TrainingSettings
from painscope.face import make_locator
from painscope.networks import Checkpoint, load_checkpoint, save_checkpoint
from painscope.networks.card import people_of
from painscope.training import FrameSet, ask, frame_loader, train_network, train_together
from painscope.training.network import CHECKPOINT
from painscope.video.pictures import FOLDER_RATE

if TYPE_CHECKING:
    from painscope.training import Question

__all__ = ["Workshop", "input_size", "pixels", "study_facts"]

#: Of films whose action units are known and on which nothing is trained, every n-th frame will do.
SPARSE = 5


@dataclass(frozen=True)
class Workshop:
    """What every study does with its datasets: cut faces, ask, train.

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

    @classmethod
    def of(
        cls, recipe: BaseRecipe, datasets: Mapping[str, Dataset], steps: Steps,
        trained: Mapping[str, tuple[TrainingSettings, int]],
    ) -> Workshop:  # fmt: skip
        """Plan the cuts: as each training wants them; other roles take what is there."""
        cuts = {role: (size, settings.frame_step) for role, (settings, size) in trained.items()}
        by_name = {datasets[role].name: cut for role, cut in cuts.items()}
        largest = max(size for size, _ in cuts.values())
        for role, dataset in datasets.items():
            cuts.setdefault(role, by_name.get(dataset.name, (largest, SPARSE)))
        return cls(recipe, datasets, steps, cuts)

    def crops(self, role: str) -> Path:
        """Cut a dataset's faces, once for all who ask."""
        dataset, (size, every) = self.datasets[role], self.cuts[role]
        by_frame = label_frames(dataset) is not None
        recordings = [r for r in dataset.recordings if by_frame or r.label is not None]
        # Pictures that are labelled one by one are taken one by one: number k is picture k.
        rate = {"rate": FOLDER_RATE} if by_frame else {}
        face = self.recipe.face.model_copy(update=rate)
        return cut_faces(
            dataset, recordings, make_locator(face.locator), face,
            store=self.steps.store, size=size, every=every, title=f"faces: {dataset.name}",
            progress=self.steps.progress,
        )  # fmt: skip

    def question(self, role: str, settings: TrainingSettings) -> Question:
        """Divide a dataset's people into those to train, to stop and to be tested on."""
        dataset = self.datasets[role]
        return ask(
            self.crops(role),
            dataset.recordings,
            dataset=people_of(dataset.name, virtual=dataset.virtual),
            classes=dataset.scheme.classes,
            window_s=settings.window_s,
            frame_step=settings.frame_step,
            labels=label_frames(dataset),
            most=settings.most,
            seed=settings.seed,
        )

    def trained(self, role: str) -> bool:
        """Whether an earlier call has left the network of a role, or of a stage."""
        return self._path(role).is_file()

    def _path(self, role: str) -> Path:
        return self.steps.folder.models / role.replace(" ", "-") / CHECKPOINT

    def network(
        self,
        role: str,
        settings: NetworkSettings,
        question: Question,
        *,
        in_order: bool = True,
    ) -> Checkpoint:
        """Return the network for a question: given, or trained in ``models/``.

        Parameters
        ----------
        role : str
        settings : NetworkSettings
        question : Question
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
        path = self._path(role)
        if settings.checkpoint is None:
            start = load_checkpoint(settings.start) if settings.start else None
            dataset = self.datasets[role]
            train = partial(
                train_network,
                question,
                out=path.parent,
                start=start,
                width=None if start else settings.width,
                input_size=settings.input_size,
                **rights(dataset),
                **settings.fitting(),
            )
            return train_together(
                train,
                **settings.sharing(),
                on=self.steps.on,
                progress=partial(self.steps.progress, f"{role} network"),
            )
        given = load_checkpoint(settings.checkpoint)
        if given.card.untrained:
            raise CheckpointError(
                f"was never trained: {', '.join(given.card.untrained)} hold random numbers",
                path=settings.checkpoint,
                hint="Train from it: give it as start instead of checkpoint.",
            )
        known, asked = given.card.classes, question.classes
        if known != asked and (in_order or set(known) != set(asked)):
            order = " in this order" if set(known) == set(asked) else ""
            raise CheckpointError(
                f"knows the classes {', '.join(known)}{order}, not {', '.join(asked)}",
                path=settings.checkpoint,
                hint="Train from it: give it as start instead of checkpoint.",
            )
        if path.is_file():
            before = load_checkpoint(path)
            if (before.sha256, before.card) != (given.sha256, given.card):
                raise UsageError(
                    "is another network than the one that this run was begun with",
                    path=settings.checkpoint,
                    hint="Name another --out: tables of the network before are kept.",
                )
        return save_checkpoint(path, *given)


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
