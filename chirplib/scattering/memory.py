"""What a scattering transform needs of memory, estimated before it is taken."""

from chirplib.scattering.averages import is_cut, matrix_size
from chirplib.scattering.network import ScatteringNetwork, alike
from chirplib.scattering.wavelets import TemporalAverage, Wavelet


def filters_size(
    time: TemporalAverage,
    psi1: list[Wavelet],
    psi2: list[Wavelet],
    psi_fr: list[Wavelet],
    padded: int | None,
) -> float:
    """Bytes in use, about, while the filters of a transform are built and converted.

    Parameters
    ----------
    time : TemporalAverage
    psi1, psi2, psi_fr : list of Wavelet
        Wavelets along time, of order 1 and 2, and those of spin +1 along log-frequency.
    padded : int or None
        Number of bands at which filters along log-frequency stand; None for those there are.
    """
    n, coarsest = time.n_padded, time.phi.j
    order1 = [batch for _, batch in alike(psi1, n, coarsest)]
    banks = order1 + [[psi] for psi in psi2]
    spectra = 24 * n * max(map(len, order1))
    # Of each wavelet, the bins are kept from 0 up to where the highest of a bank ends.
    subbands = sum(
        n * len(bank) * min(1, max(psi.xi + 8 * psi.sigma for psi in bank)) for bank in banks
    )
    averages = 0 if is_cut(time) else len(time.frames) ** 2
    peak = max(spectra, 8 * averages)
    lowest = min(psi.j for psi in psi1)
    for j in {min(psi.j, coarsest) for psi in psi2 if psi.j > lowest}:
        # Complex while it is made, beside the indices of its samples.
        size = matrix_size(time, j)
        peak = max(peak, 8 * averages + 24 * size)
        averages += size
    filters = 0
    for psi in [None, *psi2]:
        bands = len(psi1) if psi is None else sum(one.j < psi.j for one in psi1)
        filters += sum(2 * bands * -(-(padded or bands) >> psi.j) for psi in psi_fr)
    # Those along time in single precision, the others in double as well.
    return max(peak, 12 * averages) + 4 * subbands + 12 * filters


def call_size(network: ScatteringNetwork, batch: int, itemsize: int) -> float:
    """Bytes in use, about, at the peak of a transform and its gradient.

    Parameters
    ----------
    network : ScatteringNetwork
    batch : int
        Number of sounds.
    itemsize : int
        Bytes of a sample.
    """
    subbands = sum(layer.bands * layer.n for layer in network.order1)
    averages = 0
    for joint in network.joints:
        time, frames = joint.average.shape
        averages += 2 * joint.filters.count * frames
        if joint.subbands is not None:
            subbands += joint.filters.bands * time
    # Subbands are complex. They are saved, beside their spectra, and so are their gradients.
    return batch * itemsize * (5 * subbands + 6 * averages)
