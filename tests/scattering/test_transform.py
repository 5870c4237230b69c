import copy
import json
import multiprocessing
import os
import pickle
import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from reference_jtfs import reference_jtfs
from threadpoolctl import ThreadpoolController

from chirplib import TimeFrequencyScattering, am_chirp
from chirplib._common import threads
from chirplib.scattering import cpu_ops, kernels, network, torch_ops
from chirplib.scattering.filters import SpectrumAverage, Subbands
from chirplib.scattering.wavelets import TemporalAverage, wavelet_bank

DATA = Path(__file__).parent / "data"
ARRAYS = np.load(DATA / "kymatio_jtfs.npz")
SETTINGS = json.loads((DATA / "kymatio_jtfs.json").read_text())
# Kymatio's filters of spin -1 are not quite the mirror images of those of spin +1 here.
SPINS_DIFFER = ("default", "joint", "odd_length", "short_T")
SMALL = {"J": 6, "J_fr": 2, "Q": (4, 1), "shape": 512}


def transform(name):
    settings = {k: v for k, v in SETTINGS[name].items() if k not in ("x", "path_keys")}
    return TimeFrequencyScattering(**{**settings, "Q": tuple(settings["Q"])})


def gradient(jtfs, x):
    x = x.clone().requires_grad_()
    (0.5 * jtfs(x).square().sum()).backward()
    return x.grad


def distance(a, b):
    """Relative Euclidean distance, in double precision."""
    a, b = torch.as_tensor(a).double(), torch.as_tensor(b).double()
    assert a.shape == b.shape
    return ((a - b).norm() / b.norm()).item()


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_coefficients_agree_with_kymatio(name, dtype):
    S = transform(name)(torch.tensor(ARRAYS[f"{name}/x"], dtype=dtype))
    assert S.dtype == dtype
    exact = dtype == torch.float64 and name not in SPINS_DIFFER
    # Kymatio sums also over rows that hear nothing but the rounding of their filters.
    tolerance = 1e-7 if name == "global_both" else 1e-12
    assert distance(S, ARRAYS[f"{name}/S"]) < (tolerance if exact else 5e-6)


@pytest.mark.parametrize("name", SETTINGS)
def test_gradients_agree_with_kymatio(name):
    jtfs, x = transform(name), torch.tensor(ARRAYS[f"{name}/x"])
    actual = gradient(jtfs, x)
    tolerance = 1e-5 if name in SPINS_DIFFER else 1e-8
    if name == "global_both":
        # Half of the responses to this sound are rounding errors, and the gradient of a modulus
        # depends on their phases. So the gradient is known only as well as it is stable: we
        # measure by how much it changes if the sound changes by a unit in the last place.
        nearest = torch.nextafter(x, 2 * x)
        instability = distance(gradient(jtfs, nearest), actual)
        assert instability > 1e-5
        tolerance = 3 * instability
    assert distance(actual, ARRAYS[f"{name}/grad"]) < tolerance


@pytest.mark.parametrize("name", ["default", "no_frequency_averaging", "joint", "odd_length"])
def test_gradients_agree_with_kymatio_in_single_precision(name):
    x = torch.tensor(ARRAYS[f"{name}/x"], dtype=torch.float32)
    assert distance(gradient(transform(name), x), ARRAYS[f"{name}/grad"]) < 1e-5


@pytest.mark.parametrize("name", SETTINGS)
def test_meta_names_the_rows_of_kymatio(name):
    jtfs = transform(name)
    meta = jtfs.meta()
    joint = jtfs.format == "joint"
    keys = []
    for order, n1, n2, n_fr in zip(
        *(meta[k].tolist() for k in ("order", "n1", "n2", "n_fr")), strict=True
    ):
        n1 = max(n1, 0)  # Kymatio writes 0 for a sum over all bands
        second = [n2, n_fr] if order == 2 else [n_fr] * (order == 1)
        keys.append(second if joint or order == 0 else [n1, *second])
    assert keys == SETTINGS[name]["path_keys"][joint:]


