# SPDX-License-Identifier: MIT
"""The notebooks of python/notebooks run, and were run before they were put there."""
import glob
import json
import os

import pytest

SOURCE = os.environ.get("SPINODAL_SOURCE", "")
BOOKS = sorted(glob.glob(os.path.join(SOURCE, "python", "notebooks", "*.ipynb")))
#: Takes minutes.
LONG = {"convolutional"}


def cells(path):
    """Of code, in their order."""
    with open(path, encoding="utf-8") as file:
        return [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]


def test_they_are_there():
    if not SOURCE:
        pytest.skip("SPINODAL_SOURCE does not name the source tree")
    assert len(BOOKS) >= 3


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: os.path.basename(path)[:-6])
def test_a_notebook(path, monkeypatch, tmp_path):
    code = cells(path)
    assert all(cell["execution_count"] for cell in code)
    assert not [output for cell in code for output in cell["outputs"] if output["output_type"] == "error"]
    text = "\n".join("".join(cell["source"]) for cell in code)
    for module in ("matplotlib", "pandas", *(["torch"] if "import torch" in text else [])):
        pytest.importorskip(module)
    if os.path.basename(path)[:-6] in LONG:
        compile(text, path, "exec")
        pytest.skip("takes minutes; it was compiled only")
    import matplotlib
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    for cell in code:
        exec(compile("".join(cell["source"]), path, "exec"), names)
    matplotlib.pyplot.close("all")
