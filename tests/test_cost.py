import subprocess
import sys
from pathlib import Path

import pytest
import torch

from chirplib.cost import gradient_cost, peak_memory

JTFS = {"J": 10, "J_fr": 3, "Q": (4, 1), "T": 2**12, "F": 0, "rates": (3, 40), "sr": 2**13}
JTFS["shape"] = 2**15


def test_the_growth_is_what_a_loss_needs_whatever_is_held_here():
    """What this process holds, or held before, does not count. A JTFS needs more than a window."""
    ballast = torch.ones(3 * 2**27)  # 1.5 GiB
    window = gradient_cost("MSS", runs=1, n_ffts=(64,))
    jtfs = gradient_cost("JTFS", runs=1, **JTFS)
    assert 0 < window.growth < jtfs.growth < jtfs.peak < 4 * len(ballast)
    assert peak_memory() > 4 * len(ballast) and window.seconds > 0


@pytest.mark.parametrize(
    ("name", "settings", "error", "message"),
    [
        ("mss", {}, ValueError, "name must be one of .*'MSS', 'JTFS'.* got 'mss'"),
        ("MSS", {"runs": 0}, ValueError, "runs must be at least 1, got 0"),
        ("MSS", {"n_ffts": ()}, ValueError, "n_ffts must have at least one"),
    ],
)
def test_bad_arguments_are_refused(name, settings, error, message):
    with pytest.raises(error, match=message):
        gradient_cost(name, **settings)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells")
def test_the_peak_of_a_child_is_its_own():
    """Not that of this process, which a child inherits in its resource usage."""
    ballast = torch.ones(2**28)  # 1 GiB
    code = "import sys; print(flush=True); sys.stdin.readline()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as child:
        child.stdout.readline()
        assert 10**6 < peak_memory(child.pid) < 10**8 < 4 * len(ballast) < peak_memory()
        child.stdin.write("\n")


def test_a_script_needs_no_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from chirplib.cost import gradient_cost\n"
        "print(gradient_cost('MSS', runs=1, n_ffts=(64,)).seconds > 0)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr


def test_settings_that_can_not_go_to_a_process_are_refused():
    with pytest.raises(TypeError, match="n_ffts must be able to go to another process"):
        gradient_cost("MSS", n_ffts=(n for n in (64, 32)))


def test_the_peak_needs_no_module_that_some_systems_lack(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setattr(Path, "exists", lambda self: False)
    assert not peak_memory() <= 0  # NaN where there is no other count
