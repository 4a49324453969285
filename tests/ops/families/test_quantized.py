"""Layers on numbers of 8 bits: sums are exact, and mean what the real layers' results mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError

C = mx.nd.contrib
LIMITS = {"int8": (-128, 127), "uint8": (0, 255)}
TYPES = st.sampled_from(["int8", "uint8"])
SEEDS = st.integers(0, 2**32 - 1)
SUMS = 2**31 - 1


def numbers(seed, shape, dtype):
    low, high = LIMITS[dtype]
    return np.random.default_rng(seed).integers(low, high, shape, dtype, endpoint=True)


def nd(*values):
    return [mx.nd.array(v, dtype=getattr(v, "dtype", "float32")) for v in values]


def ends(*largest):
    """The ends of symmetric ranges."""
    return nd(*([sign * n] for n in largest for sign in (-1, 1)))


@given(SEEDS, TYPES, st.sampled_from([1, 7, 600, 1500]))
def test_fully_connected_is_exact(seed, dtype, features):
    data = numbers(seed, (2, features), dtype)
    weight = numbers(seed + 1, (3, features), "int8")
    data[0], weight[0] = LIMITS[dtype][1], -128  # the largest sum of all
    found, low, high = C.quantized_fully_connected(
        *nd(data, weight), *ends(2, 0.5), num_hidden=3, no_bias=True
    )
    np.testing.assert_array_equal(found.asnumpy(), data.astype(int) @ weight.T.astype(int))
    unit = 2 / LIMITS[dtype][1] * 0.5 / 127
    np.testing.assert_allclose([low.asscalar(), high.asscalar()], np.array([-1, 1]) * unit * SUMS)


@given(SEEDS, TYPES, st.sampled_from(["NCHW", "NHWC"]))
def test_convolution_is_exact_and_takes_a_bias(seed, dtype, layout):
    x, w = numbers(seed, (2, 3, 4, 3), dtype), numbers(seed + 1, (4, 3, 2, 2), "int8")
    bias = numbers(seed + 2, (4,), "int8")
    options = {"kernel": (2, 2), "num_filter": 4, "pad": (1, 0)}
    wide = [mx.nd.array(v, dtype="float64") for v in (x, w)]
    plain = mx.nd.Convolution(*wide, no_bias=True, **options).asnumpy()
    if layout == "NHWC":
        x, w = x.transpose(0, 2, 3, 1), w.transpose(0, 2, 3, 1)
        plain = plain.transpose(0, 2, 3, 1)
    found = C.quantized_conv(*nd(x, w, bias), *ends(1, 2, 3), layout=layout, **options)[0].asnumpy()
    share = 3 / 127.5 / (1 / (127.5 if dtype == "int8" else 255.5) * 2 / 127.5)
    added = (found - plain) if layout == "NHWC" else (found - plain).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(added, np.broadcast_to(np.trunc(bias * share), added.shape), atol=1)


@given(SEEDS, TYPES, TYPES)
def test_addition(seed, left, right):
    x, y = numbers(seed, (3, 2), left), numbers(seed + 1, (3, 2), right)
    found, low, high = C.quantized_elemwise_add(*nd(x, y), *ends(1, 3))
    assert (low.asscalar(), high.asscalar()) == (-4, 4)
    half = {"int8": 127.5, "uint8": 255.5}
    real = x / half[left] + 3 * (y / half[right])
    np.testing.assert_allclose(found.asnumpy() / SUMS * 4, real, atol=1e-5)


@given(SEEDS, TYPES, st.sampled_from([0, 1, -1]))
def test_concat_keeps_the_real_numbers(seed, dtype, dim):
    x, y = (numbers(seed + i, (2, 3), dtype) for i in range(2))
    found, low, high = C.quantized_concat(*nd(x, y), *ends(1, 4), num_args=2, dim=dim)
    assert (low.asscalar(), high.asscalar(), np.dtype(found.dtype)) == (-4, 4, dtype)
    np.testing.assert_allclose(found.asnumpy(), np.concatenate([x / 4, y], dim), atol=0.5001)


@given(SEEDS, TYPES, st.sampled_from(["max", "avg"]), st.sampled_from(["valid", "full"]))
def test_pooling_is_that_of_real_numbers_rounded(seed, dtype, kind, convention):
    x = numbers(seed, (1, 2, 5, 4), dtype)
    options = {"kernel": (3, 2), "stride": (2, 2), "pad": (1, 0), "pool_type": kind}
    options["pooling_convention"] = convention
    found = C.quantized_pooling(*nd(x), *ends(1), **options)[0]
    wanted = mx.nd.Pooling(mx.nd.array(x), **options).asnumpy()
    np.testing.assert_array_equal(found.asnumpy(), np.rint(wanted).astype(dtype))


@given(SEEDS, st.booleans())
def test_batch_norm_leaves_its_averages_alone(seed, training):
    x = numbers(seed, (2, 3, 2), "int8")
    vectors = nd(*np.random.default_rng(seed).uniform(0.5, 1.5, (4, 3)).astype("float32"))
    before = [v.asnumpy() for v in vectors]
    options = {"eps": 1e-5, "fix_gamma": False}
    with mx.autograd.record(training):
        found = C.quantized_batch_norm(
            *nd(x), *vectors, *ends(2), min_calib_range=-6, max_calib_range=4, **options
        )
    for v, was in zip(vectors, before, strict=True):
        np.testing.assert_array_equal(v.asnumpy(), was)
    real = mx.nd.BatchNorm(mx.nd.array(x * (2 / 127.5)), *vectors, **options).asnumpy()
    wanted = np.clip(real / 6 * 127.5, -128, 127)
    np.testing.assert_allclose(found[0].asnumpy(), wanted, atol=0.51)


def test_a_symbol_names_all_inputs():
    made = mx.sym.contrib.quantized_fully_connected(name="f", num_hidden=2, no_bias=True)
    ranges = [f"f_{end}_{of}" for of in ("data", "weight") for end in ("min", "max")]
    assert made.list_arguments() == ["f_data", "f_weight", *ranges]
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    joined = mx.sym.contrib.quantized_concat(a, b, num_args=2, name="c")
    assert joined.list_arguments()[:3] == ["a", "b", "c_arg0_min"]
    assert len(joined.list_arguments()) == 6


def test_inputs_by_name_without_a_bias():
    data, weight = nd(numbers(0, (2, 3), "int8"), numbers(1, (4, 3), "int8"))
    names = ("min_data", "max_data", "min_weight", "max_weight")
    ranges = dict(zip(names, ends(1, 2), strict=True))
    found = C.quantized_fully_connected(
        data=data, weight=weight, **ranges, num_hidden=4, no_bias=True
    )
    again = C.quantized_fully_connected(data, weight, *ranges.values(), num_hidden=4, no_bias=True)
    np.testing.assert_array_equal(found[0].asnumpy(), again[0].asnumpy())


def test_what_cannot_be_computed_is_refused():
    data = nd(numbers(0, (1, 1, 2, 2), "int8"))
    with pytest.raises(ParameterError, match="tanh"):
        C.quantized_act(*data, *ends(1), act_type="tanh")
    with pytest.raises(ParameterError, match="pool_type sum"):
        C.quantized_pooling(*data, *ends(1), kernel=(2, 2), pool_type="sum")
    with pytest.raises(ParameterError, match="range of the result"):
        C.quantized_batch_norm(*data, *[mx.nd.ones(1)] * 4, *ends(1))
    with pytest.raises(ParameterError, match="input"):
        C.quantized_concat(*data, *data, *ends(1, 1))
    with pytest.raises(DTypeError, match="weight is uint8"):
        C.quantized_fully_connected(
            *data, *nd(numbers(0, (1, 4), "uint8")), *ends(1, 1), num_hidden=1, no_bias=True
        )
