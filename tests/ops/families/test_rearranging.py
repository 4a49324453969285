"""The same elements in another order: as NumPy does it, and undone by doing it again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ShapeError
from mxbook.ndarray import registry as F


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(1, 3))
def test_space_and_depth_undo_each_other(n, c, h, block):
    x = np.random.default_rng(0).normal(size=(n, c * block**2, h, 2)).astype("float32")
    wide = F.depth_to_space(mx.nd.array(x), block_size=block)
    assert wide.shape == (n, c, h * block, 2 * block)
    np.testing.assert_array_equal(F.space_to_depth(wide, block_size=block).asnumpy(), x)


@pytest.mark.parametrize("shape", [(1, 3, 2, 2), (4, 2, 2), (1, 2, 3, 3)])
def test_blocks_must_fit(shape):
    for name in ("depth_to_space", "space_to_depth"):
        if (name, shape) != ("space_to_depth", (1, 3, 2, 2)):
            with pytest.raises(ShapeError, match="blocks"):
                getattr(F, name)(mx.nd.zeros(shape), block_size=2)


@given(st.permutations(range(3)))
def test_turning_round_twice_changes_nothing(axes):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    a, b, _ = axes
    swapped = F.SwapAxis(mx.nd.array(x), dim1=a, dim2=b - 3)
    np.testing.assert_array_equal(swapped.asnumpy(), x.swapaxes(a, b))
    flipped = F.reverse(mx.nd.array(x), axis=(a, b))
    np.testing.assert_array_equal(flipped.asnumpy(), np.flip(x, (a, b)))
    np.testing.assert_array_equal(F.reverse(flipped, axis=(b, a)).asnumpy(), x)
