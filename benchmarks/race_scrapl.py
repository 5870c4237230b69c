"""Gradients of SCRAPL's loss for `race.py`, in the environment of the peers.

    python benchmarks/race_scrapl.py THREADS [--keep]

Reads requests from standard input and answers them on standard output, both as pickles:

* (target, seed, optimiser) begins a descent. With "own", the P-Adam and the P-SAGA of the package
  change its gradients.
* (sound, Jacobian), of shapes (n,) and (n, 2), is answered by the gradient in the two parameters,
  and by the seconds from the sound to the gradient.

The package transforms the target in each step. With `--keep`, a path of a target is computed once,
which changes no gradient.
"""

import logging
import pickle
import sys
import time
from functools import cache

import torch

KEEP = "--keep" in sys.argv


@cache
def loss_of(optimiser):
    from scrapl import SCRAPLLoss

    own = optimiser == "own"
    # T is 2**12 then, and F what is usual for this J_fr: it has no transform without an average.
    loss = SCRAPLLoss(2**15, 12, 8, 2, 3, 2, use_p_adam=own, use_p_saga=own)
    if KEEP:
        compute, known = loss.jtfs.scattering_singlepath, {}

        def remember(x, *path):
            if x.requires_grad:
                return compute(x, *path)
            key = (x.data_ptr(), *path)
            if key not in known:
                known[key] = compute(x, *path)
            return dict(known[key])

        loss.jtfs.scattering_singlepath = remember
    return loss


@cache
def target_of(data):
    """A target from its bytes, at one place in memory."""
    return torch.frombuffer(bytearray(data), dtype=torch.float32)[None, None]


def answers(requests):
    for request in requests:
        if len(request) == 3:
            data, seed, optimiser = request
            target, loss, u = target_of(data), loss_of(optimiser), torch.zeros(2)
            loss.clear()
            loss.attach_params([u.requires_grad_()])
            torch.manual_seed(seed)
            yield None
        else:
            x, J = (torch.from_numpy(array) for array in request)
            began, u.grad = time.perf_counter(), None
            loss((x + J @ u)[None, None], target).backward()
            yield u.grad.numpy(), time.perf_counter() - began


def requests():
    while True:
        try:
            yield pickle.load(sys.stdin.buffer)
        except EOFError:
            return


def main():
    logging.disable()
    out, sys.stdout = sys.stdout.buffer, sys.stderr  # the package may print
    torch.set_num_threads(int(sys.argv[1]))
    for answer in answers(requests()):
        pickle.dump(answer, out)
        out.flush()


if __name__ == "__main__":
    main()
