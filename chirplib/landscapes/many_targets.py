"""Landscapes of a distance of features, for many targets."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from chirplib._common.executors import completed
from chirplib._common.progress import interruptible
from chirplib._common.validation import (
    as_array,
    as_axes,
    as_list,
    check_audio,
    check_callable,
    check_instance,
    check_precision,
)
from chirplib.landscapes._checks import check_resumed
from chirplib.landscapes.result import Landscape
from chirplib.objective import jacobian

# Most bytes that the features of targets, and what a block of distances needs besides, may take.
TARGET_BYTES, BLOCK_BYTES = 65 * 10**7, 3 * 10**8


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
    executor: Executor | None = None,
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
    executor : concurrent.futures.Executor, optional
        Who computes the points, as in `landscape`. Each worker has the features of all targets.

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
            check_resumed(surface, axes, target)
        empty = tuple(np.stack([getattr(s, name) for s in resume]) for name in ("loss", "gradient"))
    losses, gradients = empty
    sounds = sounds.detach().to(device).to(dtype or sounds.dtype)
    size = _Distances(loss, synth, sounds[:1]).targets.nbytes
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    chunks = np.array_split(np.arange(k), -(-k * size // TARGET_BYTES))
    chunks = [chunk for chunk in chunks if np.isnan(losses[chunk]).any()]
    todo = [np.argwhere(np.isnan(losses[chunk]).any(axis=0)) for chunk in chunks]
    seconds = []
    hint = "; pass the result as `resume` to go on"
    with interruptible(sum(map(len, todo)), "point", "landscapes", hint=hint) as bar:
        for chunk, points in zip(chunks, todo, strict=True):
            distances = _Distances(loss, synth, sounds[chunk])
            thetas = [grid[i, j] for i, j in points]
            for at, (L, slopes, elapsed) in completed(distances, thetas, executor):
                i, j = points[at]
                losses[chunk, i, j], gradients[chunk, i, j] = L, slopes
                seconds.append(elapsed / len(chunk))
                bar.update()
            # Two lists of features would not fit.
            del distances
    least = min(seconds, default=0.0)
    return [
        Landscape(axes, target, loss, gradient, least)
        for target, loss, gradient in zip(targets, losses, gradients, strict=True)
    ]


class _Distances:
    """Distances of the sound of a point to those of targets, and their slopes.

    Parameters
    ----------
    loss : RepresentationLoss
    synth : callable
    sounds : tensor of shape (k, n)
        Sounds of the targets.
    """

    def __init__(self, loss, synth, sounds):
        self.loss, self.synth, self.sounds = loss, synth, sounds
        # On a CPU there is a faster way for p-norms.
        self.is_norm = getattr(loss.distance, "is_norm", False) and sounds.device.type == "cpu"
        self.features = self._vector if self.is_norm else _Features(loss)

    def _vector(self, x):
        return self.loss.vector(self.loss.representation(x))

    @cached_property
    def targets(self):
        """Features (k, size) of the targets, which a worker computes for itself."""
        with torch.no_grad():
            first = self.features(self.sounds[:1])[0]
            T = first.new_empty(len(self.sounds), len(first))
            for row, sound in zip(T, self.sounds, strict=True):
                row[:] = self.features(sound[None])[0]
        return T

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "targets"}

    def __call__(self, theta):
        """Losses (k,), slopes (k, 2), and the seconds that they took, at parameters (2,)."""
        T = self.targets
        began = time.perf_counter()
        point = torch.tensor(theta, dtype=self.sounds.dtype, device=self.sounds.device)
        S, J = jacobian(self._features_of, point)
        if self.is_norm:
            from chirplib._common.norms import norms  # here, as Numba takes a while

            L, slopes = norms(S, J, T, self.loss.p)
        else:
            L, slopes = _slopes(self.features, S, J, T)
        elapsed = time.perf_counter() - began
        if not (torch.isfinite(L).all() and torch.isfinite(slopes).all()):
            raise ValueError(f"loss and its gradient must be finite, not so in {theta}")
        return L.cpu().numpy(), slopes.cpu().numpy(), elapsed

    def _features_of(self, theta):
        x = self.synth(theta[None])
        check_instance("the result of synth", x, Tensor)
        return self.features(x)[0]


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


def _slopes(features, S, J, T):
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
