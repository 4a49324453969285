"""Initial values."""

import json
import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import init
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ops import packed

SHAPES = st.lists(st.integers(1, 5), min_size=2, max_size=4).map(tuple)


def filled(initializer, shape, name="x_weight", attrs=None):
    array = mx.nd.full(shape, 7)
    initializer(init.InitDesc(name, attrs), array)
    return array.asnumpy()


@given(SHAPES, st.floats(0.01, 3), st.integers(0, 99))
def test_random_values_come_from_the_stream(shape, scale, seed):
    for make, draw in (
        (init.Uniform, lambda: mx.nd.random.uniform(-scale, scale, shape=shape)),
        (init.Normal, lambda: mx.nd.random.normal(0, scale, shape=shape)),
    ):
        mx.random.seed(seed)
        found = filled(make(scale), shape)
        mx.random.seed(seed)
        assert (found == draw().asnumpy()).all()


@given(SHAPES, st.sampled_from(["in", "out", "avg"]))
def test_xavier_scales_by_the_fans(shape, factor_type):
    kernel = int(np.prod(shape[2:]))
    fan = {"in": shape[1] * kernel, "out": shape[0] * kernel}
    fan["avg"] = (fan["in"] + fan["out"]) / 2
    scale = np.sqrt(2.0 / fan[factor_type])
    found = filled(init.Xavier("uniform", factor_type, 2.0), shape)
    assert (np.abs(found) <= scale * (1 + 1e-6)).all()
    mx.random.seed(3)
    found = filled(init.Xavier("gaussian", factor_type, 2.0), shape)
    mx.random.seed(3)
    assert (found == mx.nd.random.normal(0, float(scale), shape=shape).asnumpy()).all()


def test_msra_prelu_is_xavier_for_its_slope():
    mx.random.seed(1)
    found = filled(init.MSRAPrelu("in", 0.5), (4, 8))
    mx.random.seed(1)
    assert (found == filled(init.Xavier("gaussian", "in", 2 / 1.25), (4, 8))).all()


@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from(["uniform", "normal"]))
def test_orthogonal(rows, columns, rand_type):
    found = filled(init.Orthogonal(2.0, rand_type), (rows, columns)).astype("float64")
    small = found @ found.T if rows <= columns else found.T @ found
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-5)


def test_bilinear_keeps_a_constant_image():
    kernel = filled(init.Bilinear(), (1, 1, 4, 4))[0, 0]
    # Stride 2: each output pixel gets every second row and column of the kernel.
    for i in (0, 1):
        for j in (0, 1):
            assert kernel[i::2, j::2].sum() == pytest.approx(1)


def test_lstm_bias_sets_the_forget_gate():
    found = filled(init.Zero(), (8,), attrs={"__init__": init.LSTMBias(1.5)})
    assert found.tolist() == [0, 0, 1.5, 1.5, 0, 0, 0, 0]


@pytest.mark.parametrize("ending", ["bias", "beta", "min", "bias_quantize"])
def test_endings_that_get_zeros(ending):
    assert (filled(init.One(), (3,), "a_" + ending) == 0).all()


@pytest.mark.parametrize("ending", ["gamma", "max"])
def test_endings_that_get_ones(ending):
    assert (filled(init.Zero(), (3,), "a_" + ending) == 1).all()


def test_quantized_weights_are_small_whole_numbers():
    found = filled(init.Zero(), (300,), "a_weight_quantize")
    assert (found == np.round(found)).all()
    assert 50 < np.abs(found).max() <= 127


def test_a_name_that_tells_nothing():
    with pytest.raises(ValueError, match="nothing says how 'other'"):
        filled(init.Zero(), (3,), "other")


def test_plain_texts_are_the_older_way():
    array = mx.nd.full((6,), 7)
    with pytest.warns(DeprecationWarning):
        init.Uniform()("stn_loc_bias", array)
    assert array.asnumpy().tolist() == [1, 0, 0, 0, 1, 0]
    for name, value in (("x_moving_mean", 0), ("x_moving_var", 1), ("stn_loc_weight", 0)):
        with pytest.warns(DeprecationWarning):
            init.Uniform()(name, array)
        assert (array.asnumpy() == value).all()
    kernel = mx.nd.zeros((1, 1, 2, 2))
    with pytest.warns(DeprecationWarning):
        init.Uniform()("upsampling_x", kernel)
    assert (kernel.asnumpy() == filled(init.Bilinear(), (1, 1, 2, 2))).all()


MADE = [
    init.Zero(),
    init.One(),
    init.Constant(2.5),
    init.Constant(np.array([1.0, 2.0])),
    init.Uniform(0.3),
    init.Normal(0.3),
    init.Orthogonal(1.0, "normal"),
    init.Xavier("gaussian", "in", 2),
    init.MSRAPrelu("out", 0.1),
    init.Bilinear(),
    init.LSTMBias(2.0),
]


