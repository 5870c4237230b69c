import os
import subprocess
import sys

import pytest

from chirplib import quick


@pytest.mark.parametrize(("value", "on"), [(None, False), ("", False), ("0", False), ("1", True)])
def test_quick_is_read_from_the_environment(value, on):
    environment = {k: v for k, v in os.environ.items() if k != "QUICK"}
    if value is not None:
        environment["QUICK"] = value
    code = "from chirplib.quick import QUICK; print(QUICK)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(on)


def test_a_page_says_that_it_is_quick(monkeypatch):
    monkeypatch.setattr(quick, "QUICK", False)
    assert quick.quick_note() is None
    monkeypatch.setattr(quick, "QUICK", True)
    assert "QUICK=1" in quick.quick_note().data
