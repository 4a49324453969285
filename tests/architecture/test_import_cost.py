"""`import mxbook` loads nothing heavy.  What NumPy loads anyway does not count."""

import subprocess
import sys

from tests.architecture.sources import ROOT

HEAVY = {
    *("asyncio", "concurrent.futures", "dataclasses", "json", "logging", "multiprocessing"),
    *("unittest", "http", "urllib.request", "ssl", "email", "sqlite3", "xml", "doctest", "pdb"),
    *("PIL", "IPython", "ipywidgets", "matplotlib", "graphviz", "scipy", "pandas", "cupy", "numba"),
    *("mxbook.gluon.data.workers.processes", "mxbook.explain", "mxbook.testing", "mxbook.book"),
}


def modules_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


def test_nothing_heavy():
    extra = modules_after("import mxbook") - modules_after("import numpy")
    assert "mxbook.ndarray.ndarray" in extra
    assert sorted(extra & HEAVY) == []
