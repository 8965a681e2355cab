from __future__ import annotations

import math
import os
import platform
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from painscope.errors import PainscopeError, RunError, UsageError
from painscope.training import History, fit
from painscope.training.fit import kept_memory


class Line(LightningModule):
    """A regression with dropout, so that the generator's state shows in the weights."""

    def __init__(self, rate: float = 0.05, die_in_epoch: int | None = None) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1))
        self.rate, self.die_in_epoch = rate, die_in_epoch
        self.seen: list[Tensor] = []

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        if self.current_epoch == self.die_in_epoch and index == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        x, y = batch
        self.seen.append(x)
        loss = nn.functional.mse_loss(self.layers(x), y)
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        x, y = batch
        self.log("val_loss", nn.functional.mse_loss(self.layers(x), y))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), self.rate)


def line(**settings) -> Line:
    torch.manual_seed(7)
    return Line(**settings)


def loaders(n: int = 64) -> tuple[DataLoader, DataLoader]:
    x = torch.randn(n, 3, generator=torch.Generator().manual_seed(0))
    y = x.sum(dim=1, keepdim=True) + 1
    data = TensorDataset(x, y)
    return DataLoader(data, batch_size=16, shuffle=True), DataLoader(data, batch_size=64)


def run(module: Line, **settings) -> History:
    settings = {"max_epochs": 6, "patience": 6, "seed": 3} | settings
    return fit(module, *loaders(), **settings)


def weights(module: Line) -> Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def test_the_loss_falls_and_the_history_tells() -> None:
    history = run(line(), max_epochs=30, patience=30)
    assert len(history.epochs) == 30
    best = history.epochs[history.best_epoch]
    assert best["val_loss"] < 0.3 * history.epochs[0]["val_loss"]
    assert set(best) == {"train_loss", "val_loss"}
    assert not history.stopped_early


def test_the_best_weights_come_back_and_patience_ends_the_fit() -> None:
    module = line(rate=3.0)  # far too high: the loss jumps about
    history = run(module, max_epochs=50, patience=3)
    losses = [epoch["val_loss"] for epoch in history.epochs]
    assert history.stopped_early
    assert len(losses) == history.best_epoch + 1 + 3
    assert losses[history.best_epoch] == min(losses) < losses[-1]
    x, y = loaders()[1].dataset.tensors  # type: ignore[attr-defined]
    assert not module.training
    with torch.no_grad():
        loss = nn.functional.mse_loss(module.layers(x), y)
    assert float(loss) == pytest.approx(min(losses))


def test_the_same_seed_gives_the_same_weights_and_leaves_the_generator_alone() -> None:
    one, two, other = line(), line(), line()
    run(one)
    torch.manual_seed(99)
    expected = torch.rand(3)
    torch.manual_seed(99)
    run(two)
    assert torch.equal(torch.rand(3), expected)
    run(other, seed=4)
    assert torch.equal(weights(one), weights(two))
    assert not torch.equal(weights(one), weights(other))


def test_epochs_are_shuffled_differently() -> None:
    module = line()
    run(module, max_epochs=2)
    first, second = module.seen[:4], module.seen[4:]
    assert not torch.equal(first[0], second[0])


