"""The scattering transform on a processor: compiled loops, in as many threads as PyTorch uses."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch
from threadpoolctl import ThreadpoolController

from chirplib.scattering import kernels as joint_loops
from chirplib.scattering import simple_kernels as loops
from chirplib.scattering.network import Steps


class OnProcessor:
    """A scattering network on a processor, as an operator of `.derivatives`.

    The derivatives need the subbands of both layers, which are kept.

    Parameters
    ----------
    network : ScatteringNetwork
    """

    def __init__(self, network):
        self.network, self.plain = network, network.plain

    def value(self, x):
        """Averages of padded sounds (batch, n), and the subbands of all layers."""
        kept1, kept2 = {}, {}

        def modulus(k, y):
            kept1[k] = y
            return loops.modulus(y)

        def joint_modulus(k, y):
            kept2[k] = y
            return joint_loops.joint_modulus(y, *self._constants(k, y))

        averages = self.network.propagate(
            x.detach(), Steps(run, _pass_bins, modulus, joint_modulus)
        )
        return averages, *(kept[k] for kept in (kept1, kept2) for k in sorted(kept))

    def tangents(self, d_x, x, *kept):
        """Tangents (columns, batch, ...) of the averages."""
        kept1, kept2 = self._layers(kept)

        def modulus(k, d_y):
            return loops.modulus_tangents(d_y, kept1[k])

        def joint_modulus(k, d_y):
            return joint_loops.joint_modulus_tangents(d_y, kept2[k], *self._constants(k, d_y))

        steps = Steps(run, _pass_bins, modulus, joint_modulus)
        averages = self.network.propagate(d_x.detach().flatten(0, 1), steps)
        return averages.unflatten(0, d_x.shape[:2])

    def gradient(self, d_averages, x, *kept):
        """Gradient in padded sounds."""
        kept1, kept2 = self._layers(kept)

        def modulus(k, d_u):
            return loops.modulus_gradient(d_u, kept1[k])

        def joint_modulus(k, d_s):
            return joint_loops.joint_modulus_gradient(d_s, kept2[k], *self._constants(k, d_s))

        steps = Steps(run, _pass_bins_adjoint, modulus, joint_modulus)
        return self.network.propagate_back(d_averages.detach(), steps)

    def _layers(self, kept):
        kept = [y.detach() for y in kept]
        first = len(self.network.order1)
        return kept[:first], kept[first:]

    def _constants(self, k, x):
        joint = self.network.joints[k]
        return joint.filters.matrix.like(x), joint.average.like(x)


def _pass_bins(subbands, half):
    above, below = subbands.above.like(half), subbands.below.like(half)
    return loops.pass_bins(half, above, below, subbands.n_out)


def _pass_bins_adjoint(subbands, spectra):
    above, below = subbands.above.like(spectra), subbands.below.like(spectra)
    return loops.pass_bins_adjoint(spectra, above, below, subbands.bins)


def run(task, arguments):
    """Results of a task for each argument, in threads, as many as PyTorch uses.

    Within a task, PyTorch and the library that multiplies matrices use one thread: theirs would
    only get in the way, and PyTorch's wait busily after each step.

    Parameters
    ----------
    task : callable
        Of one argument.
    arguments : iterable

    Returns
    -------
    list
    """

    def begin(argument):
        with torch.no_grad():
            return task(argument)

    # The number of threads that multiply is that of the process, so only one caller may change it
    # at a time.
    with _lock, _blas().limit(limits=1):
        threads = torch.get_num_threads()
        if threads == 1:
            return list(map(begin, arguments))
        return list(_pool(threads).map(begin, arguments))


@cache
def _blas():
    return ThreadpoolController().select(user_api="blas")


@cache
def _pool(threads):
    pool = ThreadPoolExecutor(threads, "chirplib")
    all_begun = threading.Barrier(threads)

    def use_one_thread(_):
        all_begun.wait()
        torch.get_num_threads()  # PyTorch sets the number of threads at its first use in each
        torch.set_num_threads(1)

    try:
        list(pool.map(use_one_thread, range(threads)))
    finally:
        torch.set_num_threads(threads)  # here, and in threads that are yet to begin
    return pool


_lock = threading.Lock()


def _forget():
    """The lock and the threads of a process are of no use in one that is forked from it."""
    global _lock
    _lock = threading.Lock()
    _pool.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
