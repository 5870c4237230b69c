"""The result: a loss surface and its gradient field over a grid of two parameters."""

from dataclasses import dataclass, field

import numpy as np
import scipy.ndimage

from chirplib._common.validation import (
    as_array,
    as_axes,
    check_instance,
    check_number,
)


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
        Least wall time per grid point of a loss and its gradient: other work on the machine adds
        to it, and never takes away. `landscape_each` divides by the number of targets.
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
    def is_at_target(self) -> bool:
        """Whether `minimum` is the grid point of the target, or off the grid, next to it.

        Next to it are the corners of the cell of the grid in which the target lies.
        """
        ends = zip(self.axes, *np.sort([self.minimum, self.target], axis=0), strict=True)
        # From one to the other, there is no other value of an axis.
        return all(
            np.sum((axis > low * (1 - 1e-5)) & (axis < high * (1 + 1e-5))) == 1
            for axis, low, high in ends
        )

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
