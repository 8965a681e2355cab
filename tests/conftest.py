"""Fixtures every room's tests may use."""

from __future__ import annotations

import os

# One thread per process, before any numeric library counts the cores: tests run side by side,
# and sums in another order would not repeat to the bit.
os.environ["OMP_NUM_THREADS"] = "1"

import socket
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
#: Read before any test takes the variable away: what is skipped is skipped for the whole session.
ASSETS = Path(os.environ.get("PAINSCOPE_ASSETS", REPOSITORY.parent / "shared" / "assets"))


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder of real face videos and models; skips the test where it is absent."""
    if not ASSETS.is_dir():
        pytest.skip(f"no test assets: {ASSETS} is not there and PAINSCOPE_ASSETS names no other")
    return ASSETS


@pytest.fixture(scope="session")
def make_video() -> Callable[..., Path]:
    """A function that encodes frames to a real H.264 file."""
    return encode


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """A function that reads every file below a folder, by its path there."""

    def read(folder: Path) -> dict[str, bytes]:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    return read


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A function that returns a port on which nobody listens."""

    def find() -> int:
        with socket.socket() as free:
            free.bind(("", 0))
            return free.getsockname()[1]

    return find


@pytest.fixture(scope="module")
def cluster() -> Iterator:
    """Two Ray nodes of a core each, on this machine; a node's death is noticed in seconds."""
    pytest.importorskip("ray", reason='Ray is not installed: pip install "painscope[cluster]"')
    import ray
    from ray.cluster_utils import Cluster

    head = {
        "num_cpus": 1,
        "include_dashboard": False,
        "_system_config": {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500},
    }
    both = Cluster(initialize_head=True, head_node_args=head)
    both.doomed = both.add_node(num_cpus=1)
    ray.init(address=both.address, log_to_driver=False, logging_level="error")
    yield both
    ray.shutdown()
    both.shutdown()


def encode(
    path: Path,
    frames: np.ndarray | int = 30,
    *,
    rate: Fraction | int = 30,
    size: tuple[int, int] = (64, 48),
) -> Path:
    """Encode RGB frames (uint8 [T, H, W, 3]) to H.264.

    A number of frames instead of frames gives pictures whose grey level is
    ``8 * (index % 30)``, so that a decoded frame tells its own index.
    """
    if isinstance(frames, int):
        width, height = size
        frames = np.stack(
            [np.full((height, width, 3), 8 * (k % 30), np.uint8) for k in range(frames)]
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "12", "preset": "ultrafast"}
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path
