"""Settings and sounds at random: the scattering transform against the plain one.

    python tests/scattering/fuzz.py --seed 7 --cases 5000
    python tests/scattering/fuzz.py --seed 7 --only 123

A case is made from its seed and index alone, and each failure says how to run it again.
"""

import argparse
import math
import re
import sys
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from reference_jtfs import reference_jtfs
from tqdm import tqdm

from chirplib import TimeFrequencyScattering
from chirplib.scattering import torch_ops
from chirplib.scattering.wavelets import spinned_bank, wavelet_bank

# Largest magnitudes of sounds, from the lowest to the highest.
LEVELS = 1e-30, 1e30
# Most numbers that the plain transform may have to compute, about: many cases are small.
WORK = 3e4, 5e6

# What is compared, and how much may be between. All are distances relative to the norm.
TOLERANCES = {
    "values": 1e-11,
    "tangents": 1e-8,
    "gradient": 1e-8,
    "vjp and jvp": 1e-12,
    "one by one": 1e-12,
    "selected rows": 1e-12,
    "values, float32": 1e-5,
    "gradient, float32": 1e-3,  # mostly 1e-6, but some modulus may come close to 0
}

KINDS = "noise", "chirp", "impulse", "constant", "nyquist", "silence"
LAYOUTS = "contiguous", "every second", "transposed", "expanded"
NAMES = "J", "J_fr", "Q", "shape", "T", "Q_fr", "F", "format", "rates", "scales", "sr"
NAN = float("nan")
BAD_SETTINGS = {
    "J": (0, -1, 2.5, True, "4", None, 41),
    "J_fr": (0, -3, 1.0, None, 41, (2,)),
    "Q": (0, -2, 2.0, "4", None, (4,), (4, 1, 1), (4, 0), [0, 1], (2.5, 1), {4: 1}),
    "Q_fr": (0, -1, 1.0, None, (1, 2)),
    "shape": (0, 1, -8, 64.0, None, "64", (64, 64), (), (64.0,), [[64]]),
    "T": (0, -1, 2.0, True, "all", (8,), NAN),
    "F": (-1, 1.5, False, "all", (1,), NAN),
    "format": ("Time", "", None, 1, ("time",)),
    "rates": ((1, 0), (0, NAN), 3, (0,), (-1, 1), "01", (0, 1, 2), (None, 1)),
    "scales": ((1, 0), (0, NAN), 3, (0,), (-1, 1), "01", (0, 1, 2), (math.inf, math.inf)),
    "sr": (0, -1.0, NAN, math.inf, "1", (1,), True),
}
BAD_SOUNDS = {
    "too long": lambda x: torch.cat([x, x[..., :1]], dim=-1),
    "too short": lambda x: x[..., 1:],
    "none": lambda x: x[None][:0],
    "no samples": lambda x: x[..., :0],
    "a number": lambda x: x.sum(),
    "integers": lambda x: x.long(),
    "half precision": lambda x: x.half(),
    "complex": lambda x: x.to(torch.complex128),
    "an array": lambda x: x.numpy(),
    "not a number": lambda x: torch.where(x == x.max(), NAN, x),
    "infinite": lambda x: torch.where(x == x.max(), -math.inf, x),
}


@dataclass
class Sound:
    """One sound of a batch: its largest magnitude is `level`, that of noise in it `floor` less."""

    kind: str = "noise"
    level: float = 1.0
    floor: float = 0.0

    @property
    def has_derivatives(self):
        """Whether there is no modulus of about 0, whose derivative depends on its rounding."""
        return self.kind in ("noise", "silence") or self.floor > 0

    def samples(self, rng, n):
        t = np.arange(n)
        x = {
            "noise": lambda: rng.standard_normal(n),
            "chirp": lambda: np.sin(np.pi * rng.uniform(0.1, 0.5) * t**2 / n + rng.uniform(0, 6)),
            "impulse": lambda: (t == rng.integers(n)) * 1.0,
            "constant": lambda: np.ones(n),
            "nyquist": lambda: (-1.0) ** t,
            "silence": lambda: np.zeros(n),
        }[self.kind]()
        x = x + self.floor * rng.standard_normal(n)
        # Rounded to single precision, so that both precisions are given the same sound.
        return (x * self.level / max(abs(x).max(), 1e-300)).astype(np.float32).astype(np.float64)


