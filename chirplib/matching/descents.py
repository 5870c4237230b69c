"""Descents from a start, or several, towards the parameters of a target."""

import inspect
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch

from chirplib._common.executors import completed, own_processes
from chirplib._common.progress import interruptible
from chirplib._common.validation import (
    as_array,
    check_callable,
    check_choice,
    check_flag,
    check_integer,
    check_number,
)
from chirplib.matching.optimisers import Adam, GaussNewton, GradientDescent, Point
from chirplib.objective import Objective

METHODS = {"gradient descent": GradientDescent, "adam": Adam, "gauss-newton": GaussNewton}
# A parameter is found if it is no further from the target than this, in octaves: a semitone.
FOUND = 1 / 12


@dataclass(frozen=True, eq=False)
class Match:
    """The path of a descent.

    Attributes
    ----------
    parameters : array of shape (steps + 1, k)
        Parameters at the start and after each step.
    losses : array of shape (steps + 1,)
        Their losses.
    gradients : array of shape (steps + 1, k)
        Change of the loss per octave of each parameter.
    seconds : array of shape (steps + 1,)
        Wall time after which each was reached.
    n_evaluations : int
        Number of sounds whose loss was computed; a Jacobian counts as one for each parameter.
    reason : str
        Why the descent stopped.
    """

    parameters: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    gradients: np.ndarray = field(repr=False)
    seconds: np.ndarray = field(repr=False)
    n_evaluations: int
    reason: str

    @property
    def best(self) -> np.ndarray:
        """Parameters of least loss on the path: array of shape (k,)."""
        return self.parameters[np.argmin(self.losses)]

    def octaves_to(self, target: Sequence[float]) -> np.ndarray:
        """How far each parameter of `best` is from that of `target`, in octaves: shape (k,)."""
        return np.abs(np.log2(self.best / self._target(target)))

    def errors(self, target: Sequence[float]) -> np.ndarray:
        """The same of all points of the path: shape (steps + 1, k)."""
        return np.abs(np.log2(self.parameters / self._target(target)))

    def found(self, target: Sequence[float]) -> bool:
        """Whether each parameter of `best` is within a twelfth of an octave of the target."""
        return bool((self.octaves_to(target) <= FOUND).all())

    def _target(self, target):
        return as_array("target", target, shape=self.parameters.shape[1:], positive=True)


def match(
    loss: Callable,
    synth: Callable,
    start: Sequence[float],
    *,
    method: str | Callable = "gauss-newton",
    max_steps: int = 50,
    max_seconds: float = math.inf,
    tolerance: float = 1e-2,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    progress: bool = True,
) -> Match:
    r"""Descend from a start towards parameters whose sound has a low loss.

    The descent takes place in log2-parameters, :math:`u = \log_2 \theta`, in octaves, and sees
    the loss and nothing else: the parameters of the target are not known to it.

    - Gradient descent: :math:`u \leftarrow u - \eta \nabla L`. A backtracking line search halves
      the step until the loss falls in proportion to it (Armijo's rule); the next search begins at
      twice the step that was accepted.
    - Adam [1]_, as in PyTorch, at a learning rate of a seventh of an octave. It takes a step
      whether the loss falls or not, and stops when 20 steps have not brought it lower.
    - Gauss-Newton, damped as by Levenberg and Marquardt [2]_: with the residual r, the difference
      of the features, and its Jacobian J, the step solves
      :math:`(J^T J + \alpha \operatorname{diag} J^T J)\, \Delta u = -J^T r`. The damping
      :math:`\alpha` grows by 4 until the loss falls, and shrinks by 4 then.

    No step is longer than an octave.

    Parameters
    ----------
    loss : callable
        Maps sounds of shape (1, n) to losses of shape (1,). For 'gauss-newton' it must have a
        method ``residual``, as the results of `RepresentationLoss.to_target` do.
    synth : callable
        Maps parameters of shape (1, k) to sounds of shape (1, n), differentiably. A ValueError
        that it raises means that the parameters are out of its domain.
    start : sequence of k floats
        Parameters to start from, positive.
    method : {'gauss-newton', 'gradient descent', 'adam'} or callable
        How a step is found. A callable makes an optimiser of an `.Objective`, like
        `.DecreasingSteps`.
    max_steps : int, default 50
        Number of steps after which the descent stops at the latest.
    max_seconds : float, default infinity
        Wall time. The step during which it is over is the last.
    tolerance : float, default 1e-2
        The descent has converged when a step is shorter than this, in octaves.
    dtype : torch.dtype, default torch.float32
        Dtype of the parameters.
    device : torch.device or str, default "cpu"
        Device of the parameters.
    progress : bool, default True
        Whether to show a progress bar.

    Returns
    -------
    Match
        Also if the descent ends where the loss is not finite, or is interrupted from the keyboard:
        the path so far.

    Raises
    ------
    ValueError
        If an argument is out of range, or the loss or its gradient is not finite at the start.
    TypeError
        If `method` is 'gauss-newton' and `loss` has no residual.

    References
    ----------
    .. [1] Diederik P. Kingma and Jimmy Ba, "Adam: A Method for Stochastic Optimization",
       ICLR, 2015.
    .. [2] D. W. Marquardt, "An Algorithm for Least-Squares Estimation of Nonlinear Parameters",
       Journal of the SIAM 11(2), 1963.

    Examples
    --------
    >>> from chirplib import MultiscaleSpectralLoss, am_chirp, match
    >>> def synth(theta):
    ...     return am_chirp(512, *theta.T, sr=2048)
    >>> loss = MultiscaleSpectralLoss((256, 128)).to_target(am_chirp(512, 6.0, 1.0, sr=2048))
    >>> result = match(loss, synth, (6.3, 1.05), max_steps=10)
    >>> (result.octaves_to((6.0, 1.0)) < 1 / 12).all()
    np.True_
    """
    start = as_array("start", start, ndim=1, positive=True)
    check_flag("progress", progress)
    _check_budget(max_steps, max_seconds, tolerance)
    objective = Objective(loss, synth, dtype=dtype, device=device)
    find_step = _optimiser(method, objective)
    began, path = time.perf_counter(), []

    def add(point):
        seconds = time.perf_counter() - began
        path.append((2.0**point.u, point.loss, point.gradient, seconds))

    here, reason = Point(objective, np.log2(start)), f"{max_steps} steps were taken"
    if here.error:
        raise ValueError(f"start must be in the domain of synth: {here.error}")
    if not here.is_finite():
        raise ValueError(
            f"start must have a finite loss and gradient, got {here.loss} and {here.gradient}"
        )
    add(here)
    label = method if isinstance(method, str) else "descent"
    # Bars of descents that end within a second would only flicker.
    with interruptible(max_steps, "step", label, delay=1 if progress else math.inf) as bar:
        for _ in range(max_steps):
            there = find_step(here)
            if isinstance(there, str):
                reason = there
                break
            if not there.is_finite():
                reason = "the loss or its gradient is not finite after the next step"
                break
            step, here = np.linalg.norm(there.u - here.u), there
            add(here)
            bar.update()
            if find_step.settles and step < tolerance:
                reason = "converged: the last step is shorter than the tolerance"
                break
            if path[-1][-1] >= max_seconds:
                reason = f"{max_seconds} s have passed"
                break
    if bar.interrupted:
        reason = "interrupted from the keyboard"
    return Match(*map(np.array, zip(*path, strict=True)), objective.n_evaluations, reason)


