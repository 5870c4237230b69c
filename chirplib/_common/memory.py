"""Whether there is enough memory for what is about to be computed."""

import math
from pathlib import Path

# Less than this is not worth a look.
SMALL = 10**8
# How the versions of Linux control groups, which containers are, say what they may use: the folder,
# and the names of the limit, of what is in use, and of the cache among it, which can be given up.
GROUPS = {
    "": ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    "memory": (
        "/sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
}


def check_memory(what: str, needed: float, remedy: str) -> None:
    """Refuse what needs more memory than there is.

    Parameters
    ----------
    what : str
        What needs it.
    needed : float
        Bytes, about.
    remedy : str
        What takes less.

    Raises
    ------
    MemoryError
        If less is free on this machine, in this container, or within the limit of this process.

    Examples
    --------
    >>> from chirplib._common.memory import check_memory
    >>> check_memory("a sound", 4e18, "make it shorter")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    MemoryError: a sound needs about 4000000000.0 GB of memory, and ... GB are free: make it shorter
    """
    if needed < SMALL:
        return
    free = free_memory()
    if needed > free:
        raise MemoryError(
            f"{what} needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are "
            f"free: {remedy}"
        )


def free_memory() -> float:
    """Bytes that this process may still take without pushing others out, about.

    Examples
    --------
    >>> from chirplib._common.memory import free_memory
    >>> free_memory() > 0
    True
    """
    import psutil  # here, as most calls do without

    process = psutil.Process()
    free = [psutil.virtual_memory().available, *map(_left, *_groups())]
    if hasattr(process, "rlimit"):  # `ulimit -v`
        limit = process.rlimit(psutil.RLIMIT_AS)[0]
        if limit != psutil.RLIM_INFINITY:
            free.append(limit - process.memory_info().vms)
    return max(0, min(free))


def _groups():
    """Folders of the control groups of this process, and the names of their files."""
    found = []
    membership = Path("/proc/self/cgroup")
    lines = membership.read_text().splitlines() if membership.exists() else []
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if controllers in GROUPS:
            root, *names = GROUPS[controllers]
            # Within a container, its own group is the root.
            path = Path(root, path.strip("/"))
            found += [(folder, names) for folder in (path, *path.parents) if folder.is_dir()]
    return zip(*found, strict=True) if found else ((), ())


def _left(folder, names):
    """Bytes that a control group has left, infinitely many if it has no limit."""
    limit, use, cache = names
    try:
        most = int((folder / limit).read_text())
        used = int((folder / use).read_text())
        rows = dict(row.split() for row in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no such file, or "max" for no limit
        return math.inf
    return most - used + int(rows.get(cache, 0))
