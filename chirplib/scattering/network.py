"""The scattering transform as layers of filters, between which moduli are taken."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.fft import fft, ifft, irfft, rfft

from chirplib._common.derivatives import product
from chirplib.scattering.averages import FrameAverage, order1_average, order1_frames, output_average
from chirplib.scattering.filters import (
    JointFilters,
    SpectrumAverage,
    Subbands,
    shared_subbands,
)
from chirplib.scattering.wavelets import TemporalAverage, Wavelet

# Most samples that the bands of one batch of order 1 take for one sound. A batch is the work of one
# thread: larger ones would leave others idle, smaller ones prepare more FFTs.
BATCH_SIZE = 2**20


class ScatteringNetwork:
    """Two layers of filters along time, each followed by filters along log-frequency.

    It maps padded sounds to temporal averages of moduli. It imports no backend: it is given one,
    which says how the steps are taken.

    Parameters
    ----------
    time : TemporalAverage
    psi1 : list of Wavelet
        Wavelets of order 1, by decreasing frequency.
    psi2 : dict of int to Wavelet
        Wavelets of order 2, by their index.
    filters1 : JointFilters
        Filters along log-frequency for the averages of order 1.
    filters2 : callable
        Maps a number of bands to the filters along log-frequency for so many bands of order 2.

    Attributes
    ----------
    order1 : list of Order1
    joints : list of Joint
        The one of order 1, then one for each wavelet of order 2 that filters bands.
    """

    def __init__(
        self,
        time: TemporalAverage,
        psi1: list[Wavelet],
        psi2: dict[int, Wavelet],
        filters1: JointFilters,
        filters2: Callable,
    ):
        self.n, coarsest = time.n_padded, time.phi.j
        self.order0 = SpectrumAverage(*time.output_of_spectrum())
        self.order1, first = [], 0
        for j, batch in alike(psi1, self.n, coarsest):
            self.order1.append(Order1(batch, first, j, time))
            first += len(batch)
        self.joints = [Joint(-1, filters1, order1_average(time))]
        average = cache(lambda j: output_average(time, j))
        for n2, psi in psi2.items():
            bands, j = sum(psi1.j < psi.j for psi1 in psi1), min(psi.j, coarsest)
            if bands:
                subbands = shared_subbands([psi], self.n, j)
                self.joints.append(Joint(n2, filters2(bands), average(j), subbands))

    def with_wavelet(self, k: int) -> "ScatteringNetwork":
        """The network with only one of its wavelets of order 2: that of ``joints[k]``."""
        network = copy.copy(self)
        network.joints = [self.joints[0], self.joints[k]]
        return network

    def propagate(self, x: Tensor, backend: "Backend") -> Tensor:
        """Averages (batch, averages, frames) of padded sounds (batch, n).

        Order 0 comes first, and then the averages of all `joints`.
        """
        (x_hat,) = backend.run(rfft, [x[:, None]])

        def first(k):
            y = ifft(backend.pass_bins(self.order1[k].subbands, x_hat))
            u_hat = rfft(backend.modulus(k, y))
            return u_hat, self.order1[k].average(u_hat)

        u_hats, order1 = zip(*backend.run(first, range(len(self.order1))), strict=True)
        order1 = torch.cat(order1, dim=1)

        def second(k):
            if k:
                bins = self._lowest_bins(u_hats, self.joints[k])
                y = ifft(backend.pass_bins(self.joints[k].subbands, bins))
            else:
                y = torch.complex(order1, torch.zeros_like(order1))
            return backend.joint_modulus(k, y).flatten(1, 2)

        averages = backend.run(second, range(len(self.joints)))
        return torch.cat([self.order0(x_hat), *averages], dim=1)

    def _lowest_bins(self, u_hats, joint):
        """Bins (batch, bands, bins) of the bands of order 1 that a wavelet passes."""
        bands, bins = joint.filters.bands, joint.subbands.bins
        firsts = [layer.first for layer in self.order1]
        pairs = zip(firsts, u_hats, strict=True)
        parts = [u_hat[:, : bands - first, :bins] for first, u_hat in pairs if first < bands]
        return torch.cat(parts, dim=1)

    def propagate_back(self, d_averages: Tensor, backend: "Backend") -> Tensor:
        """Gradient in padded sounds (batch, n), from that in the averages.

        The `Backend` returns gradients in their arguments, from those in what it would return.
        """
        batch, complex_type = len(d_averages), d_averages.dtype.to_complex()
        sizes = [2 * joint.filters.count for joint in self.joints]
        d_order0, *d_averages = d_averages.split([1, *sizes], dim=1)

        def second(k):
            d_y = backend.joint_modulus(k, d_averages[k].unflatten(1, (2, -1)))
            if not k:
                return d_y.real
            d_y = fft(d_y, norm="forward")  # the same name: those of long sounds are large
            return backend.pass_bins(self.joints[k].subbands, d_y)

        d_order1, *d_bins = backend.run(second, range(len(self.joints)))

        def first(k):
            layer = self.order1[k]
            bands = slice(layer.first, layer.first + layer.bands)
            shape = batch, layer.bands, layer.n // 2 + 1
            d_u_hat = d_averages[0].new_zeros(shape, dtype=complex_type)
            layer.average.add_adjoint(d_order1[:, bands], d_u_hat)
            for d in d_bins:
                if layer.first < d.shape[1]:
                    d = d[:, bands]
                    d_u_hat[:, : d.shape[1], : d.shape[2]] += d
            d_y = backend.modulus(k, _rfft_adjoint(d_u_hat, layer.n))
            d_y = fft(d_y, norm="forward")
            return backend.pass_bins(layer.subbands, d_y)

        def last(parts):
            d_x_hat = d_order0.new_zeros(batch, 1, self.n // 2 + 1, dtype=complex_type)
            self.order0.add_adjoint(d_order0, d_x_hat)
            for d in parts:
                d_x_hat[..., : d.shape[2]] += d
            return _rfft_adjoint(d_x_hat[:, 0], self.n)

        (d_x,) = backend.run(last, [backend.run(first, range(len(self.order1)))])
        return d_x

    def rows(self, averages: Tensor) -> Tensor:
        """Coefficients (batch, rows, frames): averages of one direction, or over log-frequency."""
        starts = np.cumsum([1, *(2 * joint.filters.count for joint in self.joints)])[:-1]
        pairs = zip(starts, self.joints, strict=True)
        kept = [start + joint.filters.rows for start, joint in pairs]
        kept = torch.from_numpy(np.concatenate([[0], *kept])).to(averages.device)
        rows = averages.index_select(1, kept)
        sections = [(1, None), *(s for joint in self.joints for s in joint.filters.sections)]
        if not any(matrix for _, matrix in sections):
            return rows
        parts = rows.split([count for count, _ in sections], dim=1)
        pairs = zip(sections, parts, strict=True)
        parts = [product(m.like(part), part) if m else part for (_, m), part in pairs]
        return torch.cat(parts, dim=1)


def alike(psi1: list[Wavelet], n: int, coarsest: int) -> list[tuple[int, list[Wavelet]]]:
    """Batches of wavelets of order 1 with one subsampling, and log2 of that.

    Parameters
    ----------
    psi1 : list of Wavelet
        By decreasing frequency, and so by increasing subsampling.
    n : int
        Length in samples of the padded sound.
    coarsest : int
        Log2 of the largest subsampling.

    Examples
    --------
    >>> from chirplib.scattering.network import alike
    >>> from chirplib.scattering.wavelets import wavelet_bank
    >>> [(j, len(batch)) for j, batch in alike(wavelet_bank(J=4, Q=1), 2**10, 2)]
    [(0, 3), (1, 1), (2, 1)]
    """
    batches = []
    for j in range(coarsest + 1):
        wavelets = [psi for psi in psi1 if min(psi.j, coarsest) == j]
        count = min(len(wavelets), -(-len(wavelets) * (n >> j) // BATCH_SIZE))
        for part in np.array_split(np.arange(len(wavelets)), count) if count else []:
            batches.append((j, [wavelets[k] for k in part]))
    return batches


class Order1:
    """Wavelets of order 1 whose outputs are subsampled by ``2 ** j``: bands from `first` on."""

    def __init__(self, wavelets: list[Wavelet], first: int, j: int, time: TemporalAverage):
        self.first, self.bands = first, len(wavelets)
        self.j, self.n = j, time.n_padded >> j
        self.subbands = shared_subbands(wavelets, time.n_padded, j)
        self.average = SpectrumAverage(*time.low_pass_of_spectrum(j, order1_frames(time)))


class Joint:
    """Filters along log-frequency, and the wavelet of order 2 whose output they filter.

    Parameters
    ----------
    n2 : int
        Index of the wavelet, -1 for order 1.
    filters : JointFilters
    average : FrameAverage
        The temporal average of the moduli.
    subbands : Subbands, optional
        The wavelet at work.
    """

    def __init__(
        self,
        n2: int,
        filters: JointFilters,
        average: FrameAverage,
        subbands: Subbands | None = None,
    ):
        self.n2, self.filters, self.average, self.subbands = n2, filters, average, subbands


@dataclass
class Backend:
    """How to take the steps of a scattering network that are more than an FFT.

    Attributes
    ----------
    run : callable
        As `map`: applies a function to each of some arguments, perhaps to several at a time.
    pass_bins : callable
        Maps `.Subbands` and the bins (batch, bands, bins) of signals to spectra of subbands.
    modulus : callable
        Maps k and the subbands (batch, bands, time) of ``order1[k]`` to their moduli.
    joint_modulus : callable
        Maps k and what ``joints[k]`` filters (batch, bands, time) to averages of moduli
        (batch, 2, filters, frames).
    """

    run: Callable
    pass_bins: Callable
    modulus: Callable
    joint_modulus: Callable


def _rfft_adjoint(half, n):
    """Adjoint of `rfft` for n samples; it changes its argument."""
    torch.view_as_real(half[..., 1 : n // 2]).mul_(0.5)  # an inverse FFT counts these bins twice
    return irfft(half, n=n, norm="forward")
