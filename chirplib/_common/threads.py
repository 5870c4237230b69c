"""Tasks in threads, of one thread each, as many as PyTorch uses."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch
from threadpoolctl import ThreadpoolController


def run(task: Callable, arguments: Iterable) -> list:
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
