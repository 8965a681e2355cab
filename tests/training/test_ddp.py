"""Two processes that share each batch, as torchrun would start them, against one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from painscope.errors import UsageError
from painscope.training import fit


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


def test_two_processes_are_as_one(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import os, torch\n"
        "from test_ddp import fit_curve\n"
        f"found = fit_curve(devices=2, strategy='ddp', folder={str(tmp_path / 'fit')!r})\n"
        f"torch.save(found, {str(tmp_path)!r} + f'/{{os.environ[\"RANK\"]}}.pt')\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    told = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
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