def test_meta_describes_the_filters():
    jtfs = TimeFrequencyScattering(**SMALL, Q_fr=2, F=0)
    meta = jtfs.meta()
    S = jtfs(torch.randn(512))
    assert all(len(column) == len(S) for column in meta.values())
    first, second = meta["order"] == 1, meta["order"] == 2
    assert np.isnan(meta["xi"][first, 1]).all() and not np.isnan(meta["xi"][second]).any()
    assert (meta["spin"][first] >= 0).all() and set(meta["spin"][second]) == {-1, 0, 1}
    np.testing.assert_array_equal(meta["rate"][second], meta["xi"][second, 1])
    np.testing.assert_allclose(meta["scale"][second], 4 * np.abs(meta["xi_fr"][second]))


def test_a_row_answers_to_its_own_band():
    """A steady tone is strongest in the rows of order 1 at its band."""
    jtfs = TimeFrequencyScattering(J=8, J_fr=2, Q=(8, 1), shape=4096, F=0)
    meta = jtfs.meta()
    for n1 in (12, 20, 32):
        tone = torch.cos(2 * torch.pi * jtfs.psi1[n1].xi * torch.arange(4096))
        rows = np.flatnonzero((meta["order"] == 1) & (meta["n_fr"] == 1))
        S = jtfs(tone).mean(dim=-1)[rows]
        assert abs(meta["n1"][rows[S.argmax()]] - n1) <= 1


def test_spin_is_the_direction_of_a_chirp():
    jtfs = TimeFrequencyScattering(J=9, J_fr=3, Q=(8, 1), shape=2**13, F=0)
    spin = torch.tensor(jtfs.meta()["spin"])
    order = torch.tensor(jtfs.meta()["order"])
    up = am_chirp(512, 4, 4.0, duration=1.0)
    for x, sign in ((up, 1), (up.flip(-1), -1)):
        energy = jtfs(x).square().sum(dim=-1)
        ratio = energy[(spin == 1) & (order == 2)].sum() / energy[(spin == -1) & (order == 2)].sum()
        assert sign * torch.log(ratio) > 1


