"""Many weights at once are as one after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.registry import operators

KINDS = {  # arrays beside weight and gradient
    "sgd": [],
    "sgd_mom": ["mom"],
    "mp_sgd": ["weight32"],
    "mp_sgd_mom": ["mom", "weight32"],
}


@pytest.fixture
def queue_everything():
    mx.config.inline_elements = 0
    yield
    mx.config.reset("inline_elements")


def arrays(kind, shape, seed):
    rng = np.random.default_rng(seed)
    low = "float16" if kind.startswith("mp") else "float32"
    types = [low, low, *["float32"] * len(KINDS[kind])]
    return [mx.nd.array(rng.uniform(0.1, 1, shape), dtype=t) for t in types]


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@given(
    st.lists(st.sampled_from([(1,), (4,), (2, 3)]), min_size=1, max_size=3), st.floats(-0.1, 0.4)
)
@settings(max_examples=10)
def test_many_are_as_one_after_the_other(kind, loaded, shapes, clip):
    lrs = [np.float32(0.1 * (i + 1)).item() for i in range(len(shapes))]
    wds = [np.float32(0.02 * i).item() for i in range(len(shapes))]
    common = {"rescale_grad": 0.5, "clip_gradient": clip}
    if "mom" in kind:
        common["momentum"] = 0.9
    one = [arrays(kind, s, i) for i, s in enumerate(shapes)]
    for row, lr, wd in zip(one, lrs, wds, strict=True):
        getattr(F, f"{kind}_update")(*row, lr=lr, wd=wd, out=row[0], **common)
    many = [arrays(kind, s, i) for i, s in enumerate(shapes)]
    flat = [a for row in many for a in row]
    outs = [row[0] for row in many]
    if loaded:
        rates = [mx.nd.array(lrs), mx.nd.array(wds)]
        function = getattr(F, f"preloaded_multi_{kind}_update")
        function(*flat, *rates, num_weights=len(shapes), out=outs, **common)
    else:
        function = getattr(F, f"multi_{kind}_update")
        function(*flat, lrs=lrs, wds=wds, num_weights=len(shapes), out=outs, **common)
    for a, b in zip(flat, [a for row in one for a in row], strict=True):
        np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())


def test_what_changes_is_known_to_the_engine(queue_everything):
    op = operators["multi_mp_sgd_mom_update"]
    p = op.values({"num_weights": 2, "lrs": (1, 1), "wds": (0, 0)})
    names = op.input_names(p)
    assert [names[i] for i in op.mutated(p)] == ["mom0", "weight320", "mom1", "weight321"]
    # On the queue, a reader of the momentum waits for the update.
    weight, grad, mom = mx.nd.ones(2), mx.nd.ones(2), mx.nd.zeros(2)
    for _ in range(50):
        F.multi_sgd_mom_update(weight, grad, mom, lrs=1, wds=0, momentum=1, out=weight)
    np.testing.assert_array_equal(mom.asnumpy(), [-50, -50])


def test_new_rates_need_no_new_plan():
    op, weight, grad = operators["multi_sgd_update"], mx.nd.ones(3), mx.nd.ones(3)
    F.multi_sgd_update(weight, grad, lrs=0.1, wds=0)
    plans = len(op.plans)
    for i in range(5):
        F.multi_sgd_update(weight, grad, lrs=(0.1 * i,), wds=(0.01 * i,))
    assert len(op.plans) == plans


def test_a_float32_weight_needs_no_copy():
    """MXNet then computes on the weight itself, and leaves the copy alone."""
    weight, grad, copy = mx.nd.ones(1), mx.nd.ones(1), mx.nd.zeros(1)
    F.multi_mp_sgd_update(weight, grad, copy, lrs=0.5, wds=0, out=weight)
    assert (weight.asscalar(), copy.asscalar()) == (0.5, 0)


def test_numbers_of_arrays_and_rates_must_agree():
    one = mx.nd.ones(2)
    with pytest.raises(ParameterError, match="2 input"):
        F.multi_sgd_update(one, one, one, one, lrs=(1, 1), wds=(1, 1))
    with pytest.raises(ParameterError, match="lrs"):
        F.multi_sgd_update(one, one, one, one, lrs=1, wds=(1, 1), num_weights=2)
    with pytest.raises(ShapeError, match="wds"):
        F.preloaded_multi_sgd_update(one, one, mx.nd.ones(1), mx.nd.ones(2))
    with pytest.raises(ShapeError):
        F.multi_sgd_update(one, mx.nd.ones(3), lrs=1, wds=1)
    with pytest.raises(DTypeError):
        F.multi_mp_sgd_update(one, one, one.astype("float16"), lrs=1, wds=1)


def test_reset_arrays():
    given_arrays = [mx.nd.ones((2, 3)), mx.nd.ones(2, dtype="int32"), mx.nd.array([np.nan])]
    assert F.reset_arrays(*given_arrays, num_arrays=3) == []
    assert all((a.asnumpy() == 0).all() for a in given_arrays)
    with pytest.raises(ParameterError, match="num_arrays"):
        F.reset_arrays(*given_arrays)
