"""What fails must fail the build, each time, and by name; a build is alone, and can be stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from build_book import fingerprint

ROOT = Path(__file__).parents[2]


def book(folder, source, timeout=60):
    """A book of one notebook, whose second code cell is `source`."""
    nb = nbformat.v4.new_notebook()
    nb.cells = [
        nbformat.v4.new_markdown_cell("# A page", id="title"),
        nbformat.v4.new_code_cell("x = 1", id="fine"),
        nbformat.v4.new_code_cell(source, id="suspect"),
    ]
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(nb, folder / "page.ipynb")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    (folder / "_config.yml").write_text(
        f"title: Book\nonly_build_toc_files: true\n"
        f"execute: {{execute_notebooks: cache, timeout: {timeout}}}\n"
    )


def command(folder):
    return [sys.executable, ROOT / "tools" / "build_book.py", folder]


def build(folder):
    return subprocess.run(command(folder), capture_output=True, text=True, timeout=300)


# Says that it has begun, and takes long.
LONG = "import time; open('begun', 'w').close(); time.sleep(300)"


def begin(folder, sign):
    """A build in a process group of its own, like that of a terminal, once it has made a file."""
    process = subprocess.Popen(
        command(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: (folder / sign).exists() or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    return process


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "nothing has happened for a minute"
        time.sleep(0.05)


def processes(folder):
    """Kernels that run in a folder, and whatever has been started with its name."""
    found = []
    for process in psutil.process_iter(["cwd", "cmdline"]):
        cwd, arguments = process.info["cwd"], process.info["cmdline"] or []
        if cwd == str(folder) or str(folder) in arguments:
            found.append(process)
    return found


@pytest.mark.parametrize(
    ("source", "timeout", "error"),
    [
        pytest.param("raise ValueError('a broken cell')", 60, "a broken cell", id="error"),
        pytest.param(
            *("import time; time.sleep(60)", 2, "CellTimeoutError"),
            marks=pytest.mark.slow,
            id="timeout",
        ),
        pytest.param(
            *("import os; os._exit(1)", 60, "DeadKernelError"),
            marks=pytest.mark.slow,
            id="dead kernel",
        ),
    ],
)
def test_a_failing_cell_fails_each_build_by_name(tmp_path, source, timeout, error):
    book(tmp_path, source, timeout)
    for _ in range(2):
        done = build(tmp_path)
        assert done.returncode != 0
        assert "page.ipynb: code cell 2 of 2 (id suspect) failed" in done.stderr
        assert error in done.stderr


def test_a_good_book_is_built_cached_and_executed_again_after_a_change(tmp_path):
    book(tmp_path, "open('runs', 'a').write('+')\nprint('the', 'output')")
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "page.ipynb: executed" in done.stdout
    index = Path(done.stdout.splitlines()[-1])
    assert index == tmp_path / "_build" / "html" / "index.html" and index.exists()
    assert "the output" in (index.parent / "page.html").read_text()
    assert (tmp_path / "runs").read_text() == "+", "executed again while the site was rendered"

    again = build(tmp_path)
    assert again.returncode == 0 and "page.ipynb: unchanged" in again.stdout

    (tmp_path / "requirements.txt").write_text("another==1\n")
    assert "page.ipynb: executed" in build(tmp_path).stdout


@pytest.mark.parametrize(
    "path",
    [
        "chirplib/a.py",
        "chirplib/deep/er/b.py",
        "chirplib/deep/c.js",
        "benchmarks/table.csv",
        "book/_static/pairs/MSS-0.js",
        "requirements.txt",
        "requirements-recordings.txt",
    ],
)
def test_pages_depend_on_each_file_that_they_read(tmp_path, path):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    prints = [fingerprint(tmp_path)]
    for text in ("x = 1", "x = 2"):
        file.write_text(text)
        prints.append(fingerprint(tmp_path))
    file.rename(file.with_name("renamed"))
    prints.append(fingerprint(tmp_path))
    assert len(set(prints)) == (4 if path.startswith("chirplib") else 3)


def test_pages_do_not_depend_on_what_python_keeps_of_the_package(tmp_path):
    before = fingerprint(tmp_path)
    kept = tmp_path / "chirplib" / "deep" / "__pycache__" / "a.pyc"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"kept")
    assert fingerprint(tmp_path) == before


@pytest.mark.slow
def test_a_warning_of_sphinx_fails_the_build(tmp_path):
    book(tmp_path, "x")
    nb = nbformat.read(tmp_path / "page.ipynb", as_version=4)
    nb.cells[0].source += "\n\n{ref}`nowhere`"
    nbformat.write(nb, tmp_path / "page.ipynb")
    for _ in range(2):
        done = build(tmp_path)
        assert done.returncode != 0 and "nowhere" in done.stderr


@pytest.mark.slow
def test_a_second_build_at_once_says_that_there_is_another(tmp_path):
    book(tmp_path, LONG)
    first = begin(tmp_path, "begun")
    try:
        second = build(tmp_path)
        assert second.returncode == 1
        expected = f"another build (process {first.pid}) is under way in {tmp_path}\n"
        assert second.stderr == expected
    finally:
        first.kill()
        first.communicate()
    # A kernel sees within seconds that the build which began it was killed.
    wait_for(lambda: not processes(tmp_path))
    # What a killed build leaves behind does not stand in the way of the next one.
    book(tmp_path, "raise ValueError('a broken cell')")
    assert "a broken cell" in build(tmp_path).stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "sign", "where"),
    [
        (LONG, "begun", "in {}: code cell 2 of 2 (id suspect)"),
        (f"try:\n    {LONG}\nexcept KeyboardInterrupt:\n    time.sleep(300)", "begun", "in {}"),
        ("x", "_build/html", "while the site was rendered"),
    ],
    ids=["in a cell", "in a cell that goes on", "in Sphinx"],
)
def test_an_interrupted_build_says_where_and_leaves_no_process(tmp_path, source, sign, where):
    book(tmp_path, source)
    process = begin(tmp_path, sign)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    (line,) = stderr.splitlines()
    path = Path(os.path.relpath(tmp_path / "page.ipynb"))
    assert line.startswith(f"stopped {where.format(path)}")
    assert line.endswith("; pages done so far are kept in the cache")
    assert "Traceback" not in stdout
    assert not processes(tmp_path)


@pytest.mark.slow
def test_pages_that_were_done_before_an_interrupt_are_not_executed_again(tmp_path):
    def write(source):
        book(tmp_path, "x")
        (tmp_path / "page.ipynb").rename(tmp_path / "first.ipynb")
        book(tmp_path, source)
        toc = "format: jb-book\nroot: first\nchapters:\n- file: page\n"
        (tmp_path / "_toc.yml").write_text(toc)

    write(LONG)
    process = begin(tmp_path, "begun")
    os.killpg(process.pid, signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)
    assert "first.ipynb: executed" in stdout

    write("raise ValueError('a broken cell')")
    again = build(tmp_path)
    assert "first.ipynb: unchanged" in again.stdout and "a broken cell" in again.stderr
