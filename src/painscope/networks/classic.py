"""The networks that pain has been transferred from: CNN-F, CNN-M, CNN-S and VGG-Face."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from painscope.errors import UsageError
from painscope.networks.card import FACE_MEAN, IMAGENET_MEAN
from painscope.networks.vgg import BLOCKS

__all__ = ["ARCHITECTURES", "Architecture", "ClassicNetwork", "Convolution", "Pool"]

#: Side of the picture that all of them read.
INPUT_SIZE = 224


@dataclass(frozen=True)
class Convolution:
    """A convolution, its ReLU, and local response normalisation where `normalise` says so."""

    name: str
    channels: int
    kernel: int
    stride: int = 1
    pad: int = 0
    normalise: bool = False


@dataclass(frozen=True)
class Pool:
    """A max-pool; a window that reaches over the edge counts, as in Caffe and MatConvNet."""

    name: str
    kernel: int
    stride: int


@dataclass(frozen=True)
class Architecture:
    """A row of a paper's table.

    Attributes
    ----------
    name, title : str
    layers : tuple of Convolution or Pool
    dense : int
        Units of fc6 and fc7.
    classes : int
        Outputs of fc8.
    mean : tuple of float
        Mean colour of the training pictures, red, green, blue, 0–255.
    licence, citation : str
    """

    name: str
    title: str
    layers: tuple[Convolution | Pool, ...]
    dense: int
    classes: int
    mean: tuple[float, float, float]
    licence: str
    citation: str

    def scaled(self, width: float) -> Architecture:
        """Return the same network with a share of the channels and units, for tests."""
        layers = tuple(
            replace(layer, channels=max(1, round(layer.channels * width)))
            if isinstance(layer, Convolution)
            else layer
            for layer in self.layers
        )
        return replace(self, layers=layers, dense=max(1, round(self.dense * width)))


class ClassicNetwork(nn.Module):
    """Convolutions, then fc6, fc7 and fc8.

    Parameters
    ----------
    architecture : Architecture
    classes : int, optional
        Outputs of fc8, if they are others; 0 leaves fc8 out.
    """

    def __init__(self, architecture: Architecture, classes: int | None = None) -> None:
        super().__init__()
        self.architecture = architecture
        classes = architecture.classes if classes is None else classes
        self.trunk, channels, side = _trunk(architecture.layers)
        dense: OrderedDict[str, nn.Module] = OrderedDict()
        dense["fc6"] = nn.Linear(channels * side * side, architecture.dense)
        dense["fc7"] = nn.Linear(architecture.dense, architecture.dense)
        if classes:
            dense["fc8"] = nn.Linear(architecture.dense, classes)
        self.dense = nn.Sequential(dense)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers whose output can be had, from the picture on."""
        trunk = [name for name, _ in self.trunk.named_children() if not name.startswith("relu")]
        return (*trunk, *(name for name, _ in self.dense.named_children()))

    def width(self, layer: str) -> int:
        """Return how many values `activations` gives of a layer."""
        self._check(layer)
        if layer in self.dense._modules:
            return int(self.dense.get_submodule(layer).out_features)  # type: ignore[arg-type]
        channels = 0
        for name, module in self.trunk.named_children():
            channels = module.out_channels if isinstance(module, nn.Conv2d) else channels
            if name == layer:
                break
        return channels

    def activations(self, images: Tensor, layer: str) -> Tensor:
        """Return one layer's output.

        Parameters
        ----------
        images : float [B, 3, 224, 224]
        layer : str
            One of `layers`. Convolutions, fc6 and fc7 are taken after their ReLU; maps of
            the trunk are averaged over their places.

        Returns
        -------
        float [B, width(layer)]
        """
        self._check(layer)
        maps = images
        last = layer
        if layer.startswith("conv"):
            last = layer.replace("conv", "relu")
        for name, module in self.trunk.named_children():
            maps = module(maps)
            if name == last:
                return maps.mean(dim=(2, 3))
        values = maps.flatten(1)
        for name, module in self.dense.named_children():
            values = module(values)
            if name != "fc8":
                values = torch.relu(values)
            if name == layer:
                break
        return values

    def forward(self, images: Tensor) -> Tensor:
        """Return the last layer's output, float [B, classes], of images [B, 3, 224, 224]."""
        return self.activations(images, self.layers[-1])

    def _check(self, layer: str) -> None:
        if layer not in self.layers:
            raise UsageError(
                f"{self.architecture.name} has no layer {layer!r}",
                hint=f"It has: {', '.join(self.layers)}.",
            )


