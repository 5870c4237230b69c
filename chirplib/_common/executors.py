"""Bags of independent tasks, here or wherever an executor takes them."""

import concurrent.futures
import hashlib
import multiprocessing
import os
import pickle
import uuid
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from typing import Any

import torch

from chirplib._common.validation import check_callable

# What the libraries of a process read before they start their threads.
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMBA")}
# Tasks that an executor has at a time, for each of its workers: one to work at and some to wait.
IN_FLIGHT = 4
# Functions that a worker keeps.
KEPT = 2


def completed(
    task: Callable, arguments: Sequence, executor: Executor | None = None
) -> Iterator[tuple[int, Any]]:
    """Yield the index and the result of a task for each argument, as they are ready.

    Parameters
    ----------
    task : callable
        Of one argument. It may be large: each worker of an executor gets it about once.
    arguments : sequence
        They may be on their way more than once.
    executor : concurrent.futures.Executor, optional
        Who takes the tasks; this process by default. If a worker dies and the executor can not go
        on, processes of this machine take what is left.

    Raises
    ------
    Exception
        Of the task, with a note that says for which argument.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from chirplib._common.executors import completed
    >>> dict(completed(abs, [-2, 3]))
    {0: 2, 1: 3}
    >>> with ThreadPoolExecutor(2) as executor:
    ...     sorted(completed(abs, [-2, 3], executor))
    [(0, 2), (1, 3)]
    """
    if executor is None:
        return _here(task, arguments)
    check_executor(executor)
    return _elsewhere(task, arguments, executor)


def check_executor(executor: Any) -> None:
    """Refuse what takes no tasks, unless it is None."""
    if executor is not None:
        check_callable("executor.submit", getattr(executor, "submit", None))


def _here(task, arguments):
    for k, argument in enumerate(arguments):
        with _noted(argument):
            result = task(argument)
        yield k, result


def _elsewhere(task, arguments, executor):
    bag, in_vain = _Bag(task, arguments), 0
    while bag.todo:
        left = len(bag.todo)
        try:
            yield from bag.completed(executor)
        except BrokenExecutor as error:
            in_vain = in_vain + 1 if len(bag.todo) == left else 0
            if in_vain == 2:  # it would only break again
                error.add_note(f"This was at one of {_shown([arguments[k] for k in bag.begun])}.")
                raise
            warnings.warn(
                f"a worker died, and {executor!r} can not go on: processes of this machine take "
                f"the {len(bag.todo)} tasks that are left",
                stacklevel=4,
            )
            executor = _processes(len(bag.todo))


@contextmanager
def own_processes(count: int) -> Iterator[Executor | None]:
    """Processes of one thread each on this machine, at most `count`; None where none may start.

    An interrupt ends what they are at: nobody waits for it.
    """
    executor = None if multiprocessing.current_process().daemon else _processes(count)
    try:
        yield executor
    except KeyboardInterrupt:
        if executor is not None:
            executor.shutdown(kill_workers=True)
        raise


def _processes(count):
    import loky  # here, as it takes a while, and other descents do without

    return loky.get_reusable_executor(max_workers=min(loky.cpu_count(), count), env=ONE_THREAD)


def workers(executor: Executor) -> int:
    """Number of tasks that an executor works at, as far as it says."""
    client = getattr(executor, "_client", None)  # of Dask
    if client is not None:
        return max(1, sum(client.nthreads().values()))
    return getattr(executor, "_max_workers", None) or os.cpu_count() or 1


class _Bag:
    """Tasks that are left, and those that an executor has begun."""

    def __init__(self, task, arguments):
        import cloudpickle  # here, as it takes a while

        self.arguments, self.todo = arguments, set(range(len(arguments)))
        self.task = cloudpickle.dumps(task)
        self.key = hashlib.sha256(self.task).hexdigest()
        self.begun = []

    def completed(self, executor):
        """Yield indices and results. Whatever ends that, tasks that wait are cancelled."""
        waiting, futures, results = sorted(self.todo, reverse=True), {}, 0
        count = workers(executor)
        with_task = 2 * count

        def submit(k, task):
            call = _Call(self.key, task, self.arguments[k], _this_process())
            futures[executor.submit(_take, call)] = k

        try:
            while waiting or futures:
                if results > IN_FLIGHT * count:  # there may be more workers by now
                    count, results = workers(executor), 0
                while waiting and len(futures) < IN_FLIGHT * count:
                    # The first ones bring the task to the workers.
                    submit(waiting.pop(), self.task if with_task > 0 else None)
                    with_task -= 1
                first = concurrent.futures.FIRST_COMPLETED
                for future in concurrent.futures.wait(list(futures), return_when=first).done:
                    self.begun = sorted(futures.values())
                    k = futures.pop(future)
                    with _noted(self.arguments[k]):
                        result = future.result()
                    if isinstance(result, _Unknown):
                        submit(k, self.task)
                    else:
                        results += 1
                        self.todo.remove(k)
                        yield k, result
        finally:
            for future in futures:
                future.cancel()


class _Call:
    """A task for a worker: by its name, or the task itself as well."""

    def __init__(self, key, task, argument, sender):
        self.key, self.task, self.argument, self.sender = key, task, argument, sender
        # Dask takes equal calls for one and the same, also one that was cancelled.
        self.token = uuid.uuid4().hex


class _Unknown:
    """A worker's answer to the name of a task that it does not have yet."""


_tasks = OrderedDict()
_identity = uuid.uuid4().hex


def _this_process():
    return f"{os.getpid()} {_identity}"  # a fork has the same identity, and another machine not


def _take(call):
    """What a worker does."""
    task = _tasks.get(call.key)
    if task is None:
        if call.task is None:
            return _Unknown()
        task = _tasks[call.key] = pickle.loads(call.task)
        while len(_tasks) > KEPT:
            _tasks.popitem(last=False)
    if call.sender != _this_process():
        torch.set_num_threads(1)  # the other cores have workers of their own
    return task(call.argument)


@contextmanager
def _noted(argument):
    """Let an exception say for which argument it was raised."""
    try:
        yield
    except BrokenExecutor:  # it says nothing of an argument
        raise
    except Exception as error:
        error.add_note(f"This was at {_shown(argument)}.")
        raise


def _shown(argument):
    if isinstance(argument, list):
        return [_shown(part) for part in argument]
    return argument.tolist() if hasattr(argument, "tolist") else argument
