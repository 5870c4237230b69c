import math
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import psutil
import pytest
import torch

from chirplib import (
    MultiscaleSpectralLoss,
    TimeFrequencyScatteringLoss,
    am_chirp,
    match,
    match_each,
)
from chirplib.matching.descents import FOUND, METHODS
from chirplib.matching.optimisers import DecreasingSteps

TARGET = (4.0, 2.0)


class Bowl:
    """A 'loss' of 'sounds' that are the parameters themselves, with its minimum at TARGET.

    In log-parameters it is the norm of a residual that is not linear, so that least squares need
    more than one step.
    """

    def __init__(self):
        self.calls, self.points = 0, []

    def residual(self, x):
        u = torch.log2(x) - torch.log2(torch.tensor(TARGET))
        return torch.stack([u[0] + 0.1 * u[1] ** 2, 3 * u[1] + 0.1 * u[0] * u[1]])

    def __call__(self, x):
        self.calls += len(x)
        self.points += map(tuple, x.tolist())
        return torch.stack([self.residual(row).square().sum() for row in x])


def identity(theta):
    return theta


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("start", [(1.0, 1.0), (9.0, 7.0), (4.0, 1.9)])
def test_finds_the_minimum_of_a_bowl(method, start):
    loss = Bowl()
    result = match(loss, identity, start, method=method, max_steps=200)
    # Adam swings to and fro across the narrow valley, and stops when it has for a while.
    assert (result.octaves_to(TARGET) < (0.5 if method == "adam" else 0.05)).all(), result
    assert result.losses.min() < 0.05 * result.losses[0]
    assert result.parameters.shape == result.gradients.shape == (len(result.losses), 2)
    np.testing.assert_allclose(result.parameters[0], start)
    np.testing.assert_array_equal(result.best, result.parameters[result.losses.argmin()])
    if method != "adam":
        assert (np.diff(result.losses) < 0).all() and result.reason.startswith("converged")
    # Each sound is made once, also where a trial becomes the next step. A Jacobian counts as two.
    jacobians = len(result.losses) if method == "gauss-newton" else 0
    assert loss.calls <= result.n_evaluations <= loss.calls + 2 * jacobians
    if method == "gradient descent":
        assert len(loss.points) == len(set(loss.points))


@pytest.mark.parametrize("method", METHODS)
def test_gradients_are_those_in_log_parameters(method):
    result = match(Bowl(), identity, (1.0, 3.0), method=method, max_steps=3)
    loss = Bowl()

    def value(u):
        return loss(torch.tensor(2.0**u)[None]).item()

    for theta, gradient in zip(result.parameters, result.gradients, strict=True):
        u, h = np.log2(theta), 1e-5
        difference = [(value(u + h * e) - value(u - h * e)) / (2 * h) for e in np.eye(2)]
        np.testing.assert_allclose(gradient, difference, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_stops_after_the_steps_it_may_take(method):
    result = match(Bowl(), identity, (1.0, 1.0), method=method, max_steps=2, tolerance=1e-9)
    assert len(result.losses) == 3 and result.reason == "2 steps were taken"


@pytest.mark.parametrize("method", METHODS)
def test_no_step_is_longer_than_an_octave(method):
    result = match(Bowl(), identity, (0.01, 50.0), method=method, max_steps=20)
    steps = np.diff(np.log2(result.parameters), axis=0)
    assert np.linalg.norm(steps, axis=1).max() < 1 + 1e-5


@pytest.mark.parametrize("method", METHODS)
def test_ends_on_a_plateau(method):
    class Flat(Bowl):
        def residual(self, x):
            return torch.ones(2) + 0 * x

    result = match(Flat(), identity, (1.0, 1.0), method=method)
    np.testing.assert_allclose(result.best, 1)
    assert result.reason != "50 steps were taken"


@pytest.mark.parametrize("method", METHODS)
def test_ends_where_the_gradient_points_uphill(method):
    """As with a factor that is detached: no step lowers the loss, and the descent must end."""

    class Wrong(Bowl):
        def residual(self, x):
            u = torch.log2(x)
            return u.detach() * 2 - u + 1

    result = match(Wrong(), identity, (8.0, 8.0), method=method)
    assert len(result.losses) <= 51


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("beyond", ["nan", "inf", "domain"])
def test_stays_where_loss_and_synthesizer_are_defined(method, beyond):
    """The minimum at (4, 2) lies beyond a wall at 3."""

    def synth(theta):
        if beyond == "domain" and (theta[:, 0] > 3).any():
            raise ValueError("theta must be below 3")
        return (
            theta * torch.where(theta[:, :1] > 3, float(beyond), 1) if beyond != "domain" else theta
        )

    result = match(Bowl(), synth, (1.0, 1.0), method=method)
    assert np.isfinite(result.losses).all() and np.isfinite(result.gradients).all()
    assert (result.parameters[:, 0] <= 3).all()
    if method == "adam":
        assert "not finite" in result.reason


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupted_descent_keeps_its_path(method):
    class Interrupted(Bowl):
        def __call__(self, x):
            value = super().__call__(x)
            if self.calls > 3:
                raise KeyboardInterrupt
            return value

    with pytest.warns(UserWarning, match="interrupted"):
        result = match(Interrupted(), identity, (1.0, 1.0), method=method)
    assert result.reason.startswith("interrupted") and len(result.losses) >= 2


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"start": (1.0, -1.0)}, "start"),
        ({"start": (1.0, math.nan)}, "start"),
        ({"start": ()}, "start"),
        ({"method": "newton"}, "method"),
        ({"max_steps": 0}, "max_steps"),
        ({"tolerance": 0}, "tolerance"),
        ({"synth": lambda theta: theta * math.nan}, "start"),
    ],
)
def test_refuses_bad_input(options, name):
    arguments = {"loss": Bowl(), "synth": identity, "start": (1.0, 1.0), **options}
    with pytest.raises(ValueError, match=f"^{name} must"):
        match(**arguments)


