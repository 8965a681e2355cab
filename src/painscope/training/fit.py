"""One small fitting loop for every network: early stopping, best weights, resumable."""

from __future__ import annotations

import ctypes
import logging
import math
import pickle
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

from painscope.errors import PainscopeError, RunError, UsageError
from painscope.files import storage_errors
from painscope.networks import Precision

__all__ = ["History", "fit", "kept_memory"]

#: What a fit is resumed from, in its folder.
LAST = "last.ckpt"


@dataclass(frozen=True)
class History:
    """How a fit went.

    Attributes
    ----------
    epochs : tuple of mapping of str to float
        What the module logged, epoch by epoch; ``train_loss`` and ``val_loss`` at least.
    best_epoch : int
        Position in `epochs` of the weights that were kept.
    stopped_early : bool
        Whether patience ran out before the epochs did.
    """

    epochs: tuple[Mapping[str, float], ...]
    best_epoch: int
    stopped_early: bool


def fit(
    module: LightningModule,
    train_loader: Iterable,
    val_loader: Iterable,
    *,
    max_epochs: int,
    patience: int,
    seed: int,
    folder: Path | str | None = None,
    device: torch.device | str = "cpu",
    precision: Precision = "fp32",
    devices: int = 1,
    num_nodes: int = 1,
    strategy: str = "auto",
    title: str = "Training",
    progress: Callable[[int, int], None] | None = None,
) -> History:
    """Fit `module` until its validation loss stops falling; leave it with its best weights.

    The same seed gives the same weights on the same machine, also when a fit was killed
    and resumed: torch's generator is seeded anew for every epoch from `seed` and the
    epoch's number. All randomness must come from it. Its state outside is left alone.

    Parameters
    ----------
    module : LightningModule
        Logs ``train_loss`` and ``val_loss`` per epoch.
    train_loader, val_loader : iterable of batches with a length
        Usually a torch ``DataLoader``.
    max_epochs : int
        Epochs at most.
    patience : int
        Epochs without a lower validation loss before the fit ends.
    seed : int
    folder : path-like, optional
        Where the fit is written down after each epoch; it goes on from what lies there.
    device : torch.device or str
        Where to compute.
    precision : {"fp32", "bf16"}
        bf16 is autocast; the weights stay float32.
    devices, num_nodes, strategy
        As for Lightning's ``Trainer``: how many processes on each node, on how many nodes,
        and how they work together, such as ``ddp``. Every process runs the calling script,
        with the whole `train_loader`, and takes its share of each batch: a batch is as
        large, and its gradient the same, as in one process. Batch normalisation sees the
        whole batch on GPUs; on CPUs each process normalises by its share.
    title : str
        What is fitted, for messages.
    progress : callable, optional
        Called after each step with the number of steps done, and of those to do if all
        epochs are needed.

    Returns
    -------
    History

    Raises
    ------
    RunError
        If the file to resume from is damaged.
    UsageError
        If the strategy starts processes that do not run the script.
    PainscopeError
        If the validation loss never was a number.
    StorageError
        If the disk is full.
    """
    if strategy.endswith(("_spawn", "_fork", "_notebook")):
        raise UsageError(
            f"strategy {strategy} leaves what was learnt in other processes", hint="Use ddp."
        )
    device, folder = torch.device(device), Path(folder) if folder else None
    alone = devices * num_nodes == 1
    record = _Record(patience)
    callbacks: list[Callback] = [record]
    if folder:
        callbacks.append(
            ModelCheckpoint(
                folder,
                filename=LAST.removesuffix(".ckpt"),
                enable_version_counter=False,
                save_on_train_epoch_end=True,
            )
        )
    if progress:
        callbacks.append(_Progress(progress))
    generators = [device] if device.type == "cuda" else []
    with _quiet(), torch.random.fork_rng(generators), storage_errors(folder or Path()):
        trainer = Trainer(
            accelerator="gpu" if device.type == "cuda" else "cpu",
            devices=[device.index or 0] if device.type == "cuda" and alone else devices,
            num_nodes=num_nodes,
            strategy=strategy,
            sync_batchnorm=device.type == "cuda" and not alone,
            use_distributed_sampler=False,  # batches are shared here
            precision="bf16-mixed" if precision == "bf16" else "32-true",
            max_epochs=max_epochs,
            callbacks=callbacks,
            deterministic=device.type == "cuda" or None,
            logger=False,
            enable_checkpointing=folder is not None,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        start = _checkpoint_to_resume(folder) if folder else None
        loader = _SeededLoader(train_loader, seed, trainer)
        try:
            with kept_memory():
                trainer.fit(module, loader, val_loader, ckpt_path=start, weights_only=True)
        except SystemExit as stop:  # Lightning exits the whole process on Ctrl-C
            if isinstance(stop.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            raise
    if record.best is None:
        raise PainscopeError(
            f"{title}: the validation loss was never a number",
            hint="Lower the learning rate, or look at the data.",
        )
    module.load_state_dict(record.best)
    module.eval()
    return History(tuple(record.epochs), record.best_epoch, record.stale >= patience)


class _Record(Callback):
    """Keeps the history and the best weights, and stops when patience runs out."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.epochs: list[dict[str, float]] = []
        self.best: dict[str, Any] | None = None
        self.best_epoch = -1
        self.stale = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        trainer.should_stop = self.stale >= self.patience  # resumed after its end

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
        logged = trainer.strategy.broadcast(logged)  # all processes stop in the same epoch
        lowest = self.epochs[self.best_epoch]["val_loss"] if self.epochs else math.inf
        if logged["val_loss"] < lowest or (self.best is None and math.isfinite(logged["val_loss"])):
            self.best_epoch, self.stale = len(self.epochs), 0
            self.best = {
                name: value.detach().cpu().clone() for name, value in pl_module.state_dict().items()
            }
        else:
            self.stale += 1
        self.epochs.append(logged)
        trainer.should_stop = self.stale >= self.patience

    def state_dict(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in ("epochs", "best", "best_epoch", "stale")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update(state_dict)


class _SeededLoader:
    """Seeds torch before an epoch's first batch is drawn, resumed or not.

    Of several processes each takes its share of every batch.
    """

    def __init__(self, loader: Iterable, seed: int, trainer: Trainer) -> None:
        self.loader, self.seed, self.trainer = loader, seed, trainer

    def __len__(self) -> int:
        assert isinstance(self.loader, Sized)
        return len(self.loader)

    def __iter__(self) -> Iterator:
        # A generator: it runs when the first batch is asked for, when the epoch is known.
        rank, processes = self.trainer.global_rank, self.trainer.world_size
        seed = 1_000_003 * self.seed + self.trainer.current_epoch
        torch.manual_seed(seed)  # the same order everywhere …
        for index, batch in enumerate(_shared(self.loader, rank, processes)):
            if index == 0 and rank:
                torch.manual_seed(seed + 7_919 * rank)  # … and other noise for other samples
            yield batch


def _shared(loader: Iterable, rank: int, processes: int) -> Iterable:
    """Return the loader of every `processes`-th sample of each batch, from `rank` on."""
    if processes == 1:
        return loader
    assert isinstance(loader, DataLoader)
    if loader.batch_size is None:  # its data gives whole batches
        mine = _Share(loader.sampler, rank, processes)
        return DataLoader(loader.dataset, sampler=mine, batch_size=None)
    mine = _Share(loader.batch_sampler, rank, processes)
    return DataLoader(loader.dataset, batch_sampler=mine, collate_fn=loader.collate_fn)


class _Share:
    """Batches of positions, of each every n-th."""

    def __init__(self, batches: Any, rank: int, processes: int) -> None:
        self.batches, self.rank, self.processes = batches, rank, processes

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.batches:
            yield batch[self.rank :: self.processes]


class _Progress(Callback):
    """Tells how many steps are done, of those there are if all epochs are needed."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self.tell = tell

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, index: int
    ) -> None:
        steps, epochs = int(trainer.num_training_batches), trainer.max_epochs or 0
        self.tell(trainer.current_epoch * steps + index + 1, epochs * steps)


def _checkpoint_to_resume(folder: Path) -> Path | None:
    path = folder / LAST
    if not path.is_file():
        return None
    try:
        torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, OSError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise RunError(
            f"training cannot go on from this file: {str(error).splitlines()[0]}",
            path=path,
            hint="Delete it to start again.",
        ) from error
    return path


#: Names of glibc's `mallopt`.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4


@contextmanager
def kept_memory() -> Iterator[None]:
    """Let glibc keep memory that is freed for whoever asks next.

    It gives blocks of more than 32 MiB back to the system at once, which clears every page of the
    next one: a tenth of the time of training on a CPU (docs/speed.md). Afterwards it does so
    again. Elsewhere than with glibc nothing happens.
    """
    try:
        glibc = ctypes.CDLL(None)
        mallopt, malloc_trim = glibc.mallopt, glibc.malloc_trim
    except (AttributeError, OSError, TypeError):  # macOS, musl; Windows
        yield
        return
    mallopt(_MMAP_MAX, 0)
    mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    try:
        yield
    finally:
        mallopt(_MMAP_MAX, 65536)
        mallopt(_MMAP_THRESHOLD, 32 * 2**20)  # both where glibc would have moved them by itself
        mallopt(_TRIM_THRESHOLD, 64 * 2**20)
        malloc_trim(0)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's talk about hardware, loaders and itself off the terminal."""
    loggers = [logging.getLogger(f"lightning.{part}") for part in ("pytorch", "fabric")]
    levels = [logger.level for logger in loggers]
    deterministic = torch.are_deterministic_algorithms_enabled()
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            yield
    finally:
        torch.use_deterministic_algorithms(deterministic)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
