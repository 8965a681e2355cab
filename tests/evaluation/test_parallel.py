from __future__ import annotations

import logging
import os
from functools import partial

import numpy as np
import pandas as pd
import pytest
from tests.evaluation.makers import maker

from painscope.errors import DatasetError, StorageError, UsageError
from painscope.evaluation import evaluate, leave_one_subject_out
from painscope.evaluation.parallel import spread

MODELS = {
    "ann": maker("ann-vote", max_epochs=2),
    "lstm": maker("lstm", max_epochs=2),
    "mean-logistic": maker("mean-logistic"),
    "chance": maker("chance"),
}


def test_folds_in_parallel_give_the_same_to_the_bit(people, sequence):
    recordings = people(3)
    sequences = {r.id: sequence(r) for r in recordings}
    found, kept = [], []
    for workers in (1, 2):
        kept.append([])
        run = partial(evaluate, MODELS, sequences, leave_one_subject_out(recordings), seeds=(0, 1))
        keep = lambda *fit, into=kept[-1]: into.append(fit)  # noqa: E731
        found.append(run(segment_frames=20, workers=workers, keep=keep))
    serial, parallel = found
    pd.testing.assert_frame_equal(serial.predictions, parallel.predictions, check_exact=True)
    pd.testing.assert_frame_equal(serial.histories, parallel.histories, check_exact=True)
    assert serial.segments == parallel.segments
    assert [fit[:3] for fit in kept[0]] == [fit[:3] for fit in kept[1]]
    clips = list(sequences.values())
    for (*_, here), (*_, there) in zip(*kept, strict=True):
        np.testing.assert_array_equal(here.predict_proba(clips), there.predict_proba(clips))


def where(data, task):
    logging.getLogger("painscope").info("task %d", task)
    if task == 3:
        raise DatasetError("three is too many", path="three.txt")
    assert not data["x"].flags.writeable
    return task, os.getpid(), float(data["x"].sum()), data["x"].ctypes.data % 64


def test_processes_share_the_data_and_answer_in_order(caplog):
    data = {"x": np.arange(1e6), "empty": np.zeros(0), "name": "x"}
    with caplog.at_level(logging.INFO, "painscope"):
        answers = list(spread(where, data, [4, 0, 2, 1], workers=2))
    assert [answer[0] for answer in answers] == [4, 0, 2, 1]
    assert os.getpid() not in {answer[1] for answer in answers}
    assert {answer[2] for answer in answers} == {data["x"].sum()}
    assert {answer[3] for answer in answers} == {0}
    assert caplog.messages == ["task 4", "task 0", "task 2", "task 1"]


def test_an_error_comes_back_as_it_is():
    with pytest.raises(DatasetError, match=r"^three\.txt: three is too many$"):
        list(spread(where, {"x": np.arange(3.0)}, [0, 3], workers=2))
    with pytest.raises(UsageError, match="0 workers"):
        spread(where, {}, [0], workers=0)


def test_every_task_has_one_thread():
    def threads(data, task):
        import torch

        return torch.get_num_threads()

    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    assert set(spread(threads, None, [0, 1])) == {1}
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)
    assert set(spread(threads, None, [0, 1], workers=2)) == {1}


@pytest.mark.slow
def test_a_cluster_fits_as_this_process_does(cluster, caplog: pytest.LogCaptureFixture) -> None:
    data = {"x": np.random.default_rng(0).normal(size=(500, 40))}

    def work(data, task):
        if task < 0:
            raise StorageError("as it is", path="a.txt")
        logging.getLogger("painscope").info("task %d", task)
        return np.linalg.svd(data["x"][:, task:])[1]

    tasks = [3, 1, 2]
    with caplog.at_level(logging.INFO, "painscope"):
        there = list(spread(work, data, tasks, on="ray"))
    assert caplog.messages == ["task 3", "task 1", "task 2"]
    for one, other in zip(there, spread(work, data, tasks), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(StorageError, match=r"^a\.txt: as it is$"):
        list(spread(work, data, [-1], on="ray"))