@pytest.mark.parametrize("T", [None, 1, 2, 8, 40, 64, 300, "global"])
@pytest.mark.parametrize("F", [None, 0, 1, 2, 3, "global"])
def test_agrees_with_the_reference(T, F):
    x = torch.randn(500, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    settings = {"J": 6, "J_fr": 2, "Q": (4, 2), "Q_fr": 2, "T": T, "F": F}
    S = TimeFrequencyScattering(**settings, shape=500)(x)
    assert distance(S, reference_jtfs(x.numpy(), **settings)) < 1e-8


def test_averages_over_more_bands_than_the_wavelets_agree_with_the_reference():
    x = torch.randn(500, dtype=torch.float64)
    settings = {"J": 7, "J_fr": 2, "Q": (4, 1), "F": 8}
    S = TimeFrequencyScattering(**settings, shape=500)(x)
    assert distance(S, reference_jtfs(x.numpy(), **settings)) < 1e-8


@pytest.mark.parametrize("settings", [SMALL, {**SMALL, "T": "global", "F": "global"}])
def test_gradient_agrees_with_finite_differences(settings):
    jtfs = TimeFrequencyScattering(**settings)
    x = torch.randn(2, 512, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(jtfs, x, fast_mode=True)


@pytest.mark.parametrize("format", ["time", "joint"])
def test_batch_equals_loop(format):
    jtfs = TimeFrequencyScattering(**SMALL, format=format)
    x = torch.randn(2, 3, 512)
    S = jtfs(x)
    for i in range(2):
        for k in range(3):
            torch.testing.assert_close(S[i, k], jtfs(x[i, k]))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_threads_do_not_matter(count):
    jtfs = TimeFrequencyScattering(**SMALL, F=0)
    whole = results(jtfs)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(count)
        torch.testing.assert_close(results(jtfs), whole)
        # Nor in a thread that is yet to begin: each has a number of its own.
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == count
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("frames", [1, 5, 10**6])
@pytest.mark.parametrize("filters", [1, 7, 10**6])
def test_blocks_do_not_matter(monkeypatch, frames, filters):
    jtfs = TimeFrequencyScattering(**SMALL, F=0)
    whole = results(jtfs)
    # Not compiled: Numba takes constants as they are when it compiles.
    for name, value in vars(kernels).copy().items():
        if hasattr(value, "py_func"):
            monkeypatch.setattr(kernels, name, value.py_func)
    monkeypatch.setattr(kernels, "FRAMES", frames)
    monkeypatch.setattr(kernels, "FILTERS", filters)
    monkeypatch.setattr(kernels, "SMALL_PRODUCT", 10**12)
    torch.testing.assert_close(results(jtfs), whole)


def test_batches_of_bands_do_not_matter(monkeypatch):
    whole = results(TimeFrequencyScattering(**SMALL, F=0))
    monkeypatch.setattr(network, "BATCH_SIZE", 1)
    torch.testing.assert_close(results(TimeFrequencyScattering(**SMALL, F=0)), whole)


def test_a_failure_leaves_the_number_of_threads():
    def fail(_):
        raise KeyError

    blas = ThreadpoolController().select(user_api="blas")
    before = blas.info()
    with pytest.raises(KeyError):
        threads.run(fail, range(3))
    assert blas.info() == before
    assert threads.run(abs, [-1, 2]) == [1, 2]


@pytest.mark.parametrize("size", [1, 10_000, 2**30])
def test_other_devices_compute_the_same(monkeypatch, size):
    """As on other devices, in blocks of one frame, of a few, and of all."""
    jtfs = TimeFrequencyScattering(**SMALL, F=0)
    whole = results(jtfs)
    monkeypatch.setattr(torch_ops, "BLOCK_SIZE", size)
    monkeypatch.setattr(jtfs, "_averages", partial(torch_ops.averages, jtfs.network))
    torch.testing.assert_close(results(jtfs), whole)


def results(jtfs):
    """Values, gradient and two tangents at three sounds."""
    generator = torch.Generator().manual_seed(1)
    x, *directions = torch.randn(3, 3, 512, dtype=torch.float64, generator=generator)

    def along(theta):
        return jtfs(x + theta[0] * directions[0] + theta[1] * directions[1])

    tangents = torch.func.jacfwd(along)(torch.zeros(2, dtype=torch.float64))
    return jtfs(x), gradient(jtfs, x), tangents


def test_several_callers_do_not_disturb_each_other():
    jtfs = TimeFrequencyScattering(**SMALL)
    x = torch.randn(16, 512)
    with ThreadPoolExecutor(4) as pool:
        S = torch.stack(list(pool.map(jtfs, x)))
    torch.testing.assert_close(S, jtfs(x))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_computes_by_itself():
    jtfs = TimeFrequencyScattering(**SMALL)
    x = torch.randn(512)
    S = jtfs(x)
    # With one thread, like the workers of a DataLoader: PyTorch itself needs that after a fork.
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, fork, torch.set_num_threads, (1,)) as pool:
        torch.testing.assert_close(pool.submit(jtfs, x).result(timeout=60), S)


class Scattered(torch.utils.data.Dataset):
    """Coefficients, and the number of threads that they were computed in."""

    def __init__(self, jtfs, x):
        self.jtfs, self.x = jtfs, x

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.jtfs(self.x[index]), torch.get_num_threads()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_workers_of_a_data_loader_compute_in_one_thread_each():
    jtfs = TimeFrequencyScattering(**SMALL)
    x = torch.randn(6, 512)
    loader = torch.utils.data.DataLoader(
        Scattered(jtfs, x), batch_size=2, num_workers=2, multiprocessing_context="fork"
    )
    S, threads = zip(*loader, strict=True)
    torch.testing.assert_close(torch.cat(S), jtfs(x))
    assert torch.cat(threads).eq(1).all()


def test_is_homogeneous():
    jtfs = TimeFrequencyScattering(**SMALL, F=0)
    x = torch.randn(512)
    torch.testing.assert_close(jtfs(-2 * x)[1:], 2 * jtfs(x)[1:])


def test_sum_over_time_ignores_a_shift():
    jtfs = TimeFrequencyScattering(J=6, J_fr=2, Q=4, shape=4096, T="global", F=0)
    x = torch.zeros(4096, dtype=torch.float64)
    x[600:800] = torch.randn(200, dtype=torch.float64)
    # By a multiple of all subsamplings, far from the ends at which the sound is reflected.
    assert distance(jtfs(x.roll(512)), jtfs(x)) < 1e-6


@pytest.mark.parametrize("name", SETTINGS)
def test_silence_has_a_gradient_of_zero(name):
    jtfs = transform(name)
    x = torch.zeros(jtfs.n_samples)
    assert (jtfs(x) == 0).all() and (gradient(jtfs, x) == 0).all()


def test_quiet_sounds_have_finite_gradients():
    jtfs = TimeFrequencyScattering(**SMALL)
    for level in (1e-20, 1e-37, 1e-40, 1e-45):
        x = (level * torch.randn(512)).requires_grad_()
        jtfs(x).sum().backward()
        assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("level", [1e-10, 1e-18, 1e-20, 1e-30, 1e-40])
def test_large_gradients_of_quiet_sounds_are_finite(level):
    jtfs = TimeFrequencyScattering(**SMALL)
    generator = torch.Generator().manual_seed(1)
    x = (level * torch.randn(512, generator=generator)).requires_grad_()
    (jtfs(x) + 1e-30).log().sum().backward()
    assert torch.isfinite(x.grad).all()


def test_works_with_the_transforms_of_torch():
    jtfs = TimeFrequencyScattering(**SMALL)
    x = torch.randn(3, 512, dtype=torch.float64)
    v = torch.randn(512, dtype=torch.float64)
    torch.testing.assert_close(torch.func.vmap(jtfs)(x), jtfs(x))
    S, d_S = torch.func.jvp(jtfs, (x[0],), (v,))
    quotient = (jtfs(x[0] + 1e-6 * v) - jtfs(x[0] - 1e-6 * v)) / 2e-6
    torch.testing.assert_close(d_S, quotient, rtol=1e-6, atol=1e-8)

    def of_parameters(theta):
        return jtfs(theta[0] * x[0] + theta[1] ** 2 * x[1]).mean(dim=-1)

    theta = torch.tensor([0.5, 0.7], dtype=torch.float64)
    forward = torch.func.jacfwd(of_parameters)(theta)
    torch.testing.assert_close(forward, torch.func.jacrev(of_parameters)(theta))
    assert forward.shape == (jtfs(x[0]).shape[0], 2)


@pytest.mark.parametrize("batch", [1, 3])
def test_tangents_of_a_batch_agree_with_finite_differences(batch):
    jtfs = TimeFrequencyScattering(**SMALL)
    generator = torch.Generator().manual_seed(1)
    x, *d_x = torch.randn(3, batch, 512, dtype=torch.float64, generator=generator)

    def along(theta):
        return jtfs(x + theta[0] * d_x[0] + theta[1] * d_x[1])

    tangents = torch.func.jacfwd(along)(torch.zeros(2, dtype=torch.float64))
    for column, d in enumerate(d_x):
        quotient = (jtfs(x + 1e-6 * d) - jtfs(x - 1e-6 * d)) / 2e-6
        torch.testing.assert_close(tangents[..., column], quotient, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("wavelets", [slice(0, 1), slice(0, 5), slice(12, 13)])
def test_adjoints_are_adjoint(wavelets):
    """For each linear step, <A x, y> = <x, A* y>, with real and imaginary parts as numbers."""
    generator = torch.Generator().manual_seed(1)
    filters = Subbands(wavelet_bank(J=6, Q=4)[wavelets], 512, j=0)
    x = torch.randn(2, 1, int(filters.bins), dtype=torch.complex128, generator=generator)
    y = filters.pass_bins(x)
    z = torch.randn(y.shape, dtype=torch.complex128, generator=generator)
    torch.testing.assert_close(cpu_ops.pass_bins(filters, x), y)
    back = cpu_ops.pass_bins_adjoint(filters, z)
    torch.testing.assert_close(inner(y, z), inner(x, back))

    average = SpectrumAverage(*TemporalAverage(64, 6, 400).low_pass_of_spectrum(0))
    x = torch.randn(2, 3, 257, dtype=torch.complex128, generator=generator)
    y = average(x)
    z = torch.randn(y.shape, dtype=torch.float64, generator=generator)
    back = torch.zeros_like(x)
    average.add_adjoint(z, back)
    torch.testing.assert_close((y * z).sum(), inner(x, back))


def inner(a, b):
    return (a.conj() * b).real.sum()


def test_second_derivative_agrees_with_finite_differences():
    jtfs = TimeFrequencyScattering(**SMALL)
    generator = torch.Generator().manual_seed(1)
    x, v = torch.randn(2, 512, dtype=torch.float64, generator=generator)
    x.requires_grad_()
    (g,) = torch.autograd.grad(jtfs(x).square().sum(), x, create_graph=True)
    (h,) = torch.autograd.grad((g * v).sum(), x)
    with torch.no_grad():
        a, b = (x + s * 1e-6 * v for s in (1, -1))
    quotient = (gradient(jtfs, a) - gradient(jtfs, b)) * 2 / 2e-6
    assert distance(h, quotient) < 1e-6


def test_derivatives_of_derivatives_agree():
    """In each order in which `torch.func` can take them."""
    jtfs = TimeFrequencyScattering(**SMALL)
    generator = torch.Generator().manual_seed(1)
    x, *directions = torch.randn(3, 512, dtype=torch.float64, generator=generator)
    directions = torch.stack(directions)

    def loss(theta):
        return jtfs(x + theta @ directions).square().sum()

    theta = torch.zeros(2, dtype=torch.float64)
    hessian = torch.func.hessian(loss)(theta)
    torch.testing.assert_close(hessian, hessian.mT)
    for outer in (torch.func.jacfwd, torch.func.jacrev):
        for inner in (torch.func.jacfwd, torch.func.jacrev):
            torch.testing.assert_close(outer(inner(loss))(theta), hessian)


def test_can_be_copied_and_pickled():
    jtfs = TimeFrequencyScattering(**SMALL)
    x = torch.randn(512)
    for twin in (copy.deepcopy(jtfs), pickle.loads(pickle.dumps(jtfs)), jtfs.double()):
        torch.testing.assert_close(twin(x), jtfs(x))
    jtfs.load_state_dict(jtfs.state_dict())


def test_autocast_does_not_lower_the_precision():
    jtfs = TimeFrequencyScattering(**SMALL)
    x = torch.randn(512)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        S = jtfs(x)
    torch.testing.assert_close(S, jtfs(x), rtol=0, atol=0)


def test_a_transform_of_torch_leaves_the_next_call_intact():
    x = torch.randn(512)
    for wrapped in (lambda f: torch.func.jvp(f, (x,), (x,)), lambda f: torch.func.vjp(f, x)):
        jtfs = TimeFrequencyScattering(**SMALL)
        S = wrapped(jtfs)[0]
        torch.testing.assert_close(jtfs(x), S)
        torch.testing.assert_close(torch.func.vmap(jtfs)(x[None])[0], S)


def test_inference_mode_leaves_gradients_intact():
    jtfs = TimeFrequencyScattering(**SMALL)
    with torch.inference_mode():
        jtfs(torch.randn(512))
    assert torch.isfinite(gradient(jtfs, torch.randn(512))).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_follows_the_device_of_the_sound():
    jtfs = TimeFrequencyScattering(**SMALL, F=0)
    x = torch.randn(512, dtype=torch.float64)
    assert distance(jtfs(x.cuda()).cpu(), jtfs(x)) < 1e-10


def test_scalogram_shows_a_tone_at_its_band():
    jtfs = TimeFrequencyScattering(J=8, J_fr=2, Q=(8, 1), shape=4096)
    tone = torch.cos(2 * torch.pi * jtfs.psi1[20].xi * torch.arange(4096))
    u1 = jtfs.scalogram(tone[None])
    assert u1.shape == (1, len(jtfs.psi1), 4096 // 32)
    assert (u1[0].argmax(dim=0) == 20).all()


@pytest.mark.parametrize("rest", [{"F": 0}, {}, {"F": "global"}, {"format": "joint"}])
@pytest.mark.parametrize(
    "bands",
    [
        {"rates": (0, 40), "sr": 1000},
        {"rates": (40, 80), "sr": 1000},
        {"scales": (0.5, 1.5)},
        {"scales": (0, 0.5)},
        {"rates": (0, 40), "scales": (0, 0.8), "sr": 1000},
        {"rates": (1000, 2000), "sr": 1000},
    ],
)
def test_a_selection_of_paths_is_rows_of_the_full_transform(bands, rest):
    full = TimeFrequencyScattering(**SMALL, **rest)
    some = TimeFrequencyScattering(**SMALL, **rest, **bands)
    meta = full.meta()
    keep = meta["order"] < 2
    in_band = np.ones(len(keep), dtype=bool)
    for name, value in (("rates", 1000 * meta["rate"]), ("scales", meta["scale"])):
        low, high = bands.get(name, (0, np.inf))
        in_band &= (low <= value) & (value <= high)
    keep |= in_band
    assert keep.sum() < len(keep)
    for key, column in some.meta().items():
        np.testing.assert_array_equal(column, meta[key][keep])
    x = torch.randn(2, 512)
    torch.testing.assert_close(some(x), full(x)[:, keep], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rates": (0, 10)}, ValueError, "sr must be given with rates"),
        ({"rates": (0, 10), "sr": -1}, ValueError, "sr must be positive"),
        ({"rates": (10, 0), "sr": 1}, ValueError, "rates must be a pair of increasing numbers"),
        ({"scales": (-1, 0)}, ValueError, "scales must be at least 0 and finite, got -1"),
        ({"scales": (1,)}, ValueError, "scales must have 2 entries, got 1"),
        ({"J": 0}, ValueError, "J must be at least 1 and at most 40, got 0"),
        ({"J": 6.0}, TypeError, "J must be an integer, got 6.0"),
        (
            {"J": 10},
            ValueError,
            "shape must be at least 1024 (2 ** J), got 512: pad the sounds with zeros, or let J",
        ),
        ({"J_fr": 0}, ValueError, "J_fr must be at least 1 and"),
        ({"Q": (4, 0)}, ValueError, "Q must be at least 1, got 0"),
        ({"Q": (4, 1, 1)}, ValueError, "Q must have 2 entries, got 3"),
        ({"Q_fr": -1}, ValueError, "Q_fr must be at least 1, got -1"),
        ({"shape": (2, 512)}, ValueError, "shape must have 1 entries, got 2"),
        ({"T": 0}, ValueError, "T must be at least 1 and at most 512, got 0"),
        ({"T": 513}, ValueError, "T must be at least 1 and at most 512, got 513"),
        ({"T": "local"}, TypeError, "T must be an integer, got 'local'"),
        ({"F": -1}, ValueError, "F must be at least 0 and at most 28, got -1"),
        ({"F": 29}, ValueError, "F must be at least 0 and at most 28, got 29"),
        ({"F": 8}, ValueError, "F must be smaller for J_fr=2, got 8"),
        ({"J_fr": 6, "F": 1}, ValueError, "J_fr must be smaller for F=1, got 6"),
        ({"format": "Joint"}, ValueError, "format must be one of ('time', 'joint'), got 'Joint'"),
        ({"format": "joint", "F": 0}, ValueError, "F must be None or at least 1"),
    ],
)
def test_bad_settings_are_refused(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        TimeFrequencyScattering(**{**SMALL, **change})


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (torch.zeros(511), ValueError, "x must have 512 samples, got shape"),
        (torch.zeros(0), ValueError, "x must have at least 1 samples"),
        (torch.tensor(1.0), ValueError, "x must have at least 1 samples"),
        (torch.zeros(512, dtype=torch.complex64), TypeError, "x must be a real tensor"),
        (torch.zeros(512, dtype=torch.int64), TypeError, "x must be a real tensor"),
        (torch.full((512,), float("nan")), ValueError, "x must be finite"),
        (torch.full((512,), float("inf")), ValueError, "x must be finite"),
        (np.zeros(512), TypeError, "x must be a tensor"),
    ],
)
def test_bad_sounds_are_refused(x, error, message):
    with pytest.raises(error, match=message):
        TimeFrequencyScattering(**SMALL)(x)


@pytest.mark.parametrize("scale", [1e-30, 1e-18, 1e19, 1e30])
def test_finite_sounds_of_any_level_have_their_coefficients_and_gradient(scale):
    jtfs = TimeFrequencyScattering(**SMALL)
    x = torch.randn(512, generator=torch.Generator().manual_seed(0))

    def respond(factor):
        y = (x * factor).requires_grad_()
        S = jtfs(y)
        return S.detach() / factor, torch.autograd.grad(S.sum(), y)[0]

    for scaled, plain in zip(respond(scale), respond(1.0), strict=True):
        torch.testing.assert_close(scaled, plain, rtol=1e-4, atol=1e-5 * plain.abs().max().item())


def test_a_loud_sound_does_not_drown_a_quiet_one_of_its_batch():
    jtfs = TimeFrequencyScattering(**SMALL)
    x = torch.randn(2, 512, generator=torch.Generator().manual_seed(0))
    levels = torch.tensor([[1e-20], [1e15]])
    torch.testing.assert_close(jtfs(x * levels) / levels[..., None], jtfs(x), rtol=1e-4, atol=1e-6)


def test_pairs_may_be_of_any_sequence():
    plain = TimeFrequencyScattering(**SMALL | dict(Q=(4, 1), rates=(0, 100), sr=1000))
    kinds = list, np.array, torch.tensor, iter, lambda pair: (value for value in pair)
    for kind in kinds:
        settings = dict(Q=kind((4, 1)), rates=kind((0, 100)), shape=[512], sr=1000)
        other = TimeFrequencyScattering(**SMALL | settings)
        np.testing.assert_array_equal(other.meta()["n2"], plain.meta()["n2"])


def test_no_sounds_are_not_taken_for_no_samples():
    with pytest.raises(ValueError, match=r"x must hold at least one sound, got shape \(0, 512\)"):
        TimeFrequencyScattering(**SMALL)(torch.zeros(0, 512))


def test_a_short_sound_has_a_scalogram():
    jtfs = TimeFrequencyScattering(J=3, J_fr=1, Q=2, shape=10, F=0)
    assert jtfs.scalogram(torch.randn(3, 10)).shape == (3, len(jtfs.psi1), 1)


def test_a_global_sum_has_the_mirror_image_in_it_and_a_mean_over_frames_has_not():
    x = am_chirp(512, torch.tensor([4.0]), 2.0)
    settings = dict(J=10, J_fr=3, Q=4, shape=x.shape[-1], F=0)

    def distance(T):
        jtfs = TimeFrequencyScattering(**settings, T=T)
        up, down = (jtfs(sound).mean(dim=-1) for sound in (x, x.flip(-1)))
        return (torch.linalg.vector_norm(up - down) / torch.linalg.vector_norm(up)).item()

    assert distance("global") < 0.02 and distance(2**10) > 0.5
