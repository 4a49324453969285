"""The names that MXNet shows though nobody can call them are there, and say so."""

import inspect

import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError


@pytest.mark.parametrize("module", [mx.nd.contrib, mx.sym.contrib])
@pytest.mark.parametrize("name", ["hawkesll", "index_copy", "quadratic"])
def test_a_call_says_what_to_do(module, name):
    with pytest.raises(MXNetError, match=f"record {name} with autograd"):
        getattr(module, f"backward_{name}")()


def test_signatures_are_those_of_their_kind():
    for module, expected in ((mx.nd, ["out", "name"]), (mx.sym, ["name", "attr", "out"])):
        found = inspect.signature(module.contrib.backward_hawkesll).parameters
        assert list(found)[:-1] == expected
