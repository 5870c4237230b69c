"""The filters of the scattering transform at work: along time, then along log-frequency."""

import weakref

import numpy as np
import torch
from torch import Tensor
from torch.fft import irfft, rfft

from chirplib.scattering.wavelets import (
    NEGLIGIBLE,
    Wavelet,
    convolution_matrix,
    lowpass,
    periodized,
)

# A row of an average over log-frequency is left out if its filter, over the bands that there are,
# has less than this fraction of the norm of the others: about the rounding of single precision.
SILENT = 1e-7


class Constant:
    """An array, as a tensor of whatever dtype and device it meets.

    Parameters
    ----------
    array : array, real
        Kept in its own precision; each conversion is made once.
    """

    def __init__(self, array: np.ndarray):
        self.shape = array.shape
        self._array = np.array(array, order="C")
        self._tensors = {}

    def __getstate__(self):
        # What is made for one device may be of no use where the array goes.
        return {"shape": self.shape, "_array": self._array, "_tensors": {}}

    def like(self, x: Tensor) -> Tensor:
        """The array in the precision and on the device of the tensor `x`."""
        key = x.dtype.to_real(), x.device
        if key not in self._tensors:
            # A tensor that is made in inference mode, or within a transform of torch.func, could
            # not be used outside later.
            with torch.inference_mode(False):
                tensor = torch.as_tensor(self._array, dtype=key[0], device=key[1])
                self._tensors[key] = torch.func.debug_unwrap(tensor)
        return self._tensors[key]


