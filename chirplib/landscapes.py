"""Loss surfaces and gradient fields over a grid of two synthesis parameters."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.ndimage
import torch
from torch import Tensor

from chirplib._common.progress import interruptible
from chirplib._common.validation import (
    as_array,
    as_axes,
    as_list,
    check_audio,
    check_callable,
    check_instance,
    check_integer,
    check_number,
    check_precision,
)
from chirplib.objective import Objective, jacobian


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
    _check_resumed(resume, axes, target)
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
    return Landscape(axes, target, losses, gradients, min(seconds, default=0.0))


# Most bytes that the features of targets, and what a block of distances needs besides, may take.
TARGET_BYTES, BLOCK_BYTES = 6 * 10**8, 3 * 10**8


def landscape_each(
    loss: Callable,
    synth: Callable,
    axes: Sequence,
    targets: Sequence[Sequence[float]],
    sounds: Tensor,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    resume: Sequence[Landscape] | None = None,
) -> list[Landscape]:
    r"""Landscapes of one loss for many targets.

    The features :math:`S_i` of each grid point and their Jacobian :math:`J_i` are computed once.
    They give the loss and its gradient for every target, whose features are :math:`T_j`:

    .. math::

        L_{ij} = d(S_i, T_j), \qquad \nabla L_{ij} = J_i^\top \nabla_S \, d(S_i, T_j)

    The results are those of `landscape` for one target after the other, but for rounding.

    Parameters
    ----------
    loss : RepresentationLoss
        The distance d of representations.
    synth : callable
        Maps parameters of shape (batch, 2) to sounds of shape (batch, n), differentiably.
    axes : pair of arrays, of shape (n,) and (m,)
        Values of either parameter, positive and increasing.
    targets : array of shape (k, 2)
        Parameters of the targets, for the measures of the results.
    sounds : tensor of shape (k, n)
        Sounds of the targets, shifted or not.
    dtype : torch.dtype, default torch.float32
        Dtype of the parameters and of the sounds.
    device : torch.device or str, default "cpu"
        Device of the parameters and of the sounds.
    resume : list of Landscape, optional
        Result of an interrupted call with the same arguments, to go on from.

    Returns
    -------
    list of Landscape
        One for each target. If it is interrupted from the keyboard, what is computed so far, with
        a warning.

    Raises
    ------
    ValueError
        If an argument is out of range, or a loss or gradient is not finite.
    TypeError
        If an argument is of the wrong type, or `loss` has no representation and distance.

    References
    ----------
    .. [1] H. Han, V. Lostanlen and M. Lagrange, "Perceptual-Neural-Physical Sound Matching",
       ICASSP, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from chirplib import MultiscaleSpectralLoss, am_chirp, landscape_each
    >>> def synth(theta):
    ...     return am_chirp(512, *theta.T, sr=2048)
    >>> axes = np.geomspace(4, 16, 3), np.geomspace(0.5, 2, 3)
    >>> targets = torch.tensor([[4.0, 2.0], [8.0, 1.0]])
    >>> surfaces = landscape_each(
    ...     MultiscaleSpectralLoss((256,)), synth, axes, targets, synth(targets)
    ... )
    >>> [surface.minimum.round(3).tolist() for surface in surfaces]
    [[4.0, 2.0], [8.0, 1.0]]
    """
    for name in ("representation", "distance"):
        check_callable(f"loss.{name}", getattr(loss, name, None))
    check_callable("synth", synth)
    check_precision(dtype, device)
    axes, targets = as_axes(axes), as_array("targets", targets, shape=(None, 2), positive=True)
    check_audio("sounds", sounds)
    if sounds.ndim != 2 or len(sounds) != len(targets):
        raise ValueError(
            f"sounds must be of shape ({len(targets)}, n), one for each target, "
            f"got {tuple(sounds.shape)}"
        )
    k, shape = len(targets), tuple(map(len, axes))
    empty = np.full((k, *shape), np.nan), np.full((k, *shape, 2), np.nan)
    if resume is not None:
        resume = as_list("resume", resume, count=k)
        for target, surface in zip(targets, resume, strict=True):
            _check_resumed(surface, axes, target)
        empty = tuple(np.stack([getattr(s, name) for s in resume]) for name in ("loss", "gradient"))
    losses, gradients = empty
    sounds = sounds.detach().to(device).to(dtype or sounds.dtype)
    # On a CPU there is a faster way for p-norms.
    is_norm = getattr(loss.distance, "is_norm", False) and sounds.device.type == "cpu"
    features = (lambda x: loss.vector(loss.representation(x))) if is_norm else _Features(loss)

    def features_of(theta):
        x = synth(theta[None])
        check_instance("the result of synth", x, Tensor)
        return features(x)[0]

    with torch.no_grad():
        first = features(sounds[:1])[0]
    n_chunks = -(-k * first.nbytes // TARGET_BYTES)
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    chunks = [c for c in np.array_split(np.arange(k), n_chunks) if np.isnan(losses[c]).any()]
    todo = [np.argwhere(np.isnan(losses[chunk]).any(axis=0)) for chunk in chunks]
    seconds = []
    hint = "; pass the result as `resume` to go on"
    with interruptible(sum(map(len, todo)), "point", "landscapes", hint=hint) as bar:
        for chunk, points in zip(chunks, todo, strict=True):
            T = first.new_empty(len(chunk), len(first))
            with torch.no_grad():
                for row, x in zip(T, sounds[chunk], strict=True):
                    row[:] = features(x[None])[0]
            if is_norm:
                from chirplib._common.norms import norms  # here, as Numba takes a while
            for i, j in points:
                began = time.perf_counter()
                theta = torch.tensor(grid[i, j], dtype=sounds.dtype, device=device)
                S, J = jacobian(features_of, theta)
                L, slopes = norms(S, J, T, loss.p) if is_norm else _distances(features, S, J, T)
                if not (torch.isfinite(L).all() and torch.isfinite(slopes).all()):
                    raise ValueError(
                        f"loss and its gradient must be finite, not so in {grid[i, j]}"
                    )
                losses[chunk, i, j], gradients[chunk, i, j] = L.cpu(), slopes.cpu()
                seconds.append((time.perf_counter() - began) / len(chunk))
                bar.update()
    least = min(seconds, default=0.0)
    return [
        Landscape(axes, target, loss, gradient, least)
        for target, loss, gradient in zip(targets, losses, gradients, strict=True)
    ]


class _Features:
    """Features of sounds (batch, n) as one tensor (batch, size), and back again."""

    def __init__(self, loss):
        self.loss = loss

    def __call__(self, x):
        features = self.loss.representation(x)
        self.is_list = isinstance(features, list | tuple)
        parts = features if self.is_list else [features]
        self.shapes = [part.shape[1:] for part in parts]
        return torch.cat([part.flatten(1) for part in parts], dim=1)

    def distance(self, S, T):
        """Distances (batch,) of such tensors."""
        return self.loss.distance(self._parts(S), self._parts(T))

    def _parts(self, flat):
        sizes = [shape.numel() for shape in self.shapes]
        parts = [
            part.unflatten(1, shape)
            for part, shape in zip(flat.split(sizes, dim=1), self.shapes, strict=True)
        ]
        return parts if self.is_list else parts[0]


def _distances(features, S, J, T):
    """Distances of features S (size,) to those of targets T (k, size), and their slopes (k, 2).

    J (size, 2) is the Jacobian of S.
    """
    losses, slopes = [], []
    for part in T.split(max(1, BLOCK_BYTES // (6 * len(S) * S.element_size()))):
        # A step for each target, at 0: its gradient is that in the parameters.
        step = S.new_zeros(len(part), J.shape[1], requires_grad=True)
        loss = features.distance(S + step @ J.mT, part)
        slopes += torch.autograd.grad(loss.sum(), step)
        losses.append(loss.detach())
    return torch.cat(losses), torch.cat(slopes)


def _check_resumed(resume, axes, target):
    """Refuse a result to go on from that is for something else."""
    check_instance("resume", resume, Landscape)
    if not all(map(np.array_equal, resume.axes, axes)):
        raise ValueError(f"resume must be a result for these axes, got one for {resume.axes}")
    if not np.array_equal(resume.target, target):
        raise ValueError(f"resume must be a result for {target}, got one for {resume.target}")
