import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.ops.kernels.choosing import MANY, choose

TYPES = ("float16", "float32", "float64", "int8", "uint8", "int32", "int64", "bool")


@pytest.mark.parametrize("dtype", TYPES)
@given(st.sampled_from([0, 7, MANY // 4, MANY]), st.booleans(), st.integers(0, 100))
def test_it_is_numpys_where(dtype, rows, stretched, seed):
    source = np.random.default_rng(seed)
    x, y = (source.integers(0, 256, (rows, 4, np.dtype(dtype).itemsize)) for _ in range(2))
    x, y = (a.astype("uint8").view(dtype)[..., 0] for a in (x, y)) if dtype != "bool" else (
        x[..., 0] > 9,
        y[..., 0] > 9,
    )  # fmt: skip
    mask = source.random((rows, 1 if stretched else 4)) < 0.5
    found = choose(np, mask, x, y)
    assert found.dtype == x.dtype
    np.testing.assert_array_equal(found, np.where(mask, x, y))
