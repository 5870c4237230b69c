"""What a reader sees first, in plain JupyterLab: no warnings."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

PAGES = sorted((Path(__file__).parents[2] / "book").glob("*.ipynb"))


def test_the_first_cell_of_no_page_warns():
    """In one kernel after the other page: what is imported warns once."""
    cells = []
    for page in PAGES:
        first = next(c for c in nbformat.read(page, as_version=4).cells if c.cell_type == "code")
        cells.append(nbformat.v4.new_code_cell(f"# {page.name}\n{first.source}"))
    # Bars are shown by what a page calls later.
    cells.append(
        nbformat.v4.new_code_cell(
            "from chirplib._common.progress import interruptible\n"
            "with interruptible(1, 'step', 'a bar') as bar:\n"
            "    bar.update()"
        )
    )
    cells.append(
        nbformat.v4.new_code_cell(
            "from chirplib import am_chirp\n"
            "from chirplib.figures import plot_cqt\n"
            "plot_cqt([am_chirp(512, 4, 2.0)], ['a chirp'])"
        )
    )
    nb = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": str(PAGES[0].parent)}}
    NotebookClient(nb, kernel_name="python3", resources=resources).execute()
    for cell in nb.cells:
        text = "".join(out.text for out in cell.outputs if out.output_type == "stream")
        assert "warn" not in text.lower(), cell.source.splitlines()[0] + "\n" + text
    assert all(out.output_type != "stream" for cell in nb.cells[:-2] for out in cell.outputs)
