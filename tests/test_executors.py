"""Landscapes, descents, Jacobians and data sets by workers are those of this process."""

import concurrent.futures
import multiprocessing
import os
import pickle
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import cloudpickle
import loky
import numpy as np
import pytest
import torch

from chirplib import (
    MultiscaleSpectralLoss,
    TimeFrequencyScatteringLoss,
    am_chirp,
    landscape,
    landscape_each,
    match_each,
)
from chirplib._common import executors
from chirplib.metric import jacobian
from chirplib.metric.datasets import compute_metrics

MSS = MultiscaleSpectralLoss((64, 32))
AXES = np.geomspace(4, 16, 4), np.geomspace(0.5, 2, 3)
TARGETS = torch.tensor([[8.0, 1.0], [5.0, 0.7]], dtype=torch.float64)
STARTS = [(7.0, 1.1), (8.5, 0.9), (9.0, 1.0)]
DOUBLE = {"dtype": torch.float64}


def synth(theta):
    return am_chirp(64, *theta.T, duration=0.5, sr=512)


TARGET_SOUNDS = synth(TARGETS)
LOSS = MSS.to_target(TARGET_SOUNDS[0])


def surfaces(executor=None, synth=synth, **options):
    surface = landscape(
        LOSS, synth, AXES, TARGETS[0], executor=executor, batch_size=2, **DOUBLE, **options
    )
    return surface.loss, surface.gradient


def surfaces_of_each(executor=None):
    found = landscape_each(MSS, synth, AXES, TARGETS, TARGET_SOUNDS, executor=executor, **DOUBLE)
    return [array for surface in found for array in (surface.loss, surface.gradient)]


def descents(executor=None):
    found = match_each(LOSS, synth, STARTS, executor=executor, max_steps=3, **DOUBLE)
    return [array for match in found for array in (match.parameters, match.losses)]


def jacobians(executor=None):
    return [jacobian(spectra, synth, TARGETS, executor=executor).numpy()]


def spectra(x):
    return torch.cat([part.flatten(1) for part in MSS.representation(x)], dim=1)


JOBS = [surfaces, surfaces_of_each, descents, jacobians]


@contextmanager
def process_pool(workers=2):
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as executor:
        yield executor


@contextmanager
def loky_pool():
    executor = loky.ProcessPoolExecutor(2)
    yield executor
    executor.shutdown(kill_workers=True)


@contextmanager
def dask_cluster():
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL"
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client.get_executor()


KINDS = {"processes": process_pool, "loky": loky_pool, "Dask": dask_cluster}


@pytest.fixture(scope="module", params=KINDS)
def executor(request):
    with KINDS[request.param]() as executor:
        yield executor


