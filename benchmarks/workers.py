"""Workers of Dask on this machine."""

from contextlib import contextmanager

import dask
from dask.distributed import Client, LocalCluster

WORKERS = 2

# Dask makes its workers give memory back to the system at once. They may keep it instead.
MALLOC = "distributed.nanny.pre-spawn-environ.MALLOC_"
KEEP_MEMORY = {f"{MALLOC}TRIM_THRESHOLD_": 2**33, f"{MALLOC}MMAP_THRESHOLD_": 2**28}


@contextmanager
def workers_of_dask(config):
    options = {"n_workers": WORKERS, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        dask.config.set(config),
        LocalCluster(**options) as cluster,
        Client(cluster) as client,
    ):
        yield client.get_executor()
