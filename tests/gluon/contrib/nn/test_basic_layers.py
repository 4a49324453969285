"""Blocks beside each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook import nd
from mxbook.gluon import nn
from mxbook.gluon.contrib.nn import Concurrent, HybridConcurrent, Identity


@given(st.integers(1, 3), st.integers(0, 1), st.sampled_from([Concurrent, HybridConcurrent]))
def test_outputs_are_joined_along_an_axis(count, axis, kind):
    net = kind(axis=axis)
    net.add(*[nn.HybridLambda(lambda F, x, i=i: x * i) for i in range(count)])
    x = nd.array(np.arange(6).reshape(2, 3))
    expected = np.concatenate([x.asnumpy() * i for i in range(count)], axis=axis)
    assert (net(x).asnumpy() == expected).all()


@pytest.mark.parametrize("kind", [Concurrent, HybridConcurrent])
def test_names_and_text(kind):
    net = kind(prefix="both_")
    with net.name_scope():
        net.add(nn.Dense(2), Identity())
    assert list(net.collect_params()) == ["both_dense0_weight", "both_dense0_bias"]
    assert repr(net).startswith(f"{kind.__name__}(\n  (0): Dense(None -> 2, linear)")
    assert net.axis == -1


def test_hybridized():
    net = HybridConcurrent(axis=1)
    net.add(Identity(), nn.Dense(2))
    net.initialize()
    assert net.check_hybrid(nd.ones((3, 4)))
    assert Identity()(nd.ones((2,))).shape == (2,)
