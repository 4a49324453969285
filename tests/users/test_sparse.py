"""Row 21: where sparse arrays become dense, the user is told, with place, operator and bytes."""

import linecache
import warnings

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import NotSupportedForSparseNDArray, SparseFallbackWarning

A = mx.nd.sparse.csr_matrix(np.eye(3, 4))


@pytest.fixture(autouse=True)
def _reset():
    yield
    mx.config.reset("sparse_fallback")


def test_a_warning_with_the_place():
    with pytest.warns(SparseFallbackWarning, match="exp makes sparse arrays dense: it got csr; 96"):
        found = mx.nd.exp(A)
    np.testing.assert_allclose(found.asnumpy(), np.exp(np.eye(3, 4)))
    with pytest.warns(SparseFallbackWarning) as told:
        mx.nd.exp(A)
    assert told[0].filename == __file__
    assert linecache.getline(__file__, told[0].lineno).strip() == "mx.nd.exp(A)"


def test_once_for_a_place():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        for _ in range(3):
            mx.nd.exp(A)
        mx.nd.exp(A)
    assert len(told) == 2


def test_an_error_instead():
    mx.config.sparse_fallback = "raise"
    with pytest.raises(
        NotSupportedForSparseNDArray, match="exp makes sparse arrays dense"
    ) as error:
        mx.nd.exp(A)
    assert "(3, 4)  float64  cpu(0)  csr" in str(error.value)
    assert "mx.nd.exp(A)" in str(error.value)
    assert mx.nd.sin(A).stype == "csr"


def test_silence():
    mx.config.sparse_fallback = "silent"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mx.nd.exp(A).stype == "default"
    with pytest.raises(mx.base.errors.ConfigError):
        mx.config.sparse_fallback = "loud"
