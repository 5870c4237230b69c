"""Stores of metrics: what is in them, and what an interrupted one goes on with."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from chirplib import am_chirp
from chirplib.metric import datasets, jacobian, metric
from chirplib.metric.datasets import compute_metrics, open_metrics
from chirplib.representations import MultiscaleSpectrogram

THETA = torch.tensor(np.random.default_rng(0).uniform(1, 8, (11, 2)))
SETTINGS = {"n_fft": 64, "sr": 512}


def synth(theta):
    return am_chirp(64, *theta.T, duration=0.5, sr=512)


def representation(x):
    return MultiscaleSpectrogram((64,))(x)[0]


def energy(x):
    return x.square().sum(-1)


def compute(path, **change):
    given = {"representation": representation, "synth": synth, "theta": THETA}
    given |= {"settings": SETTINGS, "chunk_size": 3}
    return compute_metrics(path, **given | change)


def test_a_store_has_metrics_features_and_losses(tmp_path):
    found = compute(tmp_path / "store", features=True, loss=energy)
    J = jacobian(representation, synth, THETA)
    np.testing.assert_allclose(found.metric[:], metric(J), rtol=1e-12)
    np.testing.assert_allclose(found.features[:], representation(synth(THETA)).flatten(1))
    np.testing.assert_allclose(found.loss[:], energy(synth(THETA)))
    np.testing.assert_array_equal(found.theta[:], THETA)
    assert found.done.all() and found.done.shape == (11,) and found.settings == SETTINGS
    assert found.metric.shape == (11, 2, 2) and found.metric.dtype == np.float64
    plain = compute(tmp_path / "plain")
    assert plain.features is None and plain.loss is None


def test_reading_is_lazy(tmp_path):
    compute(tmp_path / "store", features=True)
    chunk = next((tmp_path / "store" / "features").rglob("c/1/*"))
    chunk.unlink()
    found = open_metrics(tmp_path / "store")  # nothing is read yet
    assert np.isfinite(found.features[0]).all() and np.isnan(found.features[3]).all()


def test_a_second_call_computes_what_is_left(tmp_path, monkeypatch):
    class Interrupting(datasets._Chunk):
        def __call__(self, theta):
            if theta[0].equal(THETA[6]):
                raise KeyboardInterrupt
            return super().__call__(theta)

    whole = compute(tmp_path / "whole")
    with monkeypatch.context() as patch, pytest.warns(UserWarning, match="after 6 of 11 sounds"):
        patch.setattr(datasets, "_Chunk", Interrupting)
        part = compute(tmp_path / "part")
    assert part.done.tolist() == [True] * 6 + [False] * 5
    assert np.isnan(part.metric[6:]).all()
    calls = []

    class Counting(datasets._Chunk):
        def __call__(self, theta):
            calls.append(len(theta))
            return super().__call__(theta)

    monkeypatch.setattr(datasets, "_Chunk", Counting)
    again = compute(tmp_path / "part")
    assert again.done.all() and calls == [1, 3, 2]  # one is computed again, as a check
    np.testing.assert_array_equal(again.metric[:], whole.metric[:])


def other_representation(x):
    return representation(x) * 1.01


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": SETTINGS | {"sr": 511}}, "store of the same settings"),
        ({"features": True}, "store of the same features"),
        ({"loss": energy}, "store of the same loss"),
        ({"chunk_size": 4}, "store of the same chunk_size"),
        ({"theta": THETA * 2}, "store of the same theta"),
        ({"theta": THETA[:10]}, "store of the same theta"),
        ({"representation": other_representation}, "representation, synth and loss must be"),
    ],
)
def test_a_store_of_something_else_is_refused(change, message, tmp_path):
    compute(tmp_path / "store")
    before = {path: path.read_bytes() for path in files(tmp_path)}
    with pytest.raises(ValueError, match=message):
        compute(tmp_path / "store", **change)
    assert before == {path: path.read_bytes() for path in files(tmp_path)}


def test_a_store_of_another_version_is_refused(tmp_path, monkeypatch):
    compute(tmp_path / "store")
    monkeypatch.setattr(datasets.importlib.metadata, "version", lambda name: "0.0.1")
    with pytest.raises(ValueError, match="same chirplib, '0.0.1', got one of"):
        compute(tmp_path / "store")


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_settings_must_be_those_of_json(tmp_path):
    with pytest.raises(TypeError, match="settings must hold what JSON has"):
        compute(tmp_path / "store", settings={"synth": synth})


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(ValueError, match="path must be that of a store"):
        open_metrics(tmp_path / "nothing")
    import zarr

    zarr.open_group(tmp_path / "other", mode="w")
    with pytest.raises(ValueError, match="path must be that of a store of metrics"):
        open_metrics(tmp_path / "other")


HALF_WRITER = """
import sys, time
sys.path.insert(0, {folder!r})
import test_datasets
from zarr.storage import LocalStore

# The last of some writes stops in its middle, and says so.
write, left = LocalStore.set, [{writes}]
async def half(self, key, value, *arguments, **options):
    if "metric/c" in key:
        left[0] -= 1
        if not left[0]:
            data = value.to_bytes()
            path = self.root / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data[: len(data) // 2])
            print("half of it is written", flush=True)
            time.sleep(600)
    await write(self, key, value, *arguments, **options)
LocalStore.set = half
test_datasets.compute({path!r})
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
@pytest.mark.parametrize("writes", [1, 4])
def test_a_chunk_that_is_half_written_is_computed_again(writes, tmp_path):
    """A process is killed in the middle of a write, with half of the bytes in the file."""
    path = tmp_path / "store"
    program = HALF_WRITER.format(folder=str(Path(__file__).parent), writes=writes, path=str(path))
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "half of it is written\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert (path / "metric" / "c" / str(writes - 1) / "0" / "0").stat().st_size > 0
    assert open_metrics(path).done.tolist() == [k < 3 * (writes - 1) for k in range(11)]
    again, whole = compute(path), compute(tmp_path / "whole")
    assert again.done.all()
    np.testing.assert_array_equal(again.metric[:], whole.metric[:])


def test_attributes_say_what_it_was_made_with(tmp_path):
    compute(tmp_path / "store")
    attributes = json.loads((tmp_path / "store" / "zarr.json").read_text())["attributes"]
    assert attributes["given"]["settings"] == SETTINGS
    assert set(attributes["versions"]) == {"torch", "numpy"}
