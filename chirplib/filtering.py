"""The filters of the scattering transform at work: along time, then along log-frequency."""

import numpy as np
import torch

from chirplib.filterbank import convolution_matrix, lowpass, periodized
from chirplib.joint_modulus import joint_modulus

# A wavelet passes the bins where it exceeds this fraction of its maximum. The others count for
# less than 1e-12 of the coefficients in our tests.
NEGLIGIBLE = 1e-13


class Constant:
    """An array, as a tensor of whatever dtype and device it meets.

    Parameters
    ----------
    array : array, real
        Kept in its own precision; each conversion is made once.
    """

    def __init__(self, array):
        self._array = np.ascontiguousarray(array)
        self._tensors = {}

    def like(self, x):
        """The array in the precision and on the device of the tensor `x`."""
        key = x.dtype.to_real(), x.device
        if key not in self._tensors:
            # A tensor made in inference mode could not be used for a gradient later.
            with torch.inference_mode(False):
                self._tensors[key] = torch.tensor(self._array, dtype=key[0], device=key[1])
        return self._tensors[key]


class Subbands:
    """Convolution in time with wavelets, subsampled by ``2 ** j``.

    Parameters
    ----------
    wavelets : list of Wavelet
        One for each output band, or one for all.
    n : int
        Length of the input in samples.
    j : int
        Log2 of the subsampling, such that the response of a wavelet has no frequency above
        the sample rate of the output.
    average : array of shape (n >> j, frames)
        Matrix of the temporal average for the modulus of the output.

    Attributes
    ----------
    passed : (int, int)
        Number of bins that the wavelets pass: from frequency 0 upwards, and from -1 downwards.
    """

    def __init__(self, wavelets, n, j, average):
        self.j, self.n_out = j, n >> j
        psi = np.stack([psi.fourier(n) for psi in wavelets])[:, None] / 2**j
        bins = np.flatnonzero((abs(psi) > NEGLIGIBLE * abs(psi).max()).any(axis=(0, 1)))
        above = 1 + max(bins[bins < n // 2].tolist(), default=-1)
        below = n - min(bins[bins >= n // 2].tolist(), default=n)
        self.passed = min(above, self.n_out), min(below, self.n_out)
        psi = lowest_bins(torch.tensor(psi), *self.passed).numpy()
        # Each number of a spectrum is a real and an imaginary part, and both are scaled. The
        # filters are rounded to single precision already, and take half the memory in it.
        self.psi = Constant(psi.repeat(2, axis=-1).astype(np.float32))
        self.average = Constant(average)

    def __call__(self, spectrum):
        """Map spectra (bands, batch, bins) to subbands (bands, batch, n >> j), complex.

        One band serves all wavelets.
        """
        psi = self.psi.like(spectrum)
        if len(spectrum) < len(psi):
            # The gradients of all bands are summed, so they should be short.
            spectrum = lowest_bins(spectrum, *self.passed).expand(len(psi), -1, -1)
        parts = torch.view_as_real(spectrum).flatten(-2)
        parts = _Pass.apply(parts, psi, self.passed, self.n_out)
        return torch.fft.ifft(torch.view_as_complex(parts.unflatten(-1, (-1, 2))))


class _Pass(torch.autograd.Function):
    """Multiply the bins that are passed, and wrap the spectrum around: `n_out` bins are left.

    The real and imaginary parts of a bin are neighbours. The other bins count as 0, so that the
    adjoint of this linear map is the same map, back to the number of bins of the input.
    """

    @staticmethod
    def forward(parts, psi, passed, n_out):
        above, below = (2 * side for side in passed)
        out = parts.new_zeros(*parts.shape[:-1], 2 * n_out)
        torch.mul(parts[..., :above], psi[..., :above], out=out[..., :above])
        if below:
            out[..., -below:].addcmul_(parts[..., -below:], psi[..., above:])
        return out

    @staticmethod
    def setup_context(ctx, inputs, output):
        parts, psi, ctx.passed, ctx.n_out = inputs
        ctx.n_in = parts.shape[-1] // 2
        ctx.save_for_backward(psi)
        ctx.save_for_forward(psi)

    @staticmethod
    def backward(ctx, gradient):
        return _Pass.apply(gradient, *ctx.saved_tensors, ctx.passed, ctx.n_in), None, None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        return _Pass.apply(tangent, *ctx.saved_tensors, ctx.passed, ctx.n_out)

    @staticmethod
    def vmap(info, in_dims, parts, *constants):
        # The dimension that is added makes the batch longer.
        parts = _Pass.apply(parts.movedim(in_dims[0], 1).flatten(1, 2), *constants)
        return parts.unflatten(1, (info.batch_size, -1)), 1


def lowest_bins(spectrum, above, below):
    """The bins of a spectrum from frequency 0 upwards, then those from -1 downwards.

    As many as there are asked for: a spectrum with fewer is periodic.
    """
    if not below:
        return spectrum[..., :above]
    between = spectrum.shape[-1] - above - below
    if between < 0:
        return torch.cat([spectrum[..., :above], spectrum[..., -below:]], dim=-1)
    # The gradient of one split is one tensor, that of two slices is the sum of two.
    first, _, last = spectrum.split([above, between, below], dim=-1)
    return torch.cat([first, last], dim=-1)


class JointFilters:
    """Filters along log-frequency, modulus, and averages over time and log-frequency.

    Parameters
    ----------
    psis : dict of int to Wavelet
        Filters along log-frequency, by their index.
    bands : int
        Number of bands of the input: the first, highest ones of the scalogram.
    padded : int
        Number of bands after zero-padding, a multiple of all subsamplings.
    F : int or 'global'
        Extent of the average in bands, 0 for none.
    format : {'time', 'joint'}
        As in `.TimeFrequencyScattering`.

    Attributes
    ----------
    labels : list of (int, int)
        Index of the filter and band of each row of the output (-1: all bands).
    bins : int
        Number of rows of each filter, if `format` is 'joint'.
    """

    def __init__(self, psis, bands, padded, F, format):
        self.bands, self.labels = bands, []
        self.n_rows, self.averages = [], []
        local = F not in (0, "global")
        phi = lowpass(F) if local else None
        self.bins = padded >> phi.j if local else None

        def rows_at(stride):
            """Number of rows that stand at a band, or at padding if that is kept."""
            return -(-bands // stride) if format == "time" else self.bins

        matrices = []
        for n_fr, psi in psis.items():
            j = min(psi.j, phi.j) if local else psi.j
            averaged = F != 0 and psi.xi != 0
            # Kymatio counts the rows of the low-pass filter by its own scale, also where they
            # are closer together because F is less.
            n_rows = padded >> j if averaged else rows_at(2**psi.j)
            matrices.append(convolution_matrix(psi.fourier(padded), 2**j, bands, n_rows))
            self.n_rows.append(n_rows)
            self.averages.append(None)
            n1 = range(0, n_rows << j, 2**j)
            if averaged and local:
                n1 = range(0, rows_at(2**phi.j) << phi.j, 2**phi.j)
                response = periodized(phi.fourier(padded), j)
                average = convolution_matrix(response, 2 ** (phi.j - j), n_rows, len(n1)).real
                self.averages[-1] = Constant(average)
            elif averaged:
                n1 = [-1]
                self.averages[-1] = Constant(np.ones((1, n_rows)))
            self.labels += [(n_fr, band) for band in n1]
        if format == "joint":
            self.labels = [(n_fr, -1) for n_fr in psis]
        # The filters of spin -1 come last, and are the conjugates of those of spin +1.
        down = sum(n for n, psi in zip(self.n_rows, psis.values()) if psi.xi < 0)
        h = np.concatenate(matrices)
        h = h[: len(h) - down]
        self.filters = Constant(np.concatenate([h.real, h.imag]))
        self.first_down = len(h) - down

    def __call__(self, y, average):
        """Map subbands (bands, batch, time) to rows (rows, batch, frames)."""
        up, down = joint_modulus(y, self.filters.like(y), average.like(y))
        rows = torch.cat([up, down[self.first_down :]])
        if not any(self.averages):
            return rows
        sections = rows.split(self.n_rows)
        return torch.cat(
            [torch.tensordot(m.like(s), s, 1) if m else s for m, s in zip(self.averages, sections)]
        )


def padded_bands(bands, J, J_fr, Q, F, format):
    """Number of bands after zero-padding, a multiple of each subsampling along log-frequency."""
    scale = 2**J_fr if F in (None, 0, "global") else F
    padded = ((J + 1) * Q[0] + 8 * min(scale, 2**J_fr)) >> J_fr << J_fr
    if padded < bands:
        raise ValueError(f"J_fr must be smaller for F={F!r}, got {J_fr}")
    if padded % 2 ** lowpass(scale).j or (format == "joint" and scale >= 2 ** (J_fr + 1)):
        raise ValueError(f"F must be smaller for J_fr={J_fr}, got {F!r}")
    return padded
