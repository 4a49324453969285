"""Compiled optimizer steps against NumPy's."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from mxbook.ops.families import optimizer, optimizer_adaptive
from mxbook.ops.kernels.cpu import optimizer as twins
from mxbook.ops.kernels.cpu import optimizer_adaptive as adaptive_twins

PARAMETERS = st.fixed_dictionaries(
    {
        "lr": st.floats(0, 1),
        "wd": st.sampled_from([0.0, 0.01]),
        "momentum": st.floats(0, 1),
        "rescale_grad": st.floats(0.1, 2),
        "clip_gradient": st.sampled_from([-1.0, 0.0, 0.5]),
        "beta1": st.floats(0, 1),
        "beta2": st.floats(0, 1),
        "epsilon": st.floats(1e-8, 1),
    }
)
FORMULAS = [  # and how many arrays they have beside the weight, and spare ones
    (optimizer.sgd, twins.sgd, 1, 1),
    (optimizer.momentum_sgd, twins.momentum_sgd, 2, 1),
    (optimizer_adaptive.adam, adaptive_twins.adam, 3, 2),
]


@pytest.mark.parametrize(("plain", "twin", "states", "spare"), FORMULAS)
@given(p=PARAMETERS, in_place=st.booleans())
def test_agrees_with_numpy(plain, twin, states, spare, p, in_place):
    p = SimpleNamespace(**p)
    arrays = np.random.default_rng(0).normal(size=(1 + states, 3, 7)).astype("float32")
    arrays[2:] **= 2  # a mean of squares is not negative
    found, expected = [], []
    for formula, results in ((twin, found), (plain, expected)):
        weight, *others = arrays.copy()
        out = weight if in_place else np.empty_like(weight)
        formula(np, p, out, weight, *others, *np.empty((spare, 3, 7), "float32"))
        results.extend([out, *others[1:]])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("_plain", "twin", "states", "spare"), FORMULAS)
def test_nan_stays(_plain, twin, states, spare):
    p = SimpleNamespace(
        lr=0.1, wd=0.0, momentum=0.9, rescale_grad=1.0, clip_gradient=0.5,
        beta1=0.9, beta2=0.99, epsilon=1e-8,
    )  # fmt: skip
    weight, *others = np.ones((1 + states, 4), "float32")
    others[0][1] = np.nan
    twin(np, p, weight, weight, *others, *np.empty((spare, 4), "float32"))
    assert np.isnan(weight).tolist() == [False, True, False, False]
