"""Imports go down only: who may import whom, as a table."""

import sys

import pytest

from tests.architecture.sources import ROOT, imports, sources

# What each package may import of mxbook, besides itself.  Layers below the front ends:
BELOW = {
    "base": set(),
    "engine": {"base"},
    "backend": {"base"},
    "formats": {"base"},
    "storage": {"base", "backend", "engine"},
    "resource": {"base"},
    "ops": {"base", "backend", "formats", "resource"},
    "graph": {"base", "ops"},
    "imperative": {"base", "backend", "engine", "storage", "resource", "ops", "graph"},
}
# The layers above may import everything below and their own layer, except for what SEPARATE says.
FRONT = {
    *("ndarray", "symbol", "numpy", "numpy_extension"),
    *("autograd", "executor", "context", "name", "attribute"),
    *("util", "registry", "runtime", "libinfo", "numpy_dispatch_protocol", "numpy_op_signature"),
    *("library", "rtc", "torch", "tvmop", "ndarray_doc", "symbol_doc"),
}
TRAINING = {
    *("random", "initializer", "optimizer", "lr_scheduler", "metric", "callback", "monitor"),
    *("io", "recordio", "image", "im2rec", "kvstore", "distributed", "operator"),
    *("checkpoint", "kvstore_server", "log"),
}
NETWORKS = {
    *("gluon", "module", "model", "rnn", "explain", "testing", "executor_manager"),
    *("visualization", "profiler", "test_utils", "contrib", "notebook"),
}
TOP = {"compat", "book", "__init__", "__main__"}
SEPARATE = {"gluon": {"module", "model"}, "module": {"gluon"}}

NEVER = {"widgets", "notebooks", "mxnet", "tests"}
# Files that are imported when they are needed, with what they may import at once.
LATE = {"mxbook/ops/kernels/cpu": {"numba", "llvmlite"}}
# Slow to import, and not needed to add two arrays.
HEAVY = {"dataclasses", "asyncio", "concurrent", "logging", "json", "multiprocessing", "unittest"}

FILES = sources(ROOT / "mxbook")
every_file = pytest.mark.parametrize("source", FILES, ids=lambda s: str(s.path))


def allowed(package: str) -> set[str]:
    """The packages of mxbook that a package may import."""
    if package in BELOW:
        return BELOW[package] | {package}
    layers = [FRONT, TRAINING, NETWORKS, TOP]
    level = next((i for i, layer in enumerate(layers) if package in layer), None)
    assert level is not None, f"mxbook/{package} is in no layer: add it to the table"
    found = set(BELOW).union(*layers[: level + 1])
    return found - SEPARATE.get(package, set())


def of_mxbook(module: str) -> str | None:
    """The package below mxbook that a dotted name is in; None for other modules."""
    parts = module.split(".")
    return None if parts[0] != "mxbook" else parts[1] if len(parts) > 1 else "__init__"


@every_file
def test_only_downwards(source):
    may = allowed(source.package)
    for found in imports(source):
        target = of_mxbook(found.module)
        if target is not None:
            assert target in may, f"line {found.line}: {source.package} imports {found.module}"


@every_file
def test_other_packages(source):
    for found in imports(source):
        top = found.module.split(".")[0]
        what = f"line {found.line} imports {found.module}"
        assert top not in NEVER, what
        assert top != "cupy" or source.package == "backend", what
        if top in sys.stdlib_module_names or top == "mxbook":
            continue
        if not found.late:
            may = {"numpy"} | LATE.get(source.path.parent.as_posix(), set())
            assert top in may, f"{what} when mxbook is imported"
        assert top != "numpy" or source.package != "engine", what


@every_file
def test_the_core_is_quick_to_import(source):
    if source.package in BELOW or source.package in FRONT:
        for found in imports(source):
            assert found.late or found.module.split(".")[0] not in HEAVY, f"line {found.line}"


def test_the_table_catches_an_upward_import():
    assert "ndarray" not in allowed("ops")
    assert "engine" not in allowed("graph")
    assert "module" not in allowed("gluon")
    assert {"base", "ndarray"} <= allowed("gluon")
    upward = [i for s in FILES for i in imports(s) if i.module.startswith("mxbook.base")]
    assert upward, "no import was found at all"
