"""OpenVINO: the same networks, fused and quantised, on the CPU (extra `openvino`)."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Mapping
from contextlib import redirect_stdout
from functools import partial
from importlib.metadata import version
from threading import local
from typing import Any

import numpy as np
import torch

from painscope.errors import UsageError
from painscope.networks.card import Preprocessing, prepare
from painscope.networks.device import Precision
from painscope.networks.engine import Engine, Reading, compute_alone

__all__ = ["OpenVINOEngine", "varied"]

#: Crops per batch. In fp32 a core is busy with few and more only cost memory (VGG16's widest layer
#: has 13 MB of each); the faster arithmetic wants more.
BATCH: dict[Precision, int] = {"fp32": 4, "bf16": 16, "int8": 16}
#: By how much the faces of a calibration are brightened and darkened, of 255.
LIGHT = 40
#: Smallest cosine with fp32 that int8's features may have.
COSINE = 0.99


class OpenVINOEngine(Engine):
    """A network in OpenVINO; in int8 after calibration.

    Nothing leaves the machine: OpenVINO's tools would report their use to their makers, and
    are declined here.

    Parameters
    ----------
    reading : Reading
        On the CPU.
    preprocessing : Preprocessing
    size : int
        Side of the crops in pixels.
    precision : Precision
    calibration : uint8 [N, size, size, 3], optional
        For int8: the crops on which NNCF takes the layers' ranges, `varied`. The first and the
        last layer stay in floating point.

    Raises
    ------
    UsageError
        If OpenVINO or NNCF is not installed, or int8 loses too much of the network.
    """

    name = "openvino"

    def __init__(
        self,
        reading: Reading,
        preprocessing: Preprocessing,
        *,
        size: int,
        precision: Precision,
        calibration: np.ndarray | None = None,
    ) -> None:
        self._cores = torch.get_num_threads()
        super().__init__(BATCH[precision], streams=self._cores)
        self._again = partial(
            OpenVINOEngine,
            reading,
            preprocessing,
            size=size,
            precision=precision,
            calibration=calibration,
        )
        self.preprocessing, self.calibration = preprocessing, calibration
        openvino = _openvino()
        with torch.inference_mode():
            model = openvino.convert_model(
                reading.eval(), example_input=torch.zeros(1, 3, size, size)
            )
        if calibration is not None:
            model = _quantised(model, calibration, preprocessing)
        model.reshape([self.batch_size, 3, size, size])
        # A stream is a thread with a batch of its own, as everywhere.
        self._compiled = openvino.Core().compile_model(
            model,
            "CPU",
            {
                "NUM_STREAMS": str(self.streams),
                "INFERENCE_NUM_THREADS": str(self.streams),
                "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
            },
        )
        self._own = local()
        if calibration is not None:
            self._refuse_losses(reading, calibration)

    def __reduce__(self) -> tuple:
        return self._again, ()

    @property
    def provenance(self) -> Mapping[str, object]:
        """OpenVINO's version; for int8 also NNCF's, and the sha256 of the calibration's crops."""
        told: dict[str, object] = {"engine": f"openvino {version('openvino')}"}
        if self.calibration is not None:
            told["quantised"] = f"nncf {version('nncf')}, weights of 8 bits, crops varied"
            told["calibration_sha256"] = hashlib.sha256(
                np.ascontiguousarray(self.calibration).data
            ).hexdigest()
        return told

    def _refuse_losses(self, reading: Reading, crops: np.ndarray) -> None:
        """Compare int8 with fp32 on some of the faces that it was calibrated on."""
        some = crops[:: -(-len(crops) // self.batch_size)]
        with torch.inference_mode():
            exact = reading(prepare(torch.from_numpy(some), self.preprocessing)).numpy()
        values = self(some)
        norms = np.linalg.norm(exact) * np.linalg.norm(values)
        cosine = (exact * values).sum() / max(norms, 1e-12)  # of all at once: dim ones count less
        if cosine < COSINE:
            raise UsageError(
                f"int8 loses too much of this network here: features of faces that it was "
                f"calibrated on have a cosine of {cosine:.3f} with those of fp32, not {COSINE}",
                hint="Use fp32, with the engine openvino if you like.",
            )

    def _begin(self) -> None:
        compute_alone(self._cores)
        self._own.request = self._compiled.create_infer_request()

    def _read(self, crops: np.ndarray) -> np.ndarray:
        prepared = _prepared(crops, self.preprocessing)
        return self._own.request.infer([prepared])[0].copy()


def _prepared(crops: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """Return float32 [B, 3, S, S]."""
    return prepare(torch.from_numpy(crops), preprocessing).contiguous().numpy()


def varied(crops: np.ndarray) -> np.ndarray:
    """Return crops, and each mirrored: once brighter and once darker, uint8 [3 N, S, S, 3].

    Strangers' faces show what those of a few people do not, and so do these: they add one to three
    decibels where there are one to four videos, and take none where there are many
    (docs/speed.md).
    """
    mirrored = crops[:, :, ::-1].astype(np.int16)
    lit = [np.clip(mirrored + light, 0, 255).astype(np.uint8) for light in (LIGHT, -LIGHT)]
    return np.concatenate([crops, *lit])


def _quantised(model: Any, crops: np.ndarray, preprocessing: Preprocessing) -> Any:
    """Return the model in int8, its ranges those of all `crops` and of these `varied`.

    NNCF's own choices lost one answer in five on a narrow network (docs/speed.md). So

    - a range reaches to the largest value of all crops, not to the mean of each crop's largest,
      beyond which strong activations were cut off; the crops are varied, for the same reason;
    - the first layer, which reads the picture, and the last, whose values are the features, stay
      in floating point: they cost little and lose much. The picture's values also are large
      everywhere: a processor without VNNI adds two products in 16 bits, which overflow there;
    - biases stay as they are: NNCF's corrections lost more than they mended.
    """
    try:
        import nncf
        from nncf.quantization.range_estimator import RangeEstimatorParametersSet
    except ImportError:
        raise _missing("nncf") from None
    nncf.set_log_level(logging.ERROR)
    single = [crop[None] for crop in varied(crops)]
    data = nncf.Dataset(single, partial(_prepared, preprocessing=preprocessing))
    layers = [
        operation.get_friendly_name()
        for operation in model.get_ordered_ops()
        if operation.get_type_name() in ("Convolution", "MatMul")
    ]
    with redirect_stdout(io.StringIO()):  # its progress bars
        return nncf.quantize(
            model,
            data,
            subset_size=len(single),
            ignored_scope=nncf.IgnoredScope(names=[layers[0], layers[-1]]),
            advanced_parameters=nncf.AdvancedQuantizationParameters(
                overflow_fix=nncf.OverflowFix.DISABLE,  # 7 bits for weights lose most of all
                disable_bias_correction=True,
                activations_range_estimator_params=RangeEstimatorParametersSet.MINMAX,
            ),
        )


def _openvino() -> Any:
    """Import OpenVINO, which then reports nothing to anybody."""
    try:
        from openvino_telemetry.utils.opt_in_checker import ConsentCheckResult, OptInChecker
        from openvino_telemetry.utils.sender import TelemetrySender
    except ImportError:
        pass  # then there is nobody to report
    else:  # before the import, which reports itself
        OptInChecker.check = lambda *_, **__: ConsentCheckResult.DECLINED
        TelemetrySender.send = lambda *_, **__: None  # for who asked before
    try:
        import openvino
    except ImportError:
        raise _missing("openvino") from None
    return openvino


def _missing(package: str) -> UsageError:
    return UsageError(
        f"{package} is not installed", hint='Install it with: pip install "painscope[openvino]".'
    )
