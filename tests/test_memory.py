import subprocess
import sys
import types

import psutil
import pytest
import torch

from chirplib import MultiscaleSpectralLoss, TimeFrequencyScattering, am_chirp
from chirplib._common import memory as _memory
from chirplib._common.memory import check_memory, free_memory
from chirplib.metric import jacobian
from chirplib.representations import cqt
from chirplib.synths.ripple import ripple

LONG = dict(J=8, J_fr=3, Q=(8, 1), shape=100_000)
SMALL = dict(J=6, J_fr=2, Q=4, shape=512, F=0)


@pytest.fixture
def machine(monkeypatch):
    """Says how much memory the machine has left."""

    def has(size):
        monkeypatch.setattr(_memory, "SMALL", 0)
        monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=size))

    return has


def test_filters_of_a_long_sound_are_refused_before_they_are_made(machine):
    machine(2e8)
    with pytest.raises(MemoryError, match=r"needs about 0\.2 GB .* 0\.2 GB are free: .* larger"):
        TimeFrequencyScattering(**LONG | dict(shape=10**6))


def test_what_does_not_fit_says_what_would(machine):
    jtfs, theta = TimeFrequencyScattering(**SMALL), torch.full((100, 2), 4.0)
    calls = {
        "fewer sounds at a time": lambda: jtfs(torch.randn(64, 512)),
        "fewer sounds": lambda: MultiscaleSpectralLoss((256,))(*torch.randn(2, 64, 2048)),
        "shorter duration": lambda: am_chirp(512, torch.full((64,), 4.0), 2.0),
        "fewer partials": lambda: ripple(4.0, 1.0, 0.5),
        "take fewer": lambda: cqt(torch.randn(64, 4096)),
        "fewer theta": lambda: jacobian(lambda x: x.expand(10, 2), lambda t: t, theta),
    }
    machine(10_000)
    for remedy, call in calls.items():
        with pytest.raises(MemoryError, match=f"needs about .* GB are free: .*{remedy}"):
            call()


def test_estimates_are_near_what_is_taken():
    """The memory of a process that computes a transform and its gradient, in a new process."""
    program = f"""
import torch
from chirplib import TimeFrequencyScattering
from chirplib.cost import peak_memory
from chirplib.scattering import cpu_ops, memory, transform
sizes = []
transform.check_memory = lambda what, size, remedy: sizes.append(size)
settings = {LONG}
before = peak_memory()
jtfs = TimeFrequencyScattering(**settings)
built = peak_memory() - before
x = torch.randn(4, jtfs.n_samples, requires_grad=True)
torch.autograd.grad(jtfs(x).sum(), x)
print(built / sizes[0], (peak_memory() - before) / sum(sizes))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    built, called = map(float, done.stdout.split())
    assert 0.5 < built < 1.5 and 0.5 < called < 1.5


def test_the_limit_of_a_container_counts(tmp_path):
    for name, text in {"limit": "1000", "use": "900", "memory.stat": "cache 50\nanon 9"}.items():
        (tmp_path / name).write_text(text)
    assert _memory._left(tmp_path, ("limit", "use", "cache")) == 150
    (tmp_path / "limit").write_text("max")
    assert _memory._left(tmp_path, ("limit", "use", "cache")) == float("inf")


def test_the_limit_of_a_process_counts():
    resource = pytest.importorskip("resource")

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (2 * 10**9, 2 * 10**9))

    program = "from chirplib._common.memory import free_memory; print(free_memory())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, preexec_fn=limit
    )
    assert done.returncode == 0, done.stderr
    assert 0 <= float(done.stdout) < min(2e9, free_memory())


def test_what_is_small_is_not_looked_at(machine, monkeypatch):
    machine(0)
    monkeypatch.setattr(_memory, "SMALL", 100)
    check_memory("a little", 99, "nothing")
    with pytest.raises(MemoryError, match="a little more needs .*: less"):
        check_memory("a little more", 100, "less")
