from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest
import safetensors.torch
import torch

from painscope.errors import CheckpointError, StorageError
from painscope.networks import (
    VGG16GAP,
    Card,
    Preprocessing,
    load_checkpoint,
    random_checkpoint,
    save_checkpoint,
)

CARD = Card(
    title="tiny",
    width=1 / 16,
    input_size=32,
    preprocessing=Preprocessing(channels="bgr", scale=1, mean=(1, 2, 3), std=(1, 1, 2)),
    crop={"margin": 0.2, "locator": {"name": "precropped"}},
    subjects={"biovid-a": ("071309_w_21",)},
    validation_subjects={"biovid-a": ("072514_m_27",)},
    metrics={"accuracy": 0.5, "frames": 4},
    licence="CC0",
    citation="nobody",
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "tiny.safetensors", VGG16GAP(width=1 / 16), CARD)
    return tmp_path / "tiny.safetensors"


def one_line(caught: pytest.ExceptionInfo[CheckpointError], *parts: str) -> None:
    text = str(caught.value)
    assert "\n" not in text
    for part in parts:
        assert part in text


def test_network_and_card_come_back_as_saved(tmp_path: Path) -> None:
    network = VGG16GAP(width=1 / 16)
    written = save_checkpoint(tmp_path / "a.safetensors", network, CARD)
    loaded = load_checkpoint(tmp_path / "a.safetensors")
    again, card = loaded
    assert card == CARD
    torch.testing.assert_close(again.state_dict(), network.state_dict(), atol=0, rtol=0)
    assert loaded.sha256 == written.sha256
    assert not again.training
    assert card.seen("biovid-a") == {"071309_w_21", "072514_m_27"}


def test_batch_norm_is_folded_on_saving(tmp_path: Path) -> None:
    network = VGG16GAP(width=1 / 16, batch_norm=True).eval()
    save_checkpoint(tmp_path / "a.safetensors", network, CARD)
    images = torch.rand(2, 3, 32, 32)
    plain = load_checkpoint(tmp_path / "a.safetensors").network
    torch.testing.assert_close(plain(images), network(images), atol=1e-4, rtol=1e-4)


def test_the_digest_is_of_the_weights_alone(tmp_path: Path) -> None:
    one, same, other = (random_checkpoint(seed=s, width=1 / 16) for s in (1, 1, 2))
    assert one.sha256 == same.sha256 != other.sha256
    relabelled = one._replace(card=one.card.model_copy(update={"title": "another"}))
    assert relabelled.sha256 == one.sha256


def test_a_random_checkpoint_says_so_and_leaves_the_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    checkpoint = random_checkpoint(seed=3, width=1 / 16)
    assert torch.rand(1) == expected
    assert checkpoint.card.untrained == ("trunk", "dense", "head")
    assert "random" in checkpoint.card.title


def test_a_card_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="the card says"):
        save_checkpoint(tmp_path / "a.safetensors", VGG16GAP(width=1 / 8), CARD)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_keeps_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="the disk is full"):
        save_checkpoint(saved, VGG16GAP(width=1 / 16), CARD)
    assert saved.read_bytes() == before
    assert len(list(saved.parent.iterdir())) == 1


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"x\.pth: there is no such file"):
        load_checkpoint(tmp_path / "x.pth")


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
@pytest.mark.parametrize("content", [b"", b"not weights at all" * 10])
def test_a_damaged_file(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    one_line(caught, path.name)


def test_a_truncated_checkpoint(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(saved)


def test_an_unknown_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"0")
    with pytest.raises(CheckpointError, match=r"Known kinds: \.safetensors"):
        load_checkpoint(tmp_path / "x.onnx")


class Shout:
    def __reduce__(self) -> tuple:
        return os.system, ("touch shouted",)


def test_a_pickle_with_code_is_refused_and_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {}, "extra": Shout()}, tmp_path / "evil.pth")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "evil.pth")
    one_line(caught, "evil.pth", "carries code", "system")
    assert not (tmp_path / "shouted").exists()


def test_a_whole_pickled_model_is_refused(tmp_path: Path) -> None:
    torch.save(VGG16GAP(width=1 / 16), tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="carries code"):
        load_checkpoint(tmp_path / "model.pt")


def test_a_bare_tensor_is_refused(tmp_path: Path) -> None:
    torch.save(torch.zeros(3), tmp_path / "x.pth")
    with pytest.raises(CheckpointError, match="not named weights"):
        load_checkpoint(tmp_path / "x.pth")


def with_card(path: Path, tensors: dict, **changes: object) -> Path:
    card = CARD.model_copy(update=changes).model_dump_json()
    tensors = {name: value.contiguous() for name, value in tensors.items()}
    safetensors.torch.save_file(tensors, path, metadata={"painscope_card": card})
    return path


def test_other_shapes_name_file_key_and_expectation(tmp_path: Path) -> None:
    tensors = dict(VGG16GAP(width=1 / 8).state_dict())
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(with_card(tmp_path / "x.safetensors", tensors))
    one_line(caught, "x.safetensors", "trunk.conv1_1.weight", "(8, 3, 3, 3)", "(4, 3, 3, 3)")


def test_a_missing_and_a_strange_key(tmp_path: Path) -> None:
    tensors = dict(VGG16GAP(width=1 / 16).state_dict())
    strange = with_card(tmp_path / "x.safetensors", tensors | {"extra": torch.zeros(1)})
    with pytest.raises(CheckpointError, match="extra has no place"):
        load_checkpoint(strange)
    del tensors["dense.bias"]
    with pytest.raises(CheckpointError, match=re.escape("no dense.bias (1024,) in it")):
        load_checkpoint(with_card(tmp_path / "x.safetensors", tensors))


def test_a_card_of_another_architecture(tmp_path: Path) -> None:
    tensors = dict(VGG16GAP(width=1 / 16).state_dict())
    path = with_card(tmp_path / "x.safetensors", tensors, architecture="resnet")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    one_line(caught, "x.safetensors", "architecture", "newer painscope")
