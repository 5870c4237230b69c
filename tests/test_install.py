"""The package alone, without what figures, pages and tests need."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OTHERS = {"IPython", "librosa", "matplotlib", "pandas"}

# A loss, its gradient, a landscape and a descent, with both losses of the chapter.
SCRIPT = """
import importlib.util
import sys

import numpy as np
import torch

import chirplib
from chirplib import MultiscaleSpectralLoss, TimeFrequencyScatteringLoss, am_chirp

site, *others = sys.argv[1:]
assert chirplib.__file__.startswith(site), chirplib.__file__
assert not [name for name in others if importlib.util.find_spec(name)]


def synth(theta):
    return am_chirp(512, *theta.T, duration=0.5)


y = am_chirp(512, 8, 1, duration=0.5)
axes = np.array([6.0, 8.0]), np.array([1.0, 1.5])
mss = MultiscaleSpectralLoss((256, 64))
jtfs = TimeFrequencyScatteringLoss(J=8, J_fr=3, Q=8, shape=len(y))
for loss in (mss.to_target(y), jtfs.to_target(y)):
    x = synth(torch.tensor([[6.0, 1.5]])).requires_grad_()
    (gradient,) = torch.autograd.grad(loss(x).sum(), x)
    assert gradient.isfinite().all() and gradient.any()

    surface = chirplib.landscape(loss, synth, axes, (8, 1))
    assert surface.minimum.tolist() == [8.0, 1.0]

    descent = chirplib.match(loss, synth, (7.5, 1.1), max_steps=2)
    assert descent.losses.min() < descent.losses[0]
print("found no fault")
"""


def run(*command, **options):
    # What tells the current Python where its packages are must not tell another one.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, capture_output=True, text=True, env=ours, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_package_is_imported_without_what_only_figures_and_pages_need():
    code = "import sys, chirplib; print(*sys.modules)"
    # Numba and loky are needed, but take a while: they are loaded at the first use.
    assert not (OTHERS | {"loky", "numba", "psutil"}) & set(run(sys.executable, "-c", code).split())


@pytest.mark.parametrize("index", ["", "https://download.pytorch.org/whl/cpu"])
def test_make_says_how_to_leave_cuda_out_before_it_installs(tmp_path, index):
    if (
        sys.platform != "linux"
        or Path("/proc/driver/nvidia").exists()
        or shutil.which("nvidia-smi")
    ):
        pytest.skip("there is nothing to leave out")
    pins = "requirements.txt", "requirements-recordings.txt"
    for name in ("Makefile", "pyproject.toml", *pins):
        shutil.copy(ROOT / name, tmp_path)
    # A Python that makes no environment: nothing can be downloaded.
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "ran: $*"\n[ "$1" = -c ]\n')
    python.chmod(0o755)
    environment = {**os.environ, "PIP_EXTRA_INDEX_URL": index, "MAKEFLAGS": ""}
    command = ["make", f"PYTHON={python}", ".venv/installed"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    before, _, _ = done.stdout.partition("ran: -m venv")
    assert ("export PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu" in before) == (
        not index
    )


@pytest.mark.slow
def test_the_package_works_where_nothing_else_is_installed(tmp_path):
    source, dist, venv = tmp_path / "source", tmp_path / "dist", tmp_path / "venv"
    source.mkdir()
    shutil.copytree(
        ROOT / "chirplib", source / "chirplib", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist, source]
    run(*build, cwd=tmp_path)
    (wheel,) = dist.glob("*.whl")

    # In the versions that are installed here.
    here = tmp_path / "constraints.txt"
    here.write_text(run(sys.executable, "-m", "pip", "freeze", "--exclude-editable"))
    run(sys.executable, "-m", "venv", venv)
    python = venv / "bin" / "python"
    run(python, "-m", "pip", "install", "-c", here, wheel, cwd=tmp_path)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    assert (Path(site) / "chirplib" / "py.typed").exists()
    assert (Path(site) / "chirplib" / "hear" / "hear.js").exists()
    assert "no fault" in run(python, "-c", SCRIPT, site, *OTHERS, cwd=tmp_path)
