"""Engines: a network that reads crops, fast, in batches of one fixed shape.

A batch always has the same shape, filled up with black crops where there are too few, and is
computed by as many threads wherever it comes from. So a crop's numbers depend on the crop
alone: not on what else is in the batch, nor on how many cores there are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from painscope.errors import UsageError, did_you_mean
from painscope.networks.card import Preprocessing, prepare
from painscope.networks.device import Precision, autocast

__all__ = ["ENGINES", "Engine", "Reading", "TorchEngine", "compute_alone", "make_engine"]

#: Crops per batch, at most; a GPU wants many.
CPU_BATCH, CUDA_BATCH = 16, 64
#: Bytes of a layer's output, at most. glibc hands blocks above 32 MiB back to the system at once,
#: and the pages of the next one cost a fifth of VGG16's time (docs/speed.md).
LAYER_BYTES = 30_000_000
#: Batches at once on a GPU: one is copied while the other is computed.
CUDA_STREAMS = 2


class Engine:
    """Runs batches of crops through a network, several at once, each in a thread of its own.

    On a CPU a batch is computed by one thread and there are as many batches at once as cores:
    none waits for another, and whoever decodes the video meanwhile takes from all alike.

    Parameters
    ----------
    batch_size : int
        Crops that the network reads at a time.
    streams : int
        Batches at a time.

    Attributes
    ----------
    name : str
        Its name in `ENGINES`.
    """

    name: str

    def __init__(self, batch_size: int, streams: int) -> None:
        self.batch_size, self.streams = batch_size, streams
        self._threads: ThreadPoolExecutor | None = None

    @property
    def provenance(self) -> Mapping[str, object]:
        """What of it shapes the numbers, besides the precision: of plain torch, nothing."""
        return {}

    @property
    def readers(self) -> int:
        """How many recordings should be decoded at once to keep it busy."""
        return max(1, min(8, torch.get_num_threads() // 2))

    def submit(self, crops: np.ndarray) -> Future[np.ndarray]:
        """Begin a batch.

        Parameters
        ----------
        crops : uint8 [B, S, S, 3]
            RGB; at most `batch_size` of them.

        Returns
        -------
        Future of float32 [B, D]
        """
        if self._threads is None:
            self._threads = ThreadPoolExecutor(
                self.streams, "painscope-network", initializer=self._begin
            )
        return self._threads.submit(self._padded, crops)

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        """Return float32 [N, D] of any number of crops uint8 [N, S, S, 3]."""
        starts = range(0, max(1, len(crops)), self.batch_size)
        batches = [self.submit(crops[first : first + self.batch_size]) for first in starts]
        return np.concatenate([batch.result() for batch in batches])

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_threads": None}  # threads stay in their process

    def _padded(self, crops: np.ndarray) -> np.ndarray:
        full = np.zeros((self.batch_size, *crops.shape[1:]), np.uint8)
        full[: len(crops)] = crops
        return self._read(full)[: len(crops)]

    def _begin(self) -> None:
        """Prepare a thread."""

    def _read(self, crops: np.ndarray) -> np.ndarray:
        """Return float32 [batch_size, D]."""
        raise NotImplementedError


class Reading(nn.Module):
    """What `read` reads in a network, as a network of its own: float [B, 3, S, S] to [B, D]."""

    def __init__(self, network: nn.Module, read: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        self.network, self.read = network, read

    def forward(self, images: Tensor) -> Tensor:
        """Return the values, float [B, D]."""
        return self.read(self.network, images)


class TorchEngine(Engine):
    """A network in torch, on the CPU or a GPU.

    On the CPU, in fp32 and not compiled, large convolutions of 3×3 are Winograd's.

    Parameters
    ----------
    reading : Reading
        Its weights are on `device` already.
    preprocessing : Preprocessing
    size : int
        Side of the crops in pixels.
    device : torch.device
    precision : {"fp32", "bf16"}
    compile : bool
        Whether `torch.compile` makes it faster first: minutes, and it needs a C++ compiler.
    """

    def __init__(
        self,
        reading: Reading,
        preprocessing: Preprocessing,
        *,
        size: int,
        device: torch.device,
        precision: Precision,
        compile: bool = False,
    ) -> None:
        self._cores = torch.get_num_threads()
        if precision == "bf16":  # once, and not in every batch
            reading = copy.deepcopy(reading).to(torch.bfloat16)
        if device.type == "cpu" and precision == "fp32" and not compile:
            from painscope.networks.winograd import with_winograd

            reading = with_winograd(reading)
        if device.type == "cpu":
            super().__init__(_crops_at_once(reading, size), streams=self._cores)
        else:
            super().__init__(CUDA_BATCH, streams=CUDA_STREAMS)
        if device.type == "cuda":
            reading = reading.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.name = "torch-compiled" if compile else "torch"
        self._reading = torch.compile(reading) if compile else reading
        self.preprocessing, self.device, self.precision = preprocessing, device, precision
        if device.type == "cuda":
            if precision == "fp32":  # and not in the 19 bits that convolutions take by default
                torch.backends.cudnn.allow_tf32 = False
            torch.cuda.synchronize(device)  # the weights are there before other streams read them

    @property
    def provenance(self) -> Mapping[str, object]:
        """Whether it was compiled: that fuses layers, which rounds differently."""
        return {} if self.name == "torch" else {"engine": self.name}

    def _begin(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.set_stream(torch.cuda.Stream(self.device))  # of this thread
            return
        compute_alone(self._cores)

    def _read(self, crops: np.ndarray) -> np.ndarray:
        images = torch.from_numpy(crops)
        if self.device.type == "cuda":
            # From page-locked memory, the copy runs beside the other thread's batch.
            images = images.pin_memory().to(self.device, non_blocking=True)
        with torch.inference_mode(), autocast(self.device, self.precision):
            values = self._reading(prepare(images, self.preprocessing))
            return values.float().cpu().numpy()


def _crops_at_once(reading: Reading, size: int) -> int:
    """Return how many crops a CPU reads in one batch: so many that no layer gets too large."""
    largest = 1

    def look(_layer: nn.Module, _inputs: Any, output: Any) -> None:
        nonlocal largest
        if isinstance(output, Tensor):
            largest = max(largest, output.nbytes)

    hooks = [layer.register_forward_hook(look) for layer in reading.modules()]
    try:
        with torch.inference_mode():
            reading(torch.zeros(1, 3, size, size, dtype=next(reading.parameters()).dtype))
    finally:
        for hook in hooks:
            hook.remove()
    return min(CPU_BATCH, max(1, LAYER_BYTES // largest))


def compute_alone(cores: int) -> None:
    """Let torch compute in this thread alone; elsewhere it goes on using so many `cores`."""
    torch.set_num_threads(1)  # of this thread, and of threads that torch does not know yet
    other = Thread(target=torch.set_num_threads, args=(cores,))
    other.start()  # takes the second of these back
    other.join()


#: How a network can be run.
ENGINES = ("torch", "torch-compiled", "openvino")


def make_engine(
    name: str,
    reading: Reading,
    preprocessing: Preprocessing,
    *,
    size: int,
    device: torch.device,
    precision: Precision,
    calibration: np.ndarray | None = None,
) -> Engine:
    """Return the engine called `name`.

    Parameters
    ----------
    name : str
        One of `ENGINES`, or ``"auto"``: torch, and OpenVINO for int8.
    reading : Reading
    preprocessing : Preprocessing
    size : int
        Side of the crops in pixels.
    device : torch.device
    precision : Precision
    calibration : uint8 [N, size, size, 3], optional
        Crops that tell int8 the layers' ranges. Not of people who are tested.

    Raises
    ------
    UsageError
        If name, device, precision and calibration do not fit each other, or OpenVINO is not
        installed.
    """
    if name == "auto":
        name = "openvino" if precision == "int8" else "torch"
    if name not in ENGINES:
        raise UsageError(f"unknown engine {name!r}", hint=did_you_mean(name, ENGINES))
    if (precision == "int8") != (calibration is not None):
        raise UsageError(
            "int8 needs crops to calibrate on, and no other precision does",
            hint="Give faces of people who are not tested, of a video: --calibrate VIDEO.",
        )
    if name == "openvino":
        if device.type != "cpu":
            raise UsageError("OpenVINO computes on the CPU here", hint="Use device cpu.")
        from painscope.networks.openvino import OpenVINOEngine

        return OpenVINOEngine(
            reading, preprocessing, size=size, precision=precision, calibration=calibration
        )
    if precision == "int8":
        raise UsageError("torch does not compute in int8 here", hint="Use engine openvino.")
    compile = name == "torch-compiled"
    return TorchEngine(
        reading, preprocessing, size=size, device=device, precision=precision, compile=compile
    )