@dataclass
class Case:
    """What is drawn: settings, of which `bad` names a wrong one, and a batch of sounds."""

    settings: dict
    sounds: list[Sound] = field(default_factory=lambda: [Sound()])
    batch: tuple[int, ...] = ()
    layout: str = "contiguous"
    backend: str = "compiled"
    columns: int = 1
    numpy_integers: bool = False
    bad: str | None = None
    bad_sound: str | None = None
    seed: tuple[int, ...] = (0,)

    def __str__(self):
        x = np.array2string(self.numbers()[0], threshold=40, precision=9)
        return "\n".join([*(f"  {k}={v!r}" for k, v in vars(self).items()), f"  x={x}"])

    @property
    def plain(self):
        """Settings of the plain transform, and the length of a sound."""
        settings = dict(self.settings)
        n, Q = settings.pop("shape"), settings["Q"]
        n = n if isinstance(n, int) else n[0]
        return {**settings, "Q": (Q, 1) if isinstance(Q, int) else tuple(Q)}, n

    def numbers(self):
        """Sounds x (count, n), and as many directions v for each of the columns."""
        rng = np.random.default_rng([*self.seed, 1])
        shape = self.settings["shape"]
        n = shape[0] if isinstance(shape, tuple | list) and shape else shape
        n = n if isinstance(n, int) and n > 0 else 8  # the settings are refused
        if self.layout == "expanded":
            x = np.tile(self.sounds[0].samples(rng, n), (len(self.sounds), 1))
        else:
            x = np.stack([sound.samples(rng, n) for sound in self.sounds])
        return x, rng.standard_normal((self.columns, *x.shape))


def lay_out(x, case):
    """A tensor (*batch, n) of the sounds, in memory as the case has it."""
    x = torch.tensor(x).reshape(*case.batch, -1)
    if case.layout == "every second":
        return torch.stack([x, torch.full_like(x, NAN)], dim=-1)[..., 0]
    if case.layout == "transposed":
        return x.movedim(-1, 0).contiguous().movedim(0, -1)
    if case.layout == "expanded":
        return x.reshape(-1, x.shape[-1])[0].expand(x.shape)
    return x


# Drawing


def draw(seed, index):
    """The case of this seed and index."""
    rng = np.random.default_rng([seed, index])
    limit = log_uniform(rng, *WORK)
    settings = draw_settings(rng)
    while work(settings) > limit:
        settings = draw_settings(rng)
    batch = pick(rng, [(), (), (1,), (3,), (2, 2)])
    case = Case(
        settings,
        [draw_sound(rng) for _ in range(math.prod(batch))],
        batch,
        layout=pick(rng, ["contiguous", *LAYOUTS]),
        backend="torch" if rng.random() < 0.2 else "compiled",
        columns=pick(rng, [1, 2]),
        numpy_integers=rng.random() < 0.1,
        seed=(seed, index),
    )
    if case.layout == "expanded":
        case.sounds = case.sounds[:1] * len(case.sounds)
    if rng.random() < 0.08:
        case.bad = pick(rng, NAMES)
        settings.update(T=None, F=None, format="time")  # nothing else is wrong
        settings[case.bad] = pick(rng, BAD_SETTINGS[case.bad])
    elif rng.random() < 0.04:
        case.bad_sound = pick(rng, list(BAD_SOUNDS))
    return case


def pick(rng, choices):
    return choices[rng.integers(len(choices))]


def log_uniform(rng, low, high):
    return low * (high / low) ** rng.random()


