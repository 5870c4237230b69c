"""Loss surfaces and gradient fields over a grid of two synthesis parameters."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.ndimage
import torch

from chirplib._progress import interruptible
from chirplib._validation import as_array, as_axes, check_instance, check_integer, check_number
from chirplib.objective import Objective


@dataclass(frozen=True, eq=False)
class Landscape:
    """A loss and its gradient on a grid of two positive parameters.

    Attributes
    ----------
    axes : tuple of two arrays, of shape (n,) and (m,)
        Values of either parameter, positive and increasing.
    target : array of shape (2,)
        Parameters of the target, which may lie off the grid.
    loss : array of shape (n, m)
        NaN where it is not computed yet: see `landscape`.
    gradient : array of shape (n, m, 2)
        Change of the loss per octave of either parameter.
    seconds : float
        Median wall time per grid point of a loss and its gradient.
    """

    axes: tuple
    target: np.ndarray
    loss: np.ndarray = field(repr=False)
    gradient: np.ndarray = field(repr=False)
    seconds: float

    def __post_init__(self):
        axes, target = (
            as_axes(self.axes),
            as_array("target", self.target, shape=(2,), positive=True),
        )
        shape = tuple(map(len, axes))
        for name, wanted in (("loss", shape), ("gradient", (*shape, 2))):
            value = getattr(self, name)
            check_instance(name, value, np.ndarray)
            if value.shape != wanted or value.dtype.kind != "f":
                raise ValueError(
                    f"{name} must be numbers of shape {wanted}, got {value.dtype} of {value.shape}"
                )
        check_number("seconds", self.seconds, low=0)
        object.__setattr__(self, "axes", axes)
        object.__setattr__(self, "target", target)

    @property
    def grid(self) -> np.ndarray:
        """Parameters at each grid point: array of shape (n, m, 2)."""
        return np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1)

    @property
    def is_logarithmic(self) -> bool:
        """Whether both axes are spaced logarithmically."""
        return all(np.allclose(np.diff(np.log(axis), 2), 0, atol=1e-6) for axis in self.axes)

    @property
    def minimum(self) -> np.ndarray:
        """Parameters of the grid point of least loss: array of shape (2,)."""
        index = np.unravel_index(np.nanargmin(self.loss), self.loss.shape)
        return self.grid[index]

    @property
    def octaves_to_target(self) -> float:
        """Distance of `minimum` from the target in the plane of log2-parameters, in octaves."""
        return float(np.linalg.norm(np.log2(self.minimum / self.target)))

    @property
    def n_local_minima(self) -> int:
        """Number of grid points, or plateaus, with no lower point among their 8 neighbours."""
        lowest = scipy.ndimage.minimum_filter(self.loss, size=3, mode="nearest")
        return int(scipy.ndimage.label(self.loss == lowest, structure=np.ones((3, 3)))[1])

    @property
    def descent(self) -> np.ndarray:
        """Direction of steepest descent in log-parameters: unit vectors, shape (n, m, 2).

        0 where the gradient is 0.
        """
        norm = np.linalg.norm(self.gradient, axis=-1, keepdims=True)
        return np.divide(-self.gradient, norm, out=np.zeros_like(self.gradient), where=norm > 0)

    @property
    def towards_target(self) -> np.ndarray:
        """Whether the descent points within 90 degrees of the target: shape (n, m), bool."""
        to_target = np.log(self.target / self.grid)
        return np.sum(self.descent * to_target, axis=-1) > 0

    @property
    def share_towards_target(self) -> float:
        """Share of grid points, but for the target itself, that are `towards_target`.

        Raises
        ------
        ValueError
            If there is no other grid point.
        """
        elsewhere = ~np.isclose(self.grid, self.target).all(axis=-1)
        if not elsewhere.any():
            raise ValueError(f"axes must hold more than the target, got {self.axes}")
        return float(self.towards_target[elsewhere].mean())


def landscape(
    loss: Callable,
    synth: Callable,
    axes: Sequence,
    target: Sequence[float],
    *,
    batch_size: int = 4,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    resume: Landscape | None = None,
) -> Landscape:
    """Loss and gradient on a grid of two synthesis parameters.

    Parameters
    ----------
    loss : callable
        Maps sounds of shape (batch, n) to losses of shape (batch,).
    synth : callable
        Maps parameters of shape (batch, 2) to sounds of shape (batch, n), differentiably.
    axes : pair of arrays, of shape (n,) and (m,)
        Values of either parameter, positive and increasing.
    target : pair of float
        Parameters of the target, for the measures of the result.
    batch_size : int, default 4
        Number of sounds at a time. Memory grows with it.
    dtype : torch.dtype, default torch.float32
        Dtype of the parameters.
    device : torch.device or str, default "cpu"
        Device of the parameters.
    resume : Landscape, optional
        Result of an interrupted call with the same arguments, to go on from.

    Returns
    -------
    Landscape
        If it is interrupted from the keyboard, what is computed so far, with a warning.

    Raises
    ------
    ValueError
        If an axis is not positive and increasing, another argument is out of range, `loss` does
        not return one value for each sound, or a loss or gradient is not finite.
    TypeError
        If an argument is of the wrong type.

    Examples
    --------
    The loss may be any function of a sound. Here, the difference in energy:

    >>> import numpy as np
    >>> from chirplib import am_chirp, landscape
    >>> def synth(theta):
    ...     return am_chirp(512, *theta.T, sr=2048)
    >>> energy = am_chirp(512, 8.0, 1.0, sr=2048).square().sum()
    >>> axes = np.geomspace(4, 16, 5), np.geomspace(0.5, 2, 5)
    >>> surface = landscape(
    ...     lambda x: (x.square().sum(-1) - energy).abs(), synth, axes, target=(8, 1)
    ... )
    >>> surface.loss.shape, surface.minimum.round(3).tolist()
    ((5, 5), [8.0, 1.0])
    """
    axes = as_axes(axes)
    target = as_array("target", target, shape=(2,), positive=True)
    batch_size = check_integer("batch_size", batch_size, low=1)
    shape = len(axes[0]), len(axes[1])
    if resume is None:
        resume = Landscape(axes, target, np.full(shape, np.nan), np.full((*shape, 2), np.nan), 0.0)
    check_instance("resume", resume, Landscape)
    if not all(map(np.array_equal, resume.axes, axes)):
        raise ValueError(f"resume must be a result for these axes, got one for {resume.axes}")
    if not np.array_equal(resume.target, target):
        raise ValueError(f"resume must be a result for {target}, got one for {resume.target}")
    losses, gradients = resume.loss.copy(), resume.gradient.copy()
    grid, seconds, objective = resume.grid, [], Objective(loss, synth, dtype=dtype, device=device)
    todo = np.argwhere(np.isnan(losses))
    hint = "; pass the result as `resume` to go on"
    with interruptible(len(todo), "point", "landscape", hint=hint) as bar:
        for start in range(0, len(todo), batch_size):
            at = tuple(todo[start : start + batch_size].T)
            began = time.perf_counter()
            here = objective.at(grid[at])
            gradient = here.gradient
            seconds.append((time.perf_counter() - began) / len(gradient))
            if not here.is_finite():
                raise ValueError(f"loss and its gradient must be finite, not so in {grid[at]}")
            losses[at], gradients[at] = here.loss.cpu(), gradient.cpu()
            bar.update(len(gradient))
    return Landscape(axes, target, losses, gradients, float(np.median(seconds or [0.0])))
