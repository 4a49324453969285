"""Which of a kernel and its compiled twin is called.  No compiler is needed for that."""

import sys
import types
import warnings

import numpy as np
import pytest

from mxbook.base.config import config
from mxbook.base.errors import CompiledKernelWarning
from mxbook.ops.kernels import cpu, gpu, twins
from tests import strict_cupy

LARGE = np.zeros(twins.LEAST // 4, "float32")


@twins.compiled
def double(xp, data, other=None):
    """The plain kernel."""
    return "plain"


@pytest.fixture
def twin(monkeypatch):
    """A module of twins for this file, which are there; their answer can be changed."""
    module = types.ModuleType("twins")
    module.double = lambda xp, data, other=None: "twin"
    name = __name__.rpartition(".")[2]
    monkeypatch.setattr(cpu, "_modules", {name: module})
    monkeypatch.setattr(cpu, "_usable", True)
    config.compiled = True
    yield module
    config.reset("compiled")


def test_large_arrays_of_single_precision(twin):
    assert double(np, LARGE) == "twin"
    assert double(np, LARGE[:4], LARGE) == "twin"
    assert double(np, LARGE, LARGE[:4]) == "twin"
    assert double(np, LARGE, LARGE > 0) == "twin"
    assert double(np, LARGE, "other things") == "twin"


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "other",
    [LARGE[:-1], LARGE.astype("float64"), LARGE.astype("float16"), read_only(LARGE),
     LARGE.reshape(2, -1).T, LARGE[::-1]],
    ids=["small", "double", "half", "read-only", "turned", "backwards"],
)  # fmt: skip
def test_other_arrays_are_numpys(twin, other):
    assert double(np, other) == "plain"
    if other.size == LARGE.size:
        assert double(np, LARGE, other) == "plain"


def test_other_reasons_for_numpy(twin):
    assert double(strict_cupy, LARGE) == "plain"
    config.compiled = False
    assert double(np, LARGE) == "plain"
    config.compiled = True
    assert double(np, LARGE) == "twin"
    twin.double = lambda *args: NotImplemented
    assert double(np, LARGE) == "plain"


def test_twins_for_small_arrays(twin):
    soon = twins.compiled(double.__wrapped__, least=12)
    assert soon(np, LARGE[:3]) == "twin"
    assert soon(np, LARGE[:2]) == "plain"


def test_on_a_gpu(monkeypatch):
    """A twin of CUDA for arrays in one piece and of one type; the strict CuPy has no compiler."""
    module = types.ModuleType("twins")
    module.double = lambda xp, data, other=None: "twin"
    monkeypatch.setattr(gpu, "twins", lambda name, xp: module)
    data = strict_cupy.array(LARGE)
    assert double(strict_cupy, data) == "twin"
    assert double(strict_cupy, data, data > 0) == "twin"
    assert double(strict_cupy, data, data.astype("float64")) == "plain"
    assert double(strict_cupy, data.astype("float16")) == "plain"
    assert double(strict_cupy, data.reshape(2, -1).T) == "plain"
    monkeypatch.undo()
    assert double(strict_cupy, data) == "plain"


def test_without_numba(twin, monkeypatch):
    monkeypatch.setattr(cpu, "_modules", {})
    monkeypatch.setattr(cpu, "_usable", None)
    monkeypatch.setattr(cpu.importlib.util, "find_spec", lambda name: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert double(np, LARGE) == "plain"
    assert cpu.twins("convolution") is None


def test_a_compiler_that_fails_is_reported_once(twin, monkeypatch):
    monkeypatch.setattr(cpu, "_modules", {})
    monkeypatch.setitem(sys.modules, f"{cpu.__name__}.broken", None)  # importing it fails
    with pytest.warns(CompiledKernelWarning, match=r"\(broken\).*MXBOOK_COMPILED=0"):
        assert cpu.twins("broken") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cpu.twins("broken") is None
        assert cpu.twins("convolution") is None
        assert double(np, LARGE) == "plain"
