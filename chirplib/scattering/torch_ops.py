"""The reference backend of the scattering network: steps of PyTorch, on any device."""

import torch
from torch import Tensor

from chirplib.scattering import autograd
from chirplib.scattering.filters import Subbands
from chirplib.scattering.modulus import modulus
from chirplib.scattering.network import Backend, ScatteringNetwork

# Numbers in one block of filter responses: enough to keep a GPU busy.
BLOCK_SIZE = 2**24


def averages(network: ScatteringNetwork, x: Tensor) -> Tensor:
    """Averages of padded sounds (batch, n), by steps that autograd can differentiate.

    Parameters
    ----------
    network : ScatteringNetwork
    x : tensor of shape (batch, n)
        Padded sounds.

    Returns
    -------
    tensor of shape (batch, averages, frames)
        As from `.ScatteringNetwork.propagate`.
    """

    def average_moduli(k, y):
        filters, average = network.joints[k].filters, network.joints[k].average
        stretches = average.split(y)
        s = joint_modulus(stretches, filters.matrix.like(y), average.matrix.like(y))
        return average.join(s)

    backend = Backend(map, Subbands.pass_bins, lambda k, y: modulus(y), average_moduli)
    return network.propagate(x, backend)


def joint_modulus(y: Tensor, filters: Tensor, average: Tensor) -> Tensor:
    r"""Filter along log-frequency in either direction, take the modulus, average over time.

    .. math::

        S[s, r, k] = \sum_t a[t, k] \, \Big| \sum_n (\Re h[r, n] + i s \, \Im h[r, n]) \,
                     y[n, t] \Big|, \qquad s \in \{+1, -1\}

    This is where the transform spends its time. There are many more filters h than bands n, and
    the modulus must be taken of each response at each time: all of them together would fill
    hundreds of megabytes. So they are computed block by block, each block is averaged, and none
    is saved: the derivatives compute them again. `.cpu_ops` has the same, compiled, for CPUs.

    Parameters
    ----------
    y : tensor of shape (batch, bands, time), complex
        Subbands of the scalogram.
    filters : tensor of shape (2, rows, bands), real
        Real and imaginary parts of the filters h of spin +1. The filters of spin -1 are the
        conjugates: both have the same four real products with y.
    average : tensor of shape (time, frames), real
        Temporal low-pass filter a.

    Returns
    -------
    tensor of shape (batch, 2, rows, frames), real
        Spin +1, then spin -1.

    Examples
    --------
    With one band, one filter h = 1 and one frame, it is the mean of the modulus over time:

    >>> import torch
    >>> from chirplib.scattering.torch_ops import joint_modulus
    >>> y = torch.tensor([3 + 4j, 0j]).view(1, 1, 2)
    >>> h = torch.tensor([1.0, 0.0]).view(2, 1, 1)
    >>> joint_modulus(y, h, torch.full((2, 1), 0.5)).flatten()
    tensor([2.5000, 2.5000])
    """
    return autograd.apply(_JointModulus(filters, average), y)


class _JointModulus:
    """`joint_modulus` as an operator of `.autograd`."""

    def __init__(self, filters, average):
        self.filters, self.average = filters, average

    def reference(self, y):
        """In one block, as the equation has it."""
        a, b = self.filters.to(y.dtype)
        return modulus(torch.stack([(a + 1j * b) @ y, (a - 1j * b) @ y], dim=1)) @ self.average

    def value(self, y):
        def block(batch, t):
            re, im = self._respond(y[batch, :, t]).unbind(2)
            return re.square().addcmul_(im, im).sqrt_()

        return (self._averages(block, y),)

    def jvp(self, d_y, y):
        def block(batch, t):
            z = self._respond(y[batch, :, t])
            z *= _reciprocal_modulus(z).unsqueeze(2)
            columns = []
            for d in d_y:
                d_re, d_im = self._respond(d[batch, :, t]).mul_(z).unbind(2)
                columns.append(d_re + d_im)
            return torch.stack(columns)

        return self._averages(block, y)

    def vjp(self, d_s, y):
        d_y = torch.empty_like(y)
        for batch, times in self._blocks(y):
            for t in times:
                z = self._respond(y[batch, :, t])
                z *= _reciprocal_modulus(z).unsqueeze(2)  # first: the rest could overflow
                z *= (d_s[batch] @ self.average[t].mT).unsqueeze(2)
                d_y[batch, :, t] = self._respond_adjoint(z)
        return d_y

    def _blocks(self, y):
        """Yield ``(sounds, [times, ...])``: slices of the batch and of time that make a block."""
        batch, _, time = y.shape
        frames = max(1, BLOCK_SIZE // (4 * self.filters.shape[1]))
        sounds = max(1, frames // time)
        for b in range(0, batch, sounds):
            yield slice(b, b + sounds), [slice(t, t + frames) for t in range(0, time, frames)]

    def _averages(self, block, y):
        """Average blocks (..., batch, 2, rows, time) over time."""
        return torch.cat(
            [sum(block(b, t) @ self.average[t] for t in times) for b, times in self._blocks(y)],
            dim=-4,
        )

    def _respond(self, y):
        """Responses (batch, 2, 2, rows, time): spins, and their real and imaginary parts.

        For h = a + ib, they are a y + b (iy), and a y - b (iy) for the conjugate of h.
        """
        a, b = self.filters
        z = torch.stack([a @ y.real, a @ y.imag, b @ -y.imag, b @ y.real], dim=1)
        return _sum_and_difference(z.unflatten(1, (2, 2)))

    def _respond_adjoint(self, z):
        """Adjoint of `_respond`: complex tensor (batch, bands, time)."""
        a, b = self.filters.mT
        (a_re, a_im), (b_re, b_im) = (part.unbind(1) for part in _sum_and_difference(z).unbind(1))
        return torch.complex(a @ a_re + b @ b_im, a @ a_im - b @ b_re)


def _sum_and_difference(z):
    """``a + b`` and ``a - b``, in the place of a and b (batch, 2, ...)."""
    a, b = z.unbind(1)
    a += b
    torch.sub(a, b, alpha=2, out=b)
    return z


def _reciprocal_modulus(z):
    """One over the modulus of parts (..., 2, rows, time), or finite where it underflows."""
    re, im = z.unbind(2)
    square = (re * re).addcmul_(im, im)
    return square.add_(torch.finfo(re.dtype).tiny).rsqrt_()
