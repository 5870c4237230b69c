import subprocess
import sys

import pytest

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
        ("scattering", False),
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
