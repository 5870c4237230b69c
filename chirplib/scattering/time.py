"""Scattering along time alone: the scattering network without filters along log-frequency."""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from chirplib._common.compiled import uncompiled
from chirplib._common.validation import check_audio, check_scattering
from chirplib.scattering.filters import Subbands
from chirplib.scattering.level import at_unit_level
from chirplib.scattering.module import Transform
from chirplib.scattering.modulus import modulus
from chirplib.scattering.network import Backend, ScatteringNetwork
from chirplib.scattering.wavelets import TemporalAverage, wavelet_bank


class TimeScattering(Transform):
    r"""Scattering transform along time: JTFS without wavelets along log-frequency.

    Each band of the scalogram is filtered on its own:

    .. math::

        S_1 x(t, \lambda) = |x * \psi_\lambda| * \phi_T, \qquad
        S_2 x(t, \lambda, \mu) = \big| |x * \psi_\lambda| * \psi_\mu \big| * \phi_T

    So it does not hear whether the bands rise and fall one after the other or all at once.

    Parameters
    ----------
    J, Q, shape, T
        As for `.TimeFrequencyScattering`.

    Raises
    ------
    ValueError
        If an argument is out of range, or a sound is not of length N or not finite.
    TypeError
        If an argument, or the dtype of a sound, is of the wrong type.

    Notes
    -----
    The values are those of Kymatio with ``oversampling``. Without it, its release 0.3.0 divides
    the rows of slow wavelets by powers of two [2]_.

    References
    ----------
    .. [1] J. Andén and S. Mallat, "Deep scattering spectrum", IEEE Transactions on Signal
       Processing 62(16), 2014.
    .. [2] Issue 984 of Kymatio, https://github.com/kymatio/kymatio/issues/984.

    Examples
    --------
    >>> import torch
    >>> from chirplib.scattering.time import TimeScattering
    >>> scattering = TimeScattering(J=8, Q=(8, 2), shape=2**12)
    >>> S = scattering(torch.randn(2, 2**12))
    >>> S.shape, len(scattering.meta()["order"])
    (torch.Size([2, 466, 16]), 466)
    """

    def __init__(
        self,
        J: int,
        Q: int | tuple[int, int],
        shape: int | tuple[int],
        T: int | str | None = None,
    ):
        super().__init__()
        J, _, Q, n, T, *_ = check_scattering(J, 1, Q, shape, T, 1, 0, "time")
        self.n_samples, self._scales = n, (T, J)
        self.psi1, self.psi2 = wavelet_bank(J, Q[0]), wavelet_bank(J, Q[1])
        self._build()

    def _build(self):
        self.time = TemporalAverage(*self._scales, self.n_samples)
        self.network = ScatteringNetwork(
            self.time, self.psi1, dict(enumerate(self.psi2)), _All(len(self.psi1)), _All
        )

    @uncompiled
    def forward(self, x: Tensor) -> Tensor:
        """Scattering coefficients.

        Parameters
        ----------
        x : tensor of shape (..., N)
            Sounds. The result has their dtype and device.

        Returns
        -------
        tensor of shape (..., C, frames)
            One row per path, in the order of `meta`.
        """
        check_audio("x", x, length=self.n_samples)

        def average_moduli(k, y):
            # Order 1 is real, and its modulus taken already.
            u = modulus(y) if k else y.real
            average = self.network.joints[k].average
            return average.join(average.split(u) @ average.matrix.like(y))[:, None]

        backend = Backend(map, Subbands.pass_bins, lambda k, y: modulus(y), average_moduli)
        return at_unit_level(lambda y: self.network.propagate(self.time.pad(y), backend), x)

    def meta(self) -> dict[str, np.ndarray]:
        """What each row of the output is, in the order of the output.

        Returns
        -------
        dict of arrays with one entry per row
            ``order``: 0, 1 or 2. ``n1``, ``n2``: index of the wavelet of order 1 and of order 2; -1
            where there is none. ``rate``: center frequency of the latter, in cycles per sample.
        """
        rows = [(0, -1, -1)]
        for joint in self.network.joints:
            order = 1 if joint.n2 < 0 else 2
            rows += [(order, n1, joint.n2) for n1 in range(joint.filters.bands)]
        order, n1, n2 = np.array(rows).T
        rates = np.array([*(psi.xi for psi in self.psi2), np.nan])
        return {"order": order, "n1": n1, "n2": n2, "rate": rates[n2]}


class _All(NamedTuple):
    """In the place of filters along log-frequency: all bands, each on its own."""

    bands: int