def draw_settings(rng):
    """Valid settings, but for those close to an edge."""
    J, J_fr = int(rng.integers(1, 10)), pick(rng, [1, 2, 3, int(rng.integers(1, 8))])
    n = 2**J + pick(rng, [0, 1, int(rng.integers(2**J)), int(log_uniform(rng, 1, 4096))])
    Q = [int(log_uniform(rng, 1, 16)), pick(rng, [1, 1, 2, 3])]
    bands = (J + 1) * Q[0]
    F = [
        None,
        min(2 ** int(rng.integers(J_fr + 1)), bands),
        *rng.integers(1, 1 + bands, 2).tolist(),
    ]
    format = pick(rng, ["time", "time", "joint"])
    if format == "time":
        F += [0, "global", bands]
    Q = pick(rng, [Q, tuple(Q), Q[0]])
    settings = {
        "J": J,
        "J_fr": J_fr,
        "Q": Q,
        "shape": pick(rng, [n, n, (n,), [n]]),
        "T": pick(rng, [None, "global", 1, 2**J, n, *rng.integers(1, n + 1, 5).tolist()]),
        "F": pick(rng, F),
        "Q_fr": pick(rng, [1, 1, 2, 3]),
        "format": format,
    }
    if rng.random() < 0.05:
        settings.update(pick(rng, [{"T": n + 1}, {"F": bands + 1}, {"F": 0, "format": "joint"}]))
    if rng.random() < 0.3:
        settings["sr"] = pick(rng, [1, 8000.0, int(rng.integers(1, 50000))])
    if "sr" in settings and rng.random() < 0.7:
        psi2 = wavelet_bank(J, 1 if isinstance(Q, int) else Q[1])
        settings["rates"] = draw_band(rng, [psi.xi * settings["sr"] for psi in psi2])
    if rng.random() < 0.2:
        bank = spinned_bank(settings["J_fr"], settings["Q_fr"])
        scale = Q if isinstance(Q, int) else Q[0]
        settings["scales"] = draw_band(rng, [abs(psi.xi) * scale for psi in bank])
    return settings


def draw_band(rng, centers):
    """Ends at, or between, center frequencies; perhaps a band without any."""
    ends = [*centers, 0.0, math.inf, *(rng.uniform(0, 1.2 * max(centers), 4))]
    low, high = sorted(float(end) for end in rng.choice(ends, 2))
    return (0, high) if low == math.inf else (low, high)


def draw_sound(rng):
    kind = pick(rng, ["noise"] * len(KINDS) + list(KINDS))
    level = log_uniform(rng, *LEVELS)
    floor = 0.0 if kind in ("noise", "silence") else pick(rng, [0.0, 1e-3, 0.1])
    return Sound(kind, pick(rng, [1.0, level, level]), floor)


def work(settings):
    """About how many responses the plain transform has: paths, times bands, times samples."""
    plain, n = Case(settings).plain
    F, J_fr = plain["F"], plain["J_fr"]
    Q1, Q2 = plain["Q"]
    bands = (plain["J"] + 1) * Q1 + 8 * min(F if F and F != "global" else 2**J_fr, 2**J_fr)
    # Most wavelets of order 2 are low ones, which are subsampled.
    return 2 * n * bands * (2 * J_fr * plain["Q_fr"] + 1) * Q2


# Checking


@dataclass
class Result:
    """What became of a case: the error of each comparison, and in words what is wrong."""

    refused: bool = False
    errors: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def compare(self, name, error):
        """Note an error, which must not exceed its tolerance, nor be NaN."""
        error = float(error)
        self.errors[name] = max(self.errors.get(name, 0.0), error)
        if not error <= TOLERANCES[name]:
            self.failures.append(f"{name}: {error:.2g} is more than {TOLERANCES[name]:.0e}")

    def expect(self, condition, failure):
        if not condition:
            self.failures.append(failure)


def check(case):
    """Result of a case; whatever goes wrong is in it."""
    result = Result()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            _check(case, result)
    except Exception:
        result.failures.append(traceback.format_exc())
    return result


def _check(case, result):
    settings = as_numpy(case) if case.numpy_integers else case.settings
    try:
        jtfs = TimeFrequencyScattering(**settings)
    except (TypeError, ValueError) as error:
        result.refused = True
        check_refusal(case, str(error), result)
        return
    wrong = wrong_settings(case)
    result.expect(not wrong, f"accepted a wrong {' and '.join(sorted(wrong))}")
    if wrong:
        return
    if case.backend == "torch":
        jtfs._averages = partial(torch_ops.averages, jtfs.network)
    x, v = case.numbers()
    if case.bad_sound:
        try:
            jtfs(BAD_SOUNDS[case.bad_sound](lay_out(x, case)))
        except (TypeError, ValueError) as error:
            result.refused = True
            result.expect(str(error).startswith("x must"), f"a refusal that is not of x: {error}")
        else:
            result.failures.append(f"accepted a sound that is {case.bad_sound}")
        return
    plain, _ = case.plain
    expected = [reference_jtfs(x[i], **plain, directions=v[:, i]) for i in range(len(x))]
    check_transform(case, jtfs, x, v, np.stack(expected), result)
    check_meta(case, jtfs, expected[0].shape[1], result)