def test_a_killed_fit_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """Killed for real (SIGKILL, mid-epoch), in another process."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_fit import line, run\n"
        f"run(line(die_in_epoch=3), folder={str(tmp_path)!r})"
    )
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (tmp_path / "last.ckpt").exists()

    resumed, whole = line(), line()
    history = run(resumed, folder=tmp_path)
    assert len(resumed.seen) == 3 * 4, "three of six epochs were left to do"
    assert history == run(whole)
    assert torch.equal(weights(resumed), weights(whole))


def test_a_finished_fit_is_not_fitted_again(tmp_path: Path) -> None:
    first, again = line(rate=3.0), line(rate=3.0)
    history = run(first, max_epochs=50, patience=2, folder=tmp_path)
    assert run(again, max_epochs=50, patience=2, folder=tmp_path) == history
    assert again.seen == []
    assert torch.equal(weights(first), weights(again))


def test_a_damaged_file_to_resume_from(tmp_path: Path) -> None:
    run(line(), folder=tmp_path)
    whole = (tmp_path / "last.ckpt").read_bytes()
    (tmp_path / "last.ckpt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunError, match=r"last\.ckpt.*Delete it to start again"):
        run(line(), folder=tmp_path)


def test_a_loss_that_is_never_a_number() -> None:
    with pytest.raises(PainscopeError, match="never a number"):
        run(line(rate=math.inf))


def test_progress_counts_steps_also_when_resumed(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    run(line(), max_epochs=2, folder=tmp_path)
    run(line(), max_epochs=3, folder=tmp_path, progress=lambda *done: told.append(done))
    assert told == [(9, 12), (10, 12), (11, 12), (12, 12)]


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    run(line(), max_epochs=2)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_memory_is_kept_while_training_and_given_back_afterwards() -> None:
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("other C libraries than glibc are left as they are")

    def pages() -> int:
        """Write 64 MiB four times and return how many pages the system cleared for that.

        Not all even with glibc as it is: what lies at the end of its heap may stay.
        """
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(4):
            torch.ones(2**24)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    fresh = 4 * 2**26 // resource.getpagesize()
    assert pages() > 0.2 * fresh
    with kept_memory():
        pages()
        assert pages() < 0.1 * fresh
    assert pages() > 0.2 * fresh


class Curve(LightningModule):
    """A regression without noise."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
        self.rows = 0

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        x, y = batch
        self.rows += len(x)
        loss = nn.functional.mse_loss(self.layers(x), y)
        self.log("train_loss", loss, on_step=False, on_epoch=True, sync_dist=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        x, y = batch
        self.log("val_loss", nn.functional.mse_loss(self.layers(x), y))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), 0.05)


def fit_curve(**settings) -> dict:
    torch.manual_seed(7)
    module = Curve()
    x = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
    data = TensorDataset(x, x.sum(dim=1, keepdim=True) ** 2)
    loaders = DataLoader(data, batch_size=16, shuffle=True), DataLoader(data, batch_size=64)
    history = fit(module, *loaders, max_epochs=5, patience=5, seed=3, **settings)
    weights = torch.cat([p.detach().flatten() for p in module.parameters()])
    return {
        "weights": weights,
        "losses": torch.tensor([[e["train_loss"], e["val_loss"]] for e in history.epochs]),
        "rows": module.rows,
    }


def test_two_processes_are_as_one(free_port, tmp_path: Path) -> None:
    """Sharing each batch, started as torchrun would."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import os, torch\n"
        "from test_fit import fit_curve\n"
        f"found = fit_curve(devices=2, strategy='ddp', folder={str(tmp_path / 'fit')!r})\n"
        f"torch.save(found, {str(tmp_path)!r} + f'/{{os.environ[\"RANK\"]}}.pt')\n"
    )
    told = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    told |= {"LOCAL_WORLD_SIZE": "2", "GROUP_RANK": "0", "TORCHELASTIC_RUN_ID": "test"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | told | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in (0, 1)
    ]
    assert [process.wait() for process in running] == [0, 0]
    one = fit_curve()
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first["rows"] == second["rows"] == one["rows"] / 2, "each takes half of every batch"
    assert torch.equal(first["weights"], second["weights"])
    torch.testing.assert_close(first["weights"], one["weights"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(first["losses"], one["losses"], rtol=1e-4, atol=1e-5)


def test_strategies_that_leave_the_weights_elsewhere_are_refused() -> None:
    with pytest.raises(UsageError, match=r"ddp_spawn leaves .* Use ddp"):
        fit_curve(devices=2, strategy="ddp_spawn")
