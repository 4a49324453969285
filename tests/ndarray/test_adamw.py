"""AdamW's public functions: the scale as a number or an array, one weight or many."""

import numpy as np
import pytest

import mxbook as mx

RATES = {"lr": 0.1, "eta": 0.5, "wd": 0.01}


def numbers(count, shape=(3,), dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    return [mx.nd.array(rng.uniform(0.1, 1, shape), dtype=dtype) for _ in range(count)]


def expected(w, g, m, v, scale):
    w, g, m, v = (a.asnumpy().astype("float64") for a in (w, g, m, v))
    m, v = 0.9 * m + 0.1 * scale * g, 0.999 * v + 0.001 * (scale * g) ** 2
    return w - 0.5 * (0.1 * m / (np.sqrt(v) + 1e-8) + 0.01 * w)


@pytest.mark.parametrize("scale", [0.5, 2, mx.nd.array([0.5])])
def test_the_scale_is_a_number_or_an_array(scale):
    arrays = numbers(4)
    number = scale.asscalar() if isinstance(scale, mx.nd.NDArray) else scale
    wanted = expected(*arrays, number)
    found = mx.nd.contrib.adamw_update(*arrays, scale, **RATES)
    np.testing.assert_allclose(found.asnumpy(), wanted, rtol=1e-5)


@pytest.mark.parametrize("scale", [0, np.inf, np.nan])
def test_an_unusable_scale_changes_nothing(scale):
    before, arrays = (numbers(4) for _ in range(2))
    mx.nd.contrib.adamw_update(*arrays, scale, out=arrays[0], **RATES)
    half, master = arrays[0].astype("float16"), arrays[0].copy()
    mx.nd.contrib.mp_adamw_update(
        half, half, arrays[2], arrays[3], master, scale, out=half, **RATES
    )
    for a, b in zip([*arrays, master, half.astype("float32")], [*before, before[0]], strict=False):
        np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())


def test_many_are_as_one_after_the_other():
    shapes = [(2, 3), (4,), (1,)]
    columns = [[numbers(4, s, seed=i)[c] for i, s in enumerate(shapes)] for c in range(4)]
    wanted = [mx.nd.contrib.adamw_update(*(a.copy() for a in row), 0.5, **RATES)
              for row in zip(*columns, strict=True)]  # fmt: skip
    options = {"lrs": (0.1,) * 3, "etas": (0.5,) * 3, "wds": (0.01,) * 3}
    mx.nd.contrib.multi_adamw_update(*columns, 0.5, out=columns[0], **options)
    for found, one in zip(columns[0], wanted, strict=True):
        np.testing.assert_array_equal(found.asnumpy(), one.asnumpy())


def test_many_with_copies():
    weights, grads = numbers(2, dtype="float16"), numbers(2, dtype="float16", seed=1)
    mean, var, copies = numbers(2, seed=2), numbers(2, seed=3), numbers(2, seed=4)
    wanted = [expected(*row, 0.5) for row in zip(copies, grads, mean, var, strict=True)]
    found = mx.nd.contrib.multi_mp_adamw_update(
        weights, grads, mean, var, copies, mx.nd.array([0.5]),
        (0.1, 0.1), (0.01, 0.01), (0.5, 0.5), out=weights, size=2,
    )  # fmt: skip
    assert found is weights
    for weight, copy, one in zip(weights, copies, wanted, strict=True):
        np.testing.assert_allclose(copy.asnumpy(), one, rtol=1e-5)
        np.testing.assert_array_equal(weight.asnumpy(), copy.asnumpy().astype("float16"))
