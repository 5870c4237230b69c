"""The steps of a descent, one class for each optimiser.

An optimiser is made for a surface, an object with the methods ``value(u)`` and ``jacobian(u)``. It
is called with log-parameters u, their loss and its gradient, and returns a step and None, or None
and the reason why there is none.
"""

import math

import numpy as np
import torch

# No step is longer than this, in octaves: beyond it a derivative says little.
LONGEST_STEP = 1.0
# Adam stops after so many steps that have not lowered the loss.
PATIENCE = 20


def _shortened(step):
    """The step, or one of the longest length allowed in its direction."""
    length = np.linalg.norm(step) / math.log(2)
    return step * min(1.0, LONGEST_STEP / length) if length > 0 else step


class GradientDescent:
    """Steepest descent with a backtracking line search."""

    def __init__(self, surface):
        self.surface, self.length = surface, 0.25 * math.log(2)

    def __call__(self, u, value, gradient):
        norm = np.linalg.norm(gradient)
        if norm == 0:
            return None, "converged: the gradient is 0"
        length = min(self.length, LONGEST_STEP * math.log(2))
        while length > 1e-6:
            step = -length * gradient / norm
            if self.surface.value(u + step) <= value - 1e-4 * length * norm:
                self.length = 2 * length
                return step, None
            length /= 2
        return None, "converged: no step along the gradient lowers the loss"


class Adam:
    """Adam, until the loss has not come lower for a while."""

    def __init__(self, surface):
        self.best, self.idle, self.u = math.inf, 0, None

    def __call__(self, u, value, gradient):
        self.idle = 0 if value < self.best else self.idle + 1
        self.best = min(self.best, value)
        if self.idle == PATIENCE:
            return None, f"{PATIENCE} steps have not lowered the loss"
        if self.u is None:
            self.u = torch.tensor(u)
            self.adam = torch.optim.Adam([self.u], lr=0.1)
        self.u.grad = torch.tensor(gradient)
        self.adam.step()
        return self.u.numpy() - u, None


class GaussNewton:
    """Gauss-Newton steps with the damping of Levenberg and Marquardt."""

    def __init__(self, surface):
        self.surface, self.damping = surface, 1e-2

    def __call__(self, u, value, gradient):
        r, J = self.surface.jacobian(u)
        normal, slope = J.T @ J, J.T @ r
        if not np.isfinite(normal).all() or not np.diag(normal).all():
            return None, "the features do not change with one of the parameters"
        while self.damping < 1e6:
            damped = normal + self.damping * np.diag(np.diag(normal))
            step = _shortened(-np.linalg.solve(damped, slope))
            if self.surface.value(u + step) < value:
                self.damping = max(self.damping / 4, 1e-6)
                return step, None
            self.damping *= 4
        return None, "converged: no step, however damped, lowers the loss"