class SpectrumAverage:
    """Temporal average of real signals, from the lowest bins of their spectra.

    They are filtered, and an inverse FFT has one sample or a few for each frame.

    Parameters
    ----------
    low_pass : array of shape (bins,)
        Factors of the bins, from frequency 0 upwards.
    n : int
        Length of the inverse FFT: that of the signal, or more than twice the highest bin.
    frames : range
        Which of its samples are kept.
    """

    def __init__(self, low_pass: np.ndarray, n: int, frames: range):
        self.low_pass, self.n = Constant(low_pass), n
        self._frames = slice(frames.start, frames.stop, frames.step)
        self.bins = len(low_pass)

    def __call__(self, half: Tensor) -> Tensor:
        """Map half spectra (..., bins) to averages (..., frames)."""
        bins = half[..., : self.bins] * self.low_pass.like(half)
        return irfft(bins, n=self.n, norm="forward")[..., self._frames]

    def add_adjoint(self, averages: Tensor, half: Tensor) -> None:
        """Add the adjoint, of averages (..., frames), to half spectra."""
        samples = averages.new_zeros(*averages.shape[:-1], self.n)
        samples[..., self._frames] = averages
        bins = rfft(samples)[..., : self.bins]
        # A bin stands for its negative as well, but for the two that are their own.
        bins[..., 1 : (self.n + 1) // 2] *= 2
        half[..., : self.bins].addcmul_(bins, self.low_pass.like(half).to(half.dtype))


class Subbands:
    """Convolution in time with wavelets, from the spectra of real signals to subbands.

    The spectra are those of the signals at full rate, but hold the lowest bins only, from
    frequency 0 upwards. The subbands are subsampled by ``2 ** j``, and ``2 ** j`` times too large.

    Parameters
    ----------
    wavelets : list of Wavelet
        One for each output band, or one for all.
    n : int
        Length in samples of the padded sound.
    j : int
        Log2 of the subsampling, such that the response of a wavelet has no frequency above the
        sample rate of the output.

    Attributes
    ----------
    bins : int
        Number of bins that the wavelets pass.
    """

    def __init__(self, wavelets: list[Wavelet], n: int, j: int):
        self.n_out, middle = n >> j, n // 2
        psi = np.stack([psi.fourier(n) for psi in wavelets])
        # Products with yet smaller numbers would be subnormal, and slow.
        psi[abs(psi) <= NEGLIGIBLE * abs(psi).max()] = 0
        # They are rounded to single precision anyway, and large for long sounds.
        psi = psi.astype(np.float32)
        # Frequencies from 0 upwards, and from -1 downwards, as far as the wavelets pass them.
        sides = psi[:, : middle + 1], psi[:, :middle:-1]
        widths = [1 + max(np.flatnonzero(side.any(axis=0)).tolist(), default=-1) for side in sides]
        assert max(widths) <= self.n_out, f"too few bins for the wavelets: {self.n_out}"
        pairs = zip(sides, widths, strict=True)
        self.above, self.below = (Constant(psi[:, :width]) for psi, width in pairs)
        self.bins = max(widths[0], 1 + widths[1])

    def pass_bins(self, half: Tensor) -> Tensor:
        """Spectra (batch, bands, n_out) of subbands, from bins (batch, bands, bins) of signals.

        There may be one wavelet, or one signal, for all bands.
        """
        above, below = self.above.like(half), self.below.like(half)
        m, k = above.shape[-1], below.shape[-1]
        spectra = half.new_zeros(len(half), max(half.shape[1], len(above)), self.n_out)
        spectra[..., :m].addcmul_(half[..., :m], above)
        if k:  # the bins of a real signal at negative frequencies are conjugates
            spectra[..., -k:].addcmul_(half[..., 1 : k + 1].conj().flip(-1), below.flip(-1))
        return spectra


_in_use = weakref.WeakValueDictionary()


def shared_subbands(wavelets: list[Wavelet], n: int, j: int) -> Subbands:
    """`Subbands` that are made once, for all transforms that are in use at a time.

    Most of the time that it takes to build a transform goes into these filters. They depend on the
    length of the padded sound, a power of two, and so they are the same for sounds of many lengths.

    Examples
    --------
    >>> from chirplib.scattering.filters import shared_subbands
    >>> from chirplib.scattering.wavelets import wavelet_bank
    >>> bank = wavelet_bank(J=4, Q=1)
    >>> one = shared_subbands(bank, 1024, 0)
    >>> shared_subbands(bank, 1024, 0) is one
    True
    """
    key = tuple(wavelets), n, j
    subbands = _in_use.get(key)
    if subbands is None:
        subbands = _in_use[key] = Subbands(wavelets, n, j)
    return subbands


class JointFilters:
    """Filters along log-frequency, and averages over log-frequency.

    Parameters
    ----------
    psis : dict of int to Wavelet
        Filters along log-frequency, by their index.
    bands : int
        Number of bands of the input: the first, highest ones of the scalogram.
    padded : int
        Number of bands after zero-padding, a multiple of all subsamplings.
    F : int or 'global'
        Scale of the average in bands, as in `.lowpass`; 0 for none.
    format : {'time', 'joint'}
        As in `.TimeFrequencyScattering`.

    Attributes
    ----------
    matrix : Constant (2, count, bands)
        Real and imaginary parts of the filters of spin +1, one for each band where they stand.
        Those of spin -1 are the conjugates of the last of them.
    rows : array of int
        Which responses are kept: of the filters, and then of their conjugates.
    sections : list of (int, Constant or None)
        Number of these rows for each of `psis`, and matrix of their average, if any.
    labels : list of (int, int)
        Index of the filter and band of each row of the output (-1: all bands).
    bins : int
        Number of rows of each filter, if `format` is 'joint'.
    """

    def __init__(
        self, psis: dict[int, Wavelet], bands: int, padded: int, F: int | str, format: str
    ):
        self.bands, self.labels, self.sections = bands, [], []
        local = F not in (0, "global")
        phi = lowpass(F) if local else None
        self.bins = padded >> phi.j if local else None

        def rows_at(stride):
            """Number of rows that stand at a band, or at padding if that is kept."""
            return -(-bands // stride) if format == "time" else self.bins

        matrices, heard = [], {}
        for n_fr, psi in psis.items():
            j = min(psi.j, phi.j) if local else psi.j
            averaged = F != 0 and psi.xi != 0
            # Kymatio counts the rows of the low-pass filter by its own scale, also where they
            # are closer together because F is less.
            n_rows = padded >> j if averaged else rows_at(2**psi.j)
            if psi.xi >= 0:
                matrix = convolution_matrix(psi.fourier(padded), 2**j, bands, n_rows)
                # Some rows of an average stand so far out in the padding that they hear nothing.
                norms = np.linalg.norm(matrix, axis=1)
                kept = norms > SILENT * norms.max() if averaged else norms >= 0
                heard[psi.xi] = np.flatnonzero(kept)
                matrices.append(matrix[kept])
            kept = heard[abs(psi.xi)]
            n1, average = range(0, n_rows << j, 2**j), None
            if averaged and local:
                n1 = range(0, rows_at(2**phi.j) << phi.j, 2**phi.j)
                response = periodized(phi.fourier(padded), j)
                average = convolution_matrix(response, 2 ** (phi.j - j), n_rows, len(n1))
                average = average.real[:, kept]
            elif averaged:
                n1, average = [-1], np.ones((1, len(kept)))
            self.sections.append((len(kept), None if average is None else Constant(average)))
            self.labels += [(n_fr, band) for band in n1]
        if format == "joint":
            self.labels = [(n_fr, -1) for n_fr in psis]
        h = np.concatenate(matrices)
        self.count, self.matrix = len(h), Constant(np.stack([h.real, h.imag]))
        sections = zip(self.sections, psis.values(), strict=True)
        down = sum(n for (n, _), psi in sections if psi.xi < 0)
        self.rows = np.r_[: len(h), 2 * len(h) - down : 2 * len(h)]


def padded_bands(
    bands: int, J: int, J_fr: int, Q: tuple[int, int], F: int | str, format: str
) -> int:
    """Number of bands after zero-padding, a multiple of each subsampling along log-frequency."""
    scale = 2**J_fr if F in (None, 0, "global") else F
    padded = ((J + 1) * Q[0] + 8 * min(scale, 2**J_fr)) >> J_fr << J_fr
    if padded < bands:
        raise ValueError(f"J_fr must be smaller for F={F!r}, got {J_fr}")
    if padded % 2 ** lowpass(scale).j or (format == "joint" and scale >= 2 ** (J_fr + 1)):
        raise ValueError(f"F must be smaller for J_fr={J_fr}, got {F!r}")
    return padded