@pytest.mark.parametrize("made", MADE, ids=lambda i: type(i).__name__)
def test_texts_and_back(made):
    again = init.create(made.dumps())
    assert type(again) is type(made)
    assert again.dumps() == made.dumps()
    assert again == made or type(made) is init.Constant  # arrays come back as lists
    name, kwargs = json.loads(made.dumps())
    assert init.create(name, **kwargs) == again


def test_equality_is_by_kind_and_arguments():
    assert init.Normal(1) == init.Normal(1)
    assert init.Normal(1) != init.Normal(2)
    assert init.Normal(1) != init.Uniform(1)
    assert init.Constant(np.ones(2)) == init.Constant(mx.nd.ones(2))


def test_register_and_create():
    @init.register
    class Halves(init.Initializer):
        def _init_weight(self, name, arr):
            arr[:] = 0.5

    assert (filled(init.create("Halves"), (2,)) == 0.5).all()
    assert init.create("zeros") == init.Zero()
    assert init.create("ones") == init.One()
    with pytest.raises(ParameterError, match="did you mean xavier"):
        init.create("xavierr")
    with pytest.raises(DTypeError):
        init.register(int)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: filled(init.Xavier(), (3,)), ShapeError),
        (lambda: filled(init.Xavier("cauchy"), (3, 3)), ParameterError),
        (lambda: filled(init.Xavier(factor_type="both"), (3, 3)), ParameterError),
        (lambda: init.Orthogonal(rand_type="cauchy"), ParameterError),
        (lambda: init.Uniform()(3, mx.nd.zeros(3)), DTypeError),
        (lambda: init.Mixed(["a"], []), ParameterError),
        (lambda: init.Mixed(["a"], [init.One()])("b", mx.nd.zeros(3)), ParameterError),
        (lambda: init.Load({"x": mx.nd.ones(2)})("x", mx.nd.zeros(3)), ShapeError),
        (lambda: init.Load({"x": mx.nd.ones(2)})("y", mx.nd.zeros(2)), ParameterError),
        (lambda: filled(init.Initializer(), (3,)), ParameterError),
    ],
)
def test_bad_input(make, error):
    with pytest.raises(error):
        make()


def test_mixed_takes_the_first_match():
    mixed = init.Mixed([".*bias", ".*"], [init.LSTMBias(3.0)._init_weight, init.One()])
    assert filled(mixed, (4,), "x_bias").tolist() == [0, 3, 0, 0]
    assert (filled(mixed, (4,), "x_weight") == 1).all()


def test_load(tmp_path):
    path = str(tmp_path / "a.params")
    mx.nd.save(path, {"arg:w": mx.nd.array([1, 2]), "aux:m": mx.nd.array([3])})
    load = init.Load(path, default_init=init.One())
    assert filled(load, (2,), "w").tolist() == [1, 2]
    assert filled(load, (1,), "m").tolist() == [3]
    assert filled(load, (1,), "other_weight").tolist() == [1]
    mx.nd.save(path, [mx.nd.ones(1)])
    with pytest.raises(DTypeError, match="named"):
        init.Load(path)


def test_verbosity(caplog):
    caplog.set_level(logging.INFO)
    initializer = init.One().set_verbosity(True)
    filled(initializer, (2, 2))
    assert "Initialized x_weight as weight: 1.0" in caplog.text
    filled(init.One().set_verbosity(True, print_func=lambda a: "seen"), (2, 2))
    assert "seen" in caplog.text


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_element_types(dtype):
    array = mx.nd.zeros((4, 4), dtype=dtype)
    init.Xavier()(init.InitDesc("w_weight"), array)
    assert array.dtype == np.dtype(dtype)
    assert np.abs(array.asnumpy()).max() > 0


@pytest.mark.parametrize("own", [None, mx.init.Constant(0.5)])
@pytest.mark.parametrize(("mode", "gate"), [("lstm", "f"), ("gru", "r")])
def test_the_vector_of_all_parameters(own, mode, gate):
    made = mx.init.FusedRNN(own, 3, 2, mode, bidirectional=True, forget_bias=2.0)
    assert mx.init.create(made.dumps()).dumps() == made.dumps()
    vector = mx.nd.zeros(packed.vector_size(4, 3, 2, mode, True))
    mx.init.One()(mx.init.InitDesc("net_parameters", {"__init__": made.dumps()}), vector)
    parts = packed.gate_views(vector.asnumpy(), 4, 3, 2, mode, True)
    usual = {"weight": 1.0 if own is None else 0.5, "bias": 0.0}
    for name, part in parts.items():
        forget = mode == "lstm" and name.endswith("_f_bias")
        assert (part == (2.0 if forget else usual[name.rsplit("_", 1)[1]])).all(), name
    assert f"r1_h2h_{gate}_bias" in parts