def test_refuses_a_start_out_of_the_domain():
    def synth(theta):
        return am_chirp(theta[:, 0], 4.0, 1.0, sr=2048)

    with pytest.raises(ValueError, match="start must .* f_c must"):
        match(lambda x: x.square().mean(-1), synth, (2000.0,), method="adam")


def test_refuses_a_loss_without_residual():
    with pytest.raises(TypeError, match="residual"):
        match(lambda x: x.sum(-1), identity, (1.0, 1.0), method="gauss-newton")


@pytest.mark.parametrize("shift", [0, 64])
@pytest.mark.parametrize("k", [2, 3])
def test_matches_a_chirp_by_scattering(shift, k):
    theta = (8.0, 2.0, 500.0)[:k]
    loss = TimeFrequencyScatteringLoss(J=8, J_fr=2, Q=(4, 2), shape=2**12, T=2**10, F=0)

    def synth(theta):
        f_m, gamma, f_c = (*theta.T, 500.0)[:3]
        return am_chirp(f_c, f_m, gamma, sr=4096, duration=1.0)

    y = torch.nn.functional.pad(synth(torch.tensor([theta])), (shift, -shift))[0]
    start = (7.0, 1.7, 520.0)[:k]
    result = match(loss.to_target(y), synth, start)
    assert (result.octaves_to(theta) < 1 / 12).all(), result.best


@pytest.mark.parametrize("representation_loss", [MultiscaleSpectralLoss((256, 64)), None])
def test_the_residual_has_the_loss_as_its_norm(representation_loss):
    jtfs = TimeFrequencyScatteringLoss(J=6, J_fr=2, Q=4, shape=2048)
    loss, order = (representation_loss, 1) if representation_loss else (jtfs, 2)
    x, y = torch.randn(2, 2048)
    to_y = loss.to_target(y)
    torch.testing.assert_close(torch.linalg.vector_norm(to_y.residual(x), order), to_y(x))


def test_descents_from_several_starts_are_those_from_each():
    starts = [(1.0, 1.0), (2.0, 3.0), (9.0, 1.0)]
    together = match_each(Bowl(), identity, starts, method="gradient descent")
    for start, result in zip(starts, together, strict=True):
        alone = match(Bowl(), identity, start, method="gradient descent")
        np.testing.assert_allclose(result.parameters, alone.parameters, rtol=1e-5)
        assert result.reason == alone.reason


def test_a_parameter_is_found_within_a_twelfth_of_an_octave():
    result = match(Bowl(), identity, (1.0, 1.0), max_steps=1)
    near, far = 2**0.083, 2**0.084
    assert FOUND == 1 / 12
    assert result.found(result.best * [near, 1 / near])
    assert not result.found(result.best * [far, 1]) and not result.found(result.best * [1, far])
    expected = np.abs(np.log2(result.parameters) - np.log2(TARGET))
    np.testing.assert_allclose(result.errors(TARGET), expected)


def test_decreasing_steps_follow_their_recursion():
    def bowl(x):
        return torch.log2(x).square().sum(-1) / 2

    steps = partial(DecreasingSteps, step=0.5, decay=2)
    result = match(bowl, identity, (1.2, 0.9), method=steps, max_steps=3, dtype=torch.float64)
    u = np.log2([1.2, 0.9])
    for k in range(4):
        np.testing.assert_allclose(np.log2(result.parameters[k]), u)
        u = u - 0.5 / (1 + k / 2) * u
    assert (np.diff(result.seconds) >= 0).all() and result.seconds.shape == (4,)


def test_a_descent_ends_when_its_seconds_are_over():
    result = match(Bowl(), identity, (1.0, 1.0), method="adam", max_seconds=1e-9)
    assert len(result.losses) == 2 and result.reason == "1e-09 s have passed"


