"""The least time that a loss and its gradient could take: that of its products and FFTs."""

import statistics
import time

import numpy as np
import torch
from threadpoolctl import ThreadpoolController

from chirplib import TimeFrequencyScattering
from chirplib.settings import CHAPTER


def floor():
    """Seconds of the products and FFTs of one loss and gradient, at the rates of this machine.

    Each product is done forward, again in the backward pass, and once for the gradient. Each FFT
    is done forward and backward, at 5 n log2 n operations.
    """
    network = TimeFrequencyScattering(**CHAPTER).network
    order1, (_, *order2) = network.order1, network.joints
    products = sum(
        # Real and imaginary parts of the filters with those of the subbands.
        3 * 2 * 4 * joint.filters.count * joint.filters.bands * joint.subbands.n_out
        for joint in order2
    )
    # A complex FFT for each band of order 1 and each that a wavelet of order 2 filters, and one of
    # real numbers, half the work, for each modulus of order 1.
    transforms = [
        *((1.5 * layer.bands, layer.n) for layer in order1),
        *((joint.filters.bands, joint.subbands.n_out) for joint in order2),
    ]
    ffts = sum(2 * count * 5 * n * np.log2(n) for count, n in transforms)

    def rate(function, operations):
        times = []
        # The first runs share the cores with threads of PyTorch that still wait busily.
        for _ in range(400):
            began = time.perf_counter()
            function()
            times.append(time.perf_counter() - began)
        return operations / statistics.median(times[200:])

    a, b = (torch.randn(*shape).numpy() for shape in ((512, 128), (128, 1024)))
    z = torch.randn(34, 4096, dtype=torch.complex64)
    torch.set_num_threads(2)  # as in the comparison
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        product_rate = rate(lambda: a @ b, 2 * 512 * 128 * 1024)
    fft_rate = rate(lambda: torch.fft.fft(z), 34 * 5 * 4096 * 12)
    return products / product_rate + ffts / fft_rate, products, ffts
