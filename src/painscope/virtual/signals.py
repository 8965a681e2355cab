"""Signals of the body recorded with a face in pain: simple simulations, openly so.

They follow the pain *felt*, which people show on their faces to very different degrees; so a
stoic person's skin conductance answers all the same. Shapes come from the literature named at
each function, amplitudes are chosen for looks. They serve to exercise readers and pipelines,
not to learn physiology from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import butter, fftconvolve, sosfiltfilt

from painscope.virtual.dynamics import lognormal, wander
from painscope.virtual.motion import FaceMotion
from painscope.virtual.writers.base import Take

__all__ = ["BIOSIGNAL_RATE", "FNIRS_RATE", "biosignals", "fnirs_session"]

#: Samples per second of BioVid's biosignals and of AI4Pain's fNIRS.
BIOSIGNAL_RATE = 512
FNIRS_RATE = 50

#: Seconds of pause after each stimulus of an fNIRS session. Chosen.
_PAUSE_S = 20.0
_HUM_HZ = 50.0


def biosignals(
    rng: np.random.Generator, take: Take, seconds: float
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Simulate BioVid's biosignals of one clip.

    Returns
    -------
    raw, filtered : dict of str to float64 [512 · seconds]
        Columns time (µs), gsr (µS), ecg (µV), emg_trapezius, emg_corrugator and
        emg_zygomaticus (µV). The raw ones carry mains hum and drift besides.
    """
    time_s = np.arange(round(BIOSIGNAL_RATE * seconds)) / BIOSIGNAL_RATE
    felt = np.interp(time_s, take.motion.time_s, take.felt)

    def unit(number: int) -> np.ndarray:
        return np.interp(time_s, take.motion.time_s, take.motion.intensity(number))

    clean = {
        "gsr": _skin_conductance(rng, time_s, felt),
        "ecg": _heart(rng, time_s, felt),
        "emg_trapezius": _muscle(rng, 4 + 2.0 * felt * rng.uniform(0.2, 1.0)),
        "emg_corrugator": _muscle(rng, 2 + 9.0 * unit(4)),
        "emg_zygomaticus": _muscle(rng, 2 + 9.0 * unit(12) + 3.0 * unit(6) + 2.0 * unit(20)),
    }
    time = {"time": np.round(time_s * 1e6)}
    raw = {}
    for name, values in clean.items():
        span = float(np.ptp(values))
        hum = np.sin(2 * np.pi * (_HUM_HZ * time_s + rng.random()))
        drift = wander(rng, time_s, 2.0)
        # Skin conductance varies slowly by nature: it gets no drift of its own.
        raw[name] = values + 0.05 * span * hum + (0 if name == "gsr" else 0.1 * span * drift)
    return time | raw, time | clean


def _skin_conductance(rng: np.random.Generator, time_s: np.ndarray, felt: np.ndarray) -> np.ndarray:
    """Return µS: a tonic level and responses of bi-exponential shape.

    Latency 1–3 s, rise 1–3 s (Boucsein et al., Psychophysiology 49:1017, 2012); time
    constants 0.75 s and 2 s (Benedek and Kaernbach, J Neurosci Methods 190:80, 2010).
    """
    rate = BIOSIGNAL_RATE
    since = np.arange(0, 12, 1 / rate)
    response = np.exp(-since / 2.0) - np.exp(-since / 0.75)
    response /= response.max()
    lead = 10 * rate  # spontaneous responses may have begun before the clip
    drive = np.zeros(lead + len(time_s))
    delay = round(rng.uniform(0.8, 1.6) * rate)
    rise = np.maximum(np.diff(felt, prepend=0.0), 0.0)[: max(len(time_s) - delay, 0)]
    drive[lead + delay : lead + delay + len(rise)] = rise * lognormal(rng, 0.06, 0.5)
    for _ in range(rng.poisson(4 / 60 * len(drive) / rate)):
        drive[rng.integers(len(drive))] += lognormal(rng, 0.08, 0.6)
    phasic = fftconvolve(drive, response)[lead : lead + len(time_s)]
    tonic = lognormal(rng, 4.0, 0.5) * (1 + rng.normal(0, 0.004) * time_s)
    return tonic + phasic + 0.002 * rng.standard_normal(len(time_s))


def _heart(rng: np.random.Generator, time_s: np.ndarray, felt: np.ndarray) -> np.ndarray:
    """Return µV: each beat a sum of Gaussians for P, Q, R, S and T.

    After McSharry et al. (IEEE Trans Biomed Eng 50:289, 2003), with respiratory sinus
    arrhythmia; the heart beats 1.2 per minute faster for each point of felt pain (chosen).
    """
    resting = float(np.clip(rng.normal(70, 9), 48, 100))
    breath = 3.0 * np.sin(2 * np.pi * (0.25 * time_s + rng.random()))
    per_minute = resting + breath + 1.2 * felt + 1.5 * wander(rng, time_s, 2.0)
    phase = np.cumsum(per_minute / 60.0) / BIOSIGNAL_RATE + rng.random()
    within = (phase % 1.0 - 0.4) * (60.0 / per_minute)  # seconds from the R wave
    waves = ((-0.17, 90, 0.025), (-0.025, -110, 0.010), (0.0, 1000, 0.011), (0.028, -240, 0.011))
    beat = sum(height * np.exp(-0.5 * ((within - at) / wide) ** 2) for at, height, wide in waves)
    beat = beat + 270 * np.exp(-0.5 * ((within - 0.27) / 0.05) ** 2)
    return beat + 6.0 * rng.standard_normal(len(time_s))


