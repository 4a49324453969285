"""`npx.save` and `npx.load`."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError


def test_arrays_without_axes_and_elements_survive(tmp_path):
    path = tmp_path / "x.params"
    given = {"one": mx.np.array(2.5), "none": mx.np.zeros((0, 3)), "two": mx.np.arange(2)}
    mx.npx.save(path, given)
    found = mx.npx.load(path)
    assert list(found) == list(given)
    for name, array in given.items():
        assert type(found[name]) is mx.np.ndarray and found[name].shape == array.shape
        assert np.array_equal(found[name].asnumpy(), array.asnumpy())
    mx.npx.save(path, given["one"])
    assert [a.item() for a in mx.npx.load(path)] == [2.5]


def test_only_arrays_of_mx_np(tmp_path):
    with pytest.raises(DTypeError):
        mx.npx.save(tmp_path / "x.params", [mx.nd.ones(2)])


def test_the_codes_of_reshape():
    x = mx.np.zeros((8, 3, 4))
    assert mx.npx.reshape(x, (-2, -5)).shape == (8, 12)
    assert mx.npx.reshape(x, (-6, 2, -1, -4)).shape == (2, 4, 3, 4)
    with pytest.raises(mx.MXNetError):
        mx.npx.reshape(x, (-3, -4))