def check_refusal(case, message, result):
    """A refusal names an argument that is wrong, or one that the plain transform fails at too."""
    name = re.match(r"(\w+) must", message)
    name = name and name[1]
    result.expect(name in NAMES, f"a refusal that names no argument: {message}")
    wrong = wrong_settings(case)
    if wrong:
        result.expect(name in wrong, f"wrong is {' and '.join(sorted(wrong))}, but: {message}")
        return
    result.expect(name in ("J_fr", "F"), f"refused what is right: {message}")
    try:
        plain, n = case.plain
        reference_jtfs(np.zeros(n), **plain)
    except ValueError:
        return
    result.failures.append(f"refused what the plain transform can do: {message}")


def wrong_settings(case):
    """Names of settings that are not as the documentation has them."""
    if case.bad:
        return {case.bad}
    plain, n = case.plain
    T, F = plain["T"], plain["F"]
    limits = {
        "shape": n < 2 ** plain["J"],
        "T": isinstance(T, int) and not 1 <= T <= n,
        "F": (isinstance(F, int) and not 0 <= F <= (plain["J"] + 1) * plain["Q"][0])
        or (plain["format"] == "joint" and F in (0, "global")),
    }
    return {name for name, wrong in limits.items() if wrong}


def as_numpy(case):
    """Settings with integers of NumPy, of the shortest type or of the usual one."""
    rng = np.random.default_rng([*case.seed, 2])

    def convert(value):
        if isinstance(value, int) and not isinstance(value, bool):
            return pick(rng, [np.int64, np.min_scalar_type(value).type])(value)
        return type(value)(map(convert, value)) if isinstance(value, tuple | list) else value

    return {name: convert(value) for name, value in case.settings.items()}


def check_transform(case, jtfs, x, v, expected, result):
    """Values and derivatives, for each sound on its own: levels may differ."""
    count, batch = len(x), case.batch
    sounds = lay_out(x, case)
    directions = torch.tensor(v).reshape(case.columns, *batch, -1)
    leaf = sounds.detach().requires_grad_()
    S = jtfs(leaf)
    want = torch.tensor(expected)
    result.expect(S.dtype == torch.float64, f"dtype {S.dtype}")
    shape = *batch, *want.shape[2:]
    result.expect(S.shape == shape, f"shape {tuple(S.shape)} instead of {shape}")
    if S.shape != shape:
        return
    rng = np.random.default_rng([*case.seed, 3])
    cotangent = torch.tensor(rng.standard_normal(S.shape))
    (gradient,) = torch.autograd.grad(S, leaf, cotangent)
    S = S.detach()

    # Forward mode of PyTorch takes no tensor whose entries share their memory.
    point = sounds.clone() if case.layout == "expanded" else sounds

    def tangent(direction):
        return torch.func.jvp(jtfs, (point,), (direction,))[1]

    several = case.columns > 1
    tangents = torch.func.vmap(tangent)(directions) if several else tangent(directions[0])[None]
    single = sounds.to(torch.float32).requires_grad_()
    S_single = jtfs(single)
    result.expect(S_single.dtype == torch.float32, f"dtype {S_single.dtype} of a float32 sound")
    (gradient_single,) = torch.autograd.grad(S_single, single, cotangent.float())
    result.expect(gradient_single.isfinite().all(), "gradient not finite, float32")

    one = case.seed[-1] % count
    flat = sounds.reshape(count, -1)
    S_one = jtfs(flat[one])
    # From here on, one row for each sound.
    S, S_single, gradient = (y.detach().reshape(count, -1) for y in (S, S_single, gradient))
    u, g_single = (y.double().reshape(count, -1) for y in (cotangent, gradient_single))
    # One axis of columns, and one of sounds.
    tangents = tangents.reshape(case.columns, count, -1)
    want = want.reshape(count, 1 + case.columns, -1)
    # Bounds of one coefficient.
    loudest = flat.abs().sum(dim=-1) if jtfs.time.is_global else flat.abs().amax(dim=-1)
    for i, sound in enumerate(case.sounds):
        size = norm(want[i, 0], flat[i].abs().max())
        result.compare("values", (S[i] - want[i, 0]).norm() / size)
        # The rest of a sound that is mostly a constant is as good as the rounding of that.
        size_single = norm(want[i, 0], loudest[i], least=1)
        result.compare("values, float32", (S_single[i] - S[i]).norm() / size_single)
        if i == one:
            result.compare("one by one", (S_one.flatten() - S[i]).norm() / size)
        length = norm(gradient[i], 1)
        for column in range(case.columns):
            d_S, d_want = tangents[column, i], want[i, 1 + column]
            product = gradient[i] @ torch.tensor(v[column, i])
            # Of the order of the length: entries of v have a variance of 1.
            result.compare("vjp and jvp", abs(product - u[i] @ d_S) / length)
            if sound.has_derivatives:
                result.compare("tangents", (d_S - d_want).norm() / norm(d_want, 1))
                result.compare("gradient", abs(product - u[i] @ d_want) / length)
        if sound.kind == "noise":
            result.compare("gradient, float32", (g_single[i] - gradient[i]).norm() / length)
    if {"rates", "scales"} & case.settings.keys():
        check_selection(case, jtfs, flat, S.reshape(count, *S_one.shape), result)


