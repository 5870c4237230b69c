"""Tasks in processes of one thread each."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence

# What the libraries of a process read before they start their threads.
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMBA")}


def in_processes(task: Callable, arguments: Sequence) -> Iterator:
    """Yield the results of a task for each argument, from processes of one thread each."""
    if multiprocessing.current_process().daemon:
        yield from map(task, arguments)
        return
    import loky  # here, as it takes a while, and other descents do without

    workers = min(loky.cpu_count(), len(arguments))
    executor = loky.get_reusable_executor(max_workers=workers, env=ONE_THREAD)
    try:
        yield from executor.map(task, arguments)
    except KeyboardInterrupt:
        executor.shutdown(kill_workers=True)
        raise
