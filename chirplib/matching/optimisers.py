"""The steps of a descent, one class for each optimiser.

An optimiser is made for an `.Objective`. It is called with a `Point` and returns the next one, or
the reason why there is none. `settles` says whether a short step means that it has converged.
"""

import math
from functools import cached_property

import numpy as np
import torch

from chirplib._common.validation import as_array, check_instance, check_number
from chirplib.objective import Objective, OutOfDomain

# No step is longer than this, in octaves: beyond it a derivative says little.
LONGEST_STEP = 1.0
# Adam stops after so many steps that have not lowered the loss.
PATIENCE = 20


class Point:
    """A point on the way of a descent, with its loss, and its gradient once that is asked for.

    Attributes
    ----------
    u : array of shape (k,)
        Log2-parameters.
    loss : float
        Infinite where the synthesizer is not defined, or the loss is not finite.
    error : OutOfDomain or None
        Why the synthesizer is not defined.
    """

    def __init__(self, objective: Objective, u: np.ndarray):
        check_instance("objective", objective, Objective)
        u = as_array("u", u, ndim=1)
        self.u, self.loss, self.error = u, math.inf, None
        try:
            self._evaluation = objective.at(2.0 ** u[None])
        except OutOfDomain as error:
            self.error = error
        else:
            loss = self._evaluation.loss.item()
            self.loss = loss if math.isfinite(loss) else math.inf

    @cached_property
    def gradient(self) -> np.ndarray:
        """Change of the loss per octave of each parameter (k,), NaN where the loss is infinite."""
        if not math.isfinite(self.loss):
            return np.full(len(self.u), np.nan)
        return self._evaluation.gradient[0].double().cpu().numpy()

    def is_finite(self) -> bool:
        """Whether loss and gradient are finite."""
        return math.isfinite(self.loss) and bool(np.isfinite(self.gradient).all())


class GradientDescent:
    """Steepest descent with a backtracking line search."""

    settles = True

    def __init__(self, objective: Objective):
        check_instance("objective", objective, Objective)
        self.objective, self.length = objective, 0.25

    def __call__(self, here: Point) -> Point | str:
        """The next point, or why there is none."""
        norm = np.linalg.norm(here.gradient)
        if norm == 0:
            return "converged: the gradient is 0"
        length = min(self.length, LONGEST_STEP)
        while length > 1e-6:
            there = Point(self.objective, here.u - length * here.gradient / norm)
            if there.loss <= here.loss - 1e-4 * length * norm:
                self.length = 2 * length
                return there
            length /= 2
        return "converged: no step along the gradient lowers the loss"


class Adam:
    """Adam, until the loss has not come lower for a while."""

    settles = False

    def __init__(self, objective: Objective):
        check_instance("objective", objective, Objective)
        self.objective = objective
        self.best, self.idle, self.u = math.inf, 0, None

    def __call__(self, here: Point) -> Point | str:
        """The next point, or why there is none."""
        self.idle = 0 if here.loss < self.best else self.idle + 1
        self.best = min(self.best, here.loss)
        if self.idle == PATIENCE:
            return f"{PATIENCE} steps have not lowered the loss"
        if self.u is None:
            self.u = torch.tensor(here.u)
            # A tenth of a natural logarithm, about a seventh of an octave.
            self.adam = torch.optim.Adam([self.u], lr=0.1 / math.log(2))
        self.u.grad = torch.tensor(here.gradient)
        self.adam.step()
        return Point(self.objective, self.u.numpy().copy())


class GaussNewton:
    """Gauss-Newton steps with the damping of Levenberg and Marquardt."""

    settles = True

    def __init__(self, objective: Objective):
        check_instance("objective", objective, Objective)
        if not hasattr(objective.loss, "residual"):
            raise TypeError(
                f"loss must have a method residual for 'gauss-newton', got {objective.loss!r}"
            )
        self.objective, self.damping = objective, 1e-2

    def __call__(self, here: Point) -> Point | str:
        """The next point, or why there is none."""
        r, J = (x.double().cpu().numpy() for x in self.objective.linearized(2.0**here.u))
        normal, slope = J.T @ J, J.T @ r
        if not np.isfinite(normal).all() or not np.diag(normal).all():
            return "the features do not change with one of the parameters"
        while self.damping < 1e6:
            damped = normal + self.damping * np.diag(np.diag(normal))
            there = Point(self.objective, here.u + _shortened(-np.linalg.solve(damped, slope)))
            if there.loss < here.loss:
                self.damping = max(self.damping / 4, 1e-6)
                return there
            self.damping *= 4
        return "converged: no step, however damped, lowers the loss"


class DecreasingSteps:
    r"""Steps against the gradient of decreasing size, for gradients that are estimates.

    .. math::

        u_{k+1} = u_k - \frac{\eta}{1 + k / \kappa} \, \nabla_u L

    Parameters
    ----------
    objective : Objective
    step : float
        First step :math:`\eta`, in octaves per unit of the gradient.
    decay : float, default infinity
        Number of steps :math:`\kappa` after which the step has halved.

    Examples
    --------
    >>> from functools import partial
    >>> import torch
    >>> from chirplib import match
    >>> from chirplib.matching.optimisers import DecreasingSteps
    >>> bowl = lambda x: torch.log2(x).square().sum(-1) / 2
    >>> steps = partial(DecreasingSteps, step=0.5)
    >>> match(bowl, lambda theta: theta, [8.0], method=steps, max_steps=20).best.round(3)
    array([1.])
    """

    settles = False

    def __init__(self, objective: Objective, *, step: float, decay: float = math.inf):
        check_instance("objective", objective, Objective)
        check_number("step", step, positive=True)
        check_number("decay", decay, positive=True, infinite=True)
        self.objective, self.step, self.decay, self.taken = objective, step, decay, 0

    def __call__(self, here: Point) -> Point:
        """The next point, or why there is none."""
        step = -self.step / (1 + self.taken / self.decay) * here.gradient
        self.taken += 1
        return Point(self.objective, here.u + _shortened(step))


def _shortened(step):
    """The step, or one of the longest length allowed in its direction."""
    length = np.linalg.norm(step)
    return step * min(1.0, LONGEST_STEP / length) if length > 0 else step