def match_each(
    loss: Callable,
    synth: Callable,
    starts: Sequence[Sequence[float]],
    *,
    progress: bool = True,
    executor: Executor | None = None,
    **options,
) -> list[Match]:
    """Descents from several starts, on all cores: each in one thread of a process of its own.

    A process that may not start others, such as a daemon of ``multiprocessing``, takes them itself,
    one after the other. Descents do not know of each other: it does not matter who takes which.

    Parameters
    ----------
    loss, synth
        As for `match`.
    starts : array of shape (n, k)
        Parameters to start from.
    progress : bool, default True
        Whether to show a progress bar.
    executor : concurrent.futures.Executor, optional
        Who takes the descents instead: other processes, or a cluster.
    **options
        Further arguments of `match`.

    Returns
    -------
    list of Match
        One for each start, in their order; fewer, with a warning, if it is interrupted from the
        keyboard.

    Raises
    ------
    ValueError, TypeError
        As `match` does.

    Examples
    --------
    >>> from chirplib import MultiscaleSpectralLoss, am_chirp, match_each
    >>> def synth(theta):
    ...     return am_chirp(512, *theta.T, duration=0.5)
    >>> loss = MultiscaleSpectralLoss((256,)).to_target(am_chirp(512, 6.0, 2.0, duration=0.5))
    >>> descents = match_each(loss, synth, [(6.5, 2.1), (5.5, 1.9)], max_steps=1)
    >>> [descent.parameters.shape for descent in descents]
    [(2, 2), (2, 2)]
    """
    starts = as_array("starts", starts, ndim=2, positive=True)
    check_flag("progress", progress)
    # What is wrong with the rest is said here, rather than by a process.
    bound = inspect.signature(match).bind(loss, synth, starts[0], **options)
    bound.apply_defaults()
    given = bound.arguments
    _check_budget(given["max_steps"], given["max_seconds"], given["tolerance"])
    objective = Objective(loss, synth, dtype=given["dtype"], device=given["device"])
    _optimiser(given["method"], objective)
    descend = partial(match, loss, synth, progress=False, **options)
    matches, delay = {}, 0 if progress else math.inf
    given = own_processes(len(starts)) if executor is None else nullcontext(executor)
    with (
        interruptible(len(starts), "descent", "descents", delay=delay) as bar,
        given as executor,
    ):
        for k, result in completed(descend, starts, executor):
            matches[k] = result
            bar.update()
    return [matches[k] for k in sorted(matches)]


def _optimiser(method, objective):
    """The optimiser that a method makes of an objective."""
    if not callable(method):
        check_choice("method", method, METHODS)
        method = METHODS[method]
    optimiser = method(objective)
    check_callable("the result of method", optimiser)
    return optimiser


def _check_budget(max_steps, max_seconds, tolerance):
    check_integer("max_steps", max_steps, low=1)
    check_number("max_seconds", max_seconds, positive=True, infinite=True)
    check_number("tolerance", tolerance, positive=True)
