"""VGG16 with global average pooling: the eye of the core system."""

from __future__ import annotations

import copy
from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from painscope.networks.parameters import draw_weights

__all__ = ["VGG16GAP", "fold_batch_norm"]

#: Output channels and number of 3×3 convolutions of the five blocks.
BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


class VGG16GAP(nn.Module):
    """VGG16 whose last max-pool is a global average, then FC 1024 and a prediction layer.

    The FC layer's ReLU output is the feature. From the picture to the feature the network
    of width 1 has 15,240,000 parameters: 14,714,688 in the convolutions of VGG16 [1]_ and
    525,312 in the FC layer [2]_.

    Parameters
    ----------
    width : float
        Factor on the convolutions' channels; the feature stays as wide as it is.
    classes : int
        Outputs of the prediction layer.
    feature_size : int
        Length of the feature.
    batch_norm : bool
        Normalise after every convolution. Needed to train from scratch (the plain network
        does not start learning at ordinary rates); `fold_batch_norm` removes it afterwards.

    References
    ----------
    .. [1] Simonyan and Zisserman, Very deep convolutional networks for large-scale image
       recognition, ICLR 2015, configuration D.
    .. [2] Prajod et al., Faces of Experimental Pain, 2024, section III-C.
    """

    def __init__(
        self,
        width: float = 1.0,
        classes: int = 2,
        feature_size: int = 1024,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        self.width, self.classes, self.feature_size = width, classes, feature_size
        self.batch_norm = batch_norm
        self.trunk = _trunk(width, batch_norm)
        self.dense = nn.Linear(_channels(BLOCKS[-1][0], width), feature_size)
        self.head = nn.Linear(feature_size, classes)
        draw_weights(self)
        # A quarter faster on CPUs at small widths. (torch's stubs do not know the call.)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def features(self, images: Tensor) -> Tensor:
        """Return the features.

        Parameters
        ----------
        images : float [B, 3, H, W]
            Prepared as the card says; at least 16×16 pixels, any size.

        Returns
        -------
        float [B, feature_size]
        """
        # A mean, not AdaptiveAvgPool2d: its gradient is deterministic on CUDA too.
        return torch.relu(self.dense(self.trunk(images).mean(dim=(2, 3))))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, float [B, classes], of images [B, 3, H, W]."""
        return self.head(self.features(images))


def fold_batch_norm(network: VGG16GAP) -> VGG16GAP:
    """Return the plain network that computes what `network` computes in evaluation mode.

    Each normalisation is folded into the convolution before it. A network without batch
    normalisation comes back as a copy. The result is in evaluation mode.
    """
    plain = VGG16GAP(network.width, network.classes, network.feature_size)
    network = copy.deepcopy(network).eval()
    state = {
        f"{name}.{key}": value
        for name in ("dense", "head")
        for key, value in getattr(network, name).state_dict().items()
    }
    for name, module in network.trunk.named_children():
        if not isinstance(module, nn.Conv2d):
            continue
        if network.batch_norm:
            norm = network.trunk.get_submodule(name.replace("conv", "norm"))
            assert isinstance(norm, nn.BatchNorm2d)
            module = fuse_conv_bn_eval(module, norm)
        state |= {f"trunk.{name}.{key}": value for key, value in module.state_dict().items()}
    plain.load_state_dict(state)
    return plain.eval().to(next(network.parameters()).device)


def _trunk(width: float, batch_norm: bool) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels = 3
    for block, (full, convolutions) in enumerate(BLOCKS, start=1):
        out = _channels(full, width)
        for k in range(1, convolutions + 1):
            layers[f"conv{block}_{k}"] = nn.Conv2d(channels, out, 3, padding=1)
            if batch_norm:
                layers[f"norm{block}_{k}"] = nn.BatchNorm2d(out)
            layers[f"relu{block}_{k}"] = nn.ReLU(inplace=True)
            channels = out
        if block < len(BLOCKS):
            layers[f"pool{block}"] = nn.MaxPool2d(2)
    return nn.Sequential(layers)


def _channels(full: int, width: float) -> int:
    return max(1, round(full * width))