def test_an_error_of_the_loss_is_not_taken_for_the_edge_of_the_domain():
    class Broken(Bowl):
        def __call__(self, x):
            if self.calls == 2:
                raise ValueError("a fault of the loss")
            return super().__call__(x)

    with pytest.raises(ValueError, match="a fault of the loss"):
        match(Broken(), identity, (1.0, 1.0), method="gradient descent")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sounds_are_of_the_dtype_asked_for(dtype):
    seen = set()

    def synth(theta):
        seen.add(theta.dtype)
        return theta

    match(Bowl(), synth, (1.0, 1.0), max_steps=2, dtype=dtype)
    assert seen == {dtype}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("method", METHODS)
def test_descends_on_another_device(method):
    loss = MultiscaleSpectralLoss((256,)).to_target(am_chirp(512, 6.0, 2.0, duration=0.5).cuda())

    def synth(theta):
        return am_chirp(512, *theta.T, duration=0.5)

    result = match(loss, synth, (6.5, 2.1), method=method, max_steps=3, device="cuda")
    assert result.losses.min() < result.losses[0]


def brief(theta):
    return am_chirp(512, *theta.T, duration=0.5)


STARTS = [(7.0, 1.8), (9.0, 2.2), (7.0, 2.2), (9.0, 1.8)] * 2
SOUND = am_chirp(512, 8.3, 2.0, duration=0.5)
LOSSES = {
    "MSS": MultiscaleSpectralLoss((256,)).to_target(SOUND),
    "JTFS": TimeFrequencyScatteringLoss(J=9, J_fr=2, Q=(4, 1), F=0, shape=len(SOUND)).to_target(
        SOUND
    ),
}


@pytest.mark.parametrize("method", ["gauss-newton", "gradient descent"])
@pytest.mark.parametrize("name", LOSSES)
def test_descents_in_threads_are_those_of_one_after_the_other(name, method):
    def descend(start):
        options = {"method": method, "max_steps": 5, "progress": False}
        return match(LOSSES[name], brief, start, **options)

    alone = [descend(start) for start in STARTS]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(descend, STARTS))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(other.parameters, one.parameters, rtol=1e-6)
        assert (other.reason, other.n_evaluations) == (one.reason, one.n_evaluations)


def process_of(theta):
    """A 'sound' that says which process and how many threads it comes from, in its 'loss'."""
    return theta * 0 + torch.tensor([float(os.getpid()), float(torch.get_num_threads())])


class ProcessLoss:
    def __call__(self, x):
        return x.sum(-1)


def processes_of_descents(_=None):
    """Numbers of the processes that take the descents of `match_each`, and of this one."""
    results = match_each(ProcessLoss(), process_of, STARTS, method="adam", max_steps=1)
    # The loss is the number of the process and one thread, in single precision.
    return {round(result.losses[0]) - 1 for result in results}, os.getpid()


@pytest.mark.parametrize(
    "backend",
    [None, *(pytest.param(name, marks=pytest.mark.slow) for name in ("threading", "loky"))],
)
def test_descents_take_processes_of_one_thread_whatever_joblib_does(backend):
    joblib = pytest.importorskip("joblib")
    if backend is None:
        found = [processes_of_descents()]
    else:
        with joblib.parallel_config(backend=backend, n_jobs=2):
            found = joblib.Parallel()(joblib.delayed(processes_of_descents)(k) for k in range(2))
    for workers, own in found:
        assert own not in workers and all(psutil.pid_exists(pid) for pid in workers)


@pytest.mark.slow
def test_a_daemon_takes_its_descents_itself():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        ((workers, own),) = pool.map(processes_of_descents, [None])
    assert len(workers) == 1 and own - workers.pop() in (0, 1 - torch.get_num_threads())


def test_results_are_compared_by_identity():
    one = match(Bowl(), identity, (1.0, 1.0), max_steps=1)
    other = match(Bowl(), identity, (1.0, 1.0), max_steps=1)
    assert one == one and one != other and one in [other, one] and len({one, other}) == 2


def test_a_loss_without_a_gradient_is_refused():
    for loss in (lambda x: x.detach().sum(-1), lambda x: torch.ones(len(x))):
        with pytest.raises(ValueError, match=r"loss\(synth\(theta\)\) must be differentiable"):
            match(loss, identity, (1.0, 1.0), method="adam")


def test_a_faulty_loss_is_not_taken_for_the_edge_of_the_domain():
    calls = []

    def loss(x):
        calls.append(1)
        if len(calls) > 1:
            raise ValueError("no disk left")
        return x.sum(-1)

    with pytest.raises(ValueError, match="no disk left"):
        match(loss, identity, (1.0, 1.0), method="gradient descent")
