"""The backend for CPUs: compiled kernels, in as many threads as PyTorch uses.

The functions map tensors to tensors, around the kernels, which see arrays.
"""

import numpy as np
import torch
from torch import Tensor

from chirplib._common.threads import run
from chirplib.scattering import kernels, torch_ops
from chirplib.scattering.filters import Subbands
from chirplib.scattering.network import Backend, ScatteringNetwork


class CompiledNetwork:
    """A scattering network on a CPU, as an operator of `.autograd`.

    The derivatives need the subbands of both layers, which are saved.

    Parameters
    ----------
    network : ScatteringNetwork
    """

    def __init__(self, network: ScatteringNetwork):
        self.network = network

    def reference(self, x: Tensor) -> Tensor:
        """Averages, by the reference backend."""
        return torch_ops.averages(self.network, x)

    def value(self, x: Tensor) -> tuple[Tensor, ...]:
        """Averages of padded sounds (batch, n), and the subbands of all layers."""
        saved1, saved2 = {}, {}

        def modulus(k, y):
            saved1[k] = y
            return _modulus(y)

        def joint_modulus(k, y):
            average = self.network.joints[k].average
            y = saved2[k] = average.split(y)
            return average.join(_joint_modulus(y, *self._constants(k, y)))

        averages = self.network.propagate(
            x.detach(), Backend(run, pass_bins, modulus, joint_modulus)
        )
        return averages, *(saved[k] for saved in (saved1, saved2) for k in sorted(saved))

    def jvp(self, d_x: Tensor, x: Tensor, *saved: Tensor) -> Tensor:
        """Tangents (columns, batch, ...) of the averages."""
        saved1, saved2 = self._layers(saved)

        def modulus(k, d_y):
            return _modulus_jvp(d_y, saved1[k])

        def joint_modulus(k, d_y):
            average = self.network.joints[k].average
            d_y = average.split(d_y)
            return average.join(_joint_modulus_jvp(d_y, saved2[k], *self._constants(k, d_y)))

        backend = Backend(run, pass_bins, modulus, joint_modulus)
        averages = self.network.propagate(d_x.detach().flatten(0, 1), backend)
        return averages.unflatten(0, d_x.shape[:2])

    def vjp(self, d_averages: Tensor, x: Tensor, *saved: Tensor) -> Tensor:
        """Gradient in padded sounds."""
        saved1, saved2 = self._layers(saved)

        def modulus(k, d_u):
            return _modulus_vjp(d_u, saved1[k])

        def joint_modulus(k, d_s):
            average = self.network.joints[k].average
            d_s = average.join_adjoint(d_s)
            return average.unsplit(_joint_modulus_vjp(d_s, saved2[k], *self._constants(k, d_s)))

        backend = Backend(run, pass_bins_adjoint, modulus, joint_modulus)
        return self.network.propagate_back(d_averages.detach(), backend)

    def _layers(self, saved):
        saved = [y.detach() for y in saved]
        first = len(self.network.order1)
        return saved[:first], saved[first:]

    def _constants(self, k, x):
        joint = self.network.joints[k]
        return joint.filters.matrix.like(x), joint.average.matrix.like(x)


def pass_bins(subbands: Subbands, half: Tensor) -> Tensor:
    """`.Subbands.pass_bins`: spectra (batch, bands, n_out), from bins (batch, bands, bins)."""
    above, below = subbands.above.like(half).numpy(), subbands.below.like(half).numpy()
    spectra = half.new_empty(len(half), max(half.shape[1], len(above)), subbands.n_out)
    for source, target in zip(half.numpy(), spectra.numpy(), strict=True):
        kernels.pass_bins(source, above, below, target)
    return spectra


def pass_bins_adjoint(subbands: Subbands, spectra: Tensor) -> Tensor:
    """Adjoint of `pass_bins`: bins (batch, bands, bins), of one band if each has its wavelet."""
    above, below = subbands.above.like(spectra).numpy(), subbands.below.like(spectra).numpy()
    bands = 1 if len(above) > 1 else spectra.shape[1]
    half = spectra.new_zeros(len(spectra), bands, subbands.bins)
    for source, target in zip(spectra.numpy(), half.numpy(), strict=True):
        kernels.pass_bins_adjoint(source, above, below, target)
    return half


def _modulus(y):
    """Modulus (...) of a complex tensor (...)."""
    u = y.real.new_empty(y.shape)
    kernels.modulus(_parts(y).reshape(-1, 2), u.numpy().reshape(-1))
    return u


def _modulus_vjp(d_u, y):
    """Gradient (...) in y, from that in the modulus (...)."""
    d_y = y.new_empty(y.shape)
    d_u = d_u.contiguous().numpy().reshape(-1)
    kernels.modulus_vjp(_parts(y).reshape(-1, 2), d_u, _parts(d_y).reshape(-1, 2))
    return d_y


def _modulus_jvp(d_y, y):
    """Tangents (columns * batch, ...) of the modulus, from those of y (batch, ...)."""
    d_u = d_y.real.new_empty(d_y.shape)
    parts, rows = _parts(y).reshape(-1, 2), d_u.numpy().reshape(-1, y.numel())
    for d_parts, row in zip(_parts(d_y).reshape(len(rows), -1, 2), rows, strict=True):
        kernels.modulus_jvp(parts, d_parts, row)
    return d_u


def _parts(y):
    """Real and imaginary parts, as an array (..., 2) of the same memory."""
    return torch.view_as_real(y.resolve_conj().contiguous()).numpy()


def _joint_modulus(y, filters, average):
    """Averages (batch, 2, rows, frames), from y (batch, bands, time).

    `filters` are (2, rows, bands), and `average` (time, frames).
    """
    out = _zeros((len(y),), filters, average)
    for one, sums in zip(y, out, strict=True):
        kernels.joint_modulus(_parts(one), filters.numpy(), average.numpy(), sums)
    return torch.from_numpy(out).to(average.dtype)


def _joint_modulus_vjp(d_s, y, filters, average):
    """Gradient (batch, bands, time) in y, from that in the averages (batch, 2, rows, frames)."""
    d_y = torch.empty_like(y)  # with the strides of y: those of stretches of a long signal
    d_s = d_s.contiguous().numpy()
    for one, d_sums, d_one in zip(y, d_s, d_y, strict=True):
        part = d_one if d_one.is_contiguous() else torch.empty_like(one.contiguous())
        kernels.joint_modulus_vjp(
            _parts(one), filters.numpy(), average.numpy(), d_sums, _parts(part)
        )
        if part is not d_one:
            d_one.copy_(part)
    return d_y


def _joint_modulus_jvp(d_y, y, filters, average):
    """Tangents (columns * batch, ...) of the averages, from those of y (batch, ...)."""
    # The tangents of one sound after the other, for the kernels.
    d_y = d_y.unflatten(0, (-1, len(y))).transpose(0, 1)
    out = _zeros(d_y.shape[:2], filters, average)
    for one, d_one, sums in zip(y, d_y, out, strict=True):
        kernels.joint_modulus_jvp(
            _parts(one), _parts(d_one), filters.numpy(), average.numpy(), sums
        )
    return torch.from_numpy(out).to(average.dtype).transpose(0, 1).flatten(0, 1)


def _zeros(batch, filters, average):
    """Where blocks are summed up, in double precision: there may be many."""
    return np.zeros((*batch, 2, filters.shape[1], average.shape[1]))
