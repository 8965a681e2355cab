"""Signals follow what is felt, at the right rates and under the right names."""

from __future__ import annotations

import numpy as np
from scipy.signal import find_peaks

from painscope.virtual.dynamics import generator
from painscope.virtual.motion import ACTION_UNITS, FaceMotion
from painscope.virtual.signals import biosignals, fnirs_session
from painscope.virtual.writers import Take

COLUMNS = ["time", "gsr", "ecg", "emg_trapezius", "emg_corrugator", "emg_zygomaticus"]


def take(felt: float, *, brow: float = 0.0, seconds: float = 5.5, rate: float = 25.0) -> Take:
    time_s = np.arange(round(seconds * rate)) / rate
    motion = FaceMotion.still(time_s)
    motion.action_units[:, ACTION_UNITS.index(4)] = brow
    return Take(motion, felt * np.clip(time_s - 1, 0, 1))


def test_biosignals_have_biovid_s_shape() -> None:
    raw, filtered = biosignals(generator(1), take(8), 5.5)
    assert list(raw) == list(filtered) == COLUMNS
    assert all(len(column) == 2816 for column in [*raw.values(), *filtered.values()])
    np.testing.assert_allclose(np.diff(filtered["time"]), 1e6 / 512, atol=1)


def test_skin_conductance_rises_with_felt_pain() -> None:
    def rise(felt: float) -> float:
        gsr = [biosignals(generator(k), take(felt), 5.5)[1]["gsr"] for k in range(20)]
        return float(np.mean([trace[-1] - trace[0] for trace in gsr]))

    assert rise(8) > rise(0) + 0.2


def test_the_heart_beats_as_hearts_do_and_faster_in_pain() -> None:
    def per_minute(felt: float) -> float:
        counts = []
        for k in range(12):
            ecg = biosignals(generator(k), take(felt, seconds=20), 20.0)[1]["ecg"]
            counts.append(len(find_peaks(ecg, height=600, distance=120)[0]) * 3)
        return float(np.mean(counts))

    assert 60 < per_minute(0) < 80
    assert per_minute(8) > per_minute(0) + 5


def test_the_brow_s_muscle_follows_the_brow() -> None:
    quiet, tense = (
        biosignals(generator(2), take(0, brow=b), 5.5)[1]["emg_corrugator"].std() for b in (0, 4)
    )
    assert tense > 5 * quiet


def test_fnirs_session_is_marked_and_answers_pain() -> None:
    takes = [("NP", take(0, seconds=20)), ("LP", take(2, seconds=10)), ("HP", take(9, seconds=10))]
    takes += [("LP", take(2, seconds=10))]
    values, markers = fnirs_session(generator(3), takes)
    marked = [(int(at), str(markers[at])) for at in np.flatnonzero(markers != "")]
    assert [mark for _, mark in marked] == ["B1", "L1", "R1", "H1", "R2", "L2", "S"]
    assert values.shape == (len(markers), 48)

    sessions = [fnirs_session(generator("s", k), takes)[0] for k in range(10)]
    high = dict((mark, at) for at, mark in marked)["H1"]
    before = slice(high - 50, high + 50)
    during = slice(high + 400, high + 600)
    mean = np.mean([s[during, ::2].mean() - s[before, ::2].mean() for s in sessions])
    mean_deoxygenated = np.mean([s[during, 1::2].mean() - s[before, 1::2].mean() for s in sessions])
    assert mean > 0.1 > 0 > mean_deoxygenated