def _muscle(rng: np.random.Generator, amplitude: np.ndarray) -> np.ndarray:
    """Return surface EMG in µV: noise of 20–250 Hz with the given amplitude."""
    band = butter(4, (20, 250), "bandpass", fs=BIOSIGNAL_RATE, output="sos")
    noise = sosfiltfilt(band, rng.standard_normal(len(amplitude)))
    return amplitude * noise / max(float(noise.std()), 1e-9)


def fnirs_session(
    rng: np.random.Generator, takes: Sequence[tuple[str, Take]]
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate one person's fNIRS session: the baseline, then stimuli and pauses.

    Oxygenated haemoglobin follows felt pain through a double-gamma response (Glover,
    NeuroImage 9:416, 1999), deoxygenated haemoglobin falls by a third of it; heartbeat,
    breathing, Mayer waves (0.1 Hz), drift and noise lie over both.

    Parameters
    ----------
    takes : sequence of (str, Take)
        Label (``"NP"``, ``"LP"`` or ``"HP"``) and take, in the session's order.

    Returns
    -------
    values : float64 [S, 48]
        24 channels, oxygenated then deoxygenated each, 50 samples per second.
    markers : object [S]
        ``"B1"``, ``"L1"``, ``"H1"`` …, ``"R1"`` … where a part begins, ``"S"`` where the last
        one stops, else empty.
    """
    felt, markers = _timeline(takes)
    time_s = np.arange(len(felt)) / FNIRS_RATE
    response = fftconvolve(felt, _haemodynamic_response())[: len(felt)] / FNIRS_RATE
    body = (
        0.25 * np.sin(2 * np.pi * np.cumsum(1.15 + 0.04 * wander(rng, time_s, 5.0)) / FNIRS_RATE)
        + 0.15 * np.sin(2 * np.pi * np.cumsum(0.26 + 0.02 * wander(rng, time_s, 8.0)) / FNIRS_RATE)
        + 0.30 * np.sin(2 * np.pi * np.cumsum(0.10 + 0.01 * wander(rng, time_s, 20.0)) / FNIRS_RATE)
    )
    values = np.empty((len(felt), 48))
    for channel in range(24):
        evoked = rng.normal(0.06, 0.08) * response
        drift = 0.5 * wander(rng, time_s, 60.0)
        noise = 0.08 * rng.standard_normal((2, len(felt)))
        values[:, 2 * channel] = evoked + rng.uniform(0.5, 1.2) * body + drift + noise[0]
        values[:, 2 * channel + 1] = -evoked / 3 + 0.15 * body - 0.3 * drift + noise[1]
    return values, markers


def _timeline(takes: Sequence[tuple[str, Take]]) -> tuple[np.ndarray, np.ndarray]:
    """Lay the takes out one after another: felt pain [S] and markers [S]."""
    parts: list[np.ndarray] = []
    marks: dict[int, str] = {}
    counts = {"B": 0, "L": 0, "H": 0, "R": 0}
    length = 0

    def begin(letter: str, samples: np.ndarray) -> None:
        nonlocal length
        counts[letter] += 1
        marks[length] = f"{letter}{counts[letter]}"
        parts.append(samples)
        length += len(samples)

    for position, (label, take) in enumerate(takes):
        begin({"NP": "B", "LP": "L", "HP": "H"}[label], _resampled(take.motion, take.felt))
        if 0 < position < len(takes) - 1:
            begin("R", np.zeros(round(_PAUSE_S * FNIRS_RATE)))
    markers = np.full(length, "", dtype=object)
    for at, mark in marks.items():
        markers[at] = mark
    markers[-1] = "S"
    return np.concatenate(parts), markers


def _resampled(motion: FaceMotion, felt: np.ndarray) -> np.ndarray:
    time_s = np.arange(0, motion.time_s[-1], 1 / FNIRS_RATE)
    return np.interp(time_s, motion.time_s, felt)


def _haemodynamic_response() -> np.ndarray:
    since = np.arange(0, 30, 1 / FNIRS_RATE)

    def gamma(peak: float, width: float) -> np.ndarray:
        shape = (peak / width) ** 2
        return (since / peak) ** shape * np.exp(-shape * (since - peak) / peak)

    response = gamma(5.4, 2.2) - 0.35 * gamma(10.8, 3.1)
    return response / response.sum() * FNIRS_RATE
