import subprocess
import sys

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from chirplib import (
    MultiscaleSpectralLoss,
    TimeFrequencyScattering,
    TimeFrequencyScatteringLoss,
    am_chirp,
)

# What the program does, and which folders it is told to be unable to write to.
WITHOUT_PLACE = """
import os, sys, tempfile, warnings
from numba.core import caching

ensure = caching._CacheLocator.ensure_cache_path

def refuse(self):
    if not self.get_cache_path().startswith(f"{tempfile.gettempdir()}/numba-"):
        raise OSError("read-only")
    ensure(self)

caching._CacheLocator.ensure_cache_path = refuse
if not TEMPORARY:
    def no_folder(*args, **options):
        raise FileNotFoundError("No usable temporary directory found")
    tempfile.mkdtemp = no_folder

import numpy as np
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    DO
texts = [str(w.message) for w in caught if "Numba" in str(w.message)]
print(len(texts), os.environ.get("NUMBA_CACHE_DIR", "") in texts[0] if texts else None)
"""
USES = {
    "package": "import chirplib; from chirplib import am_chirp; am_chirp(512, 4, 2.0)",
    "scattering": "from chirplib.scattering import kernels; "
    "kernels.modulus(np.ones((3, 2)), np.zeros(3))",
    "CQT": "import torch; from chirplib.representations import cqt; cqt(torch.ones(1, 4096))",
}


@pytest.mark.parametrize(
    ("use", "temporary"),
    [
        ("package", False),
        ("scattering", True),
        pytest.param("scattering", False, marks=pytest.mark.slow),
        pytest.param("CQT", True, marks=pytest.mark.slow),  # without any, librosa refuses itself
    ],
)
def test_nothing_needs_a_folder_that_can_be_written(use, temporary, tmp_path):
    program = WITHOUT_PLACE.replace("TEMPORARY", str(temporary)).replace("DO", USES[use])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == (["0", "None"] if use == "package" else ["1", "True"])


KERNEL = """
from chirplib._common.compiled import kernel

@kernel(__file__)
def add(x):
    return x + SUMMAND
"""


def test_what_is_compiled_says_so_and_is_kept_until_the_file_changes(tmp_path):
    program = (
        "import logging, sys; logging.basicConfig(level=logging.INFO, stream=sys.stdout);"
        "import added; print(added.add(1.0))"
    )
    for summand, compiles in ((10, True), (10, False), (200, True)):
        if compiles:
            (tmp_path / "added.py").write_text(KERNEL.replace("SUMMAND", str(summand)))
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path
        )
        said = ["INFO:chirplib:compiling added.add"] if compiles else []
        assert done.stdout.splitlines() == [*said, f"{1.0 + summand}"], done.stderr


SETTINGS = dict(J=6, J_fr=2, Q=4, shape=512, F=0)
X = torch.randn(2, 512, generator=torch.Generator().manual_seed(0))
CALLS = {
    "transform": (TimeFrequencyScattering(**SETTINGS), (X[0],)),
    "JTFS": (TimeFrequencyScatteringLoss(**SETTINGS), tuple(X)),
    "MSS": (MultiscaleSpectralLoss((64,)), tuple(X)),
    "am_chirp": (lambda f_m: am_chirp(512, f_m, 1.0, duration=0.5), (torch.tensor(4.0),)),
}
RECORDERS = {
    "export": lambda function, args: torch.export.export(Module(function), args),
    "trace": lambda function, args: torch.jit.trace(function, args),
    "make_fx": lambda function, args: make_fx(function)(*args),
}


class Module(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *args):
        return self.function(*args)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of PyTorch, of its own functions
@pytest.mark.parametrize("recorder", RECORDERS)
@pytest.mark.parametrize("name", CALLS)
def test_what_would_be_recorded_is_refused(name, recorder):
    with pytest.raises(RuntimeError, match="can not be traced: torch.export, torch.jit.trace"):
        RECORDERS[recorder](*CALLS[name])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ["transform", "JTFS", "MSS"])
def test_what_would_be_scripted_is_refused(name):
    with pytest.raises(RuntimeError, match="can not be scripted"):
        torch.jit.script(CALLS[name][0])


@pytest.mark.slow
def test_compiled_by_torch_the_losses_are_the_same(recwarn, caplog):
    for name in ("transform", "JTFS", "MSS"):
        function, args = CALLS[name]
        x, *others = (z.clone().requires_grad_() for z in args)
        compiled = torch.compile(function)(x, *others)
        plain = function(x, *others)
        torch.testing.assert_close(compiled, plain)
        gradients = [torch.autograd.grad(value.sum(), x)[0] for value in (compiled, plain)]
        torch.testing.assert_close(*gradients)
        compiled = torch.compile(function)
        for batch in range(1, 12):  # each size would be compiled anew, until PyTorch warns
            compiled(*(z.expand(batch, -1) for z in args))
    said = [str(warning.message) for warning in recwarn] + [r.getMessage() for r in caplog.records]
    assert not [text for text in said if "does not know" in text or "recompile_limit" in text]