def norm(x, scale, least=1e-3):
    """Norm, or a lower bound: some sounds have coefficients that are no more than rounding."""
    return max(x.norm(), least * scale) or 1


def check_selection(case, jtfs, x, S, result):
    """The rows that are kept are those of the full transform."""
    settings = {k: v for k, v in case.settings.items() if k not in ("rates", "scales")}
    full = TimeFrequencyScattering(**settings)
    meta = full.meta()
    rates, scales = (case.settings.get(name) or (0, math.inf) for name in ("rates", "scales"))
    rate, scale = meta["rate"] * (settings.get("sr") or 1), meta["scale"]
    keep = (rates[0] <= rate) & (rate <= rates[1]) & (scales[0] <= scale) & (scale <= scales[1])
    keep |= meta["order"] < 2
    for key, column in jtfs.meta().items():
        same = np.array_equal(column, meta[key][keep], equal_nan=True)
        result.expect(same, f"meta of the rows that are kept: {key}")
    rows = full(x)[:, torch.from_numpy(keep)]
    result.expect(rows.shape == S.shape, f"{S.shape} of {rows.shape} rows are kept")
    if rows.shape == S.shape:
        for sound, wanted, kept in zip(x, rows, S, strict=True):
            error = (kept - wanted).norm() / norm(wanted, sound.abs().max())
            result.compare("selected rows", error)


def check_meta(case, jtfs, rows, result):
    for key, column in jtfs.meta().items():
        result.expect(len(column) == rows, f"meta: {len(column)} of {key} for {rows} rows")


# Running


def report(case, result):
    """What failed, the whole case, and how to run it again."""
    seed, index = case.seed
    command = f"python tests/scattering/fuzz.py --seed {seed} --only {index}"
    return "\n".join([f"Case {index} of seed {seed} failed:", *result.failures, str(case), command])


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--only", type=int, help="index of the one case to run")
    options = parser.parse_args(arguments)
    indices = range(options.cases) if options.only is None else [options.only]
    print(f"seed {options.seed}", flush=True)
    counts, largest = Counter(), {}
    for index in tqdm(indices, disable=options.only is not None):
        case = draw(options.seed, index)
        if options.only is not None:
            print(case)
        result = check(case)
        counts["refused"] += result.refused
        if result.failures:
            counts["failed"] += 1
            tqdm.write(report(case, result))
        for name, error in result.errors.items():
            largest[name] = max(largest.get(name, (0.0, -1)), (error, index))
    print(f"{len(indices)} cases, {counts['refused']} refused, {counts['failed']} failed")
    for name, (error, index) in largest.items():
        print(f"  {name}: at most {error:.1e} (case {index}), allowed {TOLERANCES[name]:.0e}")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
