"""What docs/cluster.md says, done: two nodes with a token, and a call from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
PATIENCE_S = 900


@dataclass(frozen=True)
class Cluster:
    address: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def cluster(free_port: Callable[[], int]) -> Iterator[Cluster]:
    pytest.importorskip("ray", reason='Ray is not installed: pip install "painscope[cluster]"')
    home = Path(tempfile.mkdtemp(prefix="ray-"))  # short: its sockets' paths must be
    there = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    there |= {"HOME": str(home), "RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}
    there |= {"RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S": "300"}  # other work may run here
    ray = str(Path(sys.executable).with_name("ray"))
    gcs, door = free_port(), free_port()
    subprocess.run([ray, "get-auth-token", "--generate"], env=there, check=True)
    head = f"--head --port {gcs} --ray-client-server-port {door} --include-dashboard false"
    nodes: list[subprocess.Popen] = []
    try:
        for which in (f"{head} --temp-dir {home}/ray", f"--address 127.0.0.1:{gcs}"):
            call = [ray, "start", "--block", "--num-cpus", "1", *which.split()]
            node = subprocess.Popen(call, env=there, stdout=subprocess.PIPE, text=True)
            nodes.append(node)
            assert node.stdout
            assert any("Ray runtime started" in line for line in node.stdout)
        yield Cluster(f"ray://127.0.0.1:{door}", there)
    finally:
        for node in reversed(nodes):
            node.terminate()
            node.wait(PATIENCE_S)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory, make_video: Callable[..., Path]) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    rows = ["recording,subject,video,label"]
    for k in range(6):
        make_video(folder / f"r{k}.mp4", 10 + k)
        rows.append(f"r{k},s{k},r{k}.mp4,no-pain")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder


def extract(dataset: Path, out: Path, env: dict[str, str], *on: str) -> tuple[int, str, str]:
    call = f"extract manifest {dataset} --extractor hog --locator precropped --out {out}"
    code = "from painscope.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *call.split(), *on],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    return done.returncode, done.stdout, done.stderr.strip()


def test_a_laptop_with_the_token_extracts_on_the_cluster(
    contents, cluster: Cluster, dataset: Path, tmp_path: Path
) -> None:
    on = ("--on", cluster.address)
    status, told, said = extract(dataset, tmp_path / "there", cluster.environment, *on)
    assert status == 0, said
    assert "6 of 6 recordings" in told
    assert extract(dataset, tmp_path / "here", cluster.environment)[0] == 0
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


@pytest.mark.parametrize("changes", [{"RAY_AUTH_MODE": "disabled"}, {"RAY_AUTH_TOKEN": "0" * 64}])
def test_without_the_token_the_way_out_is_named(
    cluster: Cluster, dataset: Path, tmp_path: Path, changes: dict[str, str]
) -> None:
    there = cluster.environment | changes
    status, _, said = extract(dataset, tmp_path, there, "--on", cluster.address)
    assert status == 2
    last = said.splitlines()[-1]
    assert f"no Ray cluster answers at {cluster.address}: " in last
    assert last.endswith(
        "If it wants a token, set RAY_AUTH_MODE=token and put the token into ~/.ray/auth_token."
    )
