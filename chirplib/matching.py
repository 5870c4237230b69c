"""Sound matching: find the parameters of a target sound by going down a loss."""

import math
import time
import warnings
from dataclasses import dataclass, field

import joblib
import numpy as np
import torch
from tqdm.auto import tqdm

from chirplib.optimisers import Adam, GaussNewton, GradientDescent

METHODS = {"gradient descent": GradientDescent, "adam": Adam, "gauss-newton": GaussNewton}


@dataclass(frozen=True)
class Match:
    """The path of a descent.

    Attributes
    ----------
    parameters : array of shape (steps + 1, k)
        Parameters at the start and after each step.
    losses : array of shape (steps + 1,)
        Their losses.
    gradients : array of shape (steps + 1, k)
        Derivatives of the loss with respect to the logarithms of the parameters.
    n_evaluations : int
        Number of sounds whose loss was computed; a Jacobian counts as one for each parameter.
    seconds : float
        Wall time.
    reason : str
        Why the descent stopped.
    """

    parameters: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    gradients: np.ndarray = field(repr=False)
    n_evaluations: int
    seconds: float
    reason: str

    @property
    def best(self):
        """Parameters of least loss on the path: array of shape (k,)."""
        return self.parameters[np.argmin(self.losses)]

    def octaves_to(self, target):
        """How far each parameter of `best` is from that of `target`, in octaves: shape (k,)."""
        return np.abs(np.log2(self.best / np.asarray(target)))


def match(
    loss, synth, start, *, method="gauss-newton", max_steps=50, tolerance=1e-2, progress=True
):
    r"""Descend from a start towards parameters whose sound has a low loss.

    The descent takes place in the logarithms of the parameters, :math:`u = \log\theta`, and sees
    the loss and nothing else: the parameters of the target are not known to it.

    - Gradient descent: :math:`u \leftarrow u - \eta \nabla L`. A backtracking line search halves
      the step until the loss falls in proportion to it (Armijo's rule); the next search begins at
      twice the step that was accepted.
    - Adam [1]_, as in PyTorch, at a learning rate of 0.1. It takes a step whether the loss falls
      or not, and stops when 20 steps have not brought it lower.
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
    method : {'gauss-newton', 'gradient descent', 'adam'}
        How a step is found.
    max_steps : int, default 50
        Number of steps after which the descent stops at the latest.
    tolerance : float, default 1e-2
        The descent has converged when a step is shorter than this, in octaves.
    progress : bool, default True
        Whether to show a progress bar.

    Returns
    -------
    Match
        Also if the descent fails or is interrupted from the keyboard: the path so far.

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
    start = np.asarray(start, dtype=float)
    if start.ndim != 1 or start.size == 0 or not (np.isfinite(start) & (start > 0)).all():
        raise ValueError(f"start must be a sequence of positive numbers, got {start}")
    if method not in METHODS:
        raise ValueError(f"method must be one of {tuple(METHODS)}, got {method!r}")
    for name, value in (("max_steps", max_steps), ("tolerance", tolerance)):
        if not value > 0:
            raise ValueError(f"{name} must be positive, got {value!r}")
    if method == "gauss-newton" and not hasattr(loss, "residual"):
        raise TypeError(f"loss must have a method residual for 'gauss-newton', got {loss!r}")

    surface = _Surface(loss, synth)
    find_step = METHODS[method](surface)
    began = time.perf_counter()
    u, path, reason = np.log(start), [], f"{max_steps} steps were taken"
    # Bars of descents that end within a second would only flicker.
    off = not progress
    with tqdm(total=max_steps, unit="step", desc=method, leave=False, delay=1, disable=off) as bar:
        try:
            value, gradient = surface.gradient(u)
            if not (math.isfinite(value) and np.isfinite(gradient).all()):
                raise ValueError(
                    f"start must have a finite loss and gradient, got {value} and {gradient}"
                )
            path.append((np.exp(u), value, gradient))
            for _ in range(max_steps):
                step, stop = find_step(u, value, gradient)
                if step is not None:
                    value, gradient = surface.gradient(u + step)
                    if not (math.isfinite(value) and np.isfinite(gradient).all()):
                        stop = "the loss or its gradient is not finite after the next step"
                    else:
                        u = u + step
                        path.append((np.exp(u), value, gradient))
                        bar.update()
                        if method != "adam" and np.linalg.norm(step) / math.log(2) < tolerance:
                            stop = "converged: the last step is shorter than the tolerance"
                if stop:
                    reason = stop
                    break
        except KeyboardInterrupt:
            if not path:
                raise
            reason = "interrupted from the keyboard"
            warnings.warn(f"{reason} after {len(path) - 1} steps", stacklevel=2)
    parameters, losses, gradients = map(np.array, zip(*path))
    seconds = time.perf_counter() - began
    return Match(parameters, losses, gradients, surface.n_evaluations, seconds, reason)


def match_each(loss, synth, starts, **options):
    """Descents from several starts, on all cores: each in one thread of a process of its own.

    Parameters
    ----------
    loss, synth
        As for `match`.
    starts : array of shape (n, k)
        Parameters to start from.
    **options
        Further arguments of `match`.

    Returns
    -------
    list of Match
        One for each start; fewer, with a warning, if it is interrupted from the keyboard.

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
    matches, starts = [], list(starts)
    descents = joblib.Parallel(n_jobs=joblib.cpu_count(), return_as="generator")(
        joblib.delayed(match)(loss, synth, start, progress=False, **options) for start in starts
    )
    try:
        for result in tqdm(descents, "descents", len(starts), unit="descent", leave=False):
            matches.append(result)
    except KeyboardInterrupt:
        warnings.warn(f"interrupted after {len(matches)} of {len(starts)} descents", stacklevel=2)
    return matches


class _Surface:
    """The loss as a function of log-parameters u, which counts how often it is computed."""

    def __init__(self, loss, synth):
        self.loss, self.synth, self.n_evaluations = loss, synth, 0

    def _sound(self, u):
        return self.synth(u.exp()[None])

    def value(self, u):
        """Loss at u; infinite where the synthesizer is not defined, or the loss not finite."""
        self.n_evaluations += 1
        with torch.no_grad():
            try:
                value = self.loss(self._sound(torch.tensor(u, dtype=torch.float32))).item()
            except ValueError:
                return math.inf
        return value if math.isfinite(value) else math.inf

    def gradient(self, u):
        """Loss and its gradient in u."""
        self.n_evaluations += 1
        u = torch.tensor(u, dtype=torch.float32, requires_grad=True)
        try:
            value = self.loss(self._sound(u))
        except ValueError as error:
            if self.n_evaluations == 1:
                raise ValueError(f"start must be in the domain of synth: {error}") from None
            return math.inf, np.full(len(u), math.nan)
        (gradient,) = torch.autograd.grad(value.sum(), u)
        return value.item(), gradient.double().numpy()

    def jacobian(self, u):
        """Residual at u (features,), and its Jacobian in u (features, k)."""
        self.n_evaluations += len(u)
        u = torch.tensor(u, dtype=torch.float32)

        def residual(u):
            r = self.loss.residual(self._sound(u)[0])
            return r, r

        with torch.no_grad():
            J, r = torch.func.jacfwd(residual, has_aux=True)(u)
        return r.double().numpy(), J.double().numpy()
