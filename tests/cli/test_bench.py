from __future__ import annotations

import json
from pathlib import Path

from painscope.experiments.bench import write_face_video
from painscope.networks import random_checkpoint, save_checkpoint

#: What `--json` promises.
PROMISED = {
    "precision",
    "whole_fps",
    "plain_fps",
    "ratio",
    "network_share_of_peak",
    "peak_rss_mib",
}


def test_the_command_prints_one_json_object(painscope, tmp_path: Path) -> None:
    weights, video = tmp_path / "small.safetensors", tmp_path / "face.mp4"
    save_checkpoint(weights, *random_checkpoint(width=1 / 8, input_size=64))
    write_face_video(video, seconds=2)
    done = painscope(
        *("bench", "--video", video, "--checkpoint", weights, "--locator", "lbp-cascade"),
        *("--seconds", 0.3, "--rounds", 1, "--json"),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout).keys() >= PROMISED