def _trunk(layers: tuple[Convolution | Pool, ...]) -> tuple[nn.Sequential, int, int]:
    """Return the convolutions and pools, and the channels and side of their output."""
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    channels, side = 3, INPUT_SIZE
    for layer in layers:
        if isinstance(layer, Pool):
            modules[layer.name] = nn.MaxPool2d(layer.kernel, layer.stride, ceil_mode=True)
            side = -(-(side - layer.kernel) // layer.stride) + 1
            continue
        modules[layer.name] = nn.Conv2d(
            channels, layer.channels, layer.kernel, layer.stride, layer.pad
        )
        modules[layer.name.replace("conv", "relu")] = nn.ReLU()
        if layer.normalise:  # over 5 channels; torch divides alpha by their number
            name = layer.name.replace("conv", "norm")
            modules[name] = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
        channels = layer.channels
        side = (side + 2 * layer.pad - layer.kernel) // layer.stride + 1
    return nn.Sequential(modules), channels, side


_CHATFIELD = (
    "Chatfield, Simonyan, Vedaldi and Zisserman, Return of the Devil in the Details, BMVC 2014"
)
_IMAGENET = dict(
    dense=4096,
    classes=1000,
    mean=IMAGENET_MEAN,
    licence="non-commercial research (VGG); ImageNet terms",
    citation=_CHATFIELD,
)


def _last_three(channels: int) -> tuple[Convolution, ...]:
    return tuple(Convolution(f"conv{k}", channels, 3, pad=1) for k in (3, 4, 5))


def _vgg16() -> tuple[Convolution | Pool, ...]:
    layers: list[Convolution | Pool] = []
    for block, (channels, count) in enumerate(BLOCKS, start=1):
        layers += [Convolution(f"conv{block}_{k}", channels, 3, pad=1) for k in range(1, count + 1)]
        layers.append(Pool(f"pool{block}", 2, 2))
    return tuple(layers)


#: By name. Chatfield et al., Table 1; Parkhi et al., Table 3 (configuration D). The table
#: gives CNN-S's conv2 a padding of 1; the released network has none, and so has this one
#: (fc6 reads 6×6 either way). A MatConvNet file's own paddings are followed.
ARCHITECTURES: dict[str, Architecture] = {
    one.name: one
    for one in (
        Architecture(
            name="vgg-face",
            title="VGG-Face",
            layers=_vgg16(),
            dense=4096,
            classes=2622,
            mean=FACE_MEAN,
            licence="non-commercial research (VGG-Face)",
            citation="Parkhi, Vedaldi and Zisserman, Deep face recognition, BMVC 2015",
        ),
        Architecture(
            name="cnn-f",
            title="CNN-F",
            layers=(
                Convolution("conv1", 64, 11, stride=4, normalise=True),
                Pool("pool1", 3, 2),
                Convolution("conv2", 256, 5, pad=2, normalise=True),
                Pool("pool2", 3, 2),
                *_last_three(256),
                Pool("pool5", 3, 2),
            ),
            **_IMAGENET,  # type: ignore[arg-type]
        ),
        Architecture(
            name="cnn-m",
            title="CNN-M",
            layers=(
                Convolution("conv1", 96, 7, stride=2, normalise=True),
                Pool("pool1", 3, 2),
                Convolution("conv2", 256, 5, stride=2, pad=1, normalise=True),
                Pool("pool2", 3, 2),
                *_last_three(512),
                Pool("pool5", 3, 2),
            ),
            **_IMAGENET,  # type: ignore[arg-type]
        ),
        Architecture(
            name="cnn-s",
            title="CNN-S",
            layers=(
                Convolution("conv1", 96, 7, stride=2, normalise=True),
                Pool("pool1", 3, 3),
                Convolution("conv2", 256, 5),
                Pool("pool2", 2, 2),
                *_last_three(512),
                Pool("pool5", 3, 3),
            ),
            **_IMAGENET,  # type: ignore[arg-type]
        ),
    )
}
