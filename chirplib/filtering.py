"""The filters of the scattering transform at work: along time, then along log-frequency."""

import numpy as np
import torch

from chirplib.filterbank import convolution_matrix, lowpass, periodized
from chirplib.joint_modulus import joint_modulus


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
        those of two periods of the subsampled spectrum.
    average : array of shape (n >> j, frames)
        Matrix of the temporal average for the modulus of the output.
    """

    def __init__(self, wavelets, n, j, average):
        self.j, self.n_out = j, n >> j
        psi = np.stack([psi.fourier(n) for psi in wavelets])[:, None] / 2**j
        # At full length there is nothing to wrap.
        self.n_bins = 2 * self.n_out if j else n
        if j:
            psi = np.concatenate([psi[..., : self.n_out], psi[..., -self.n_out :]], axis=-1)
        # Each number of a spectrum is a real and an imaginary part, and both are scaled. The
        # filters are rounded to single precision already, and take half the memory in it.
        self.psi = Constant(psi.repeat(2, axis=-1).astype(np.float32))
        self.average = Constant(average)

    def __call__(self, spectrum):
        """Map spectra (bands, batch, bins) to subbands (bands, batch, n >> j), complex.

        To subsample is to wrap the spectrum around. The wavelets are narrow, so that it is
        enough to wrap the `n_out` bins on either side of 0.
        """
        parts = torch.view_as_real(lowest_bins(spectrum, self.n_bins))
        parts = (parts.flatten(-2) * self.psi.like(parts)).unflatten(-1, (-1, 2))
        if self.n_bins > self.n_out:
            above, below = parts.chunk(2, dim=-2)
            parts = above + below
        return torch.fft.ifft(torch.view_as_complex(parts))


def lowest_bins(spectrum, m):
    """The m bins of lowest frequency: those of frequency 0 and above, then those below 0.

    A spectrum of m / 2 bins is periodic, and those below 0 are the same again.
    """
    n = spectrum.shape[-1]
    if n == m:
        return spectrum
    if n < m:
        return torch.cat([spectrum, spectrum], dim=-1)
    # The gradient of one split is one tensor, that of two slices is the sum of two.
    above, _, below = spectrum.split([m // 2, n - m, m // 2], dim=-1)
    return torch.cat([above, below], dim=-1)


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
