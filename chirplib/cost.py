"""What a loss and its gradient cost in time and memory, measured in a process of its own."""

import importlib
import math
import pickle
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from chirplib._common.validation import check_choice, check_integer
from chirplib.losses import MultiscaleSpectralLoss, TimeFrequencyScatteringLoss
from chirplib.synths.chirp import am_chirp

_LOSSES = {"MSS": MultiscaleSpectralLoss, "JTFS": TimeFrequencyScatteringLoss}


@dataclass(frozen=True)
class Cost:
    """What one loss and its gradient cost, as `gradient_cost` measures it.

    Attributes
    ----------
    seconds : float
        Median wall time of a loss and its gradient with respect to the sound.
    peak : int
        Largest memory that the process ever held, in bytes: Python and PyTorch among it.
    growth : int
        `peak` less the largest memory held before the loss was built, in bytes.
    """

    seconds: float
    peak: int
    growth: int


def gradient_cost(name: str, *, runs: int = 5, **settings) -> Cost:
    """Time and memory of a loss of one chirp of 2 ** 15 samples, and of its gradient.

    A new Python process builds the loss with a fixed target, computes it and its gradient once
    to warm up, and then measures `runs` times. The threads are as many as in this process.

    Parameters
    ----------
    name : {'MSS', 'JTFS'}
        `.MultiscaleSpectralLoss` or `.TimeFrequencyScatteringLoss`.
    runs : int, default 5
        Number of runs that the median is taken of.
    **settings
        Settings of the loss.

    Returns
    -------
    Cost

    Raises
    ------
    ValueError
        If `name` is none of the losses, `runs` is less than 1, or the loss refuses `settings`.
    TypeError
        If an argument is of the wrong type.

    Examples
    --------
    >>> from chirplib.cost import gradient_cost
    >>> cost = gradient_cost("MSS", runs=1, n_ffts=(64,))
    >>> cost.seconds > 0, cost.peak > cost.growth > 0
    (True, True)
    """
    check_choice("name", name, _LOSSES)
    check_integer("runs", runs, low=1)
    for key, value in settings.items():
        try:
            pickle.dumps(value)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise TypeError(f"{key} must be able to go to another process: {error}") from None
    _LOSSES[name](**settings)  # what it refuses is said here
    from loky import ProcessPoolExecutor  # here, as it takes a while

    # A process that is forked would start with the memory, and the peak, of this one. Those of loky
    # start from nothing, and leave the main script, which may have no guard, alone.
    with ProcessPoolExecutor(max_workers=1) as pool:
        return pool.submit(_measure, name, settings, runs, torch.get_num_threads()).result()


def _measure(name, settings, runs, threads):
    """The `Cost`, in the process that is to be measured."""
    torch.set_num_threads(threads)
    y, x = am_chirp(512, 8.3, 1.5), am_chirp(512, 6.0, 1.0).requires_grad_()
    if name == "JTFS":
        importlib.import_module("chirplib.scattering.cpu_ops")  # else Numba would count as growth
    before = peak_memory()
    loss = _LOSSES[name](**settings).to_target(y)
    seconds = []
    for _ in range(runs + 1):  # the first pays for what is made once
        began = time.perf_counter()
        torch.autograd.grad(loss(x), x)
        seconds.append(time.perf_counter() - began)
    peak = peak_memory()
    return Cost(statistics.median(seconds[1:]), peak, peak - before)


def peak_memory(pid: int | None = None) -> float:
    """Largest memory that a process ever held, in bytes.

    Parameters
    ----------
    pid : int, optional
        Number of the process; by default this one. NaN for another where the system is not Linux,
        which alone tells.

    Examples
    --------
    >>> from chirplib.cost import peak_memory
    >>> peak_memory() > 10**7
    True
    """
    if pid is not None:
        check_integer("pid", pid, low=1)
    status = Path(f"/proc/{pid or 'self'}/status")
    if status.exists():
        # The peak of its resource usage would not do: a process that is started by another
        # inherits that of the other.
        (line,) = (row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
        return 1024 * int(line.split()[1])
    if pid is not None:
        return math.nan
    try:
        import resource
    except ModuleNotFoundError:  # Windows, which has a count of its own
        import psutil

        return getattr(psutil.Process().memory_info(), "peak_wset", math.nan)
    kilobyte = 1 if sys.platform == "darwin" else 1024  # macOS counts in bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilobyte
