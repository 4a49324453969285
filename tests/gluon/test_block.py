"""Blocks: names, children, hooks, files, and running on arrays and symbols."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd, gluon, init, nd
from mxbook.base import names
from mxbook.base.errors import DTypeError, MXNetError, ParameterError, ShapeError
from mxbook.gluon import DeferredInitializationError, nn


@pytest.fixture(autouse=True)
def numbers_from_zero():
    """Automatic names that do not depend on the other tests."""
    with names.NameManager():
        yield


class Net(gluon.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.hidden = nn.Dense(3, activation="relu")
            self.output = nn.Dense(2)
            self.offset = self.params.get("offset", shape=(2,), init="zeros")

    def forward(self, x):
        return self.output(self.hidden(x)) + self.offset.data()


class Scaled(gluon.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.factor = self.params.get("factor", shape=(1, 0), allow_deferred_init=True)

    def hybrid_forward(self, F, x, factor):
        return F.FullyConnected(x, factor, no_bias=True, num_hidden=1)


def mlp(*units, **kwargs):
    net = nn.HybridSequential(**kwargs)
    with net.name_scope():
        net.add(*[nn.Dense(n, activation="tanh") for n in units])
    return net


# ---- names


def test_names_count_up_in_every_scope():
    a, b, net = nn.Dense(1), nn.Dense(1), Net()
    assert [a.prefix, b.prefix, net.prefix] == ["dense0_", "dense1_", "net0_"]
    assert [net.hidden.prefix, net.output.name] == ["net0_dense0_", "net0_dense1"]
    assert net.hidden.weight.name == "net0_dense0_weight"
    assert net.hidden.act.prefix == "net0_dense0_relu_"
    assert net.offset.name == "net0_offset"
    assert Net(prefix="mine_").hidden.prefix == "mine_dense0_"
    with net.name_scope():
        assert nn.Dense(1).prefix == "net0_dense2_"


def test_an_empty_prefix_leaves_the_scope_alone():
    net = nn.Sequential(prefix="")
    with net.name_scope():
        net.add(nn.Dense(1))
    assert (net.prefix, net.name, net[0].prefix) == ("", "", "dense0_")


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_every_parameter_is_found_by_both_names(units):
    net = mlp(*units, prefix="net_")
    structural = net._collect_params_with_prefix()
    assert list(structural) == [f"{i}.{n}" for i in range(len(units)) for n in ("weight", "bias")]
    collected = net.collect_params()
    assert [p.name for p in structural.values()] == list(collected)
    assert all(name.startswith("net_dense") for name in collected)
    assert list(net.collect_params(".*bias")) == [n for n in collected if n.endswith("bias")]


def test_sharing_parameters():
    a = nn.Dense(3, in_units=4)
    b = nn.Dense(3, in_units=4, params=a.collect_params())
    assert b.weight is a.weight


# ---- structure


def test_attributes_register_and_keep_their_kind():
    net = Net()
    assert list(net._children) == ["hidden", "output"]
    assert list(net._reg_params) == ["offset"]
    net.hidden = nn.Dense(5)
    assert net._children["hidden"]._units == 5
    with pytest.raises(DTypeError, match="cannot change"):
        net.hidden = 3
    with pytest.raises(ParameterError, match="cannot be replaced"):
        net.offset = gluon.Parameter("other")


def test_a_hybrid_block_holds_hybrid_blocks():
    with pytest.raises(DTypeError, match="HybridSequential in place of"):
        nn.HybridSequential().add(nn.Sequential())


def test_blocks_in_plain_containers_are_warned_about():
    net = Net()
    net.layers = [nn.Dense(1)]
    with pytest.warns(UserWarning, match=r"Net.layers.* is an unregistered container"):
        net.collect_params()
    net.registered = [net.hidden]
    net.layers = {"a": net.output}
    net.collect_params()


def test_apply_visits_inner_blocks_first():
    seen = []
    net = Net()
    assert net.apply(lambda b: seen.append(b.name)) is net
    assert seen == ["net0_dense0_relu", "net0_dense0", "net0_dense1", "net0"]


def test_text():
    net = Net()
    assert repr(net) == (
        "Net(\n  (hidden): Dense(None -> 3, Activation(relu))\n"
        "  (output): Dense(None -> 2, linear)\n)"
    )


def test_cast():
    net = Net()
    net.cast("float64")
    net.initialize()
    assert net(nd.ones((2, 4), dtype="float64")).dtype == np.float64


# ---- running


def test_what_must_be_defined():
    with pytest.raises(MXNetError, match="must define forward"):
        gluon.Block()(1)
    with pytest.raises(MXNetError, match="must define hybrid_forward"):
        gluon.HybridBlock()(nd.ones(1))


def test_hooks():
    net, seen = Net(), []
    net.initialize()
    before = net.register_forward_pre_hook(lambda b, x: seen.append(("before", b, len(x))))
    after = net.register_forward_hook(lambda b, x, y: seen.append(("after", b, y.shape)))
    net(nd.ones((4, 3)))
    before.detach()
    with after:
        net(nd.ones((4, 3)))
    net(nd.ones((4, 3)))
    assert seen == [("before", net, 1), ("after", net, (4, 2)), ("after", net, (4, 2))]


@given(st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_shapes_follow_from_the_first_input(features, batch, hybrid):
    net = mlp(3, 2)
    net.initialize()
    if hybrid:
        net.hybridize(static_alloc=True)
    y = net(nd.ones((batch, features)))
    assert y.shape == (batch, 2)
    assert [p.shape for p in net.collect_params().values()] == [(3, features), (3,), (2, 3), (2,)]


def test_the_same_values_hybridized():
    x = nd.random.uniform(shape=(4, 3))
    results = []
    for hybrid in (False, True):
        mx.random.seed(7)
        net = mlp(5, 2)
        net.initialize(init.Xavier())
        net.hybridize(hybrid)
        results.append(net(x).asnumpy())
    assert (results[0] == results[1]).all()


def test_inner_blocks_of_a_hybridized_net_are_filled_in_the_order_of_the_graph():
    class Late(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.last, self.first = nn.Dense(2), nn.Dense(2)

        def hybrid_forward(self, F, x):
            return self.last(self.first(x))

    net = Late()
    net.initialize(init.Uniform(1))
    net.hybridize()
    mx.random.seed(2)
    net(nd.ones((1, 3)))
    mx.random.seed(2)
    expected = mx.nd.random.uniform(-1, 1, shape=(2, 3))
    assert (net.first.weight.data().asnumpy() == expected.asnumpy()).all()


def test_a_block_with_its_own_parameter():
    net = Scaled()
    net.initialize(init.Constant(3))
    assert net(nd.ones((2, 4))).asnumpy().tolist() == [[12], [12]]
    assert net.factor.shape == (1, 4)


def test_on_symbols():
    net = mlp(3, 2, prefix="net_")
    y = net(mx.sym.var("data"))
    assert y.list_arguments() == [
        "data",
        "net_dense0_weight",
        "net_dense0_bias",
        "net_dense1_weight",
        "net_dense1_bias",
    ]
    assert y.list_outputs() == ["net_dense1_tanh_fwd_output"]


def test_inputs_of_the_wrong_kind():
    net = Scaled()
    net.initialize()
    with pytest.raises(DTypeError, match="no array and no Symbol"):
        net(3)
    with pytest.raises(DTypeError, match="arrays and symbols"):
        net(nd.ones((1, 2)), mx.sym.var("x"))


def test_creation_inside_follows_the_input():
    class Plus(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return x + F.ones(shape=(2,))

    assert Plus()(nd.ones(2, ctx=mx.cpu(1))).context == mx.cpu(1)


def test_several_devices():
    devices = [mx.cpu(0), mx.cpu(1)]
    net = mlp(3)
    net.initialize(ctx=devices)
    a, b = (net(nd.ones((2, 4), ctx=c)) for c in devices)
    assert [a.context, b.context] == devices
    assert (a.asnumpy() == b.asnumpy()).all()


def test_gradients_arrive():
    net = Net()
    net.initialize(init.One())
    with autograd.record():
        y = net(nd.ones((2, 4)))
    y.backward()
    assert net.offset.grad().asnumpy().tolist() == [2, 2]
    assert (net.output.weight.grad().asnumpy() == 8).all()


# ---- errors say where


def test_a_shape_error_shows_the_block_path():
    net = Net()
    net.initialize()
    net(nd.ones((2, 4)))
    with pytest.raises(ShapeError) as caught:
        net(nd.ones((2, 5)))
    path = dict(caught.value.place)["in"]
    assert path == "Net > hidden (Dense(4 -> 3, Activation(relu)))"


def test_asking_a_block_that_never_ran():
    net = Net()
    net.initialize()
    with pytest.raises(DeferredInitializationError) as caught:
        net.output.weight.data()
    text = str(caught.value)
    assert "Dense net0_dense1" in text
    assert "self.output = nn.Dense(2)" in text
    assert "in_units" in text


def test_a_forward_that_needs_arrays_is_explained():
    class Bad(Scaled):
        def hybrid_forward(self, F, x, factor):
            return super().hybrid_forward(F, x, factor) * float(x.asscalar())

    net = Bad()
    net.initialize()
    with pytest.raises(MXNetError, match=r"x\.asscalar\(\) cannot be traced"):
        net(nd.ones((2, 4)))


# ---- files


@pytest.mark.parametrize("save", ["structure", "prefix", "stripped", "export"])
def test_files_of_all_naming_schemes(tmp_path, save):
    path, x = str(tmp_path / "a.params"), nd.ones((2, 4))
    net = mlp(3, 2, prefix="net_")
    net.initialize()
    expected = net(x).asnumpy()
    if save == "structure":
        net.save_parameters(path)
        assert list(nd.load(path)) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    elif save == "prefix":
        net.collect_params().save(path)
    elif save == "stripped":
        with pytest.warns(DeprecationWarning):
            net.save_params(path)
    else:
        nd.save(path, {f"arg:{n}": p.data() for n, p in net.collect_params().items()})
    again = mlp(3, 2, prefix="net_")
    again.load_parameters(path, ctx=mx.cpu(1))
    assert (again(x.as_in_context(mx.cpu(1))).asnumpy() == expected).all()


def test_names_that_do_not_match_are_shown_with_the_mend(tmp_path):
    path = str(tmp_path / "a.params")
    net = mlp(3, 2, prefix="old_")
    net.initialize()
    net(nd.ones((1, 4)))
    net.collect_params().save(path)
    again = mlp(3, 2, prefix="new_")
    with pytest.raises(ParameterError) as caught:
        again.load_parameters(path)
    hint = caught.value.hint
    assert hint.startswith("load_parameters(..., rename={")
    rename = eval(hint.removeprefix("load_parameters(..., rename=")[:-1])
    assert rename["old_dense1_weight"] == "1.weight"
    table = str(caught.value)
    assert "old_dense0_weight (3, 4)" in table
    assert "0.weight (3, ?)" in table
    again.load_parameters(path, rename=rename)
    assert (again(nd.ones((1, 4))).asnumpy() == net(nd.ones((1, 4))).asnumpy()).all()


def test_missing_and_further_names(tmp_path):
    path = str(tmp_path / "a.params")
    small, large = mlp(3), mlp(3, 2)
    small.initialize(init.One())
    small(nd.ones((1, 4)))
    small.save_parameters(path)
    large.initialize(init.Zero())
    with pytest.raises(ParameterError, match=r"2 parameter\(s\) missing"):
        large.load_parameters(path)
    large.load_parameters(path, allow_missing=True)
    assert (large[0].weight.data().asnumpy() == 1).all()
    large(nd.ones((1, 4)))
    large.save_parameters(path)
    with pytest.raises(ParameterError, match=r"2 name\(s\) unknown"):
        small.load_parameters(path)
    small.load_parameters(path, ignore_extra=True)


def test_nothing_changes_when_one_shape_is_wrong(tmp_path):
    path = str(tmp_path / "a.params")
    net = mlp(3, 2)
    net.initialize(init.One())
    net(nd.ones((1, 4)))
    net.save_parameters(path)
    other = mlp(3, 5)
    other.initialize(init.Zero())
    other(nd.ones((1, 4)))
    with pytest.raises(ShapeError, match="dense"):
        other.load_parameters(path)
    assert all((p.data().asnumpy() == 0).all() for p in other.collect_params().values())


def test_shared_parameters_may_be_stored_once(tmp_path):
    path = str(tmp_path / "a.params")
    net = nn.Sequential()
    net.add(nn.Dense(3, in_units=3))
    net.add(nn.Dense(3, in_units=3, params=net[0].params))
    net.initialize(init.One())
    net.save_parameters(path, deduplicate=True)
    assert len(nd.load(path)) == 2
    net.initialize(init.Zero(), force_reinit=True)
    net.load_parameters(path)
    assert (net[1].weight.data().asnumpy() == 1).all()


def test_copies():
    net = Net()
    net.initialize()
    x = nd.ones((2, 4))
    again = copy.deepcopy(net)
    net(x)
    with pytest.raises(DeferredInitializationError):  # nothing is shared
        again.output.weight.data()
    again(x)
    again.offset.set_data(nd.ones(2))
    assert (net.offset.data().asnumpy() == 0).all()
