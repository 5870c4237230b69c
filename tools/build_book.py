"""Build the book: execute its notebooks with signs of life, then render the site.

    python tools/build_book.py [FOLDER]

FOLDER (default: the current one) holds `_config.yml` and `_toc.yml`. Executed notebooks are
kept in `_build/.jupyter_cache`, from which Jupyter Book takes their outputs, and are executed
again when their code, the package or the requirements change. If a cell fails, the build stops
with exit status 1 and says which. So it does if another build is under way in the folder. Ctrl-C
stops it with exit status 130.
"""

import argparse
import asyncio
import contextlib
import fcntl
import hashlib
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":  # the imports below take seconds: until they are done, Ctrl-C just ends
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from offline import add_offline_copies
from sphinx_external_toc.parsing import parse_toc_yaml

from chirplib.cost import peak_memory

# A terminal shows progress bars as they are; a log file shows them now and then.
SECONDS_BETWEEN_SIGNS_OF_LIFE = 20


class Client(NotebookClient):
    """Notebook client that says which cell runs and shows its progress bars while it does."""

    def __init__(self, nb, path, **options):
        resources = {"metadata": {"path": str(path.parent)}}
        quiet = ["--Application.log_level=ERROR"]
        # Recorded timings would change the cells, which then are not found in the cache.
        super().__init__(
            nb,
            kernel_name="python3",
            resources=resources,
            extra_arguments=quiet,
            record_timing=False,
            **options,
        )
        self.path, self.cell, self.peak = path, "kernel start", math.nan
        self.interrupted = False
        # What the kernel itself has to say, which is of no interest if it is interrupted.
        self.kernel_errors = tempfile.TemporaryFile("w+", errors="replace")
        self.shown = time.perf_counter()
        n_code = sum(cell.cell_type == "code" for cell in nb.cells)

        def on_cell_start(cell, cell_index):
            if cell.cell_type == "code":
                number = sum(c.cell_type == "code" for c in nb.cells[: cell_index + 1])
                self.cell = f"code cell {number} of {n_code} (id {cell.id})"
                self.started = time.perf_counter()

        def on_cell_executed(cell, cell_index, execute_reply):
            seconds = time.perf_counter() - self.started
            print(f"{path}: {self.cell}, {seconds:.1f} s", flush=True)
            self.peak = peak_memory(self.km.provisioner.pid)

        self.on_cell_start, self.on_cell_executed = on_cell_start, on_cell_executed

    async def async_start_new_kernel(self, **options):
        execution = asyncio.current_task()

        def on_interrupt():
            # What is cancelled shuts down the kernel, which must not be cancelled in turn.
            if not self.interrupted and self.km and not self.km.shutting_down:
                execution.cancel()
            self.interrupted = True

        # In place of that of nbclient, which takes the kernel away and lets the execution fail.
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, on_interrupt)
        await super().async_start_new_kernel(stderr=self.kernel_errors, **options)

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] == "stream" and msg["content"]["name"] == "stderr":
            text = msg["content"]["text"]
            if sys.stderr.isatty():
                sys.stderr.write(text)
            elif time.perf_counter() - self.shown > SECONDS_BETWEEN_SIGNS_OF_LIFE and text.strip():
                print(f"{self.path}: {self.cell}: {text.strip()}", flush=True)
                self.shown = time.perf_counter()
        return super().process_message(msg, cell, cell_index)