@pytest.fixture(scope="module")
def alone():
    """What this process finds in one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield {job: job() for job in JOBS}
    torch.set_num_threads(before)


@pytest.mark.parametrize("job", JOBS)
def test_workers_find_the_same_to_the_last_bit(job, executor, alone):
    for one, other in zip(job(executor), alone[job], strict=True):
        np.testing.assert_array_equal(one, other)


def test_neither_workers_nor_order_nor_chunks_matter(alone):
    for count in (1, 3):
        with process_pool(count) as executor:
            for one, other in zip(surfaces(executor), alone[surfaces], strict=True):
                np.testing.assert_array_equal(one, other)
    for one, other in zip(surfaces(LastFirst()), alone[surfaces], strict=True):
        np.testing.assert_array_equal(one, other)
    for size in (1, 5):
        found = landscape(LOSS, synth, AXES, TARGETS[0], batch_size=size, **DOUBLE)
        np.testing.assert_allclose(found.loss, alone[surfaces][0], rtol=1e-12)
        np.testing.assert_allclose(found.gradient, alone[surfaces][1], rtol=1e-9)


class LastFirst(Executor):
    """Takes the task that came last."""

    def __init__(self):
        self._thread, self._waiting = ThreadPoolExecutor(1), []

    def submit(self, function, *arguments):
        future = Future()
        self._waiting.append((future, function, arguments))
        self._thread.submit(self._take)
        return future

    def _take(self):
        future, function, arguments = self._waiting.pop()
        future.set_result(function(*arguments))


def deadly_synth(flag, parent, theta):
    """Kills the first worker that comes to the middle of the grid."""
    if os.getpid() != parent and (abs(theta[:, 0].detach() - AXES[0][2]) < 1e-3).any():
        try:
            flag.touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return synth(theta)


@pytest.mark.filterwarnings("ignore:a worker died:UserWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_the_death_of_a_worker_is_survived(kind, alone, tmp_path):
    deadly = partial(deadly_synth, tmp_path / "dead", os.getpid())
    with KINDS[kind]() as executor:
        found = surfaces(executor, synth=deadly)
    assert (tmp_path / "dead").exists()
    for one, other in zip(found, alone[surfaces], strict=True):
        np.testing.assert_array_equal(one, other)


def always_deadly(parent, theta):
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return synth(theta)


@pytest.mark.filterwarnings("ignore:a worker died:UserWarning")
def test_what_kills_each_worker_is_named():
    with process_pool() as executor, pytest.raises(executors.BrokenExecutor) as raised:
        surfaces(executor, synth=partial(always_deadly, os.getpid()))
    assert "This was at one of [[[4.0, 0.5], [4.0, 1.0" in raised.value.__notes__[0]


def failing_synth(kind, theta):
    if theta[0, 0] > 10:
        raise kind("no such sound")
    return synth(theta)


def test_an_exception_names_the_parameters(executor):
    with pytest.raises(ArithmeticError, match="no such sound") as raised:
        surfaces(executor, synth=partial(failing_synth, ArithmeticError))
    assert any("[[10.07" in note or "[[16.0" in note for note in raised.value.__notes__)


def test_an_interrupt_keeps_what_is_done(executor, monkeypatch):
    wait, left = concurrent.futures.wait, [3]

    def interrupted_wait(*arguments, **options):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return wait(*arguments, **options)

    with monkeypatch.context() as patch, pytest.warns(UserWarning, match="interrupted after"):
        patch.setattr(executors.concurrent.futures, "wait", interrupted_wait)
        loss, _ = surfaces(executor)
    assert 0 < np.isfinite(loss).sum() < 12
    assert np.isfinite(surfaces(executor)[0]).all()  # and is of use afterwards


def test_an_interrupt_of_a_worker_is_one_of_all(alone):
    interrupting = partial(failing_synth, KeyboardInterrupt)
    with process_pool() as pool, pytest.warns(UserWarning, match="interrupted after .* of 12"):
        loss, _ = surfaces(pool, synth=interrupting)
    assert 0 < np.isfinite(loss).sum() <= 6


def number_of_threads(x):
    """A 'loss' that says in how many threads it is computed."""
    return x.sum(-1) * 0 + torch.get_num_threads()


def test_workers_compute_in_one_thread_and_this_process_as_before(executor):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        found = landscape(number_of_threads, synth, AXES, TARGETS[0], executor=executor)
        assert (found.loss == 1).all() and torch.get_num_threads() == 2
        assert (landscape(number_of_threads, synth, AXES, TARGETS[0]).loss == 2).all()
    finally:
        torch.set_num_threads(before)


class Counting(Executor):
    """Counts the bytes that an executor is sent."""

    def __init__(self, executor):
        self._executor, self._max_workers, self.sizes = executor, 2, []

    def submit(self, function, *arguments):
        self.sizes.append(len(pickle.dumps((function, arguments))))
        return self._executor.submit(function, *arguments)


def test_what_is_large_is_made_by_each_worker():
    """The filters take many megabytes; the target and its features are sent about once."""
    loss = TimeFrequencyScatteringLoss(J=8, J_fr=3, Q=(8, 2), Q_fr=2, F=0, shape=2**13)
    filters = sum(
        joint.filters.matrix._array.nbytes for joint in loss.representation.network.joints
    ) + sum(layer.subbands.above._array.nbytes for layer in loss.representation.network.order1)
    assert filters > 2e6 and len(cloudpickle.dumps(loss)) < 2e4
    to_target = loss.to_target(am_chirp(512, 8.0, 1.0, duration=1.0))
    once = len(cloudpickle.dumps(to_target))
    with process_pool() as executor:
        counting = Counting(executor)
        landscape(
            to_target,
            partial(one_second),
            (np.geomspace(4, 16, 6), np.geomspace(0.5, 2, 4)),
            (8.0, 1.0),
            batch_size=1,
            executor=counting,
        )
    large = [size for size in counting.sizes if size > 2000]
    # Two tasks for each worker bring it, and each worker may ask for it again in the meantime.
    assert len(large) <= 4 + executors.IN_FLIGHT * 2 and max(large) < once + 5000
    assert len(counting.sizes) - len(large) >= 24 - 4 - executors.IN_FLIGHT * 2


def one_second(theta):
    return am_chirp(512, *theta.T, duration=1.0)


def test_a_worker_that_does_not_know_the_task_gets_it():
    executors._tasks.clear()
    answer = executors._take(executors._Call("name", None, -3, "sender"))
    assert isinstance(answer, executors._Unknown)
    call = executors._Call("name", pickle.dumps(abs), -3, executors._this_process())
    assert executors._take(call) == 3
    call.task = None
    assert executors._take(call) == 3


def test_what_is_no_executor_is_refused():
    with pytest.raises(TypeError, match="executor.submit must be callable"):
        surfaces("4")


def test_saved_transforms_are_those_that_were_saved():
    for transform in (MSS, TimeFrequencyScatteringLoss(J=6, J_fr=2, Q=4, shape=256, F=2)):
        again = pickle.loads(pickle.dumps(transform))
        x, y = torch.randn(2, 256, dtype=torch.float64)
        assert torch.equal(transform(x, y), again(x, y))


def test_data_sets_are_the_same(executor, tmp_path):
    theta = TARGETS.repeat(3, 1) * torch.linspace(0.8, 1.2, 6, dtype=torch.float64)[:, None]
    here, there = (
        compute_metrics(
            tmp_path / name, spectra, synth, theta, {}, features=True, chunk_size=2, executor=by
        )
        for name, by in {"here": None, "there": executor}.items()
    )
    np.testing.assert_allclose(here.metric[:], there.metric[:], rtol=1e-12)
    np.testing.assert_allclose(here.features[:], there.features[:], rtol=1e-12)
