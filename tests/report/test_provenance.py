"""What a page says of the call: enough to do it again, and no folder."""

from __future__ import annotations

import pytest

from painscope.experiments import load_recipe
from painscope.report.provenance import recipe_text, spoken_command, spoken_reason, without_folders


@pytest.mark.parametrize(
    ("command", "spoken"),
    [
        ("painscope run x --data biovid-a=/home/anna/A --out ~/x",
         "painscope run x --data biovid-a=… --out …"),
        ("painscope run x --data=biovid-a=A --out=x --store=/s",
         "painscope run x --data=biovid-a=… --out=… --store=…"),
        ("painscope run /home/anna/own.yaml --workers 2", "painscope run own.yaml --workers 2"),
        ("painscope run x --set 'source.start=~/my nets/n.pth'",
         "painscope run x --set source.start=n.pth"),
        ("painscope run x --set 'rows=[{classifier: lstm, features: a + b}]'",
         "painscope run x --set 'rows=[{classifier: lstm, features: a + b}]'"),
        (r"painscope run x --set 'source.start=C:\Users\anna\n.pth'",
         "painscope run x --set source.start=n.pth"),
        (r"painscope run x --set 'source.start=\\server\anna\n.pth'",
         "painscope run x --set source.start=n.pth"),
        ("painscope run '//server/anna/My Patients/x.yaml'", "painscope run x.yaml"),
        ("painscope run x --set=source.start=/anna=4/n.pth",
         "painscope run x --set=source.start=n.pth"),
        ("painscope run 'My Patients/x.yaml' --set 'source.start=Anna Schmidt, 4/n.pth'",
         "painscope run x.yaml --set source.start=n.pth"),
        ("painscope run x --set 'features={a: {weights: Anna Schmidt/n.pth, b: //server/anna/v}}'",
         "painscope run x --set 'features={a: {weights: n.pth, b: v}}'"),
        ("painscope run x --on ray://head:10001", "painscope run x --on ray://head:10001"),
        ("painscope run x --data 'biovid-a=/home/anna", "painscope run x --data 'biovid-a=…"),
    ],
)  # fmt: skip
def test_a_command_is_told_without_folders(command: str, spoken: str) -> None:
    assert spoken_command(command) == spoken


def test_a_recipe_is_told_without_folders() -> None:
    settings = ["source.checkpoint=/home/anna/n.safetensors", "features.a.extractor=vgg-face",
                "features.a.settings.weights=/home/anna/v.mat"]  # fmt: skip
    text = recipe_text(load_recipe("faces-of-experimental-pain", settings))
    assert "anna" not in text
    assert "checkpoint: n.safetensors" in text
    assert "weights: v.mat" in text


def test_a_recipe_of_another_system_is_told_without_folders() -> None:
    """A run that was made on Windows may be drawn anew elsewhere."""
    settings = {"source": {"start": r"C:\Users\anna\n.pth", "checkpoint": "/home/anna/n.pth"}}
    assert without_folders(settings) == {"source": {"start": "n.pth", "checkpoint": "n.pth"}}


@pytest.mark.parametrize(
    ("reason", "spoken"),
    [
        ("/data/My Videos/7.mp4: is empty.", "7.mp4: is empty."),
        (r"C:\Users\anna\7.mp4: is empty.", "7.mp4: is empty."),
        (r"\\server\anna\7.mp4: is empty.", "7.mp4: is empty."),
        ("../anna/7.mp4: is empty.", "7.mp4: is empty."),
        (
            "12/300 frames are there, 3/4 of them whole",
            "12/300 frames are there, 3/4 of them whole",
        ),
        ("see /a/b.npz: 1/2; /c/d e/f.npz: 2/2", "see b.npz: 1/2; f.npz: 2/2"),
    ],
)
def test_a_reason_is_told_without_folders(reason: str, spoken: str) -> None:
    assert spoken_reason(reason) == spoken