@contextlib.contextmanager
def deaf():
    """Ctrl-C does nothing for a moment."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def lock(build):
    """Refuse to build where another process does. The system opens the lock when this one ends."""
    file = open(build / "lock", "a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        sys.exit(f"another build (process {file.read()}) is under way in {build.parent}")
    file.truncate(0)
    print(os.getpid(), end="", file=file, flush=True)
    return file


def execute(path, cache, timeout):
    """Execute the notebook at `path` and cache it, unless it is cached already."""
    nb = nbformat.read(path, as_version=4)
    try:
        cache.match_cache_notebook(nb)
        print(f"{path}: unchanged, outputs taken from the cache", flush=True)
        return
    except KeyError:
        pass
    client = Client(nb, path, timeout=timeout)
    began = time.perf_counter()
    try:
        try:
            client.execute()
        finally:
            client.kernel_errors.seek(0)
            sys.stderr.write("" if client.interrupted else client.kernel_errors.read())
    except (CellExecutionError, CellTimeoutError, DeadKernelError, asyncio.CancelledError) as error:
        if client.interrupted:
            raise KeyboardInterrupt(f"in {path}: {client.cell}") from None
        sys.exit(f"{error}\n\n{path}: {client.cell} failed: {type(error).__name__}")
    seconds = time.perf_counter() - began
    data = {"execution_seconds": seconds}
    with deaf():
        cache.cache_notebook_bundle(CacheBundleIn(nb, str(path), data=data), check_validity=False)
    peak = "" if math.isnan(client.peak) else f", peak memory {client.peak / 1e9:.2f} GB"
    print(f"{path}: executed in {seconds:.0f} s{peak}", flush=True)
    if client.interrupted:
        raise KeyboardInterrupt(f"after {path}")


def fingerprint(root):
    """Hash of what the outputs depend on besides the notebooks."""
    quick = os.environ.get("QUICK", "0")
    digest = hashlib.sha256(f"{sys.version}\0{quick}".encode())
    package = (p for p in root.glob("chirplib/**/*") if "__pycache__" not in p.parts)
    others = ["tools/rooms.py", "benchmarks/README.md"]
    others += ["requirements.txt", "requirements-recordings.txt"]
    # Tables that pages read.
    tables = [*root.glob("benchmarks/*.csv"), *root.glob("book/_static/pairs/*.js")]
    for path in [*sorted(package), *sorted(tables), *(root / name for name in others)]:
        if path.is_file():
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def render(root):
    """Render the site with Jupyter Book."""
    jupyter_book = Path(sys.executable).parent / "jupyter-book"
    command = [jupyter_book, "build", root, "-W", "-n", "--keep-going", "-q"]
    # A terminal sends Ctrl-C to both processes, but a process that starts deaf stays so.
    with deaf():
        process = subprocess.Popen(command)
    try:
        status = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise KeyboardInterrupt("while the site was rendered") from None
    if status:
        sys.exit(f"jupyter-book failed with exit status {status}")


def build_book(root):
    """Execute what is not cached, and render the site."""
    build = root / "_build"
    stamp, cache_folder = build / "fingerprint", build / ".jupyter_cache"
    if not stamp.exists() or stamp.read_text() != fingerprint(root):
        shutil.rmtree(cache_folder, ignore_errors=True)
        stamp.write_text(fingerprint(root))
    cache = get_cache(cache_folder)
    config = yaml.safe_load((root / "_config.yml").read_text())
    for page in parse_toc_yaml(root / "_toc.yml"):
        notebook = root / f"{page}.ipynb"
        if notebook.exists():
            execute(Path(os.path.relpath(notebook)), cache, config["execute"]["timeout"])

    # Pages that failed before must not pass for built: warnings are errors, and errors of an
    # earlier build are forgotten.
    for stale in ("html", ".doctrees"):
        shutil.rmtree(build / stale, ignore_errors=True)
    render(root)
    try:
        add_offline_copies(root, build / "html")
    except KeyboardInterrupt:
        raise KeyboardInterrupt("while the chapter was printed") from None
    print(build / "html" / "index.html")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", default=".", type=Path)
    root = parser.parse_args().folder.resolve()
    build = root / "_build"
    build.mkdir(exist_ok=True)
    # Threads of a kernel that have nothing to do sleep. By default they wait busily, which takes
    # the cores from whatever runs beside: another build, for one, would be many times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with lock(build):
            build_book(root)
    except KeyboardInterrupt as stop:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a kernel may be left to shut down at exit
        where = str(stop) or "between two pages"
        end_of_bar = "\n" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{end_of_bar}stopped {where}; pages done so far are kept in the cache\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
