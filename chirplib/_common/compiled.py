"""What is compiled, and where that is kept; and what is not.

Numba compiles the kernels of the scattering transform, and parts of librosa. PyTorch's compilers
would find nothing in these that they can read.
"""

import atexit
import functools
import logging
import os
import shutil
import sys
import tempfile
import types
import warnings
from collections.abc import Callable

LOGGER = logging.getLogger("chirplib")


def can_keep(path: str) -> bool:
    """Whether Numba can keep on disk what it compiles of a Python file.

    Numba writes beside the file, or else into the cache folder of the user. Where it can do
    neither, it would refuse to compile what is to be kept. Then a temporary folder is made, for
    this process and those that it starts, and a warning names it. If there is no place for that
    either, compiled code must live in memory.

    Parameters
    ----------
    path : str
        Path of the file.

    Examples
    --------
    >>> from chirplib._common.compiled import can_keep
    >>> can_keep(__file__)
    True
    """
    import numba  # here, as it takes a while

    def has_place():
        # Numba looks for a place where a function is decorated, by the file that it stands in.
        code = (lambda: None).__code__.replace(co_filename=path)
        try:
            numba.njit(cache=True)(types.FunctionType(code, {}))
        except RuntimeError:
            return False
        return True

    if has_place():
        return True
    try:
        folder = tempfile.mkdtemp(prefix="numba-")
    except OSError:
        warnings.warn(
            f"Numba can write neither beside {path} nor anywhere else: what it compiles stays in "
            "memory, and each process compiles it again. Set NUMBA_CACHE_DIR to a folder that can "
            "be written, to keep it",
            stacklevel=2,
        )
        return False
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = numba.config.CACHE_DIR = folder
    warnings.warn(
        f"Numba can not write beside {path}, nor into the cache folder of the user: what it "
        f"compiles is kept in {folder} until this process ends. Set NUMBA_CACHE_DIR to a folder "
        "that can be written, to keep it longer",
        stacklevel=2,
    )
    return has_place()


def kernel(path: str, **options) -> Callable:
    """Decorator for the compiled functions of a Python file, which say so when they are compiled.

    They release Python's lock, and what is compiled is kept on disk, if there is a place, until the
    file changes. The logger ``chirplib`` has a line, at the level INFO, for each that is compiled.

    Parameters
    ----------
    path : str
        Path of the file.
    **options
        Of ``numba.njit``.
    """
    import numba  # here, as it takes a while
    from numba.core import event

    class Notice(event.Listener):
        def on_start(self, event):
            function = event.data["dispatcher"].py_func
            if function.__code__.co_filename == path:
                LOGGER.info("compiling %s.%s", function.__module__, function.__name__)

        def on_end(self, event):
            pass

    event.register("numba:compile", Notice())
    return numba.njit(nogil=True, cache=can_keep(path), **options)


def import_librosa() -> types.ModuleType:
    """The package librosa, parts of which Numba compiles and keeps."""
    import librosa  # here, so that who needs no picture needs no librosa

    with warnings.catch_warnings():
        # librosa loads it when it is first used. In a notebook it then asks for widgets, which
        # only its downloads would show.
        warnings.filterwarnings("ignore", "IProgress not found")
        import pooch  # noqa: F401
    can_keep(librosa.__file__)
    return librosa


def uncompiled(function: Callable) -> Callable:
    """A function that `torch.compile` calls as it is.

    The decorator of PyTorch for this takes seconds to import, also for those who compile nothing.
    """

    @functools.wraps(function)
    def called(*args, **options):
        dynamo = sys.modules.get("torch._dynamo")  # there if anything is compiled
        return (dynamo.disable(function) if dynamo else function)(*args, **options)

    return called


class Unscripted:
    """A module that can not be scripted, and says so."""

    def __prepare_scriptable__(self):
        """What `torch.jit.script` calls first."""
        raise RuntimeError(f"{type(self).__name__} can not be scripted: see torch.compile instead")
