"""The examples in the documentation of every module of mxbook run as shown."""

import doctest
import importlib

import pytest

import mxbook as mx
from tests.architecture.sources import ROOT, sources

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = [
    ".".join(source.path.with_suffix("").parts).removesuffix(".__init__")
    for source in sources(ROOT / "mxbook")
    if ">>>" in source.text and source.path.stem != "__main__"
]


@pytest.mark.filterwarnings("ignore")  # an example may show what warns
@pytest.mark.parametrize("name", MODULES)
def test_examples(name, tmp_path, monkeypatch):
    if ".kernels.cpu." in name:
        pytest.importorskip("numba")
    monkeypatch.chdir(tmp_path)
    mx.random.seed(0)
    failed, run = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert run > 0
    assert failed == 0
