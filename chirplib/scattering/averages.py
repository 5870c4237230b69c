"""Temporal averages of moduli at their frames: one matrix, or for long sounds that of a stretch."""

import math

import numpy as np
import torch
from torch import Tensor

from chirplib.scattering.filters import Constant
from chirplib.scattering.wavelets import TemporalAverage

# Frames of a stretch.
STRETCH = 64
# A matrix with more numbers than this is too large to be that of a whole sound.
WHOLE = 2**24
# Where the low-pass filter ends, in its standard deviations: it is 1e-14 of its peak there.
REACH = 8.0


class FrameAverage:
    """Average over time of signals (batch, rows, time), at frames.

    A matrix (time, frames) takes time and memory that grow with the square of the length. So a long
    sound is cut into stretches. All have the same matrix, from the samples of a stretch to its
    frames and those that the filter reaches on either side, and what stretches have at a frame is
    added up. The filter is cut off where it is smaller than the rounding of its spectrum.

    Parameters
    ----------
    matrix : array of shape (time, frames)
        Of a stretch, or of the whole signal.
    frames : array of int, of shape (stretches, frames of a matrix), optional
        At which frame of the output each of a stretch stands; `n_frames` for none of them.
    n_frames : int, optional
        Number of frames of the output.

    Attributes
    ----------
    matrix : Constant (time, frames)
    shape : pair of int
        Of the matrix that the whole signal would need.

    Examples
    --------
    Sums over two stretches, of which the second reaches back to the first frame:

    >>> import numpy as np
    >>> import torch
    >>> from chirplib.scattering.averages import FrameAverage
    >>> average = FrameAverage(np.ones((2, 2)), np.array([[2, 0], [0, 1]]), n_frames=2)
    >>> parts = average.split(torch.tensor([[[1.0, 2.0, 3.0, 4.0]]]))
    >>> average.join(parts @ average.matrix.like(parts))
    tensor([[[10.,  7.]]])
    """

    def __init__(
        self, matrix: np.ndarray, frames: np.ndarray | None = None, n_frames: int | None = None
    ):
        self.matrix, self.stretches = Constant(matrix), 1
        self.shape = matrix.shape
        if frames is not None:
            self.stretches = len(frames)
            self.shape = len(matrix) * len(frames), n_frames
            self._frames = torch.from_numpy(frames).flatten()

    def split(self, y: Tensor) -> Tensor:
        """Stretches (batch * stretches, rows, ...) of signals (batch, rows, time)."""
        if self.stretches == 1:
            return y
        return y.unflatten(-1, (self.stretches, -1)).movedim(-2, 1).flatten(0, 1)

    def unsplit(self, y: Tensor) -> Tensor:
        """Undo `split`."""
        if self.stretches == 1:
            return y
        return y.unflatten(0, (-1, self.stretches)).movedim(1, -2).flatten(-2)

    def join(self, s: Tensor) -> Tensor:
        """Averages (batch, ..., frames), from those of stretches (batch * stretches, ...)."""
        if self.stretches == 1:
            return s
        s = self.unsplit(s)
        out = s.new_zeros(*s.shape[:-1], self.shape[1] + 1)
        return out.index_add(-1, self._frames.to(s.device), s)[..., :-1]

    def join_adjoint(self, d_s: Tensor) -> Tensor:
        """Adjoint of `join`."""
        if self.stretches == 1:
            return d_s
        d_s = torch.nn.functional.pad(d_s, (0, 1))
        return self.split(d_s.index_select(-1, self._frames.to(d_s.device)))


def output_average(time: TemporalAverage, j: int) -> FrameAverage:
    """The average of a signal subsampled by ``2 ** j``, and ``2 ** j`` times too large.

    Examples
    --------
    >>> from chirplib.scattering.averages import output_average
    >>> from chirplib.scattering.wavelets import TemporalAverage
    >>> [output_average(TemporalAverage(64, 6, n), 2).stretches for n in (1000, 10**5)]
    [1, 32]
    """
    if not is_cut(time):
        return FrameAverage(time.output(j))
    lead, total, n_frames = _lead(time), time.n_padded >> time.phi.j, len(time.frames)
    width = STRETCH + 2 * lead
    matrix = time.low_pass(j, STRETCH << (time.phi.j - j), range(-lead, width - lead))
    frames = np.arange(0, total, STRETCH)[:, None] + np.arange(-lead, width - lead)
    return _cut(matrix, frames % total - time.frames.start, n_frames)


def order1_frames(time: TemporalAverage) -> range:
    """Frames of order 1: those within the sound, or all of them where they are cut into stretches.

    Examples
    --------
    >>> from chirplib.scattering.averages import order1_frames
    >>> from chirplib.scattering.wavelets import TemporalAverage
    >>> [order1_frames(TemporalAverage(64, 6, n)) for n in (1000, 10**5)]
    [range(9, 24), range(0, 2048)]
    """
    return range(time.n_padded >> time.phi.j) if is_cut(time) else time.frames


def order1_average(time: TemporalAverage) -> FrameAverage:
    """The average of order 1, which is low-pass filtered already: each frame, or the sum of all.

    Examples
    --------
    >>> from chirplib.scattering.averages import order1_average
    >>> from chirplib.scattering.wavelets import TemporalAverage
    >>> [order1_average(TemporalAverage(64, 6, n)).matrix.shape for n in (1000, 10**5)]
    [(15, 15), (64, 64)]
    """
    n_frames = len(time.frames)
    if not is_cut(time):
        return FrameAverage(np.ones((n_frames, 1)) if time.is_global else np.eye(n_frames))
    frames = np.array(order1_frames(time)).reshape(-1, STRETCH) - time.frames.start
    return _cut(np.eye(STRETCH), frames, n_frames)


def is_cut(time: TemporalAverage) -> bool:
    """Whether signals are cut into stretches.

    Examples
    --------
    >>> from chirplib.scattering.averages import is_cut
    >>> from chirplib.scattering.wavelets import TemporalAverage
    >>> [is_cut(TemporalAverage(64, 6, n)) for n in (1000, 10**5)]
    [False, True]
    """
    if time.is_global or (time.n_padded >> 1) * len(time.frames) <= WHOLE:
        return False
    return time.n_padded >> time.phi.j >= STRETCH + 2 * _lead(time)


def matrix_size(time: TemporalAverage, j: int) -> int:
    """Numbers in the matrix of `output_average`.

    Examples
    --------
    >>> from chirplib.scattering.averages import matrix_size
    >>> from chirplib.scattering.wavelets import TemporalAverage
    >>> [matrix_size(TemporalAverage(64, 6, n), 2) for n in (1000, 10**5, 10**6)]
    [7680, 94208, 94208]
    """
    if is_cut(time):
        return (STRETCH << (time.phi.j - j)) * (STRETCH + 2 * _lead(time))
    return (time.n_padded >> j) * (1 if time.is_global else len(time.frames))


def _lead(time):
    """Frames that the filter reaches on either side."""
    return math.ceil(REACH / (2 * math.pi * time.phi.sigma) / 2**time.phi.j) + 1


def _cut(matrix, frames, n_frames):
    """`FrameAverage` that leaves out the frames that are not within the sound."""
    outside = (frames < 0) | (frames >= n_frames)
    return FrameAverage(matrix, np.where(outside, n_frames, frames), n_frames)
