"""The representation Phi that listens beyond the microscale: joint time-frequency scattering."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from chirplib._common.compiled import uncompiled
from chirplib._common.memory import check_memory
from chirplib._common.validation import check_audio, check_scattering, check_selection
from chirplib.scattering import autograd, torch_ops
from chirplib.scattering.filters import JointFilters, padded_bands
from chirplib.scattering.level import at_unit_level
from chirplib.scattering.memory import call_size, filters_size
from chirplib.scattering.module import Transform
from chirplib.scattering.modulus import modulus
from chirplib.scattering.network import ScatteringNetwork
from chirplib.scattering.wavelets import TemporalAverage, spinned_bank, wavelet_bank


class TimeFrequencyScattering(Transform):
    r"""Joint time-frequency scattering transform (JTFS).

    The scalogram of a sound :math:`x` is :math:`U_1(t, \lambda) = |x * \psi_\lambda|(t)`, one
    band for each wavelet :math:`\psi_\lambda` of a constant-Q filter bank. JTFS convolves it
    with wavelets of time and of log-frequency and averages the modulus of the responses:

    .. math::

        S_2 x(t, \lambda, \mu, \ell, s) =
        \big| U_1 * (\psi_\mu \otimes \psi_{\ell, s}) \big| * (\phi_T \otimes \phi_F)

    A path answers to a ripple in the scalogram of rate :math:`\mu`, scale :math:`\ell`, and
    spin :math:`s`: +1 where it goes up in frequency, -1 where it goes down. Paths of order 1
    are :math:`|U_1 * (\phi_T \otimes \psi_\ell)|`, and order 0 is :math:`x * \phi_T`.

    Values and order of the rows are those of Kymatio's development version (0.4.0.dev0).

    Parameters
    ----------
    J : int
        Scale of the longest wavelets in time, Gaussian envelopes of a standard deviation of at most
        1.59 times ``2 ** J`` samples.
    J_fr : int
        Scale of the longest wavelets along log-frequency, in the same way: ``2 ** J_fr`` bands.
    Q : int or tuple (int, int)
        Wavelets per octave of the first and second order; an int leaves 1 to the second.
    shape : int or tuple (int,)
        Number of samples N of a sound, at least ``2 ** J``.
    T : int, None or 'global'
        Scale in samples of the temporal average, a Gaussian of standard deviation 1.59 `T`, that
        is 3.75 `T` wide at half of its height; None for ``2 ** J``. Frames are
        ``2 ** floor(log2(T))`` samples apart. 'global', as in Kymatio, sums over the whole sound
        and over its ends, which are mirrored to a power of two. In the mirror a chirp goes down
        that goes up in the sound, so the sum hardly tells them apart. The mean over the frames of
        another `T` does.
    Q_fr : int, default 1
        Wavelets per octave along log-frequency.
    F : int, None or 'global'
        Scale in bands of the average over log-frequency; 0 for none, None for ``2 ** J_fr``,
        'global' for the sum over all bands. Paths of spin 0, which are low-pass filtered
        already, are not averaged further.
    format : {'time', 'joint'}
        'joint' keeps log-frequency as an axis of its own, and leaves out order 0.
    rates : pair of float, optional
        Lowest and highest rate in Hz of the paths of order 2 that are kept; all by default. The
        rows that are kept are those of the full transform, and cost only their own work.
    scales : pair of float, optional
        Lowest and highest scale in cycles per octave of the paths of order 2 that are kept. The
        scale of spin 0 is 0.
    sr : float, optional
        Sample rate in Hz, which `rates` need.

    Raises
    ------
    ValueError
        If an argument is out of range, or a sound is not of length N or not finite.
    TypeError
        If an argument, or the dtype of a sound, is of the wrong type.
    MemoryError
        If the filters, or a call, would take more memory than there is.

    Notes
    -----
    The cost of one call is that of, for each sound of N samples,

    - the FFTs of all bands of order 1 and 2: of the order of ``N log N``;
    - for each response of `joint_modulus` -- 28 million of them for J=12, J_fr=5, Q=(8, 2),
      Q_fr=2, F=0 and N = 2 ** 15 -- two multiplications for each band that is filtered, and a
      modulus: of the order of N, and most of the time;
    - the average of these moduli, for each frame: of the order of ``N * N / T``. It is a sixth of
      the products here, and would be as many for sounds six times as long.

    A loss and its gradient take three times as many operations as the transform, because the
    responses are computed again instead of being kept. What is kept, the subbands of both orders,
    takes about 30 MB for each sound at these settings. A Jacobian with few columns is best
    computed by ``torch.func.jacfwd``: all columns share the responses. `rates` and `scales` save
    the work of the rows that are left out, but not that of order 1.

    On a CPU, as many threads as PyTorch uses share the work, in kernels that are compiled at the
    first call and kept for later ones (`.cpu_ops`). One wavelet of order 2 is the work of one
    thread. Other devices take the steps of PyTorch (`.torch_ops`).

    Filters are rounded to single precision, as in Kymatio; the rest is computed in the precision
    of the sound. Filters of opposite spin are conjugates here, which halves the products; those
    of Kymatio deviate from that close to the Nyquist frequency of log-frequency, by up to 2e-6 of
    the norm of the coefficients in our tests.

    References
    ----------
    .. [1] J. Andén, V. Lostanlen and S. Mallat, "Joint time-frequency scattering", IEEE
       Transactions on Signal Processing 67(14), 2019.
    .. [2] J. Muradeli, C. Vahidi, C. Wang, H. Han, V. Lostanlen, M. Lagrange and G. Fazekas,
       "Differentiable time-frequency scattering on GPU", DAFx, 2022.

    Examples
    --------
    >>> import torch
    >>> from chirplib import TimeFrequencyScattering
    >>> jtfs = TimeFrequencyScattering(J=8, J_fr=3, Q=(8, 2), Q_fr=2, F=0, shape=2**12)
    >>> S = jtfs(torch.randn(2, 2**12))
    >>> S.shape, len(jtfs.meta()["order"])
    (torch.Size([2, 4689, 16]), 4689)

    Only ripples of at most 64 Hz:

    >>> slow = TimeFrequencyScattering(
    ...     J=8, J_fr=3, Q=(8, 2), Q_fr=2, F=0, shape=2**12, rates=(0, 64), sr=2**13
    ... )
    >>> slow(torch.randn(2, 2**12)).shape
    torch.Size([2, 3168, 16])
    """

    def __init__(
        self,
        J: int,
        J_fr: int,
        Q: int | tuple[int, int],
        shape: int | tuple[int],
        T: int | str | None = None,
        Q_fr: int = 1,
        F: int | str | None = None,
        format: str = "time",
        *,
        rates: Sequence[float] | None = None,
        scales: Sequence[float] | None = None,
        sr: float | None = None,
    ):
        super().__init__()
        J, J_fr, Q, n, T, Q_fr, F = check_scattering(J, J_fr, Q, shape, T, Q_fr, F, format)
        rates, scales = check_selection(rates, scales, sr)
        self.format, self.n_samples, self.bands_per_octave = format, n, Q[0]
        self.psi1, self.psi2 = wavelet_bank(J, Q[0]), wavelet_bank(J, Q[1])
        self.psi_fr = spinned_bank(J_fr, Q_fr)
        self._scales, self._F = (T, J), 2**J_fr if F is None else F
        self.padded_bands = padded_bands(len(self.psi1), J, J_fr, Q, F, format)
        self._kept_fr = {
            n_fr: psi
            for n_fr, psi in enumerate(self.psi_fr)
            if scales is None or scales[0] <= abs(psi.xi) * Q[0] <= scales[1]
        }
        self._kept2 = {
            n2: psi
            for n2, psi in enumerate(self.psi2)
            if self._kept_fr and (rates is None or rates[0] <= psi.xi * sr <= rates[1])
        }
        self._build()

    def _build(self):
        self.time = TemporalAverage(*self._scales, self.n_samples)
        up = {n_fr: psi for n_fr, psi in enumerate(self.psi_fr) if psi.xi >= 0}
        wavelets = self.psi1, list(self._kept2.values()), list(up.values())
        check_memory(
            "TimeFrequencyScattering",
            filters_size(self.time, *wavelets, None if self._F == 0 else self.padded_bands),
            "let T be larger or shape smaller, leave rates out, or take smaller J, Q or Q_fr",
        )
        fr = {"padded": self.padded_bands, "F": self._F, "format": self.format}
        self.network = ScatteringNetwork(
            self.time,
            self.psi1,
            self._kept2,
            JointFilters(up, len(self.psi1), **fr),
            lambda bands: JointFilters(self._kept_fr, bands, **fr),
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
        tensor of shape (..., C, frames), or (..., C, bins, frames) for format 'joint'
            One row per path, in the order of `meta`.
        """
        check_audio("x", x, length=self.n_samples)
        if x.device.type == "cpu":
            count = x.numel() // self.n_samples
            check_memory(
                f"TimeFrequencyScattering of {count} sounds",
                call_size(self.network, count, x.element_size()),
                "take fewer sounds at a time (batch_size), or leave rates or scales out",
            )
        rows = at_unit_level(lambda y: self.network.rows(self._averages(self.time.pad(y))), x)
        if self.format == "joint":
            bins = self.network.joints[0].filters.bins
            rows = rows[..., 1:, :].unflatten(-2, (-1, bins))
        return rows

    def _averages(self, x):
        if x.device.type != "cpu":
            return torch_ops.averages(self.network, x)
        from chirplib.scattering.cpu_ops import CompiledNetwork  # here, as Numba takes a while

        return autograd.apply(CompiledNetwork(self.network), x)

    def scalogram(self, x: Tensor) -> Tensor:
        """Scalogram U1 of sounds, for pictures: the transform itself subsamples each band.

        Frames are 32 samples apart. Slower bands are repeated.

        Parameters
        ----------
        x : tensor of shape (..., N)
            Sounds.

        Returns
        -------
        tensor of shape (..., bands, frames)
        """
        check_audio("x", x, length=self.n_samples)
        log2_hop = 5
        start = self.time.pad_left >> log2_hop
        stop = start + max(1, self.n_samples >> log2_hop)
        rows = []
        x_hat = torch.fft.rfft(self.time.pad(x.reshape(-1, self.n_samples)))[:, None]
        for layer in self.network.order1:
            u1 = modulus(torch.fft.ifft(layer.subbands.pass_bins(x_hat))) / 2**layer.j
            if layer.j > log2_hop:
                u1 = u1.repeat_interleave(2 ** (layer.j - log2_hop), dim=-1)
            else:
                u1 = u1[..., :: 2 ** (log2_hop - layer.j)]
            rows.append(u1[..., start:stop])
        return torch.cat(rows, dim=1).reshape(*x.shape[:-1], len(self.psi1), -1)

    def meta(self) -> dict[str, np.ndarray]:
        """What each row of the output is, in the order of the output.

        Returns
        -------
        dict of arrays with one entry per row
            - ``order``: 0, 1 or 2.
            - ``n1``, ``n2``, ``n_fr``: index of the wavelet of order 1, of order 2 and along
              log-frequency; -1 where there is none. ``n1`` is the band at which the row
              stands, and -1 where it stands for all bands.
            - ``xi``, ``sigma``, ``j``: shape (rows, 2): center frequency and bandwidth in
              cycles per sample, and log2 of the subsampling, of the wavelets ``n1`` and ``n2``;
              NaN where there is none.
            - ``xi_fr``, ``sigma_fr``, ``j_fr``: the same for ``n_fr``, in cycles per band.
            - ``spin``: sign of ``xi_fr``, 0 for a low-pass filter.
            - ``rate``: center frequency of ``n2``, in cycles per sample. ``scale``: center
              frequency of ``n_fr`` without its sign, in cycles per octave.
        """
        rows = [] if self.format == "joint" else [(0, -1, -1, -1)]
        for k, joint in enumerate(self.network.joints):
            rows += [(2 if k else 1, n1, joint.n2, n_fr) for n_fr, n1 in joint.filters.labels]
        order, n1, n2, n_fr = np.array(rows).T
        meta = {"order": order, "n1": n1, "n2": n2, "n_fr": n_fr}

        def look_up(bank, key, n):
            # The last entry serves the index -1.
            return np.array([*(getattr(psi, key) for psi in bank), np.nan])[n]

        for key in ("xi", "sigma", "j"):
            time = [look_up(self.psi1, key, n1), look_up(self.psi2, key, n2)]
            meta[key] = np.stack(time, axis=-1)
            meta[f"{key}_fr"] = look_up(self.psi_fr, key, n_fr)
        meta["spin"] = np.sign(np.nan_to_num(meta["xi_fr"])).astype(int)
        meta["rate"] = meta["xi"][:, 1]
        meta["scale"] = np.abs(meta["xi_fr"]) * self.bands_per_octave
        return meta
